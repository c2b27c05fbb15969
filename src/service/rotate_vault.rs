//! The key that locks the vault is changed for another, while everybody works on.
//!
//! First the keys of the house are wrapped anew, which announces the new key: from then on nobody wraps with the old one.
//! Then the keys of all persons follow, batch by batch. It may be interrupted anywhere, and goes on where it was.

use jiff::Timestamp;

use super::append_log::{Who, append};
use super::error::ServiceError;
use super::open_vault::{HOUSE, INDEX};
use crate::domain::clock::Clock;
use crate::domain::id::PersonId;
use crate::log::entry::Act;
use crate::store::vault_keys::{self, StoredKey};
use crate::store::{Store, persons};
use crate::vault::{KekId, Vault};

/// Persons of one transaction.
const BATCH: u32 = 500;

/// Which key locks what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultStatus {
    /// The present key.
    pub present: KekId,
    /// Whether a rotation to it has begun and not ended.
    pub rotating: bool,
    /// Persons under each key.
    pub persons: Vec<(KekId, u64)>,
}

impl VaultStatus {
    /// Persons under another key than the present one.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.persons.iter().filter(|(kek, _)| *kek != self.present).map(|(_, persons)| persons).sum()
    }

    /// Whether this key is needed to open anything.
    #[must_use]
    pub fn needs(&self, kek: &KekId) -> bool {
        *kek == self.present || self.rotating || self.persons.iter().any(|(used, _)| used == kek)
    }
}

/// Which key locks what.
///
/// # Errors
/// [`ServiceError::NotFound`] before the vault is founded; the database's own.
pub async fn status(store: &Store) -> Result<VaultStatus, ServiceError> {
    let mut tx = store.read().await?;
    let house = vault_keys::find(&mut tx, HOUSE.0).await?.ok_or(ServiceError::NotFound("vault"))?;
    let persons = persons::by_kek(&mut tx).await?.into_iter().map(|(kek, persons)| (KekId(kek), persons)).collect();
    let rotating = vault_keys::rotating(&mut tx, HOUSE.0).await?;
    Ok(VaultStatus { present: KekId(house.kek), rotating, persons })
}

/// Wraps everything with the first of the keys, and says how many persons that were. Does nothing when it is done.
///
/// `progress` is told how many persons are done, and how many were left at the beginning.
///
/// # Errors
/// What the keys or the database say. What is wrapped anew stays so.
pub async fn rotate(
    store: &Store,
    vault: &Vault,
    clock: &dyn Clock,
    mut progress: impl FnMut(u64, u64),
) -> Result<u64, ServiceError> {
    let to = vault.kek().current();
    announce(store, vault, &to, clock.now()).await?;
    let left = status(store).await?.left();
    let (mut done, mut after) = (0, None);
    loop {
        progress(done, left.max(done));
        let page = persons::not_under(&mut store.read().await?, &to.0, after, BATCH).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        done += rewrap(store, vault, &to, &page).await?;
    }
    let mut tx = store.write().await?;
    if vault_keys::rotated(&mut tx, HOUSE.0, &to.0).await? {
        let kek = to.0;
        append(&mut tx, clock.now(), Who::Console, vault.house(), |_| Act::VaultRotationEnded { kek }).await?;
    }
    tx.commit().await?;
    Ok(done)
}

/// Writes down that these keys, which lock nothing, are taken away. Before they are: none goes without a trace.
///
/// # Errors
/// The database's own.
pub async fn record_retired(
    store: &Store,
    vault: &Vault,
    clock: &dyn Clock,
    retired: &[KekId],
) -> Result<(), ServiceError> {
    let mut tx = store.write().await?;
    for KekId(kek) in retired {
        let kek = kek.clone();
        append(&mut tx, clock.now(), Who::Console, vault.house(), |_| Act::VaultKeyRetired { kek }).await?;
    }
    Ok(tx.commit().await?)
}

async fn announce(store: &Store, vault: &Vault, to: &KekId, now: Timestamp) -> Result<(), ServiceError> {
    if vault_keys::find(&mut store.read().await?, HOUSE.0).await?.is_some_and(|house| house.kek == to.0) {
        return Ok(());
    }
    let kek = vault.kek();
    let house = kek.wrap(vault.house(), HOUSE.1, to).await?;
    let index = vault.wrap_index_key(INDEX.1, to).await?;
    let mut tx = store.write().await?;
    // Another one may have announced it meanwhile: then this changes nothing but bytes.
    let new = vault_keys::find(&mut tx, HOUSE.0).await?.is_none_or(|house| house.kek != to.0);
    if new {
        vault_keys::rewrap(&mut tx, HOUSE.0, &house.into()).await?;
        vault_keys::rewrap(&mut tx, INDEX.0, &index.into()).await?;
        let kek = to.0.clone();
        append(&mut tx, now, Who::Console, vault.house(), |_| Act::VaultRotationBegun { kek }).await?;
    }
    Ok(tx.commit().await?)
}

async fn rewrap(store: &Store, vault: &Vault, to: &KekId, page: &[(PersonId, StoredKey)]) -> Result<u64, ServiceError> {
    let mut anew: Vec<StoredKey> = Vec::with_capacity(page.len());
    for (person, stored) in page {
        let key = vault.open_key(&stored.clone().into(), person.0).await?;
        anew.push(vault.kek().wrap(&key, person.0, to).await?.into());
    }
    let mut done = 0;
    let mut tx = store.write().await?;
    for ((person, read), anew) in page.iter().zip(&anew) {
        // Whoever was erased meanwhile stays so.
        done += u64::from(persons::rewrap(&mut tx, *person, read, anew).await?);
    }
    tx.commit().await?;
    Ok(done)
}
