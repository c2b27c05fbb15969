//! Credentials of staff are issued: a password for the first sign-in, and the secret of an authenticator.

use jiff::Timestamp;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::accounts::{NewStaff, StaffView, add};
use super::second_factor::{self, Secret};
use super::{Console, passwords, profile};
use crate::domain::credentials::Password;
use crate::domain::id::StaffId;
use crate::domain::permission::Permission;
use crate::domain::staff::StaffMember;
use crate::log::entry::Act;
use crate::service::Service;
use crate::service::append_log::{Who, append};
use crate::service::error::ServiceError;
use crate::service::sealed::{open_json, seal_json};
use crate::store::staff_credentials::StoredCredential;
use crate::store::{Tx, staff_credentials, staff_sessions};
use crate::vault::{DataKey, Kind, Label, Vault};

/// What is sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct Credential {
    /// PHC string of the password.
    pub(super) password: String,
    /// Secret of the codes, in hexadecimal digits.
    second_factor: String,
}

impl Credential {
    pub(super) fn open(house: &DataKey, staff: StaffId, stored: &StoredCredential) -> Result<Self, ServiceError> {
        open_json(house, &label(staff), &stored.sealed, ("staff_credential", "sealed"))
    }

    pub(super) fn seal(&self, house: &DataKey, staff: StaffId) -> Result<Vec<u8>, ServiceError> {
        seal_json(house, &label(staff), self)
    }

    /// The same secret with another password.
    pub(super) fn with_password(&self, hash: String) -> Self {
        Self { password: hash, second_factor: self.second_factor.clone() }
    }

    /// The time step of the code, if it is one of now.
    pub(super) fn step_of(&self, code: &str, now: Timestamp) -> Option<u64> {
        let secret = Zeroizing::new(hex::decode(&self.second_factor).ok()?);
        second_factor::step_of(&secret, code, now)
    }
}

impl Drop for Credential {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.second_factor.zeroize();
        self.password.zeroize();
    }
}

fn label(staff: StaffId) -> Label {
    Label { kind: Kind::SecondFactor, owner: Uuid::nil(), record: staff.0 }
}

/// Fresh credentials, before they are recorded.
pub(super) struct Fresh {
    password: Password,
    second_factor: Secret,
    hash: String,
}

/// What a member of staff is handed, once.
#[derive(Clone, Serialize, ToSchema)]
pub struct IssuedCredentials {
    /// Whose.
    pub staff: StaffView,
    /// For the first sign-in, which replaces it.
    #[schema(example = "9f3c1a-2b7e40-c8d915-60af3e")]
    pub password: String,
    /// For the authenticator app, as it is or as a QR code.
    #[schema(example = "otpauth://totp/Vivat:wang.fang?secret=GEZDGNBVGY3TQOJQ&issuer=Vivat")]
    pub authenticator: String,
}

/// Makes credentials. Hashing takes long: outside of any transaction.
pub(super) async fn fresh() -> Result<Fresh, ServiceError> {
    let password = Password::issued(rand::rng().random());
    let hash = passwords::hash(password.clone()).await?;
    Ok(Fresh { password, second_factor: Zeroizing::new(rand::rng().random()), hash })
}

/// Records fresh credentials, which end all sessions that were opened with the former ones.
pub(super) async fn issue(
    tx: &mut Tx,
    vault: &Vault,
    now: Timestamp,
    who: Who<'_>,
    member: &StaffMember,
    fresh: Fresh,
) -> Result<IssuedCredentials, ServiceError> {
    let credential = Credential { password: fresh.hash, second_factor: hex::encode(fresh.second_factor.as_slice()) };
    let sealed = credential.seal(vault.house(), member.id)?;
    let stored = StoredCredential { sealed, issued: true, last_step: 0, set_at: now };
    staff_credentials::set(tx, member.id, &stored).await?;
    staff_sessions::end_all(tx, member.id, now).await?;
    append(tx, now, who, vault.house(), |_| Act::StaffCredentialsSet { staff: member.id }).await?;
    Ok(IssuedCredentials {
        staff: StaffView::from(member),
        password: fresh.password.reveal().to_owned(),
        authenticator: second_factor::address(&fresh.second_factor, &member.login).to_string(),
    })
}

impl Console {
    /// Issues credentials; those that the account had open nothing any more.
    ///
    /// # Errors
    /// The database's own.
    pub async fn issue_credentials(&self, to: &StaffMember) -> Result<IssuedCredentials, ServiceError> {
        let fresh = fresh().await?;
        let mut tx = self.store.write().await?;
        let issued = issue(&mut tx, &self.vault, self.clock.now(), Who::Console, to, fresh).await?;
        tx.commit().await?;
        Ok(issued)
    }
}

impl Service {
    /// Makes an account without a role, and issues its credentials.
    ///
    /// # Errors
    /// Invalid fields, [`ServiceError::LoginTaken`], [`ServiceError::NotPermitted`].
    pub async fn add_staff(&self, new: &NewStaff, by: &StaffMember) -> Result<IssuedCredentials, ServiceError> {
        by.require_somewhere(Permission::ManageStaff)?;
        let fresh = fresh().await?;
        let mut tx = self.store.write().await?;
        let member = add(&mut tx, &self.vault, self.clock.as_ref(), Who::Staff(by), new).await?;
        let issued = issue(&mut tx, &self.vault, self.clock.now(), Who::Staff(by), &member, fresh).await?;
        tx.commit().await?;
        Ok(issued)
    }

    /// Issues credentials again, to somebody who lost theirs. Not to anybody who may decide what another proposes: whoever
    /// holds their credentials would be both of the two people. Those go to the console, and the log tells it.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], [`ServiceError::NotPermitted`] at an agency of theirs, [`ServiceError::ConsoleNeeded`].
    pub async fn reissue_credentials(&self, id: StaffId, by: &StaffMember) -> Result<IssuedCredentials, ServiceError> {
        by.require_somewhere(Permission::ManageStaff)?;
        let fresh = fresh().await?;
        let mut tx = self.store.write().await?;
        let member = profile::find(self.vault.house(), &mut tx, id).await?.ok_or(ServiceError::NotFound("account"))?;
        for grant in &member.grants {
            by.require(Permission::ManageStaff, &grant.agency)?;
        }
        if member.may_somewhere(Permission::DecideProposals) {
            return Err(ServiceError::ConsoleNeeded);
        }
        let issued = issue(&mut tx, &self.vault, self.clock.now(), Who::Staff(by), &member, fresh).await?;
        tx.commit().await?;
        Ok(issued)
    }
}
