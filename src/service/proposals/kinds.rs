//! The one place where what was proposed is looked at, and done.

use jiff::Timestamp;

use super::{Content, policy_change, references, roles, standing};
use crate::domain::beneficiary::AgencyCode;
use crate::domain::calibration::Calibrations;
use crate::domain::id::{BeneficiaryId, ProposalId};
use crate::domain::proposal::Colleague;
use crate::domain::staff::StaffMember;
use crate::service::append_log::Who;
use crate::service::error::ServiceError;
use crate::service::{enrol_device, revoke_receipt};
use crate::store::{Tx, beneficiaries, certifications, receipts};
use crate::vault::{DataKey, Vault};

/// What a proposal is about.
pub(super) struct Matter {
    /// Where both people need their permissions.
    pub(super) agency: AgencyCode,
    /// Whom it concerns, when it is a beneficiary.
    pub(super) beneficiary: Option<BeneficiaryId>,
}

/// Whoever approves.
pub(super) struct Approval<'a> {
    pub(super) proposal: ProposalId,
    pub(super) by: &'a StaffMember,
    pub(super) colleague: Colleague,
    pub(super) now: Timestamp,
    /// What the entries of acts that concern the beneficiary are salted with.
    pub(super) key: &'a DataKey,
    /// What the models of this node can decide by.
    pub(super) calibrations: &'a Calibrations,
}

/// What it is about, if it makes sense as things are.
pub(super) async fn look(
    tx: &mut Tx,
    calibrations: &Calibrations,
    content: &Content,
    now: Timestamp,
) -> Result<Matter, ServiceError> {
    match content {
        Content::PolicyChange { base, policy } => {
            policy_change::check(tx, calibrations, base, policy).await?;
            Ok(Matter { agency: AgencyCode::everywhere(), beneficiary: None })
        }
        Content::Suspension { beneficiary } => {
            standing::check(tx, *beneficiary, true).await?;
            of_beneficiary(tx, *beneficiary).await
        }
        Content::Restoration { beneficiary } => {
            standing::check(tx, *beneficiary, false).await?;
            of_beneficiary(tx, *beneficiary).await
        }
        Content::ReferenceReplacement { beneficiary, reference } => {
            references::check(tx, *beneficiary, *reference).await?;
            of_beneficiary(tx, *beneficiary).await
        }
        Content::RoleGrant { staff, agency, .. } => {
            roles::check(tx, *staff).await?;
            Ok(Matter { agency: AgencyCode::parse(agency)?, beneficiary: None })
        }
        Content::RoleRevocation { grant } => {
            Ok(Matter { agency: roles::find(tx, *grant).await?.grant.agency, beneficiary: None })
        }
        Content::DeviceEnrolment { device } => Ok(Matter { agency: device.check(now)?.agency, beneficiary: None }),
        Content::ReceiptRevocation { certification } => {
            receipts::find(tx, *certification).await?.ok_or(ServiceError::NotFound("receipt"))?;
            let found = certifications::find(tx, *certification).await?;
            of_beneficiary(tx, found.ok_or(ServiceError::NotFound("certification"))?.beneficiary).await
        }
    }
}

async fn of_beneficiary(tx: &mut Tx, id: BeneficiaryId) -> Result<Matter, ServiceError> {
    let found = beneficiaries::find(tx, id).await?.ok_or(ServiceError::NotFound("beneficiary"))?;
    Ok(Matter { agency: found.agency, beneficiary: Some(id) })
}

/// Does what was approved.
pub(super) async fn execute(
    tx: &mut Tx,
    vault: &Vault,
    content: Content,
    approval: &Approval<'_>,
) -> Result<(), ServiceError> {
    let (now, who) = (approval.now, Who::Staff(approval.by));
    match content {
        Content::PolicyChange { base, policy } => policy_change::execute(tx, vault, &base, &policy, approval).await,
        Content::Suspension { beneficiary } => standing::change(tx, beneficiary, true, approval).await,
        Content::Restoration { beneficiary } => standing::change(tx, beneficiary, false, approval).await,
        Content::ReferenceReplacement { beneficiary, reference } => {
            references::replace(tx, beneficiary, reference, approval).await
        }
        Content::RoleGrant { staff, role, agency } => {
            roles::grant(tx, vault, staff, role, &AgencyCode::parse(&agency)?, approval).await
        }
        Content::RoleRevocation { grant } => roles::revoke(tx, vault, grant, approval).await,
        Content::DeviceEnrolment { device } => {
            enrol_device::enrol(tx, vault, now, who, &device).await?;
            Ok(())
        }
        Content::ReceiptRevocation { certification } => {
            revoke_receipt::revoke(tx, vault, now, who, certification).await
        }
    }
}
