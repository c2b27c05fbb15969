//! Entries of the log: appended by each act in its own transaction, numbered later. Append-only.

use sqlx::FromRow;
use uuid::Uuid;

use super::column::Large;
use super::error::{Constraint, StoreError};
use super::tx::{Tx, run, run_with_rows};
use crate::domain::id::LogEntryId;

const TABLE: &str = "log_entry";

const INSERT: &str = "insert into log_entry (id, content) values ($1, $2)";
const WAITING: &str = "select id, content, number from log_entry where number is null order by id limit $1";
const COUNT_WAITING: &str = "select count(*) as number from log_entry where number is null";
// Both databases name the columns of a list of rows so.
const NUMBER: &str = "update log_entry set number = given.column2 from (";
const NUMBER_WHERE: &str = ") as given where log_entry.id = given.column1 and log_entry.number is null";
const FIND: &str = "select id, content, number from log_entry where id = $1";
const FROM: &str = "select id, content, number from log_entry where number >= $1 order by number limit $2";

/// An entry as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Ours.
    pub id: LogEntryId,
    /// The canonical form.
    pub content: String,
    /// The number of its leaf, from 0; `None` while it waits for one.
    pub number: Option<u64>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    content: String,
    number: Option<Large>,
}

impl From<Row> for StoredEntry {
    fn from(row: Row) -> Self {
        let number = row.number.map(|number| number.0);
        Self { id: LogEntryId(row.id), content: row.content, number }
    }
}

#[derive(FromRow)]
struct CountRow {
    number: Large,
}

/// Appends an entry, without a number yet: it waits for nobody.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn append(tx: &mut Tx, id: LogEntryId, content: &str) -> Result<(), StoreError> {
    run!(tx, later INSERT, id.0, content)
}

/// Entries without a number, oldest first, at most `limit`.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn waiting(tx: &mut Tx, limit: u32) -> Result<Vec<StoredEntry>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; WAITING, i64::from(limit))?;
    Ok(rows.into_iter().map(StoredEntry::from).collect())
}

/// How many entries have no number.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn count_waiting(tx: &mut Tx) -> Result<u64, StoreError> {
    Ok(run!(tx, fetch_one CountRow in TABLE; COUNT_WAITING)?.number.0)
}

/// Gives entries their numbers, for ever, in one statement. Of no more than some thousands at a time.
///
/// # Errors
/// [`Constraint::NotRecorded`] when one of them does not exist, or has its number.
pub async fn number(tx: &mut Tx, numbers: &[(LogEntryId, u64)]) -> Result<(), StoreError> {
    if numbers.is_empty() {
        return Ok(());
    }
    let changed = run_with_rows!(
        tx,
        execute NUMBER,
        numbers,
        |(id, number)| [id.0, Large::written(*number)],
        NUMBER_WHERE
    )?;
    if changed == numbers.len() as u64 { Ok(()) } else { Err(StoreError::Conflict(Constraint::NotRecorded)) }
}

/// The entry of that identifier.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: LogEntryId) -> Result<Option<StoredEntry>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(StoredEntry::from))
}

/// Numbered entries from a number on, in their order, at most `limit`.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn from(tx: &mut Tx, number: u64, limit: u32) -> Result<Vec<StoredEntry>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; FROM, Large::written(number), i64::from(limit))?;
    Ok(rows.into_iter().map(StoredEntry::from).collect())
}
