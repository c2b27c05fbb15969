//! The office's first desk: referred sessions, claimed with a lease and judged by people.
//!
//! Reviewers work blind: they see pictures, neither name nor number nor score nor the machine's reasons.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Service;
use super::answer::{Answer, RequestKey, begin};
use super::append_log::{Who, append};
use super::complete_session::{CertificationReceipt, certified};
use super::error::ServiceError;
use super::sealed;
use crate::domain::attendant::Attendant;
use crate::domain::certification::{Certification, Grounds};
use crate::domain::id::{CaptureId, CaseId, PersonId, ReferenceId, StaffId};
use crate::domain::limits::Subject;
use crate::domain::permission::Permission;
use crate::domain::review::{Case, CaseRefusal, CaseState, Verdict};
use crate::domain::staff::StaffMember;
use crate::images::Picture;
use crate::log::entry::Act;
use crate::log::record::Record;
use crate::store::cases::StoredCase;
use crate::store::{Tx, captures, cases, certifications, failure_runs, references, sessions};
use crate::vault::DataKey;

/// Cases of one page, at most.
pub const PAGE: u32 = 100;

/// A case on the desk.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaseView {
    /// Case number.
    pub id: Uuid,
    /// Since when it waits.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// The day that the person was told.
    #[schema(value_type = String, format = Date)]
    pub due_on: Date,
    /// Where it stands.
    pub state: CaseStateView,
    /// The account that has it, while one has.
    pub claimed_by: Option<Uuid>,
    /// Until when, while somebody has it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub claimed_until: Option<Timestamp>,
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseStateView {
    /// Nobody has it.
    Waiting,
    /// Somebody has it.
    Claimed,
    /// The person was recognised.
    Certified,
    /// People look into it. The pension goes on meanwhile.
    Investigation,
    /// The person was erased before anybody decided.
    Erased,
}

/// A claimed case: the pictures to compare.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaseFile {
    /// The case.
    pub case: CaseView,
    /// The enrolled photos, to be read from `…/references/{id}`. Empty when nobody of the number is registered, or nothing
    /// is enrolled.
    pub references: Vec<Uuid>,
    /// The frames that the session took, to be read from `…/captures/{id}`.
    pub captures: Vec<Uuid>,
}

/// What the reviewer saw, and why they think so.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJudgement {
    /// What.
    pub verdict: Verdict,
    /// Why: 5 to 2,000 characters.
    #[schema(example = "Same ears, same scar above the left eye.")]
    pub reason: String,
}

/// A judged case.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Judged {
    /// The case after the judgement.
    pub case: CaseView,
    /// The certification, when the person was recognised.
    pub certification: Option<CertificationReceipt>,
}

impl Service {
    /// Undecided cases that the reviewer may judge, oldest first, after a case number.
    ///
    /// # Errors
    /// The database's own.
    pub async fn cases(
        &self,
        reviewer: &StaffMember,
        after: Option<CaseId>,
        limit: u32,
    ) -> Result<Vec<CaseView>, ServiceError> {
        let (now, limit) = (self.clock.now(), limit.clamp(1, PAGE));
        let (mut tx, mut open) = (self.store.read().await?, Vec::new());
        for agency in reviewer.scope(Permission::ReviewCases) {
            open.extend(cases::open(&mut tx, &agency, now, after, limit).await?);
        }
        open.sort_by_key(|case| case.id);
        open.truncate(limit as usize);
        Ok(open.iter().map(|case| view(case.id, case.opened_at, case.due_on, &case.state, now)).collect())
    }

    /// Claims a case for a reviewer and hands out the pictures.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], also for cases of agencies where they judge nothing; or [`ServiceError::Case`].
    pub async fn claim_case(&self, id: CaseId, reviewer: &StaffMember) -> Result<CaseFile, ServiceError> {
        let now = self.clock.now();
        let (person, key) = self.key_of_case(id, reviewer).await?;
        let mut tx = self.store.write().await?;
        let case = find(&mut tx, id, person, &key).await?;
        let session = sessions::find(&mut tx, case.session).await?.ok_or(ServiceError::NotFound("session"))?;
        if session.attendant == Attendant::Staff(reviewer.id) {
            return Err(CaseRefusal::Attended.into());
        }
        let case = case.claim(reviewer.id, now)?;
        cases::update(&mut tx, &sealed::case::seal(&case, person, &key)?).await?;
        append(&mut tx, now, Who::Staff(reviewer), &key, |_| Act::CaseClaimed { case: id }).await?;
        let enrolled = match case.beneficiary {
            Some(person) => references::compared(&mut tx, person).await?,
            None => Vec::new(),
        };
        let taken = captures::of_session(&mut tx, case.session).await?;
        tx.commit().await?;
        Ok(CaseFile {
            case: view(case.id, case.opened_at, case.due_on, &case.state, now),
            references: enrolled.iter().map(|one| one.id.0).collect(),
            captures: taken.iter().filter(|one| one.image_deleted_at.is_none()).map(|one| one.id.0).collect(),
        })
    }

    /// A reviewer's verdict on a case they hold.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] or [`ServiceError::Case`], as in [`Self::claim_case`].
    pub async fn judge_case(
        &self,
        id: CaseId,
        reviewer: &StaffMember,
        judgement: &NewJudgement,
        key: Option<RequestKey>,
    ) -> Result<Answer<Judged>, ServiceError> {
        let now = self.clock.now();
        let (person, key_of_person) = self.key_of_case(id, reviewer).await?;
        let mut work = begin!(self, key);
        work.person = Some(person);
        let case = find(&mut work.tx, id, person, &key_of_person).await?;
        let before = case.judgements.len();
        let case = case.judge(reviewer.id, judgement.verdict, &judgement.reason, now)?;
        cases::update(&mut work.tx, &sealed::case::seal(&case, person, &key_of_person)?).await?;
        for (position, judged) in (0_u32..).zip(&case.judgements).skip(before) {
            append(&mut work.tx, now, Who::Staff(reviewer), &key_of_person, |salt| Act::CaseJudged {
                case: id,
                position,
                verdict: judged.verdict,
                record: Record::Judgement(id, judged).commit(salt),
            })
            .await?;
        }
        let certification = match (&case.state, case.beneficiary) {
            (CaseState::Certified, Some(beneficiary)) => {
                let seen = captures::of_session(&mut work.tx, case.session).await?;
                let seen = seen.into_iter().next().map(|first| sealed::capture::open(&first, person, &key_of_person));
                let pack = seen.transpose()?.map(|capture| capture.evidence.pack).unwrap_or_default();
                let grounds = Grounds { session: case.session, beneficiary, pack, reviewer: Some(reviewer.id) };
                let policy = self.policy(&mut work.tx).await?;
                let certification = Certification::new(grounds, &policy, now, &mut rand::rng());
                certifications::insert(&mut work.tx, &certification).await?;
                failure_runs::end(&mut work.tx, &Subject::Person(person)).await?;
                let entry = append(&mut work.tx, now, Who::Staff(reviewer), &key_of_person, |salt| {
                    certified(&certification, salt)
                })
                .await?;
                let receipt = self.issue_receipt(&mut work.tx, &certification, &key_of_person, entry).await?;
                Some(CertificationReceipt::new(&certification, receipt))
            }
            _ => None,
        };
        let answer = work
            .finish(Judged { case: view(case.id, case.opened_at, case.due_on, &case.state, now), certification })
            .await?;
        self.housekeeping.notify_one();
        metrics::counter!("vivat_judgements_total").increment(1);
        Ok(answer)
    }

    /// An enrolled photo, for the reviewer who holds the case.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when it is not a picture of this case, [`ServiceError::Case`] for anybody else.
    pub async fn reference_of_case(
        &self,
        id: CaseId,
        reference: ReferenceId,
        reviewer: &StaffMember,
    ) -> Result<Zeroizing<Vec<u8>>, ServiceError> {
        let mut tx = self.store.read().await?;
        let case = self.held(&mut tx, id, reviewer.id).await?;
        let (_, key) = self.key_in(&mut tx, case.session).await?;
        let found = references::find(&mut tx, reference).await?.filter(|one| Some(one.beneficiary) == case.beneficiary);
        let whose = found.ok_or(ServiceError::NotFound("picture"))?.beneficiary;
        drop(tx);
        let picture = self.images.get(Picture::Reference(reference)).await?;
        Ok(key.open(&sealed::picture::reference(reference, whose), &picture)?)
    }

    /// A frame of the session, for the reviewer who holds the case.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when it is not a picture of this case, [`ServiceError::Case`] for anybody else.
    pub async fn capture_of_case(
        &self,
        id: CaseId,
        capture: CaptureId,
        reviewer: &StaffMember,
    ) -> Result<Zeroizing<Vec<u8>>, ServiceError> {
        let mut tx = self.store.read().await?;
        let case = self.held(&mut tx, id, reviewer.id).await?;
        let (person, key) = self.key_in(&mut tx, case.session).await?;
        let found = captures::find(&mut tx, capture).await?.filter(|one| one.session == case.session);
        found.filter(|one| one.image_deleted_at.is_none()).ok_or(ServiceError::NotFound("picture"))?;
        drop(tx);
        let picture = self.images.get(Picture::Probe(capture)).await?;
        Ok(key.open(&sealed::picture::probe(capture, person), &picture)?)
    }

    async fn held(&self, tx: &mut Tx, id: CaseId, reviewer: StaffId) -> Result<StoredCase, ServiceError> {
        let case = cases::find(tx, id).await?.ok_or(ServiceError::NotFound("case"))?;
        match &case.state {
            CaseState::Claimed { by, until } if *by == reviewer && self.clock.now() < *until => Ok(case),
            _ => Err(CaseRefusal::NotClaimed.into()),
        }
    }

    /// The key of the person whose case it is, before the transaction that needs it. For reviewers of other agencies there
    /// is no such case: its number would tell who was referred.
    async fn key_of_case(&self, id: CaseId, reviewer: &StaffMember) -> Result<(PersonId, DataKey), ServiceError> {
        let mut tx = self.store.read().await?;
        let case = cases::find(&mut tx, id).await?.ok_or(ServiceError::NotFound("case"))?;
        let session = sessions::find(&mut tx, case.session).await?;
        let theirs = session.filter(|of| reviewer.may(Permission::ReviewCases, &of.applicant.agency));
        theirs.ok_or(ServiceError::NotFound("case"))?;
        self.key_in(&mut tx, case.session).await
    }
}

async fn find(tx: &mut Tx, id: CaseId, whose: PersonId, key: &DataKey) -> Result<Case, ServiceError> {
    let stored = cases::find_for_update(tx, id).await?.ok_or(ServiceError::NotFound("case"))?;
    sealed::case::open(stored, whose, key)
}

fn view(id: CaseId, opened_at: Timestamp, due_on: Date, state: &CaseState, now: Timestamp) -> CaseView {
    let (state, claimed) = match state {
        CaseState::Claimed { by, until } if now < *until => (CaseStateView::Claimed, Some((by.0, *until))),
        CaseState::Waiting | CaseState::Claimed { .. } => (CaseStateView::Waiting, None),
        CaseState::Certified => (CaseStateView::Certified, None),
        CaseState::Investigation => (CaseStateView::Investigation, None),
        CaseState::Erased => (CaseStateView::Erased, None),
    };
    let (claimed_by, claimed_until) = claimed.unzip();
    CaseView { id: id.0, opened_at, due_on, state, claimed_by, claimed_until }
}
