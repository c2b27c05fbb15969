//! Captures: the frames that sessions accepted. Evidence comes here sealed; pictures are kept elsewhere.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Count, Digest, Name, Time};
use super::error::StoreError;
use super::tx::{Tx, run, run_with_rows};
use crate::domain::capture::Step;
use crate::domain::id::{CaptureId, SessionId};

const TABLE: &str = "capture";

const INSERT: &str = "insert into capture \
    (session, id, attempt, step, taken_at, received_at, digest, evidence, trace, image_deleted_at) ";
const OF_ATTEMPT: &str = "select session, id, attempt, step, taken_at, received_at, digest, evidence, trace, image_deleted_at \
    from capture \
    where session = $1 and attempt = $2 order by received_at, id";
const OF_SESSION: &str = "select session, id, attempt, step, taken_at, received_at, digest, evidence, trace, image_deleted_at \
    from capture \
    where session = $1 order by attempt, received_at, id";
const FIND: &str = "select session, id, attempt, step, taken_at, received_at, digest, evidence, trace, image_deleted_at \
    from capture where id = $1";
const SENT: &str = "select attempt, digest, taken_at from capture where session = $1";
const WIPE: &str = "update capture set trace = null where session = $1 and trace is not null";
const WIPE_EXPIRED: &str = "update capture set trace = null \
    where trace is not null and session in (select id from session where expires_at <= $1)";

/// A capture as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCapture {
    /// Ours.
    pub id: CaptureId,
    /// The session that accepted it.
    pub session: SessionId,
    /// Which attempt of the session it belongs to, from 1.
    pub attempt: u32,
    /// What the person was asked to do.
    pub step: Step,
    /// When the device says it was taken.
    pub taken_at: Timestamp,
    /// When the server accepted it.
    pub received_at: Timestamp,
    /// SHA-256 of the bytes as sent.
    pub digest: [u8; 32],
    /// What the pipeline made of it, sealed.
    pub evidence: Vec<u8>,
    /// What the burst remembers of it, sealed; `None` without a face, and once the attempt is decided.
    pub trace: Option<Vec<u8>>,
    /// Since when the picture is not kept any more; `None` while it is.
    pub image_deleted_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    session: Uuid,
    id: Uuid,
    attempt: Count,
    step: Name<Step>,
    taken_at: Time,
    received_at: Time,
    digest: Digest,
    evidence: Vec<u8>,
    trace: Option<Vec<u8>>,
    image_deleted_at: Option<Time>,
}

impl From<Row> for StoredCapture {
    fn from(row: Row) -> Self {
        Self {
            id: CaptureId(row.id),
            session: SessionId(row.session),
            attempt: row.attempt.0,
            step: row.step.0,
            taken_at: row.taken_at.0,
            received_at: row.received_at.0,
            digest: row.digest.0,
            evidence: row.evidence,
            trace: row.trace,
            image_deleted_at: row.image_deleted_at.map(|at| at.0),
        }
    }
}

/// What of a frame tells whether it was sent before, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// In which attempt, from 1.
    pub attempt: u32,
    /// SHA-256 of the bytes.
    pub digest: [u8; 32],
    /// When the device says it was taken.
    pub taken_at: Timestamp,
}

#[derive(FromRow)]
struct SentRow {
    attempt: Count,
    digest: Digest,
    taken_at: Time,
}

/// Records accepted frames.
///
/// # Errors
/// [`Constraint::ParentMissing`](super::Constraint::ParentMissing) when there is no such session.
pub async fn insert(tx: &mut Tx, captures: &[StoredCapture]) -> Result<(), StoreError> {
    if captures.is_empty() {
        return Ok(());
    }
    run_with_rows!(
        tx,
        later INSERT,
        captures,
        |capture| [
            capture.session.0,
            capture.id.0,
            i64::from(capture.attempt),
            Name(capture.step),
            Time(capture.taken_at),
            Time(capture.received_at),
            capture.digest.as_slice(),
            capture.evidence.as_slice(),
            capture.trace.as_deref(),
            capture.image_deleted_at.map(Time),
        ],
        ""
    )
}

/// The captures of one attempt, in the order in which they came.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of_attempt(tx: &mut Tx, session: SessionId, attempt: u32) -> Result<Vec<StoredCapture>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; OF_ATTEMPT, session.0, i64::from(attempt))?;
    Ok(rows.into_iter().map(StoredCapture::from).collect())
}

/// All captures of a session, in the order in which they came.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of_session(tx: &mut Tx, session: SessionId) -> Result<Vec<StoredCapture>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; OF_SESSION, session.0)?;
    Ok(rows.into_iter().map(StoredCapture::from).collect())
}

/// The capture of that identifier.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: CaptureId) -> Result<Option<StoredCapture>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(StoredCapture::from))
}

/// All frames that a session was sent, in no order.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn sent(tx: &mut Tx, session: SessionId) -> Result<Vec<Sent>, StoreError> {
    let rows = run!(tx, fetch_all SentRow in TABLE; SENT, session.0)?;
    let sent = |row: SentRow| Sent { attempt: row.attempt.0, digest: row.digest.0, taken_at: row.taken_at.0 };
    Ok(rows.into_iter().map(sent).collect())
}

/// Forgets what the burst remembers of the frames of a session.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn wipe_traces(tx: &mut Tx, session: SessionId) -> Result<(), StoreError> {
    run!(tx, later WIPE, session.0)
}

/// The same for sessions whose time was over at that instant; says how many frames there were.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn wipe_traces_of_expired(tx: &mut Tx, at: Timestamp) -> Result<u64, StoreError> {
    run!(tx, execute WIPE_EXPIRED, Time(at))
}
