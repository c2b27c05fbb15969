//! Sessions of staff, by the digest of their token.

use jiff::{SignedDuration, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Count, Digest, Time};
use super::error::StoreError;
use super::tx::{Tx, run};
use crate::domain::id::{StaffId, StaffSessionId};
use crate::domain::staff_session::StaffSession;

const TABLE: &str = "staff_session";

const INSERT: &str = "insert into staff_session \
    (id, staff, token_digest, opened_at, seen_at, idle_seconds, expires_at, ended_at) \
    values ($1, $2, $3, $4, $5, $6, $7, $8)";
const FIND: &str = "select id, staff, token_digest, opened_at, seen_at, idle_seconds, expires_at, ended_at \
    from staff_session where token_digest = $1";
const SEE: &str = "update staff_session set seen_at = $2 where id = $1 and seen_at < $2";
const END: &str = "update staff_session set ended_at = $2 where id = $1 and ended_at is null";
const END_ALL: &str = "update staff_session set ended_at = $2 where staff = $1 and ended_at is null";
const PURGE: &str = "delete from staff_session where expires_at < $1";

#[derive(FromRow)]
struct Row {
    id: Uuid,
    staff: Uuid,
    token_digest: Digest,
    opened_at: Time,
    seen_at: Time,
    idle_seconds: Option<Count>,
    expires_at: Time,
    ended_at: Option<Time>,
}

impl From<Row> for StaffSession {
    fn from(row: Row) -> Self {
        Self {
            id: StaffSessionId(row.id),
            staff: StaffId(row.staff),
            token_digest: row.token_digest.0,
            opened_at: row.opened_at.0,
            seen_at: row.seen_at.0,
            idle: row.idle_seconds.map(|seconds| SignedDuration::from_secs(seconds.0.into())),
            expires_at: row.expires_at.0,
            ended_at: row.ended_at.map(|at| at.0),
        }
    }
}

/// Records a session.
///
/// # Errors
/// [`Constraint::ParentMissing`](super::Constraint::ParentMissing) without the account.
pub async fn insert(tx: &mut Tx, session: &StaffSession) -> Result<(), StoreError> {
    run!(
        tx,
        execute INSERT,
        session.id.0,
        session.staff.0,
        session.token_digest.as_slice(),
        Time(session.opened_at),
        Time(session.seen_at),
        session.idle.map(|idle| idle.as_secs()),
        Time(session.expires_at),
        session.ended_at.map(Time),
    )?;
    Ok(())
}

/// The session whose token has that SHA-256, be it over.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, token_digest: &[u8; 32]) -> Result<Option<StaffSession>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, token_digest.as_slice())?.map(StaffSession::from))
}

/// Records that the session was used.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn see(tx: &mut Tx, id: StaffSessionId, at: Timestamp) -> Result<(), StoreError> {
    run!(tx, execute SEE, id.0, Time(at))?;
    Ok(())
}

/// Ends a session, and says whether there was one to end.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn end(tx: &mut Tx, id: StaffSessionId, at: Timestamp) -> Result<bool, StoreError> {
    Ok(run!(tx, execute END, id.0, Time(at))? == 1)
}

/// Ends all sessions of an account.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn end_all(tx: &mut Tx, staff: StaffId, at: Timestamp) -> Result<u64, StoreError> {
    run!(tx, execute END_ALL, staff.0, Time(at))
}

/// Forgets the sessions that were over before that instant, and says how many.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn purge_before(tx: &mut Tx, at: Timestamp) -> Result<u64, StoreError> {
    run!(tx, execute PURGE, Time(at))
}
