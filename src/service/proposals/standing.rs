//! Kinds `suspension` and `restoration`: whether a pension is paid.

use super::kinds::Approval;
use crate::domain::id::BeneficiaryId;
use crate::domain::proposal::ProposalRefusal;
use crate::domain::standing::StandingChange;
use crate::log::entry::Act;
use crate::log::record::Record;
use crate::service::append_log::{Who, append};
use crate::service::error::ServiceError;
use crate::store::{Constraint, StoreError, Tx, standings};

/// It would change something. Returns how many changes there were.
pub(super) async fn check(tx: &mut Tx, of: BeneficiaryId, suspended: bool) -> Result<u32, ServiceError> {
    let last = standings::last(tx, of).await?;
    if last.is_some_and(|last| last.suspended) == suspended {
        return Err(ProposalRefusal::Outdated.into());
    }
    Ok(last.map_or(0, |last| last.position + 1))
}

pub(super) async fn change(
    tx: &mut Tx,
    of: BeneficiaryId,
    suspended: bool,
    approval: &Approval<'_>,
) -> Result<(), ServiceError> {
    let position = check(tx, of, suspended).await?;
    let change =
        StandingChange { beneficiary: of, position, suspended, proposal: approval.proposal, since: approval.now };
    standings::insert(tx, &change).await.map_err(|error| match error {
        StoreError::Conflict(Constraint::StandingChanged) => ProposalRefusal::Outdated.into(),
        other => ServiceError::from(other),
    })?;
    append(tx, approval.now, Who::Staff(approval.by), approval.key, |salt| Act::StandingChanged {
        proposal: approval.proposal,
        suspended,
        record: Record::Standing(&change).commit(salt),
    })
    .await?;
    Ok(())
}
