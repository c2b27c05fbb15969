//! Kind `policy_change`: another policy comes into force.

use super::kinds::Approval;
use crate::domain::calibration::Calibrations;
use crate::domain::policy::{InvalidPolicy, Policy};
use crate::domain::proposal::ProposalRefusal;
use crate::service::append_log::Who;
use crate::service::error::ServiceError;
use crate::service::policy::{in_force, put_in_force};
use crate::store::{Constraint, StoreError, Tx};
use crate::vault::Vault;

/// It changes the policy in force, counts on, fits together, and asks of the models what they can decide by. Returns the
/// position of the one in force.
pub(super) async fn check(tx: &mut Tx, known: &Calibrations, base: &str, policy: &Policy) -> Result<u64, ServiceError> {
    let (position, present) = in_force(tx).await?.ok_or(ServiceError::NotFound("policy"))?;
    if present.content_hash() != base {
        return Err(ProposalRefusal::Outdated.into());
    }
    policy.check().map_err(ServiceError::ProposedPolicy)?;
    if present.version.checked_add(1) != Some(policy.version) {
        let version = InvalidPolicy::Range("version", "the version in force, counted up by one");
        return Err(ServiceError::ProposedPolicy(version));
    }
    // What was so before may stay: a node whose models have no calibration still lets people change everything else.
    let as_before = (policy.fmr, &policy.population) == (present.fmr, &present.population);
    if !as_before && known.at(&policy.population, policy.fmr).is_none() {
        return Err(ServiceError::NotCalibrated(known.said()));
    }
    Ok(position)
}

pub(super) async fn execute(
    tx: &mut Tx,
    vault: &Vault,
    base: &str,
    policy: &Policy,
    approval: &Approval<'_>,
) -> Result<(), ServiceError> {
    let position = check(tx, approval.calibrations, base, policy).await? + 1;
    let (now, who) = (approval.now, Who::Staff(approval.by));
    match put_in_force(tx, vault, now, who, position, policy, Some(approval.proposal)).await {
        Err(ServiceError::Store(StoreError::Conflict(Constraint::PolicyChanged))) => {
            Err(ProposalRefusal::Outdated.into())
        }
        done => done,
    }
}
