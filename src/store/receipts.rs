//! Receipts: what was issued, and what was revoked of it. Append-only.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Large, Time};
use super::error::StoreError;
use super::tx::{Tx, run};
use crate::domain::certification::Certification;
use crate::domain::id::{CertificationId, LogEntryId};

const TABLE: &str = "receipt";

const INSERT: &str = "insert into receipt (beneficiary, certification, log_entry) values ($1, $2, $3) \
    returning number";
const FIND: &str = "select number, log_entry, \
    (select revoked_at from receipt_revocation where receipt_revocation.number = receipt.number) as revoked_at \
    from receipt where certification = $1";
const LAST: &str = "select max(number) as number from receipt";
const REVOKE: &str =
    "insert into receipt_revocation (number, revoked_at) values ($1, $2) on conflict (number) do nothing";
const REVOKED: &str = "select number from receipt_revocation where number >= $1 and number < $2 order by number";

/// A receipt as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredReceipt {
    /// Its place in all status lists together.
    pub number: u64,
    /// The entry of the certification.
    pub log_entry: LogEntryId,
    /// Since when it does not count any more.
    pub revoked_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    number: Large,
    log_entry: Uuid,
    revoked_at: Option<Time>,
}

#[derive(FromRow)]
struct NumberRow {
    number: Large,
}

#[derive(FromRow)]
struct LastRow {
    number: Option<Large>,
}

/// Issues a receipt, and gives its number. On PostgreSQL nobody waits for a number that another transaction takes.
///
/// # Errors
/// [`Constraint::ParentMissing`](super::Constraint::ParentMissing) when certification or entry is not recorded.
pub async fn insert(tx: &mut Tx, of: &Certification, log_entry: LogEntryId) -> Result<u64, StoreError> {
    Ok(run!(tx, fetch_one NumberRow in TABLE; INSERT, of.beneficiary.0, of.id.0, log_entry.0)?.number.0)
}

/// The receipt of a certification.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, of: CertificationId) -> Result<Option<StoredReceipt>, StoreError> {
    let row = run!(tx, fetch_optional Row in TABLE; FIND, of.0)?;
    Ok(row.map(|row| StoredReceipt {
        number: row.number.0,
        log_entry: LogEntryId(row.log_entry),
        revoked_at: row.revoked_at.map(|at| at.0),
    }))
}

/// The largest number so far.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn last(tx: &mut Tx) -> Result<Option<u64>, StoreError> {
    Ok(run!(tx, fetch_one LastRow in TABLE; LAST)?.number.map(|number| number.0))
}

/// Revokes a receipt, and says whether it counted until now.
///
/// # Errors
/// [`Constraint::ParentMissing`](super::Constraint::ParentMissing) when there is no such receipt.
pub async fn revoke(tx: &mut Tx, number: u64, at: Timestamp) -> Result<bool, StoreError> {
    Ok(run!(tx, execute REVOKE, Large::written(number), Time(at))? == 1)
}

/// The revoked ones among those numbers, in their order.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn revoked(tx: &mut Tx, numbers: std::ops::Range<u64>) -> Result<Vec<u64>, StoreError> {
    let (from, to) = (Large::written(numbers.start), Large::written(numbers.end));
    let rows = run!(tx, fetch_all NumberRow in TABLE; REVOKED, from, to)?;
    Ok(rows.into_iter().map(|row| row.number.0).collect())
}
