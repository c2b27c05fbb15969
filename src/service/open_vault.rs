//! The vault of an installation is opened, or founded when there is none.

use std::sync::Arc;

use uuid::Uuid;

use super::error::ServiceError;
use crate::store::vault_keys::{self, StoredKey};
use crate::store::{Store, Tx};
use crate::vault::{DataKey, KekId, KeyEncryption, KeyError, Vault, WrappedKey};

/// The two data keys of an installation: their names, and whose they are.
pub(super) const HOUSE: (&str, Uuid) = ("house", Uuid::from_u128(1));
pub(super) const INDEX: (&str, Uuid) = ("index", Uuid::from_u128(2));

/// Opens the vault of this record. Of processes that start together one founds it, and all use the same.
///
/// # Errors
/// [`ServiceError::ForeignVault`] when it was founded with a key-encryption key that is not here; what reading the keys or
/// the database says.
pub async fn open_vault(store: &Store, kek: Arc<dyn KeyEncryption>) -> Result<Vault, ServiceError> {
    let mut tx = store.read().await?;
    let found = both(&mut tx).await?;
    drop(tx);
    let (house, index) = match found {
        Some(found) => found,
        None => found_vault(store, kek.as_ref()).await?,
    };
    let (house, index) = (open(kek.as_ref(), house, HOUSE).await?, open(kek.as_ref(), index, INDEX).await?);
    Ok(Vault::new(kek, house, index))
}

/// Whether the record has a vault already: its key is then somewhere, and a fresh one would open nothing.
///
/// # Errors
/// The database's own.
pub async fn is_founded(store: &Store) -> Result<bool, ServiceError> {
    Ok(both(&mut store.read().await?).await?.is_some())
}

async fn both(tx: &mut Tx) -> Result<Option<(StoredKey, StoredKey)>, ServiceError> {
    Ok(vault_keys::find(tx, HOUSE.0).await?.zip(vault_keys::find(tx, INDEX.0).await?))
}

async fn found_vault(store: &Store, kek: &dyn KeyEncryption) -> Result<(StoredKey, StoredKey), ServiceError> {
    let present = kek.current();
    let house = kek.wrap(&DataKey::random(), HOUSE.1, &present).await?;
    let index = kek.wrap(&DataKey::random(), INDEX.1, &present).await?;
    let mut tx = store.write().await?;
    // The first of them decides: who comes later waits for it here, and takes both as they are.
    if vault_keys::insert(&mut tx, HOUSE.0, &house.into()).await? {
        vault_keys::insert(&mut tx, INDEX.0, &index.into()).await?;
    }
    let recorded = both(&mut tx).await?.ok_or(ServiceError::NotFound("vault"))?;
    tx.commit().await?;
    Ok(recorded)
}

async fn open(kek: &dyn KeyEncryption, stored: StoredKey, (_, owner): (&str, Uuid)) -> Result<DataKey, ServiceError> {
    kek.unwrap(&stored.into(), owner).await.map_err(|error| match error {
        KeyError::UnknownKek(kek) => ServiceError::ForeignVault(kek),
        other => other.into(),
    })
}

impl From<WrappedKey> for StoredKey {
    fn from(key: WrappedKey) -> Self {
        Self { kek: key.kek.0, wrapped: key.bytes }
    }
}

impl From<StoredKey> for WrappedKey {
    fn from(key: StoredKey) -> Self {
        Self { kek: KekId(key.kek), bytes: key.wrapped }
    }
}
