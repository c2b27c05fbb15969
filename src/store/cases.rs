//! Review cases, and their judgements. Judgements are append-only.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Json, Name, Time};
use super::dialect::{Locked, lock_row};
use super::error::{Constraint, StoreError};
use super::tx::{Tx, run};
use crate::domain::decision::{Reasons, ReferReason};
use crate::domain::id::{BeneficiaryId, CaseId, SessionId, StaffId};
use crate::domain::review::{Case, CaseState, Judgement, Verdict};

const TABLE: &str = "review_case";
const JUDGEMENTS: &str = "judgement";

const INSERT: &str = "insert into review_case \
    (id, session, beneficiary, reasons, opened_at, due_on, state, claimed_by, claimed_until) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const FIND: &str = "select id, session, beneficiary, reasons, opened_at, due_on, state, claimed_by, claimed_until \
    from review_case where id = $1";
const OF_SESSION: &str = "select id, session, beneficiary, reasons, opened_at, due_on, state, claimed_by, claimed_until \
    from review_case where session = $1";
const OPEN: &str = "select id, session, beneficiary, reasons, opened_at, due_on, state, claimed_by, claimed_until \
    from review_case where state in ('waiting', 'claimed') and id > $1 order by id limit $2";
const UPDATE: &str = "update review_case set state = $2, claimed_by = $3, claimed_until = $4 where id = $1";

const JUDGE: &str = "insert into judgement (review_case, position, reviewer, verdict, reason, judged_at) \
    values ($1, $2, $3, $4, $5, $6)";
const JUDGEMENTS_OF: &str = "select review_case, reviewer, verdict, reason, judged_at from judgement \
    where review_case = $1 order by position";
const JUDGEMENTS_OF_OPEN: &str = "select j.review_case, j.reviewer, j.verdict, j.reason, j.judged_at \
    from judgement j join review_case c on c.id = j.review_case \
    where c.state in ('waiting', 'claimed') and c.id >= $1 and c.id <= $2 order by j.review_case, j.position";

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
    fn with(self, judgements: Vec<Judgement>) -> Result<Case, StoreError> {
        let state = match (self.state.as_str(), self.claimed_by, self.claimed_until) {
            ("waiting", None, None) => CaseState::Waiting,
            ("claimed", Some(by), Some(until)) => CaseState::Claimed { by: StaffId(by), until: until.0 },
            ("certified", None, None) => CaseState::Certified,
            ("investigation", None, None) => CaseState::Investigation,
            _ => return Err(StoreError::corrupt(TABLE, "state")),
        };
        Ok(Case {
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

/// The columns of a state: its name, and who holds the case until when.
fn columns(state: &CaseState) -> (&'static str, Option<Uuid>, Option<Time>) {
    match state {
        CaseState::Waiting => ("waiting", None, None),
        CaseState::Claimed { by, until } => ("claimed", Some(by.0), Some(Time(*until))),
        CaseState::Certified => ("certified", None, None),
        CaseState::Investigation => ("investigation", None, None),
    }
}

#[derive(FromRow)]
struct JudgementRow {
    review_case: Uuid,
    reviewer: Uuid,
    verdict: Name<Verdict>,
    reason: String,
    judged_at: Time,
}

impl JudgementRow {
    /// The instant aside, of which the database keeps less.
    fn is(&self, judgement: &Judgement) -> bool {
        self.reviewer == judgement.reviewer.0 && self.verdict.0 == judgement.verdict && self.reason == judgement.reason
    }
}

impl From<JudgementRow> for Judgement {
    fn from(row: JudgementRow) -> Self {
        Self { reviewer: StaffId(row.reviewer), verdict: row.verdict.0, reason: row.reason, at: row.judged_at.0 }
    }
}

/// Records a new case, with the judgements that it has.
///
/// # Errors
/// [`Constraint::SessionReferred`] when the session has a case already, [`Constraint::ParentMissing`] when the session or
/// the beneficiary are not recorded.
pub async fn insert(tx: &mut Tx, case: &Case) -> Result<(), StoreError> {
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
pub async fn find(tx: &mut Tx, id: CaseId) -> Result<Option<Case>, StoreError> {
    let row = run!(tx, fetch_optional Row in TABLE; FIND, id.0)?;
    complete(tx, row).await
}

/// The case, kept from other writers until the transaction ends.
///
/// # Errors
/// Any [`StoreError`] of reading; [`StoreError::Unavailable`] when another transaction holds it too long.
pub async fn find_for_update(tx: &mut Tx, id: CaseId) -> Result<Option<Case>, StoreError> {
    lock_row(tx, Locked::Case, id.0).await?;
    find(tx, id).await
}

/// The case that a session became, if it was referred.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of_session(tx: &mut Tx, session: SessionId) -> Result<Option<Case>, StoreError> {
    let row = run!(tx, fetch_optional Row in TABLE; OF_SESSION, session.0)?;
    complete(tx, row).await
}

/// Records where the case stands now, and appends the judgements that are not recorded yet. Everything else of a case
/// stays as it was opened.
///
/// # Errors
/// [`Constraint::NotRecorded`] when there is no such case, [`Constraint::CaseJudged`] when somebody else has judged it
/// since it was read.
pub async fn update(tx: &mut Tx, case: &Case) -> Result<(), StoreError> {
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

/// One page of the cases that nobody has decided, the oldest first: at most `limit`, after the one that ended the last
/// page. A case in somebody's hands is among them; one whose claim had run out by `now` waits again.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn open(tx: &mut Tx, now: Timestamp, after: Option<CaseId>, limit: u32) -> Result<Vec<Case>, StoreError> {
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let rows = run!(tx, fetch_all Row in TABLE; OPEN, after, i64::from(limit))?;
    let (Some(first), Some(last)) = (rows.first().map(|row| row.id), rows.last().map(|row| row.id)) else {
        return Ok(Vec::new());
    };
    let mut judgements: HashMap<Uuid, Vec<Judgement>> = HashMap::new();
    for row in run!(tx, fetch_all JudgementRow in JUDGEMENTS; JUDGEMENTS_OF_OPEN, first, last)? {
        judgements.entry(row.review_case).or_default().push(row.into());
    }
    rows.into_iter()
        .map(|row| {
            let judgements = judgements.remove(&row.id).unwrap_or_default();
            let mut case = row.with(judgements)?;
            if matches!(case.state, CaseState::Claimed { until, .. } if until <= now) {
                case.state = CaseState::Waiting;
            }
            Ok(case)
        })
        .collect()
}

async fn complete(tx: &mut Tx, row: Option<Row>) -> Result<Option<Case>, StoreError> {
    let Some(row) = row else { return Ok(None) };
    let judgements = run!(tx, fetch_all JudgementRow in JUDGEMENTS; JUDGEMENTS_OF, row.id)?;
    row.with(judgements.into_iter().map(Judgement::from).collect()).map(Some)
}

async fn append_judgements(tx: &mut Tx, case: &Case, recorded: usize) -> Result<(), StoreError> {
    for (position, judgement) in (0_u32..).zip(&case.judgements).skip(recorded) {
        run!(
            tx,
            execute JUDGE,
            case.id.0,
            i64::from(position),
            judgement.reviewer.0,
            Name(judgement.verdict),
            judgement.reason.as_str(),
            Time(judgement.at),
        )?;
    }
    Ok(())
}
