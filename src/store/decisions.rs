//! Decisions of the machine, one for each attempt. Append-only.

use jiff::Timestamp;
use sqlx::FromRow;

use super::column::{Json, Time};
use super::error::StoreError;
use super::tx::{Tx, run};
use crate::domain::decision::Decision;
use crate::domain::id::SessionId;

const TABLE: &str = "decision";

const INSERT: &str =
    "insert into decision (session, attempt, decision, decided_at, policy) values ($1, $2, $3, $4, $5)";
const LAST: &str = "select decision from decision where session = $1 order by attempt desc limit 1";

const OF_ATTEMPT: &str = "select decision, decided_at, policy from decision where session = $1 and attempt = $2";

/// A decision as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What.
    pub decision: Decision,
    /// When.
    pub at: Timestamp,
    /// Content hash of the policy.
    pub policy: String,
}

#[derive(FromRow)]
struct WholeRow {
    decision: Json<Decision>,
    decided_at: Time,
    policy: String,
}

#[derive(FromRow)]
struct Row {
    decision: Json<Decision>,
}

/// Records what the machine decided of an attempt, when, and under which policy (by its content hash).
///
/// # Errors
/// [`Constraint::AttemptDecided`](super::Constraint::AttemptDecided) when the attempt has a decision,
/// [`Constraint::ParentMissing`](super::Constraint::ParentMissing) when session or policy are not recorded.
pub async fn insert(
    tx: &mut Tx,
    session: SessionId,
    attempt: u32,
    decision: &Decision,
    at: Timestamp,
    policy_hash: &str,
) -> Result<(), StoreError> {
    run!(tx, later INSERT, session.0, i64::from(attempt), Json(decision), Time(at), policy_hash)
}

/// The decision of the last attempt that has one.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn last(tx: &mut Tx, session: SessionId) -> Result<Option<Decision>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; LAST, session.0)?.map(|row| row.decision.0))
}

/// What was decided of an attempt, if it was.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of_attempt(tx: &mut Tx, session: SessionId, attempt: u32) -> Result<Option<Decided>, StoreError> {
    let row = run!(tx, fetch_optional WholeRow in TABLE; OF_ATTEMPT, session.0, i64::from(attempt))?;
    Ok(row.map(|row| Decided { decision: row.decision.0, at: row.decided_at.0, policy: row.policy }))
}
