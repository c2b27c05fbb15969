//! Roles are granted to staff. From the moment on at which two people can do it together, the console cannot any more.

use std::collections::HashSet;

use jiff::Timestamp;

use super::Console;
use crate::domain::beneficiary::AgencyCode;
use crate::domain::id::{GrantId, StaffId};
use crate::domain::permission::{Permission, Role};
use crate::domain::staff::Grant;
use crate::log::entry::Act;
use crate::service::append_log::{Who, append};
use crate::service::error::ServiceError;
use crate::store::{Constraint, StoreError, Tx, staff, staff_grants};
use crate::vault::Vault;

impl Console {
    /// Grants a role, as long as there are not two different people who could propose and approve it.
    ///
    /// # Errors
    /// [`ServiceError::TwoPeopleNeeded`] when there are; [`ServiceError::RoleGranted`] when the account has the role.
    pub async fn grant(&self, to: StaffId, role: Role, agency: &AgencyCode) -> Result<Grant, ServiceError> {
        let mut tx = self.store.write().await?;
        if people_who_grant(&mut tx, agency).await? >= 2 {
            return Err(ServiceError::TwoPeopleNeeded);
        }
        let granted = grant(&mut tx, &self.vault, self.clock.now(), Who::Console, to, role, agency).await?;
        tx.commit().await?;
        Ok(granted)
    }
}

/// How many different human beings may grant roles at this agency, by their staff numbers.
async fn people_who_grant(tx: &mut Tx, agency: &AgencyCode) -> Result<usize, ServiceError> {
    let mut numbers = HashSet::new();
    for role in Permission::GrantRoles.roles() {
        for recorded in staff_grants::of_role(tx, *role).await? {
            if recorded.grant.agency.covers(agency)
                && let Some(member) = staff::find(tx, recorded.staff).await?
            {
                numbers.insert(member.number);
            }
        }
    }
    Ok(numbers.len())
}

/// Grants a role.
pub(in crate::service) async fn grant(
    tx: &mut Tx,
    vault: &Vault,
    now: Timestamp,
    who: Who<'_>,
    to: StaffId,
    role: Role,
    agency: &AgencyCode,
) -> Result<Grant, ServiceError> {
    staff::find(tx, to).await?.ok_or(ServiceError::NotFound("account"))?;
    let grant = Grant { id: GrantId::new(now, &mut rand::rng()), role, agency: agency.clone() };
    staff_grants::insert(tx, to, &grant, now).await.map_err(|error| match error {
        StoreError::Conflict(Constraint::RoleGranted) => ServiceError::RoleGranted,
        other => other.into(),
    })?;
    append(tx, now, who, vault.house(), |_| Act::RoleGranted {
        grant: grant.id,
        staff: to,
        role,
        agency: agency.as_str().to_owned(),
    })
    .await?;
    Ok(grant)
}
