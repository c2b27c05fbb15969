//! The vault: faces, citizen numbers and other secrets are sealed before they are stored.
//!
//! Envelope encryption. Each person has a [`DataKey`], which seals all that belongs to them; the data key is stored
//! wrapped by the key-encryption key of the installation, which is stored nowhere near it ([`KeyEncryption`]). Whoever
//! destroys the wrapped key has erased the person. What belongs to no person, such as the accounts of staff, is sealed
//! with the data key of the house. A citizen number is looked up by its [`BlindIndex`], which tells nothing without the
//! key of the index.
//!
//! Nothing here reads or writes a database: the service asks the store for wrapped keys and sealed bytes.

pub mod index;
pub mod keeper;
pub mod keyring;
pub mod seal;
pub mod wrap;

use std::sync::Arc;

pub use index::{BlindIndex, Indexed};
pub use keeper::{KeyKeeper, KeySource};
pub use keyring::Keyring;
pub use seal::{DataKey, Kind, Label, NotOpened};
use uuid::Uuid;
pub use wrap::{KekId, KeyEncryption, KeyError, WrappedKey};

/// The unlocked vault of an installation. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    kek: Arc<dyn KeyEncryption>,
    house: Arc<DataKey>,
    index: Arc<DataKey>,
}

impl Vault {
    /// The vault with its two keys of the installation, unwrapped.
    #[must_use]
    pub fn new(kek: Arc<dyn KeyEncryption>, house: DataKey, index: DataKey) -> Self {
        Self { kek, house: Arc::new(house), index: Arc::new(index) }
    }

    /// What wraps the data keys.
    #[must_use]
    pub fn kek(&self) -> &dyn KeyEncryption {
        self.kek.as_ref()
    }

    /// Seals what belongs to no person.
    #[must_use]
    pub fn house(&self) -> &DataKey {
        &self.house
    }

    /// The blind index of a text of this kind.
    #[must_use]
    pub fn index(&self, kind: Indexed, text: &str) -> BlindIndex {
        index::index(&self.index, kind, text.as_bytes())
    }

    /// A fresh data key, and the form in which it is stored, wrapped with the key of that name. `owner` is bound to it.
    ///
    /// # Errors
    /// Whatever the key-encryption key says.
    pub async fn new_key(&self, owner: Uuid, with: &KekId) -> Result<(DataKey, WrappedKey), KeyError> {
        let key = DataKey::random();
        let wrapped = self.kek.wrap(&key, owner, with).await?;
        Ok((key, wrapped))
    }

    /// The key of the index, wrapped anew.
    ///
    /// # Errors
    /// Whatever the key-encryption key says.
    pub async fn wrap_index_key(&self, owner: Uuid, with: &KekId) -> Result<WrappedKey, KeyError> {
        self.kek.wrap(&self.index, owner, with).await
    }

    /// The data key of this owner.
    ///
    /// # Errors
    /// [`KeyError`] when it was wrapped by a key that is not here, or for another owner.
    pub async fn open_key(&self, wrapped: &WrappedKey, owner: Uuid) -> Result<DataKey, KeyError> {
        self.kek.unwrap(wrapped, owner).await
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}
