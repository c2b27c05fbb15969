//! The policy in force: what stands in the database, read in each transaction that needs it.
//!
//! So all nodes follow a change at once, and nothing else changes a threshold. What was read is kept by its hash.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

use super::Service;
use super::append_log::{Who, append};
use super::error::ServiceError;
use crate::domain::id::ProposalId;
use crate::domain::policy::Policy;
use crate::domain::population::PopulationId;
use crate::domain::score::FalseMatchRate;
use crate::log::entry::Act;
use crate::store::{StoreError, Tx, policies, policies_in_force};
use crate::vault::Vault;

/// The policy that was in force when it was last looked at, with its hash.
#[derive(Clone, Default)]
pub(super) struct LastPolicy(Arc<RwLock<Option<Named>>>);

type Named = (String, Arc<Policy>);

impl Service {
    /// The policy in force in this transaction.
    pub(super) async fn policy(&self, tx: &mut Tx) -> Result<Arc<Policy>, ServiceError> {
        let (_, hash) = policies_in_force::last(tx).await?.ok_or(ServiceError::NotFound("policy"))?;
        let policy = self.policy_of(tx, &hash).await?;
        *self.last_policy.0.write().unwrap_or_else(PoisonError::into_inner) = Some((hash, Arc::clone(&policy)));
        Ok(policy)
    }

    /// The policy of that hash, whether it is in force or was once.
    pub(super) async fn policy_of(&self, tx: &mut Tx, hash: &str) -> Result<Arc<Policy>, ServiceError> {
        let last = self.last_policy.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, policy)) = last.filter(|(of, _)| of == hash) {
            return Ok(policy);
        }
        Ok(Arc::new(policies::find(tx, hash).await?.ok_or(ServiceError::NotFound("policy"))?))
    }
}

impl Service {
    /// The population and the false match rate of the policy in force, when the loaded models have no calibration for them:
    /// then this node passes everything on to people.
    ///
    /// # Errors
    /// The database's own.
    pub async fn not_calibrated_for(&self) -> Result<Option<(PopulationId, FalseMatchRate)>, ServiceError> {
        let mut tx = self.store.read().await?;
        let policy = self.policy(&mut tx).await?;
        let known = self.calibrations().at(&policy.population, policy.fmr);
        Ok(known.is_none().then(|| (policy.population.clone(), policy.fmr)))
    }
}

/// The policy in force in this transaction, with its position.
pub(super) async fn in_force(tx: &mut Tx) -> Result<Option<(u64, Policy)>, ServiceError> {
    let Some((position, hash)) = policies_in_force::last(tx).await? else { return Ok(None) };
    let missing = || StoreError::Corrupt { table: "policy_in_force", column: "policy".to_owned() };
    Ok(Some((position, policies::find(tx, &hash).await?.ok_or_else(missing)?)))
}

/// Puts the first policy of an installation in force; of one that has its own already, nothing changes.
pub(super) async fn begin_with(
    tx: &mut Tx,
    vault: &Vault,
    now: Timestamp,
    policy: &Policy,
) -> Result<(), ServiceError> {
    if policies_in_force::last(tx).await?.is_some() {
        return Ok(());
    }
    // Of nodes that start together one begins.
    match put_in_force(tx, vault, now, Who::Machine, 0, policy, None).await {
        Err(ServiceError::Store(StoreError::Conflict(crate::store::Constraint::PolicyChanged))) => Ok(()),
        done => done,
    }
}

/// Records a policy and puts it in force, at this position.
pub(super) async fn put_in_force(
    tx: &mut Tx,
    vault: &Vault,
    now: Timestamp,
    who: Who<'_>,
    position: u64,
    policy: &Policy,
    proposal: Option<ProposalId>,
) -> Result<(), ServiceError> {
    let hash = policy.content_hash();
    policies::insert(tx, policy, &hash, now).await?;
    policies_in_force::insert(tx, position, &hash, proposal, now).await?;
    append(tx, now, who, vault.house(), |_| Act::PolicyPutInForce { policy: hash }).await?;
    Ok(())
}
