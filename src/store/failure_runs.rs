//! Failures in a row: of persons, devices and addresses.

use jiff::Timestamp;
use sqlx::FromRow;

use super::column::{Count, Time};
use super::dialect::lock_failure_runs;
use super::error::StoreError;
use super::tx::{Tx, run, run_with_rows};
use crate::domain::limits::{Run, Subject};

const TABLE: &str = "failure_run";

const FIND: &str = "select kind, subject, failures, pauses, last_failure_at, paused_until from failure_run \
    where (kind, subject) in (";
const FIND_END: &str = ")";
const UPDATE: &str = "insert into failure_run (kind, subject, failures, pauses, last_failure_at, paused_until) \
    values ($1, $2, $3, $4, $5, $6) on conflict (kind, subject) do update set failures = excluded.failures, \
    pauses = excluded.pauses, last_failure_at = excluded.last_failure_at, paused_until = excluded.paused_until";
const END: &str = "delete from failure_run where kind = $1 and subject = $2";
const PURGE: &str = "delete from failure_run where last_failure_at < $1";

#[derive(FromRow)]
struct Row {
    kind: String,
    subject: Vec<u8>,
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
    Ok(find_all(tx, std::slice::from_ref(subject)).await?.pop().flatten())
}

/// The runs of these subjects, in their order; `None` for one that has none.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find_all(tx: &mut Tx, subjects: &[Subject]) -> Result<Vec<Option<Run>>, StoreError> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let keys = subjects.iter().map(key);
    let mut rows = run_with_rows!(tx, fetch_all Row in TABLE; FIND, keys, |(kind, subject)| [kind, subject], FIND_END)?;
    let mut run = |of: &Subject| {
        let found = rows.iter().position(|row| (row.kind.as_str(), row.subject.as_slice()) == key(of))?;
        Some(rows.swap_remove(found).into())
    };
    Ok(subjects.iter().map(&mut run).collect())
}

/// The run of this subject, kept from other writers until the transaction ends. Whoever holds several takes them in one
/// order: person, device, address.
///
/// # Errors
/// Any [`StoreError`] of writing; [`StoreError::Unavailable`] when another transaction holds it too long.
pub async fn hold(tx: &mut Tx, subject: &Subject, now: Timestamp) -> Result<Run, StoreError> {
    Ok(hold_all(tx, std::slice::from_ref(subject), now).await?.pop().unwrap_or(Run::none(now)))
}

/// The runs of these subjects, in their order, each held as by [`hold`].
///
/// # Errors
/// As of [`hold`].
pub async fn hold_all(tx: &mut Tx, subjects: &[Subject], now: Timestamp) -> Result<Vec<Run>, StoreError> {
    if !subjects.is_empty() {
        lock_failure_runs(tx, subjects.iter().map(key), now).await?;
    }
    let runs = find_all(tx, subjects).await?;
    Ok(runs.into_iter().map(|run| run.unwrap_or(Run::none(now))).collect())
}

/// Records where a run stands that is held.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn update(tx: &mut Tx, subject: &Subject, run: &Run) -> Result<(), StoreError> {
    let (kind, subject) = key(subject);
    let paused_until = run.paused_until.map(Time);
    let (failures, pauses) = (i64::from(run.failures), i64::from(run.pauses));
    run!(tx, later UPDATE, kind, subject, failures, pauses, Time(run.last_failure_at), paused_until)
}

/// Ends the run of this subject, if it has one.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn end(tx: &mut Tx, subject: &Subject) -> Result<(), StoreError> {
    let (kind, subject) = key(subject);
    run!(tx, later END, kind, subject)
}

/// Forgets the runs whose last failure was before that instant, and says how many.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn purge_before(tx: &mut Tx, at: Timestamp) -> Result<u64, StoreError> {
    run!(tx, execute PURGE, Time(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::query_plan::plan;

    #[tokio::test]
    async fn runs_are_found_without_reading_all_of_them() {
        let plan = plan(&format!("{FIND}values ($1, $2), ($3, $4), ($5, $6){FIND_END}")).await;
        assert!(plan.iter().any(|step| step.starts_with("SEARCH failure_run")), "{plan:?}");
    }
}
