//! What takes two people: one proposes it with a written reason, another approves or refuses it with theirs.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::beneficiary::AgencyCode;
use super::id::{BeneficiaryId, ProposalId, StaffId};
use super::permission::Permission;
use super::reason::Reason;

/// How long a proposal waits for the second person.
pub const PATIENCE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Another policy, with other thresholds, times or limits.
    PolicyChange,
    /// A pension is not paid for now (暂停).
    Suspension,
    /// A pension is paid again (恢复).
    Restoration,
    /// A new photo takes the place of all that were compared.
    ReferenceReplacement,
    /// A member of staff becomes something.
    RoleGrant,
    /// A member of staff is something no longer.
    RoleRevocation,
    /// A kiosk is trusted.
    DeviceEnrolment,
    /// A receipt does not count any more.
    ReceiptRevocation,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::PolicyChange,
        Self::Suspension,
        Self::Restoration,
        Self::ReferenceReplacement,
        Self::RoleGrant,
        Self::RoleRevocation,
        Self::DeviceEnrolment,
        Self::ReceiptRevocation,
    ];

    /// What both people need, besides the permissions to propose and to decide.
    #[must_use]
    pub fn permission(self) -> Permission {
        match self {
            Self::PolicyChange => Permission::ChangePolicy,
            Self::Suspension | Self::Restoration => Permission::SuspendAndRestore,
            Self::ReferenceReplacement => Permission::ReplaceReferences,
            Self::RoleGrant | Self::RoleRevocation => Permission::GrantRoles,
            Self::DeviceEnrolment => Permission::EnrolDevices,
            Self::ReceiptRevocation => Permission::RevokeReceipts,
        }
    }
}

/// A human being at work: an account, and the blind index of the staff number, which all their accounts have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colleague {
    /// The account.
    pub account: StaffId,
    /// Of the human being.
    pub number: [u8; 32],
}

impl Colleague {
    /// Whether both are one human being.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.account == other.account || self.number == other.number
    }
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Ours.
    pub id: ProposalId,
    /// What.
    pub kind: Kind,
    /// Where both people need their permissions.
    pub agency: AgencyCode,
    /// Whom it concerns, when it is a beneficiary.
    pub beneficiary: Option<BeneficiaryId>,
    /// Who proposes it.
    pub proposed_by: Colleague,
    /// What exactly, as JSON.
    pub content: serde_json::Value,
    /// Why.
    pub reason: Reason,
    /// When it was proposed.
    pub proposed_at: Timestamp,
    /// When it is too late to decide it.
    pub expires_at: Timestamp,
    /// How it ended; `None` while it waits.
    pub closed: Option<Closed>,
}

/// The end of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// With what.
    pub outcome: Outcome,
    /// By whom.
    pub by: StaffId,
    /// Why.
    pub reason: Reason,
    /// When.
    pub at: Timestamp,
}

/// How a proposal can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The second person agreed, and it was done.
    Approved,
    /// The second person did not agree.
    Refused,
    /// Whoever proposed it thought better of it.
    Withdrawn,
}

/// Why a proposal cannot be made or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProposalRefusal {
    /// It has its end.
    #[error("the proposal is closed")]
    Closed,
    /// Nobody decided it in time.
    #[error("the proposal has expired")]
    Expired,
    /// One person is not two, with however many accounts.
    #[error("whoever proposed it does not decide it, with no account of theirs")]
    SamePerson,
    /// Nobody approves a role of their own.
    #[error("whoever gets the role does not approve it")]
    OwnRole,
    /// Only whoever proposed it can withdraw it.
    #[error("only whoever proposed it can withdraw it")]
    NotYours,
    /// It was proposed for another state of things.
    #[error("what it would change is not as it was when this was proposed")]
    Outdated,
}

impl Proposal {
    /// The second person approves or refuses.
    ///
    /// # Errors
    /// [`ProposalRefusal`].
    pub fn decide(
        self,
        by: Colleague,
        outcome: Outcome,
        reason: Reason,
        now: Timestamp,
    ) -> Result<Self, ProposalRefusal> {
        if by.is(&self.proposed_by) {
            return Err(ProposalRefusal::SamePerson);
        }
        self.close(by, outcome, reason, now)
    }

    /// Whoever proposed it withdraws it.
    ///
    /// # Errors
    /// [`ProposalRefusal`].
    pub fn withdraw(self, by: Colleague, reason: Reason, now: Timestamp) -> Result<Self, ProposalRefusal> {
        if !by.is(&self.proposed_by) {
            return Err(ProposalRefusal::NotYours);
        }
        self.close(by, Outcome::Withdrawn, reason, now)
    }

    fn close(
        mut self,
        by: Colleague,
        outcome: Outcome,
        reason: Reason,
        now: Timestamp,
    ) -> Result<Self, ProposalRefusal> {
        if self.closed.is_some() {
            return Err(ProposalRefusal::Closed);
        }
        if now >= self.expires_at {
            return Err(ProposalRefusal::Expired);
        }
        self.closed = Some(Closed { outcome, by: by.account, reason, at: now });
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn colleague(account: u128, number: u8) -> Colleague {
        Colleague { account: StaffId(Uuid::from_u128(account)), number: [number; 32] }
    }

    fn proposal() -> Proposal {
        let now = Timestamp::UNIX_EPOCH;
        Proposal {
            id: ProposalId(Uuid::nil()),
            kind: Kind::Suspension,
            agency: AgencyCode::parse("110105").unwrap(),
            beneficiary: None,
            proposed_by: colleague(1, 1),
            content: serde_json::Value::Null,
            reason: Reason::parse("because of it").unwrap(),
            proposed_at: now,
            expires_at: now + PATIENCE,
            closed: None,
        }
    }

    #[test]
    fn it_takes_two_human_beings() {
        let (now, reason) = (Timestamp::UNIX_EPOCH, || Reason::parse("seen the papers").unwrap());
        for (by, refused) in [
            (colleague(1, 1), Some(ProposalRefusal::SamePerson)),
            (colleague(2, 1), Some(ProposalRefusal::SamePerson)),
            (colleague(2, 2), None),
        ] {
            for outcome in [Outcome::Approved, Outcome::Refused] {
                assert_eq!(proposal().decide(by, outcome, reason(), now).err(), refused, "{by:?}");
            }
        }
        assert_eq!(proposal().withdraw(colleague(2, 2), reason(), now), Err(ProposalRefusal::NotYours));
        assert!(proposal().withdraw(colleague(2, 1), reason(), now).is_ok(), "by another account of theirs");
    }

    #[test]
    fn it_ends_once_and_in_time() {
        let (now, reason) = (Timestamp::UNIX_EPOCH, || Reason::parse("seen the papers").unwrap());
        let other = colleague(2, 2);
        let approved = proposal().decide(other, Outcome::Approved, reason(), now).unwrap();
        assert_eq!(approved.clone().decide(other, Outcome::Refused, reason(), now), Err(ProposalRefusal::Closed));
        assert_eq!(approved.withdraw(colleague(1, 1), reason(), now), Err(ProposalRefusal::Closed));
        let late = now + PATIENCE;
        assert_eq!(proposal().decide(other, Outcome::Approved, reason(), late), Err(ProposalRefusal::Expired));
    }
}
