//! The attempt is decided, and the decision recorded.

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Service;
use super::accept_capture::Advice;
use super::answer::{Answer, RequestKey, Work, begin};
use super::append_log::{Who, append};
use super::error::ServiceError;
use super::instruction::Instruction;
use super::issue_receipt::Receipt;
use super::sealed;
use crate::domain::attendant::Caller;
use crate::domain::certification::{Certification, Grounds};
use crate::domain::challenge::Challenge;
use crate::domain::decision::{Decision, Reasons, ReferReason, decide};
use crate::domain::id::{CaseId, SessionId};
use crate::domain::policy::Policy;
use crate::domain::review::Case;
use crate::domain::session::{Nonce, OpenSession, Session, SessionRefusal};
use crate::log::entry::Act;
use crate::log::record::{Record, Salt};
use crate::store::{Tx, captures, cases, certifications, challenges, decisions, sessions};
use crate::vault::DataKey;
use crate::words::{self, Text};

/// What the person is told. There is no "denied".
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "decision")]
pub enum SessionCompleted {
    /// Alive, and the right person.
    Certified {
        /// The record.
        certification: CertificationReceipt,
        /// What happens next.
        next: Text,
    },
    /// Nothing could be said of the pictures.
    Retake {
        /// What to change.
        reasons: Vec<Advice>,
        /// Attempts that are left.
        attempts_left: u32,
        /// The first step of the next attempt: a new challenge.
        instruction: Instruction,
        /// What happens next.
        next: Text,
    },
    /// A person of the office will decide.
    Referred {
        /// The same for everybody: they must not tell who is enrolled.
        reasons: Vec<PublicReason>,
        /// What to ask for at the office.
        case: CaseReceipt,
        /// What happens next, by when, and how to object.
        next: Text,
    },
}

/// A certification as its beneficiary sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CertificationReceipt {
    /// Number of the certification.
    pub id: Uuid,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub certified_at: Timestamp,
    /// Last day of validity.
    #[schema(value_type = String, format = Date)]
    pub valid_until: Date,
    /// What proves it, wherever the person goes.
    pub receipt: Receipt,
}

/// A referral as its beneficiary sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaseReceipt {
    /// Case number.
    pub id: Uuid,
    /// The day by which the office decides.
    #[schema(value_type = String, format = Date)]
    pub due_on: Date,
}

/// A reason that may be told to anybody.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PublicReason {
    /// A stable code.
    #[schema(example = "a_person_decides")]
    pub code: &'static str,
    /// What it means.
    pub message: Text,
    /// What to do now.
    pub action: Text,
}

impl Service {
    /// Decides the present attempt of a session.
    ///
    /// # Errors
    /// [`ServiceError::Session`] when the session takes nothing, [`ServiceError::NoCaptures`] before any frame,
    /// [`ServiceError::Paused`].
    pub async fn complete_session(
        &self,
        id: SessionId,
        nonce: &Nonce,
        caller: Caller,
        key: Option<RequestKey>,
    ) -> Result<Answer<SessionCompleted>, ServiceError> {
        let (person, key_of_person) = self.key_of_session(id).await?;
        let mut work = begin!(self, key);
        work.person = Some(person);
        let found = sessions::find_for_update(&mut work.tx, id).await?;
        let session = found.ok_or(ServiceError::NotFound("session"))?;
        let open = match session.admit(nonce, caller, self.clock.now()) {
            Err(SessionRefusal::Completed) => {
                return Err(self.completed_before(&mut work.tx, id, &key_of_person).await?);
            }
            admitted => admitted?,
        };
        let policy = self.policy(&mut work.tx).await?;
        let challenge = sealed::challenge::find(&mut work.tx, open.session(), &key_of_person).await?;
        let evidence =
            self.evidence_of_attempt(&mut work.tx, open.session(), &challenge, &policy, &key_of_person).await?;
        let evidence = evidence.ok_or(ServiceError::NoCaptures)?;
        let held = self.hold_runs(&mut work.tx, &policy, (person, open.session().channel, caller)).await?;
        let decision = decide(&policy, &evidence, open.history(held.left()));
        let outcome = decision.name();
        let left = held.left().saturating_sub(1);
        let completed = self.record(&mut work, &key_of_person, &policy, (open, &challenge), decision, left).await?;
        let success = matches!(completed, SessionCompleted::Certified { .. });
        self.count(&mut work.tx, held, person, success).await?;
        let answer = work.finish(completed).await?;
        self.decided(outcome);
        Ok(answer)
    }

    /// Counts a decision, and wakes what cleans up after one.
    pub(super) fn decided(&self, outcome: &'static str) {
        self.housekeeping.notify_one();
        metrics::counter!("vivat_decisions_total", "outcome" => outcome).increment(1);
    }

    /// Refuses to decide twice, and tells again what was decided: the first answer may have been lost on its way.
    async fn completed_before(&self, tx: &mut Tx, id: SessionId, key: &DataKey) -> Result<ServiceError, ServiceError> {
        let certification = certifications::of_session(tx, id).await?;
        let case = cases::of_session(tx, id).await?;
        let result = match (certification, case) {
            // A case that a reviewer certified has both; what the person holds is the case number.
            (_, Some(case)) => Some(SessionCompleted::referred(case.id, case.due_on)),
            (Some(certification), None) => {
                let receipt = self.receipt_again(tx, &certification, key).await?;
                Some(SessionCompleted::certified(&certification, receipt))
            }
            (None, None) => None,
        };
        Ok(result.map_or(SessionRefusal::Completed.into(), |result| ServiceError::CompletedBefore(Box::new(result))))
    }

    /// Records a decision, with all that follows from it.
    pub(super) async fn record(
        &self,
        work: &mut Work,
        key: &DataKey,
        policy: &Policy,
        (open, challenge): (OpenSession, &Challenge),
        decision: Decision,
        failures_left: u32,
    ) -> Result<SessionCompleted, ServiceError> {
        let now = self.clock.now();
        let attempt = open.session().attempt;
        let session = open.after(&decision, now);
        let who = Who::from(session.attendant);
        let hash = policy.content_hash();
        decisions::insert(&mut work.tx, session.id, attempt, &decision, now, &hash).await?;
        append(&mut work.tx, now, who, key, |salt| Act::SessionDecided {
            session: session.id,
            attempt,
            outcome: decision.name().to_owned(),
            record: Record::Decision(session.id, attempt, &decision, now, &hash).commit(salt),
        })
        .await?;
        sessions::update(&mut work.tx, &session).await?;
        captures::wipe_traces(&mut work.tx, session.id).await?;
        match (decision, session.applicant.beneficiary) {
            (Decision::Retake(findings), _) => {
                let challenge = challenge.drawn_anew(policy.rule(session.channel).active_steps, now, &mut rand::rng());
                let content = sealed::challenge::seal(&challenge, &session, key)?;
                challenges::insert(&mut work.tx, session.id, session.attempt, &content).await?;
                Ok(SessionCompleted::Retake {
                    reasons: findings.as_slice().iter().copied().map(Advice::from).collect(),
                    attempts_left: policy.max_attempts.saturating_sub(attempt).min(failures_left),
                    instruction: self
                        .instruction(&session, &challenge, policy)
                        .ok_or(ServiceError::NotFound("step"))?,
                    next: words::RETAKE,
                })
            }
            (Decision::Refer(reasons), _) => self.refer(work, key, policy, &session, reasons).await,
            // A number that nobody has cannot be certified, whatever was compared.
            (Decision::Certified, None) => {
                self.refer(work, key, policy, &session, Reasons::one(ReferReason::NoReference)).await
            }
            (Decision::Certified, Some(beneficiary)) => {
                let pack = self.inference.pipeline().pack().digest.to_string();
                let grounds = Grounds { session: session.id, beneficiary, pack, reviewer: None };
                let certification = Certification::new(grounds, policy, now, &mut rand::rng());
                certifications::insert(&mut work.tx, &certification).await?;
                let entry = append(&mut work.tx, now, who, key, |salt| certified(&certification, salt)).await?;
                let receipt = self.issue_receipt(&mut work.tx, &certification, key, entry).await?;
                Ok(SessionCompleted::certified(&certification, receipt))
            }
        }
    }

    async fn refer(
        &self,
        work: &mut Work,
        key: &DataKey,
        policy: &Policy,
        session: &Session,
        reasons: Reasons<ReferReason>,
    ) -> Result<SessionCompleted, ServiceError> {
        let case = Case::open(session, reasons, policy, self.clock.now(), &mut rand::rng());
        cases::insert(&mut work.tx, &sealed::case::seal(&case, session.applicant.person, key)?).await?;
        append(&mut work.tx, case.opened_at, session.attendant.into(), key, |salt| Act::CaseOpened {
            case: case.id,
            session: session.id,
            record: Record::Case(&case).commit(salt),
        })
        .await?;
        Ok(SessionCompleted::referred(case.id, case.due_on))
    }
}

impl SessionCompleted {
    fn certified(certification: &Certification, receipt: Receipt) -> Self {
        Self::Certified { certification: CertificationReceipt::new(certification, receipt), next: words::CERTIFIED }
    }

    fn referred(case: CaseId, due_on: Date) -> Self {
        let reason =
            PublicReason { code: "a_person_decides", message: words::A_PERSON_DECIDES, action: words::NOTHING_TO_DO };
        let case = CaseReceipt { id: case.0, due_on };
        Self::Referred { reasons: vec![reason], case, next: words::REFERRED }
    }
}

/// The act of recording a certification.
pub(super) fn certified(certification: &Certification, salt: &Salt) -> Act {
    Act::CertificationRecorded {
        certification: certification.id,
        session: certification.session,
        policy: certification.policy.clone(),
        record: Record::Certification(certification).commit(salt),
    }
}

impl CertificationReceipt {
    pub(super) fn new(certification: &Certification, receipt: Receipt) -> Self {
        Self {
            id: certification.id.0,
            certified_at: certification.certified_at,
            valid_until: certification.valid_until,
            receipt,
        }
    }
}
