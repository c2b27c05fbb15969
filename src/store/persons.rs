//! Persons: everybody whose citizen number was ever given, by its blind index, with their wrapped key.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::Time;
use super::dialect::share_person;
use super::error::StoreError;
use super::tx::{Tx, run};
use super::vault_keys::StoredKey;
use crate::domain::id::PersonId;

const TABLE: &str = "person";

const INSERT: &str = "insert into person (id, citizen_index, kek, wrapped_key, created_at) values ($1, $2, $3, $4, $5) \
    on conflict (citizen_index) do nothing";
const FIND: &str = "select id, kek, wrapped_key from person where id = $1";
const FIND_BY_INDEX: &str = "select id, kek, wrapped_key from person where citizen_index = $1";

/// A person as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPerson {
    /// Ours.
    pub id: PersonId,
    /// What seals all that is theirs; `None` once they are erased.
    pub key: Option<StoredKey>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    kek: Option<String>,
    wrapped_key: Option<Vec<u8>>,
}

impl From<Row> for StoredPerson {
    fn from(row: Row) -> Self {
        let key = row.kek.zip(row.wrapped_key).map(|(kek, wrapped)| StoredKey { kek, wrapped });
        Self { id: PersonId(row.id), key }
    }
}

/// Records a person, and says whether nobody had the number before. Of two at the same time, the second waits for the
/// first.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn insert(
    tx: &mut Tx,
    id: PersonId,
    citizen_index: &[u8; 32],
    key: &StoredKey,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let inserted =
        run!(tx, execute INSERT, id.0, citizen_index.as_slice(), &key.kek, key.wrapped.as_slice(), Time(at))?;
    Ok(inserted == 1)
}

/// The person of that identifier.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: PersonId) -> Result<Option<StoredPerson>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(StoredPerson::from))
}

/// The person of a citizen number, by its blind index. Whoever was erased is not found.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find_by_index(tx: &mut Tx, citizen_index: &[u8; 32]) -> Result<Option<StoredPerson>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND_BY_INDEX, citizen_index.as_slice())?.map(StoredPerson::from))
}

/// Keeps a person from being erased until the transaction ends, and says whether they are there.
///
/// # Errors
/// Any [`StoreError`] of reading; [`StoreError::Unavailable`] when an erasure takes too long.
pub async fn hold(tx: &mut Tx, id: PersonId) -> Result<bool, StoreError> {
    share_person(tx, id.0).await?;
    Ok(find(tx, id).await?.is_some_and(|person| person.key.is_some()))
}
