//! Certification sessions.

use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Count, Digest, Name, Parsed, Time};
use super::dialect::{Locked, lock_row};
use super::error::{Constraint, StoreError};
use super::tx::{Tx, run};
use crate::domain::attendant::Attendant;
use crate::domain::beneficiary::AgencyCode;
use crate::domain::capture::Channel;
use crate::domain::id::{BeneficiaryId, DeviceId, PersonId, SessionId, StaffId};
use crate::domain::session::{Applicant, Ended, NonceDigest, Outcome, Session};

const TABLE: &str = "session";

const INSERT: &str = "insert into session \
    (id, nonce_digest, person, beneficiary, agency, channel, opened_at, expires_at, attempt, ended_at, outcome, \
    device, staff) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const FIND: &str = "select id, nonce_digest, person, beneficiary, agency, channel, opened_at, expires_at, attempt, ended_at, outcome, \
    device, staff from session where id = $1";
const UPDATE: &str = "update session set attempt = $2, ended_at = $3, outcome = $4 where id = $1";

#[derive(FromRow)]
struct Row {
    id: Uuid,
    nonce_digest: Digest,
    person: Uuid,
    beneficiary: Option<Uuid>,
    agency: Parsed<AgencyCode>,
    channel: Name<Channel>,
    opened_at: Time,
    expires_at: Time,
    attempt: Count,
    ended_at: Option<Time>,
    outcome: Option<Name<Outcome>>,
    device: Option<Uuid>,
    staff: Option<Uuid>,
}

impl From<Row> for Session {
    fn from(row: Row) -> Self {
        Self {
            id: SessionId(row.id),
            nonce: NonceDigest(row.nonce_digest.0),
            applicant: Applicant {
                person: PersonId(row.person),
                beneficiary: row.beneficiary.map(BeneficiaryId),
                agency: row.agency.0,
            },
            channel: row.channel.0,
            attendant: match (row.device, row.staff) {
                (Some(device), _) => Attendant::Device(DeviceId(device)),
                (None, Some(staff)) => Attendant::Staff(StaffId(staff)),
                (None, None) => Attendant::Nobody,
            },
            opened_at: row.opened_at.0,
            expires_at: row.expires_at.0,
            attempt: row.attempt.0,
            // The schema has both or neither.
            ended: row.ended_at.zip(row.outcome).map(|(at, outcome)| Ended { at: at.0, outcome: outcome.0 }),
        }
    }
}

/// Records a new session.
///
/// # Errors
/// [`Constraint::ParentMissing`] when its person or beneficiary is not recorded.
pub async fn insert(tx: &mut Tx, session: &Session) -> Result<(), StoreError> {
    let (device, staff) = match session.attendant {
        Attendant::Nobody => (None, None),
        Attendant::Device(device) => (Some(device.0), None),
        Attendant::Staff(staff) => (None, Some(staff.0)),
    };
    run!(
        tx,
        later INSERT,
        session.id.0,
        session.nonce.0.as_slice(),
        session.applicant.person.0,
        session.applicant.beneficiary.map(|id| id.0),
        session.applicant.agency.as_str(),
        Name(session.channel),
        Time(session.opened_at),
        Time(session.expires_at),
        i64::from(session.attempt),
        session.ended.map(|ended| Time(ended.at)),
        session.ended.map(|ended| Name(ended.outcome)),
        device,
        staff,
    )
}

/// The session of that identifier.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: SessionId) -> Result<Option<Session>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(Session::from))
}

/// The session, kept from other writers until the transaction ends.
///
/// # Errors
/// Any [`StoreError`] of reading; [`StoreError::Unavailable`] when another transaction holds it too long.
pub async fn find_for_update(tx: &mut Tx, id: SessionId) -> Result<Option<Session>, StoreError> {
    lock_row(tx, Locked::Session, id.0).await?;
    find(tx, id).await
}

/// Records where the session stands now: its attempt, and its end. Everything else of a session stays as it began.
///
/// # Errors
/// [`Constraint::NotRecorded`] when there is no such session.
pub async fn update(tx: &mut Tx, session: &Session) -> Result<(), StoreError> {
    let changed = run!(
        tx,
        execute UPDATE,
        session.id.0,
        i64::from(session.attempt),
        session.ended.map(|ended| Time(ended.at)),
        session.ended.map(|ended| Name(ended.outcome)),
    )?;
    StoreError::unless_changed(changed, Constraint::NotRecorded)
}
