//! Review cases, and their judgements, whose reasons come here sealed. Judgements are append-only.

use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Json, Name, Time};
use super::dialect::{Locked, lock_row};
use super::error::{Constraint, StoreError};
use super::tx::{Tx, run};
use crate::domain::beneficiary::AgencyCode;
use crate::domain::decision::{Reasons, ReferReason};
use crate::domain::id::{BeneficiaryId, CaseId, PersonId, SessionId, StaffId};
use crate::domain::review::{CaseState, Verdict};

const TABLE: &str = "review_case";
const JUDGEMENTS: &str = "judgement";

const INSERT: &str = "insert into review_case \
    (id, session, beneficiary, reasons, opened_at, due_on, state, claimed_by, claimed_until) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const FIND: &str = "select id, session, beneficiary, reasons, opened_at, due_on, state, claimed_by, claimed_until \
    from review_case where id = $1";
const OF_SESSION: &str = "select id, session, beneficiary, reasons, opened_at, due_on, state, claimed_by, claimed_until \
    from review_case where session = $1";
/// Twelve digits are enough of any agency: those that are not written are zeros.
const OPEN: &str = "select c.id, c.opened_at, c.due_on, c.state, c.claimed_by, c.claimed_until \
    from review_case c join session s on s.id = c.session \
    where c.state in ('waiting', 'claimed') and c.id > $1 and substr(s.agency || '000000', 1, length($3)) = $3 \
    order by c.id limit $2";
const UPDATE: &str = "update review_case set state = $2, claimed_by = $3, claimed_until = $4 where id = $1";

const CLOSE_OF_ERASED: &str = "update review_case set state = 'erased', claimed_by = null, claimed_until = null \
    where state in ('waiting', 'claimed') and session in (select id from session where person = $1)";

const JUDGE: &str = "insert into judgement (review_case, position, reviewer, verdict, reason, judged_at) \
    values ($1, $2, $3, $4, $5, $6)";
const JUDGEMENTS_OF: &str = "select reviewer, verdict, reason, judged_at from judgement \
    where review_case = $1 order by position";
/// A case as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCase {
    /// Ours, and the case number that the person is told.
    pub id: CaseId,
    /// What was referred.
    pub session: SessionId,
    /// The person, if the number is known.
    pub beneficiary: Option<BeneficiaryId>,
    /// Why the machine passed it on.
    pub reasons: Reasons<ReferReason>,
    /// Since when it waits.
    pub opened_at: Timestamp,
    /// The day that the person was told.
    pub due_on: Date,
    /// Where it stands.
    pub state: CaseState,
    /// What was judged so far, oldest first.
    pub judgements: Vec<StoredJudgement>,
}

/// A judgement as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredJudgement {
    /// Who.
    pub reviewer: StaffId,
    /// What.
    pub verdict: Verdict,
    /// Why, sealed.
    pub reason: Vec<u8>,
    /// When.
    pub at: Timestamp,
}

/// A case as it lies on the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCase {
    /// Case number.
    pub id: CaseId,
    /// Since when it waits.
    pub opened_at: Timestamp,
    /// The day that the person was told.
    pub due_on: Date,
    /// Where it stands.
    pub state: CaseState,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    session: Uuid,
    beneficiary: Option<Uuid>,
    reasons: Json<Reasons<ReferReason>>,
    opened_at: Time,
    due_on: jiff_sqlx::Date,
    state: String,
    claimed_by: Option<Uuid>,
    claimed_until: Option<Time>,
}

impl Row {
    fn with(self, judgements: Vec<StoredJudgement>) -> Result<StoredCase, StoreError> {
        let state = state(&self.state, self.claimed_by, self.claimed_until)?;
        Ok(StoredCase {
            id: CaseId(self.id),
            session: SessionId(self.session),
            beneficiary: self.beneficiary.map(BeneficiaryId),
            reasons: self.reasons.0,
            opened_at: self.opened_at.0,
            due_on: self.due_on.to_jiff(),
            state,
            judgements,
        })
    }
}

#[derive(FromRow)]
struct OpenRow {
    id: Uuid,
    opened_at: Time,
    due_on: jiff_sqlx::Date,
    state: String,
    claimed_by: Option<Uuid>,
    claimed_until: Option<Time>,
}

/// The state that three columns say.
fn state(name: &str, by: Option<Uuid>, until: Option<Time>) -> Result<CaseState, StoreError> {
    match (name, by, until) {
        ("waiting", None, None) => Ok(CaseState::Waiting),
        ("claimed", Some(by), Some(until)) => Ok(CaseState::Claimed { by: StaffId(by), until: until.0 }),
        ("certified", None, None) => Ok(CaseState::Certified),
        ("investigation", None, None) => Ok(CaseState::Investigation),
        ("erased", None, None) => Ok(CaseState::Erased),
        _ => Err(StoreError::corrupt(TABLE, "state")),
    }
}

/// The columns of a state: its name, and who holds the case until when.
fn columns(state: &CaseState) -> (&'static str, Option<Uuid>, Option<Time>) {
    match state {
        CaseState::Waiting => ("waiting", None, None),
        CaseState::Claimed { by, until } => ("claimed", Some(by.0), Some(Time(*until))),
        CaseState::Certified => ("certified", None, None),
        CaseState::Investigation => ("investigation", None, None),
        CaseState::Erased => ("erased", None, None),
    }
}

#[derive(FromRow)]
struct JudgementRow {
    reviewer: Uuid,
    verdict: Name<Verdict>,
    reason: Vec<u8>,
    judged_at: Time,
}

impl JudgementRow {
    /// The reason aside, which is sealed anew each time.
    fn is(&self, judgement: &StoredJudgement) -> bool {
        self.reviewer == judgement.reviewer.0
            && self.verdict.0 == judgement.verdict
            && self.judged_at.0.as_microsecond() == judgement.at.as_microsecond()
    }
}

impl From<JudgementRow> for StoredJudgement {
    fn from(row: JudgementRow) -> Self {
        Self { reviewer: StaffId(row.reviewer), verdict: row.verdict.0, reason: row.reason, at: row.judged_at.0 }
    }
}

/// Records a new case, with the judgements that it has.
///
/// # Errors
/// [`Constraint::SessionReferred`] when the session has a case already, [`Constraint::ParentMissing`] when the session or
/// the beneficiary are not recorded.
pub async fn insert(tx: &mut Tx, case: &StoredCase) -> Result<(), StoreError> {
    let (state, by, until) = columns(&case.state);
    run!(
        tx,
        execute INSERT,
        case.id.0,
        case.session.0,
        case.beneficiary.map(|id| id.0),
        Json(&case.reasons),
        Time(case.opened_at),
        case.due_on.to_sqlx(),
        state,
        by,
        until,
    )?;
    append_judgements(tx, case, 0).await
}

/// The case of that identifier.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: CaseId) -> Result<Option<StoredCase>, StoreError> {
    let row = run!(tx, fetch_optional Row in TABLE; FIND, id.0)?;
    complete(tx, row).await
}

/// The case, kept from other writers until the transaction ends.
///
/// # Errors
/// Any [`StoreError`] of reading; [`StoreError::Unavailable`] when another transaction holds it too long.
pub async fn find_for_update(tx: &mut Tx, id: CaseId) -> Result<Option<StoredCase>, StoreError> {
    lock_row(tx, Locked::Case, id.0).await?;
    find(tx, id).await
}

/// The case that a session became, if it was referred.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of_session(tx: &mut Tx, session: SessionId) -> Result<Option<StoredCase>, StoreError> {
    let row = run!(tx, fetch_optional Row in TABLE; OF_SESSION, session.0)?;
    complete(tx, row).await
}

/// Records where the case stands now, and appends the judgements that are not recorded yet. Everything else of a case
/// stays as it was opened.
///
/// # Errors
/// [`Constraint::NotRecorded`] when there is no such case, [`Constraint::CaseJudged`] when somebody else has judged it
/// since it was read.
pub async fn update(tx: &mut Tx, case: &StoredCase) -> Result<(), StoreError> {
    let (state, by, until) = columns(&case.state);
    let changed = run!(tx, execute UPDATE, case.id.0, state, by, until)?;
    StoreError::unless_changed(changed, Constraint::NotRecorded)?;
    let recorded = run!(tx, fetch_all JudgementRow in JUDGEMENTS; JUDGEMENTS_OF, case.id.0)?;
    let known = case.judgements.iter().zip(&recorded).filter(|(ours, theirs)| theirs.is(ours)).count();
    if known < recorded.len() {
        return Err(StoreError::Conflict(Constraint::CaseJudged));
    }
    append_judgements(tx, case, known).await
}

/// Takes the undecided cases of somebody who was erased from the desk: nobody can decide them any more.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn close_of_erased(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    run!(tx, execute CLOSE_OF_ERASED, person.0)
}

/// One page of the cases at an agency and below it that nobody has decided, the oldest first: at most `limit`, after the
/// one that ended the last page. A case in somebody's hands is among them; one whose claim had run out by `now` waits again.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn open(
    tx: &mut Tx,
    agency: &AgencyCode,
    now: Timestamp,
    after: Option<CaseId>,
    limit: u32,
) -> Result<Vec<OpenCase>, StoreError> {
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let rows = run!(tx, fetch_all OpenRow in TABLE; OPEN, after, i64::from(limit), agency.stem())?;
    let case = |row: OpenRow| {
        let state = match state(&row.state, row.claimed_by, row.claimed_until)? {
            CaseState::Claimed { until, .. } if until <= now => CaseState::Waiting,
            state => state,
        };
        Ok(OpenCase { id: CaseId(row.id), opened_at: row.opened_at.0, due_on: row.due_on.to_jiff(), state })
    };
    rows.into_iter().map(case).collect()
}

async fn complete(tx: &mut Tx, row: Option<Row>) -> Result<Option<StoredCase>, StoreError> {
    let Some(row) = row else { return Ok(None) };
    let judgements = run!(tx, fetch_all JudgementRow in JUDGEMENTS; JUDGEMENTS_OF, row.id)?;
    row.with(judgements.into_iter().map(StoredJudgement::from).collect()).map(Some)
}

async fn append_judgements(tx: &mut Tx, case: &StoredCase, recorded: usize) -> Result<(), StoreError> {
    for (position, judgement) in (0_u32..).zip(&case.judgements).skip(recorded) {
        run!(
            tx,
            execute JUDGE,
            case.id.0,
            i64::from(position),
            judgement.reviewer.0,
            Name(judgement.verdict),
            judgement.reason.as_slice(),
            Time(judgement.at),
        )?;
    }
    Ok(())
}
