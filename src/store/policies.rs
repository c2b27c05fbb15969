//! Policies, by the hash of their content. Append-only.

use jiff::Timestamp;
use sqlx::FromRow;

use super::column::{Json, Time};
use super::error::StoreError;
use super::tx::{Tx, run};
use crate::domain::policy::Policy;

const TABLE: &str = "policy";

const INSERT: &str = "insert into policy (hash, version, content, stored_at) values ($1, $2, $3, $4) \
    on conflict (hash) do nothing";
const FIND: &str = "select content from policy where hash = $1";

#[derive(FromRow)]
struct Row {
    content: Json<Policy>,
}

/// Records a policy under its content hash, and says whether it is new. One that is recorded already stays as it is.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn insert(tx: &mut Tx, policy: &Policy, hash: &str, at: Timestamp) -> Result<bool, StoreError> {
    Ok(run!(tx, execute INSERT, hash, i64::from(policy.version), Json(policy), Time(at))? == 1)
}

/// The policy of that content hash.
///
/// # Errors
/// [`StoreError::Corrupt`] when the content does not have the hash any more.
pub async fn find(tx: &mut Tx, hash: &str) -> Result<Option<Policy>, StoreError> {
    match run!(tx, fetch_optional Row in TABLE; FIND, hash)? {
        Some(Row { content: Json(policy) }) if policy.content_hash() == hash => Ok(Some(policy)),
        Some(_) => Err(StoreError::corrupt(TABLE, "content")),
        None => Ok(None),
    }
}
