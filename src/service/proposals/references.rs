//! Kind `reference_replacement`: a candidate is compared from now on, and nothing else of the beneficiary.

use super::kinds::Approval;
use crate::domain::id::{BeneficiaryId, ReferenceId};
use crate::domain::proposal::ProposalRefusal;
use crate::log::entry::Act;
use crate::service::append_log::{Who, append};
use crate::service::error::ServiceError;
use crate::store::references_aside::Aside;
use crate::store::{Tx, references, references_aside};

/// It is a candidate of this beneficiary.
pub(super) async fn check(tx: &mut Tx, of: BeneficiaryId, candidate: ReferenceId) -> Result<(), ServiceError> {
    let found = references::find(tx, candidate).await?.filter(|found| found.beneficiary == of);
    found.ok_or(ServiceError::NotFound("reference"))?;
    let aside = references_aside::of(tx, of).await?;
    if aside.contains(&(candidate, Aside::Candidate)) { Ok(()) } else { Err(ProposalRefusal::Outdated.into()) }
}

pub(super) async fn replace(
    tx: &mut Tx,
    of: BeneficiaryId,
    candidate: ReferenceId,
    approval: &Approval<'_>,
) -> Result<(), ServiceError> {
    check(tx, of, candidate).await?;
    for compared in references::compared(tx, of).await? {
        references_aside::set(tx, of, compared.id, Aside::Replaced).await?;
    }
    references_aside::clear(tx, of, candidate).await?;
    append(tx, approval.now, Who::Staff(approval.by), approval.key, |_| Act::ReferenceReplaced {
        proposal: approval.proposal,
        beneficiary: of,
        reference: candidate,
    })
    .await?;
    Ok(())
}
