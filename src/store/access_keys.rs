//! Access keys: bearer tokens of the office.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Digest, Parsed, Time};
use super::error::StoreError;
use super::tx::{Tx, run};
use crate::domain::access::{AccessKey, KeyName};
use crate::domain::id::AccessKeyId;

const TABLE: &str = "access_key";

const INSERT: &str =
    "insert into access_key (id, name, token_digest, created_at, revoked_at) values ($1, $2, $3, $4, $5)";
const FIND_BY_DIGEST: &str =
    "select id, name, token_digest, created_at, revoked_at from access_key where token_digest = $1";
const FIND_GOOD: &str =
    "select id, name, token_digest, created_at, revoked_at from access_key where name = $1 and revoked_at is null";
const LIST: &str = "select id, name, token_digest, created_at, revoked_at from access_key order by created_at, id";
const REVOKE: &str = "update access_key set revoked_at = $2 where id = $1 and revoked_at is null";

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: Parsed<KeyName>,
    token_digest: Digest,
    created_at: Time,
    revoked_at: Option<Time>,
}

impl From<Row> for AccessKey {
    fn from(row: Row) -> Self {
        Self {
            id: AccessKeyId(row.id),
            name: row.name.0,
            token_digest: row.token_digest.0,
            created_at: row.created_at.0,
            revoked_at: row.revoked_at.map(|at| at.0),
        }
    }
}

/// Records a key.
///
/// # Errors
/// [`Constraint::KeyNameTaken`](super::Constraint::KeyNameTaken) when a good key has the name already.
pub async fn insert(tx: &mut Tx, key: &AccessKey) -> Result<(), StoreError> {
    run!(
        tx,
        execute INSERT,
        key.id.0,
        key.name.as_str(),
        key.token_digest.as_slice(),
        Time(key.created_at),
        key.revoked_at.map(Time),
    )?;
    Ok(())
}

/// The key whose token has that SHA-256, revoked ones included: look at `revoked_at`.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find_by_digest(tx: &mut Tx, token_digest: &[u8; 32]) -> Result<Option<AccessKey>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND_BY_DIGEST, token_digest.as_slice())?.map(AccessKey::from))
}

/// The good key of that name.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find_good(tx: &mut Tx, name: &str) -> Result<Option<AccessKey>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND_GOOD, name)?.map(AccessKey::from))
}

/// All keys, revoked ones included, in the order in which they were made.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn list(tx: &mut Tx) -> Result<Vec<AccessKey>, StoreError> {
    Ok(run!(tx, fetch_all Row in TABLE; LIST)?.into_iter().map(AccessKey::from).collect())
}

/// Revokes a key, and says whether there was one to revoke.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn revoke(tx: &mut Tx, id: AccessKeyId, at: Timestamp) -> Result<bool, StoreError> {
    Ok(run!(tx, execute REVOKE, id.0, Time(at))? == 1)
}
