//! The second person approves or refuses; whoever proposed it withdraws.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::{ProposalView, view};
use super::{Content, kinds};
use crate::domain::id::ProposalId;
use crate::domain::permission::Permission;
use crate::domain::proposal::{Outcome, Proposal};
use crate::domain::reason::Reason;
use crate::domain::staff::StaffMember;
use crate::log::entry::Act;
use crate::log::record::Record;
use crate::service::Service;
use crate::service::append_log::{Who, append};
use crate::service::error::ServiceError;
use crate::service::sealed;
use crate::service::staff::profile;
use crate::store::{StoreError, Tx, proposals};
use crate::vault::DataKey;

/// Why a proposal ends.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// Why: 5 to 2,000 characters.
    #[schema(example = "I have seen the papers.")]
    pub reason: String,
}

impl Service {
    /// Approves a proposal and does what it says, or neither.
    ///
    /// # Errors
    /// [`ServiceError::Proposal`] for whoever proposed it, by whatever account of theirs, and when it is closed, expired or
    /// out of date; [`ServiceError::NotPermitted`]; [`ServiceError::NotFound`] at agencies of others.
    pub async fn approve(
        &self,
        id: ProposalId,
        closing: &Closing,
        by: &StaffMember,
    ) -> Result<ProposalView, ServiceError> {
        self.decide(id, Outcome::Approved, closing, by).await
    }

    /// Refuses a proposal: nothing changes.
    ///
    /// # Errors
    /// As of [`Self::approve`].
    pub async fn refuse(
        &self,
        id: ProposalId,
        closing: &Closing,
        by: &StaffMember,
    ) -> Result<ProposalView, ServiceError> {
        self.decide(id, Outcome::Refused, closing, by).await
    }

    /// Withdraws a proposal of one's own.
    ///
    /// # Errors
    /// As of [`Self::approve`]; [`ServiceError::Proposal`] for anybody else.
    pub async fn withdraw(
        &self,
        id: ProposalId,
        closing: &Closing,
        by: &StaffMember,
    ) -> Result<ProposalView, ServiceError> {
        let (reason, now) = (Reason::parse(&closing.reason)?, self.clock.now());
        let mut tx = self.store.write().await?;
        let (proposal, key) = self.open_proposal(&mut tx, id, by).await?;
        let withdrawn = proposal.withdraw(self.colleague(by), reason, now)?;
        self.record_closed(&mut tx, &withdrawn, &key, by).await?;
        tx.commit().await?;
        Ok(view(&withdrawn, now))
    }

    async fn decide(
        &self,
        id: ProposalId,
        outcome: Outcome,
        closing: &Closing,
        by: &StaffMember,
    ) -> Result<ProposalView, ServiceError> {
        let (reason, now) = (Reason::parse(&closing.reason)?, self.clock.now());
        let mut tx = self.store.write().await?;
        // As they are now: a role may have been revoked since the request was let in.
        let by = &profile::find(self.vault.house(), &mut tx, by.id).await?.ok_or(ServiceError::NoCredentials)?;
        let (proposal, key) = self.open_proposal(&mut tx, id, by).await?;
        by.require(Permission::DecideProposals, &proposal.agency)?;
        by.require(proposal.kind.permission(), &proposal.agency)?;
        let colleague = self.colleague(by);
        let decided = proposal.decide(colleague, outcome, reason, now)?;
        self.record_closed(&mut tx, &decided, &key, by).await?;
        if outcome == Outcome::Approved {
            let calibrations = self.calibrations();
            let approval = kinds::Approval { proposal: id, by, colleague, now, key: &key, calibrations };
            kinds::execute(&mut tx, &self.vault, content_of(&decided)?, &approval).await?;
        }
        tx.commit().await?;
        Ok(view(&decided, now))
    }

    /// The proposal, for whoever may read it, and what seals it. Of somebody who was erased there is none any more.
    async fn open_proposal(
        &self,
        tx: &mut Tx,
        id: ProposalId,
        by: &StaffMember,
    ) -> Result<(Proposal, DataKey), ServiceError> {
        let stored = proposals::find_for_update(tx, id).await?;
        let stored = stored.filter(|stored| by.may(Permission::ReadProposals, &stored.agency));
        let stored = stored.ok_or(ServiceError::NotFound("proposal"))?;
        let key = self.key_of_proposal(tx, stored.beneficiary).await?.ok_or(ServiceError::NotFound("proposal"))?;
        Ok((sealed::proposal::open(stored, &key)?, key))
    }

    async fn record_closed(
        &self,
        tx: &mut Tx,
        proposal: &Proposal,
        key: &DataKey,
        by: &StaffMember,
    ) -> Result<(), ServiceError> {
        let stored = sealed::proposal::seal(proposal, key)?.closed;
        let (Some(stored), Some(closed)) = (stored, &proposal.closed) else {
            return Err(ServiceError::NotFound("end of the proposal"));
        };
        proposals::close(tx, proposal.id, &stored).await?;
        append(tx, closed.at, Who::Staff(by), key, |salt| Act::ProposalClosed {
            proposal: proposal.id,
            outcome: closed.outcome,
            record: Record::ProposalClosed(proposal.id, closed).commit(salt),
        })
        .await?;
        Ok(())
    }
}

fn content_of(proposal: &Proposal) -> Result<Content, ServiceError> {
    let corrupt = |_| StoreError::Corrupt { table: "proposal", column: "sealed".to_owned() };
    Ok(serde_json::from_value(proposal.content.clone()).map_err(corrupt)?)
}
