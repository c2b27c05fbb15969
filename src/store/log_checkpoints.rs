//! Signed checkpoints of the log, what witnesses signed of them, and whose log it is. Append-only.

use jiff::Timestamp;
use sqlx::FromRow;

use super::column::{Large, Time};
use super::error::StoreError;
use super::tx::{Tx, run};

const TABLE: &str = "log_checkpoint";
const COSIGNATURES: &str = "log_cosignature";
const IDENTITY: &str = "log_identity";

const INSERT: &str = "insert into log_checkpoint (size, note, signed_at) values ($1, $2, $3)";
const LATEST: &str = "select size, note from log_checkpoint order by size desc limit 1";
const FIND: &str = "select size, note from log_checkpoint where size = $1";
const FROM: &str = "select size, note from log_checkpoint where size >= $1 order by size limit $2";
const COSIGN: &str = "insert into log_cosignature (size, witness, line) values ($1, $2, $3) \
    on conflict (size, witness) do nothing";
const COSIGNED: &str = "select line from log_cosignature where size = $1 order by witness";
const IDENTIFY: &str = "insert into log_identity (one, origin, verifier_key) values (1, $1, $2) \
    on conflict (one) do nothing";
const IDENTIFIED: &str = "select origin, verifier_key from log_identity where one = 1";

/// A checkpoint as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Entries that it covers.
    pub size: u64,
    /// The signed note, without cosignatures.
    pub note: String,
}

/// Whose log it is.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct LogIdentity {
    /// The first line of each checkpoint.
    pub origin: String,
    /// What verifies their signatures.
    pub verifier_key: String,
}

#[derive(FromRow)]
struct Row {
    size: Large,
    note: String,
}

impl From<Row> for StoredCheckpoint {
    fn from(row: Row) -> Self {
        Self { size: row.size.0, note: row.note }
    }
}

#[derive(FromRow)]
struct LineRow {
    line: String,
}

/// Records a signed checkpoint.
///
/// # Errors
/// Any [`StoreError`] of writing; [`StoreError::Refused`] when there is one of that size.
pub async fn insert(tx: &mut Tx, checkpoint: &StoredCheckpoint, at: Timestamp) -> Result<(), StoreError> {
    run!(tx, later INSERT, Large::written(checkpoint.size), &checkpoint.note, Time(at))
}

/// The checkpoint of the largest size.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn latest(tx: &mut Tx) -> Result<Option<StoredCheckpoint>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; LATEST)?.map(StoredCheckpoint::from))
}

/// The checkpoint of that size.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, size: u64) -> Result<Option<StoredCheckpoint>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, Large::written(size))?.map(StoredCheckpoint::from))
}

/// Checkpoints from a size on, smaller ones first, at most `limit`.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn from(tx: &mut Tx, size: u64, limit: u32) -> Result<Vec<StoredCheckpoint>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; FROM, Large::written(size), i64::from(limit))?;
    Ok(rows.into_iter().map(StoredCheckpoint::from).collect())
}

/// Records the line of a witness under a checkpoint. The first line of each witness stays.
///
/// # Errors
/// [`Constraint::ParentMissing`](super::Constraint::ParentMissing) when there is no checkpoint of that size.
pub async fn cosign(tx: &mut Tx, size: u64, witness: &str, line: &str) -> Result<(), StoreError> {
    run!(tx, execute COSIGN, Large::written(size), witness, line)?;
    Ok(())
}

/// What witnesses signed of the checkpoint of that size.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn cosignatures(tx: &mut Tx, size: u64) -> Result<Vec<String>, StoreError> {
    let rows = run!(tx, fetch_all LineRow in COSIGNATURES; COSIGNED, Large::written(size))?;
    Ok(rows.into_iter().map(|row| row.line).collect())
}

/// Says whose log it is, if nobody has yet; and gives what stands now.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn identify(tx: &mut Tx, identity: &LogIdentity) -> Result<LogIdentity, StoreError> {
    run!(tx, execute IDENTIFY, &identity.origin, &identity.verifier_key)?;
    run!(tx, fetch_one LogIdentity in IDENTITY; IDENTIFIED)
}

/// Whose log it is, once somebody said so.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn identity(tx: &mut Tx) -> Result<Option<LogIdentity>, StoreError> {
    run!(tx, fetch_optional LogIdentity in IDENTITY; IDENTIFIED)
}
