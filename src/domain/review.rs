//! Review: a referred session becomes a case, and a person decides it.

use jiff::{SignedDuration, Timestamp, civil::Date};
use rand::Rng;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decision::{Reasons, ReferReason};
use super::id::{BeneficiaryId, CaseId, SessionId, StaffId};
use super::policy::Policy;
use super::session::Session;

/// How long a claim keeps others away from a case.
pub const LEASE: SignedDuration = SignedDuration::from_mins(30);

/// A referred session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
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
    /// What was judged so far, oldest first. Never changed, never removed.
    pub judgements: Vec<Judgement>,
}

/// Where a case stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseState {
    /// Nobody has it.
    Waiting,
    /// Somebody has it, for a while.
    Claimed {
        /// Who.
        by: StaffId,
        /// Until when; after that it waits again.
        until: Timestamp,
    },
    /// The person was recognised: there is a certification.
    Certified,
    /// Somebody else may have stood there: people look into it. The pension goes on meanwhile.
    Investigation,
    /// The person was erased before anybody decided, and nobody can any more.
    Erased,
}

/// What a reviewer saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The same person, alive.
    Same,
    /// Not the same person, or not alive.
    Different,
    /// The pictures do not tell.
    CannotTell,
}

/// One reviewer's verdict, with the reason in their words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Who.
    pub reviewer: StaffId,
    /// What.
    pub verdict: Verdict,
    /// Why: 5 to 2,000 characters.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What a reviewer may not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CaseRefusal {
    /// Another reviewer has it.
    #[error("another reviewer has claimed the case")]
    ClaimedByAnother,
    /// It must be claimed first, or the lease ran out.
    #[error("the case must be claimed before it is judged")]
    NotClaimed,
    /// It is decided.
    #[error("the case is decided")]
    Decided,
    /// The reviewer has judged it already.
    #[error("a reviewer judges a case once")]
    JudgedBefore,
    /// The reviewer attended the session at the counter.
    #[error("a reviewer does not judge a session that they attended")]
    Attended,
    /// The written reason is missing or endless.
    #[error("a judgement needs a written reason of 5 to 2,000 characters")]
    Reason,
    /// There is no beneficiary of that number to certify.
    #[error("nobody of that citizen number is registered")]
    NobodyToCertify,
}

impl Case {
    /// Opens a case for a session.
    pub fn open(
        session: &Session,
        reasons: Reasons<ReferReason>,
        policy: &Policy,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Self {
        Self {
            id: CaseId::new(now, rng),
            session: session.id,
            beneficiary: session.applicant.beneficiary,
            reasons,
            opened_at: now,
            due_on: policy.review_by(now),
            state: CaseState::Waiting,
            judgements: Vec::new(),
        }
    }

    /// Claims the case, or prolongs the claim.
    ///
    /// # Errors
    /// [`CaseRefusal`] when it is decided, in another's hands, or was judged by this reviewer before.
    pub fn claim(mut self, reviewer: StaffId, now: Timestamp) -> Result<Self, CaseRefusal> {
        match &self.state {
            CaseState::Certified | CaseState::Investigation | CaseState::Erased => return Err(CaseRefusal::Decided),
            CaseState::Claimed { by, until } if *by != reviewer && now < *until => {
                return Err(CaseRefusal::ClaimedByAnother);
            }
            CaseState::Claimed { .. } | CaseState::Waiting => {}
        }
        if self.judgements.iter().any(|judgement| judgement.reviewer == reviewer) {
            return Err(CaseRefusal::JudgedBefore);
        }
        let until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        self.state = CaseState::Claimed { by: reviewer, until };
        Ok(self)
    }

    /// Judges a claimed case. *Same* certifies, *different* opens an investigation, *cannot tell* gives it to another.
    ///
    /// # Errors
    /// [`CaseRefusal`] when the reviewer does not hold it, gives no reason, or there is nobody to certify.
    pub fn judge(
        mut self,
        reviewer: StaffId,
        verdict: Verdict,
        reason: &str,
        now: Timestamp,
    ) -> Result<Self, CaseRefusal> {
        match &self.state {
            CaseState::Certified | CaseState::Investigation | CaseState::Erased => return Err(CaseRefusal::Decided),
            CaseState::Claimed { by, until } if *by == reviewer && now < *until => {}
            CaseState::Claimed { .. } | CaseState::Waiting => return Err(CaseRefusal::NotClaimed),
        }
        let reason = reason.trim();
        if !(5..=2_000).contains(&reason.chars().count()) {
            return Err(CaseRefusal::Reason);
        }
        self.state = match verdict {
            Verdict::Same if self.beneficiary.is_none() => return Err(CaseRefusal::NobodyToCertify),
            Verdict::Same => CaseState::Certified,
            Verdict::Different => CaseState::Investigation,
            Verdict::CannotTell => CaseState::Waiting,
        };
        self.judgements.push(Judgement { reviewer, verdict, reason: reason.to_owned(), at: now });
        Ok(self)
    }
}
