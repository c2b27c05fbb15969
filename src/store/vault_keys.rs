//! The data keys of the installation, wrapped. The store knows no key that opens them.

use sqlx::FromRow;

use super::column::Count;
use super::dialect::share_vault_key;
use super::error::{Constraint, StoreError};
use super::tx::{Tx, run};

const TABLE: &str = "vault_key";

const INSERT: &str =
    "insert into vault_key (name, kek, wrapped, rotating) values ($1, $2, $3, 0) on conflict (name) do nothing";
const FIND: &str = "select kek, wrapped from vault_key where name = $1";

const REWRAP: &str = "update vault_key set kek = $2, wrapped = $3, rotating = 1 where name = $1";
const ROTATING: &str = "select rotating from vault_key where name = $1";
const ROTATED: &str = "update vault_key set rotating = 0 where name = $1 and kek = $2 and rotating = 1";

/// A data key as it is stored: wrapped by a key-encryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The name of the key that wrapped it.
    pub kek: String,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
}

#[derive(FromRow)]
struct Row {
    kek: String,
    wrapped: Vec<u8>,
}

#[derive(FromRow)]
struct RotatingRow {
    rotating: Count,
}

/// Records a key of that name, and says whether there was none before.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn insert(tx: &mut Tx, name: &str, key: &StoredKey) -> Result<bool, StoreError> {
    Ok(run!(tx, execute INSERT, name, &key.kek, key.wrapped.as_slice())? == 1)
}

/// The key of that name.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, name: &str) -> Result<Option<StoredKey>, StoreError> {
    let row = run!(tx, fetch_optional Row in TABLE; FIND, name)?;
    Ok(row.map(|row| StoredKey { kek: row.kek, wrapped: row.wrapped }))
}

/// The key of that name, kept from being wrapped anew until the transaction ends.
///
/// # Errors
/// Any [`StoreError`] of reading; [`StoreError::Unavailable`] when a change of it takes too long.
pub async fn hold(tx: &mut Tx, name: &str) -> Result<Option<StoredKey>, StoreError> {
    share_vault_key(tx, name).await?;
    find(tx, name).await
}

/// Puts the key of that name, wrapped anew, in the place of the old one, and begins a rotation. It waits for whoever holds
/// the key, so that nobody wraps with the former key-encryption key afterwards.
///
/// # Errors
/// [`Constraint::NotRecorded`] when there is none of that name.
pub async fn rewrap(tx: &mut Tx, name: &str, anew: &StoredKey) -> Result<(), StoreError> {
    let changed = run!(tx, execute REWRAP, name, &anew.kek, anew.wrapped.as_slice())?;
    StoreError::unless_changed(changed, Constraint::NotRecorded)
}

/// Whether a rotation has begun and not ended.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn rotating(tx: &mut Tx, name: &str) -> Result<bool, StoreError> {
    Ok(run!(tx, fetch_optional RotatingRow in TABLE; ROTATING, name)?.is_some_and(|row| row.rotating.0 == 1))
}

/// Ends the rotation to this key-encryption key, and says whether there was one to end.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn rotated(tx: &mut Tx, name: &str, kek: &str) -> Result<bool, StoreError> {
    Ok(run!(tx, execute ROTATED, name, kek)? == 1)
}
