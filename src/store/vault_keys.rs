//! The data keys of the installation, wrapped. The store knows no key that opens them.

use sqlx::FromRow;

use super::dialect::share_vault_key;
use super::error::StoreError;
use super::tx::{Tx, run};

const TABLE: &str = "vault_key";

const INSERT: &str = "insert into vault_key (name, kek, wrapped) values ($1, $2, $3) on conflict (name) do nothing";
const FIND: &str = "select kek, wrapped from vault_key where name = $1";

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
