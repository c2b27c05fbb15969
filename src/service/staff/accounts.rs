//! Accounts of staff are made, listed and disabled.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Console;
use super::profile;
use crate::domain::beneficiary::PersonName;
use crate::domain::clock::Clock;
use crate::domain::id::StaffId;
use crate::domain::permission::{Permission, Role};
use crate::domain::staff::{Grant, Login, StaffMember, StaffNumber};
use crate::log::entry::Act;
use crate::log::record::Record;
use crate::service::Service;
use crate::service::append_log::{Who, append};
use crate::service::error::ServiceError;
use crate::store::{Constraint, StoreError, Tx, staff, staff_sessions};
use crate::vault::{Indexed, Vault};

/// Who gets an account.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStaff {
    /// The name to sign in with: 2 to 64 letters, digits and `.` `_` `-` `@`.
    #[schema(example = "wang.fang")]
    pub login: String,
    /// Staff number 工号 of the human being: one for each, however many accounts they have.
    #[schema(example = "A-0174")]
    pub number: String,
    /// As in the documents.
    #[schema(example = "王芳")]
    pub name: String,
}

/// A member of staff, as colleagues see them who may.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StaffView {
    /// Of the account.
    pub id: Uuid,
    /// The name to sign in with.
    pub login: String,
    /// Staff number 工号.
    pub number: String,
    /// As in the documents.
    pub name: String,
    /// Whether the account opens nothing any more.
    pub disabled: bool,
    /// What they may do, and where.
    pub roles: Vec<GrantView>,
}

/// A role at an agency and all below it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GrantView {
    /// Ours.
    pub id: Uuid,
    /// What.
    pub role: Role,
    /// Where.
    #[schema(example = "110105")]
    pub agency: String,
}

impl From<&StaffMember> for StaffView {
    fn from(of: &StaffMember) -> Self {
        let grant =
            |grant: &Grant| GrantView { id: grant.id.0, role: grant.role, agency: grant.agency.as_str().to_owned() };
        Self {
            id: of.id.0,
            login: of.login.as_str().to_owned(),
            number: of.number.as_str().to_owned(),
            name: of.name.as_str().to_owned(),
            disabled: of.disabled_at.is_some(),
            roles: of.grants.iter().map(grant).collect(),
        }
    }
}

impl Console {
    /// Makes an account, without a role.
    ///
    /// # Errors
    /// Invalid fields, or [`ServiceError::LoginTaken`].
    pub async fn add_staff(&self, new: &NewStaff) -> Result<StaffMember, ServiceError> {
        let mut tx = self.store.write().await?;
        let member = add(&mut tx, &self.vault, self.clock.as_ref(), Who::Console, new).await?;
        tx.commit().await?;
        Ok(member)
    }

    /// All accounts, in the order in which they were made.
    ///
    /// # Errors
    /// The database's own.
    pub async fn staff(&self) -> Result<Vec<StaffMember>, ServiceError> {
        let mut tx = self.store.read().await?;
        let mut members = Vec::new();
        for stored in staff::list(&mut tx).await? {
            members.push(profile::open(self.vault.house(), &mut tx, stored).await?);
        }
        Ok(members)
    }

    /// The account of this login.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    pub async fn find_staff(&self, login: &str) -> Result<StaffMember, ServiceError> {
        let login = Login::parse(login)?;
        let mut tx = self.store.read().await?;
        let stored = staff::find_by_login(&mut tx, &self.vault.index(Indexed::Login, login.as_str()).0).await?;
        profile::open(self.vault.house(), &mut tx, stored.ok_or(ServiceError::NotFound("account"))?).await
    }

    /// Disables an account and ends its sessions, at once; or enables it again.
    ///
    /// # Errors
    /// The database's own.
    pub async fn set_disabled(&self, id: StaffId, disabled: bool) -> Result<(), ServiceError> {
        let mut tx = self.store.write().await?;
        set_disabled(&mut tx, &self.vault, self.clock.as_ref(), Who::Console, id, disabled).await?;
        Ok(tx.commit().await?)
    }
}

impl Service {
    /// All accounts, for whoever may read them somewhere: staff of all agencies work on the same record.
    ///
    /// # Errors
    /// [`ServiceError::NotPermitted`].
    pub async fn staff(&self, asking: &StaffMember) -> Result<Vec<StaffView>, ServiceError> {
        asking.require_somewhere(Permission::ReadStaff)?;
        let mut tx = self.store.read().await?;
        let mut views = Vec::new();
        for stored in staff::list(&mut tx).await? {
            views.push(StaffView::from(&profile::open(self.vault.house(), &mut tx, stored).await?));
        }
        Ok(views)
    }

    /// Disables an account and ends its sessions, at once. One person is enough: it takes power away.
    ///
    /// # Errors
    /// [`ServiceError::NotPermitted`] when the account has a role where the caller manages nobody.
    pub async fn disable_staff(&self, id: StaffId, by: &StaffMember) -> Result<StaffView, ServiceError> {
        by.require_somewhere(Permission::ManageStaff)?;
        let mut tx = self.store.write().await?;
        let member = profile::find(self.vault.house(), &mut tx, id).await?.ok_or(ServiceError::NotFound("account"))?;
        for grant in &member.grants {
            by.require(Permission::ManageStaff, &grant.agency)?;
        }
        set_disabled(&mut tx, &self.vault, self.clock.as_ref(), Who::Staff(by), id, true).await?;
        let member = profile::find(self.vault.house(), &mut tx, id).await?.ok_or(ServiceError::NotFound("account"))?;
        tx.commit().await?;
        Ok(StaffView::from(&member))
    }
}

/// Makes an account.
pub(in crate::service) async fn add(
    tx: &mut Tx,
    vault: &Vault,
    clock: &dyn Clock,
    who: Who<'_>,
    new: &NewStaff,
) -> Result<StaffMember, ServiceError> {
    let now = clock.now();
    let member = StaffMember {
        id: StaffId::new(now, &mut rand::rng()),
        login: Login::parse(&new.login)?,
        number: StaffNumber::parse(&new.number)?,
        name: PersonName::parse(&new.name)?,
        created_at: now,
        disabled_at: None,
        grants: Vec::new(),
    };
    staff::insert(tx, &profile::seal(vault, &member)?).await.map_err(|error| match error {
        StoreError::Conflict(Constraint::LoginTaken) => ServiceError::LoginTaken,
        other => other.into(),
    })?;
    append(tx, now, who, vault.house(), |salt| Act::StaffAdded {
        staff: member.id,
        record: Record::Staff(&member).commit(salt),
    })
    .await?;
    Ok(member)
}

async fn set_disabled(
    tx: &mut Tx,
    vault: &Vault,
    clock: &dyn Clock,
    who: Who<'_>,
    id: StaffId,
    disabled: bool,
) -> Result<(), ServiceError> {
    let now = clock.now();
    // Of two at the same time, one does it.
    if staff::set_disabled(tx, id, disabled.then_some(now)).await? {
        staff_sessions::end_all(tx, id, now).await?;
        let act = if disabled { Act::StaffDisabled { staff: id } } else { Act::StaffEnabled { staff: id } };
        append(tx, now, who, vault.house(), |_| act).await?;
    }
    Ok(())
}
