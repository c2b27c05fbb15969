//! Failures in a row: of persons, devices and addresses.

use jiff::Timestamp;
use sqlx::FromRow;

use super::column::{Count, Time};
use super::error::StoreError;
use super::tx::{Tx, run};
use crate::domain::limits::{Run, Subject};

const TABLE: &str = "failure_run";

/// Writes nothing new: on PostgreSQL it takes the lock of the row, also of one that is not there yet.
const HOLD: &str = "insert into failure_run (kind, subject, failures, pauses, last_failure_at, paused_until) \
    values ($1, $2, 0, 0, $3, null) \
    on conflict (kind, subject) do update set failures = failure_run.failures \
    returning failures, pauses, last_failure_at, paused_until";
const FIND: &str = "select failures, pauses, last_failure_at, paused_until from failure_run \
    where kind = $1 and subject = $2";
const UPDATE: &str = "update failure_run set failures = $3, pauses = $4, last_failure_at = $5, paused_until = $6 \
    where kind = $1 and subject = $2";
const END: &str = "delete from failure_run where kind = $1 and subject = $2";
const PURGE: &str = "delete from failure_run where last_failure_at < $1";

#[derive(FromRow)]
struct Row {
    failures: Count,
    pauses: Count,
    last_failure_at: Time,
    paused_until: Option<Time>,
}

impl From<Row> for Run {
    fn from(row: Row) -> Self {
        Self {
            failures: row.failures.0,
            pauses: row.pauses.0,
            last_failure_at: row.last_failure_at.0,
            paused_until: row.paused_until.map(|at| at.0),
        }
    }
}

fn key(subject: &Subject) -> (&'static str, &[u8]) {
    match subject {
        Subject::Person(id) => ("person", id.0.as_bytes()),
        Subject::Device(id) => ("device", id.0.as_bytes()),
        Subject::Address(index) => ("address", &index.0),
        Subject::KnownClient(name) => ("known client", name),
        Subject::OtherClients(login) => ("other clients", login),
        Subject::SignInAddress(index) => ("sign-in address", &index.0),
    }
}

/// The run of this subject, if it has one.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, subject: &Subject) -> Result<Option<Run>, StoreError> {
    let (kind, subject) = key(subject);
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, kind, subject)?.map(Run::from))
}

/// The run of this subject, kept from other writers until the transaction ends. Whoever holds several takes them in one
/// order: person, device, address.
///
/// # Errors
/// Any [`StoreError`] of writing; [`StoreError::Unavailable`] when another transaction holds it too long.
pub async fn hold(tx: &mut Tx, subject: &Subject, now: Timestamp) -> Result<Run, StoreError> {
    let (kind, subject) = key(subject);
    Ok(run!(tx, fetch_one Row in TABLE; HOLD, kind, subject, Time(now))?.into())
}

/// Records where a run stands that is held.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn update(tx: &mut Tx, subject: &Subject, run: &Run) -> Result<(), StoreError> {
    let (kind, subject) = key(subject);
    let paused_until = run.paused_until.map(Time);
    let (failures, pauses) = (i64::from(run.failures), i64::from(run.pauses));
    run!(tx, execute UPDATE, kind, subject, failures, pauses, Time(run.last_failure_at), paused_until)?;
    Ok(())
}

/// Ends the run of this subject, if it has one.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn end(tx: &mut Tx, subject: &Subject) -> Result<(), StoreError> {
    let (kind, subject) = key(subject);
    run!(tx, execute END, kind, subject)?;
    Ok(())
}

/// Forgets the runs whose last failure was before that instant, and says how many.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn purge_before(tx: &mut Tx, at: Timestamp) -> Result<u64, StoreError> {
    run!(tx, execute PURGE, Time(at))
}
