//! Kinds `role_grant` and `role_revocation`: what a member of staff may do.

use super::kinds::Approval;
use crate::domain::beneficiary::AgencyCode;
use crate::domain::id::{GrantId, StaffId};
use crate::domain::permission::Role;
use crate::domain::proposal::{Colleague, ProposalRefusal};
use crate::log::entry::Act;
use crate::service::append_log::{Who, append};
use crate::service::error::ServiceError;
use crate::service::staff::roles;
use crate::store::staff::StoredStaff;
use crate::store::staff_grants::RecordedGrant;
use crate::store::{Tx, staff, staff_grants};
use crate::vault::Vault;

/// The account is good.
pub(super) async fn check(tx: &mut Tx, id: StaffId) -> Result<StoredStaff, ServiceError> {
    let found = staff::find(tx, id).await?.filter(|found| found.disabled_at.is_none());
    found.ok_or(ServiceError::NotFound("account"))
}

/// The role, if it was not revoked.
pub(super) async fn find(tx: &mut Tx, id: GrantId) -> Result<RecordedGrant, ServiceError> {
    let found = staff_grants::find(tx, id).await?.ok_or(ServiceError::NotFound("role"))?;
    if found.revoked_at.is_some() { Err(ProposalRefusal::Outdated.into()) } else { Ok(found) }
}

pub(super) async fn grant(
    tx: &mut Tx,
    vault: &Vault,
    to: StaffId,
    role: Role,
    agency: &AgencyCode,
    approval: &Approval<'_>,
) -> Result<(), ServiceError> {
    let found = check(tx, to).await?;
    if approval.colleague.is(&Colleague { account: found.id, number: found.number }) {
        return Err(ProposalRefusal::OwnRole.into());
    }
    roles::grant(tx, vault, approval.now, Who::Staff(approval.by), to, role, agency).await?;
    Ok(())
}

pub(super) async fn revoke(
    tx: &mut Tx,
    vault: &Vault,
    id: GrantId,
    approval: &Approval<'_>,
) -> Result<(), ServiceError> {
    find(tx, id).await?;
    if staff_grants::revoke(tx, id, approval.now).await? {
        let act = Act::RoleRevoked { grant: id };
        append(tx, approval.now, Who::Staff(approval.by), vault.house(), |_| act).await?;
    }
    Ok(())
}
