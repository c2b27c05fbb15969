//! Somebody proposes what takes two people.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::{ProposalView, view};
use super::{Content, kinds};
use crate::domain::id::ProposalId;
use crate::domain::permission::Permission;
use crate::domain::proposal::{Colleague, PATIENCE, Proposal};
use crate::domain::reason::Reason;
use crate::domain::staff::StaffMember;
use crate::log::entry::Act;
use crate::log::record::Record;
use crate::service::Service;
use crate::service::answer::{Answer, RequestKey, begin};
use crate::service::append_log::{Who, append};
use crate::service::error::ServiceError;
use crate::service::sealed;
use crate::store::proposals;
use crate::vault::Indexed;

/// What is proposed, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProposal {
    /// What.
    pub proposal: Content,
    /// Why: 5 to 2,000 characters.
    #[schema(example = "Returned mail; the neighbours have not seen her since spring.")]
    pub reason: String,
}

impl Service {
    /// Proposes.
    ///
    /// # Errors
    /// [`ServiceError::NotPermitted`]; [`ServiceError::NotFound`] when it is about something that is not there, or not for
    /// the eyes of whoever proposes; [`ServiceError::Proposal`] when it would change nothing; invalid fields.
    pub async fn propose(
        &self,
        new: NewProposal,
        by: &StaffMember,
        key: Option<RequestKey>,
    ) -> Result<Answer<ProposalView>, ServiceError> {
        let reason = Reason::parse(&new.reason)?;
        let (now, kind) = (self.clock.now(), new.proposal.kind());
        by.require_somewhere(Permission::MakeProposals)?;
        by.require_somewhere(kind.permission())?;
        let mut work = begin!(self, key);
        let matter = kinds::look(&mut work.tx, self.calibrations(), &new.proposal, now).await?;
        let may = by.may(Permission::MakeProposals, &matter.agency) && by.may(kind.permission(), &matter.agency);
        match matter.beneficiary {
            // Whether there is such a beneficiary is nothing for other agencies.
            Some(_) if !may => return Err(ServiceError::NotFound("beneficiary")),
            _ => {
                by.require(Permission::MakeProposals, &matter.agency)?;
                by.require(kind.permission(), &matter.agency)?;
            }
        }
        let key = self.key_of_proposal(&mut work.tx, matter.beneficiary).await?;
        let key = key.ok_or(ServiceError::NotFound("beneficiary"))?;
        work.person = matter.beneficiary.map(Into::into);
        let proposal = Proposal {
            id: ProposalId::new(now, &mut rand::rng()),
            kind,
            agency: matter.agency,
            beneficiary: matter.beneficiary,
            proposed_by: self.colleague(by),
            content: serde_json::to_value(&new.proposal)?,
            reason,
            proposed_at: now,
            expires_at: now.saturating_add(PATIENCE).unwrap_or(now),
            closed: None,
        };
        proposals::insert(&mut work.tx, &sealed::proposal::seal(&proposal, &key)?).await?;
        append(&mut work.tx, now, Who::Staff(by), &key, |salt| Act::ProposalMade {
            proposal: proposal.id,
            about: kind,
            record: Record::Proposal(&proposal).commit(salt),
        })
        .await?;
        let made = view(&proposal, now);
        work.finish(made).await
    }

    /// The human being behind an account.
    pub(super) fn colleague(&self, of: &StaffMember) -> Colleague {
        Colleague { account: of.id, number: self.vault.index(Indexed::StaffNumber, of.number.as_str()).0 }
    }
}
