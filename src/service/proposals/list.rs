//! What is proposed, and the policy that is in force.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::id::ProposalId;
use crate::domain::permission::Permission;
use crate::domain::policy::Policy;
use crate::domain::proposal::{Kind, Outcome, Proposal};
use crate::domain::staff::StaffMember;
use crate::service::Service;
use crate::service::error::ServiceError;
use crate::service::sealed;
use crate::store::proposals;

/// Proposals of one page, at most.
pub const PAGE: u32 = 100;

/// A proposal, for whoever may read it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProposalView {
    /// Ours.
    pub id: Uuid,
    /// What.
    pub kind: Kind,
    /// What exactly, as it was proposed; absent when the person whom it concerned was erased.
    #[schema(value_type = Option<Object>)]
    pub proposal: Option<serde_json::Value>,
    /// Why; absent as `proposal`.
    pub reason: Option<String>,
    /// Where both people need their permissions.
    #[schema(example = "110105")]
    pub agency: String,
    /// The account that proposed it.
    pub proposed_by: Uuid,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub proposed_at: Timestamp,
    /// When it is too late to decide it.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Where it stands.
    pub state: ProposalState,
    /// The account that closed it.
    pub closed_by: Option<Uuid>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    /// Why; absent as `proposal`.
    pub closing_reason: Option<String>,
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// It waits for the second person.
    Open,
    /// It was approved and done.
    Approved,
    /// It was refused.
    Refused,
    /// It was withdrawn.
    Withdrawn,
    /// Nobody decided it in time.
    Expired,
}

/// The policy in force.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyView {
    /// Its name: SHA-256 of its canonical JSON.
    pub hash: String,
    /// All of it.
    #[schema(value_type = Object)]
    pub policy: Policy,
}

impl Service {
    /// One page of the proposals at the agencies of whoever asks, the oldest first.
    ///
    /// # Errors
    /// The database's own.
    pub async fn proposals(
        &self,
        asking: &StaffMember,
        only_open: bool,
        after: Option<ProposalId>,
        limit: u32,
    ) -> Result<Vec<ProposalView>, ServiceError> {
        let (now, limit) = (self.clock.now(), limit.clamp(1, PAGE));
        let (mut tx, mut found) = (self.store.read().await?, Vec::new());
        for agency in asking.scope(Permission::ReadProposals) {
            found.extend(proposals::list(&mut tx, &agency, only_open, after, limit).await?);
        }
        found.sort_by_key(|stored| stored.id);
        found.truncate(limit as usize);
        let mut views = Vec::with_capacity(found.len());
        for stored in found {
            let mut erased = ProposalView {
                id: stored.id.0,
                kind: stored.kind,
                proposal: None,
                reason: None,
                agency: stored.agency.as_str().to_owned(),
                proposed_by: stored.proposed_by.account.0,
                proposed_at: stored.proposed_at,
                expires_at: stored.expires_at,
                state: state(stored.closed.as_ref().map(|closed| closed.outcome), stored.expires_at, now),
                closed_by: stored.closed.as_ref().map(|closed| closed.by.0),
                closed_at: stored.closed.as_ref().map(|closed| closed.at),
                closing_reason: None,
            };
            if let Some(key) = self.key_of_proposal(&mut tx, stored.beneficiary).await? {
                erased = view(&sealed::proposal::open(stored, &key)?, now);
            }
            views.push(erased);
        }
        Ok(views)
    }

    /// The policy in force.
    ///
    /// # Errors
    /// The database's own.
    pub async fn policy_in_force(&self) -> Result<PolicyView, ServiceError> {
        let mut tx = self.store.read().await?;
        let policy = self.policy(&mut tx).await?;
        Ok(PolicyView { hash: policy.content_hash(), policy: policy.as_ref().clone() })
    }
}

/// A proposal as it is shown.
pub(super) fn view(of: &Proposal, now: Timestamp) -> ProposalView {
    let closed = of.closed.as_ref();
    ProposalView {
        id: of.id.0,
        kind: of.kind,
        proposal: Some(of.content.clone()),
        reason: Some(of.reason.as_str().to_owned()),
        agency: of.agency.as_str().to_owned(),
        proposed_by: of.proposed_by.account.0,
        proposed_at: of.proposed_at,
        expires_at: of.expires_at,
        state: state(closed.map(|closed| closed.outcome), of.expires_at, now),
        closed_by: closed.map(|closed| closed.by.0),
        closed_at: closed.map(|closed| closed.at),
        closing_reason: closed.map(|closed| closed.reason.as_str().to_owned()),
    }
}

fn state(outcome: Option<Outcome>, expires_at: Timestamp, now: Timestamp) -> ProposalState {
    match outcome {
        Some(Outcome::Approved) => ProposalState::Approved,
        Some(Outcome::Refused) => ProposalState::Refused,
        Some(Outcome::Withdrawn) => ProposalState::Withdrawn,
        None if now >= expires_at => ProposalState::Expired,
        None => ProposalState::Open,
    }
}
