//! The devices of an installation: told, and revoked.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Service;
use super::append_log::{Who, append};
use super::error::ServiceError;
use super::sealed;
use crate::domain::device::Device;
use crate::domain::id::DeviceId;
use crate::domain::permission::Permission;
use crate::domain::staff::StaffMember;
use crate::log::entry::Act;
use crate::store::devices;

/// A device as the office sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeviceView {
    /// The `keyid` of its signatures.
    pub id: Uuid,
    /// Where it stands.
    pub name: String,
    /// The agency that put it up.
    pub agency: String,
    /// Its Ed25519 public key in base64url.
    pub public_key: String,
    /// When it was let in.
    #[schema(value_type = String, format = DateTime)]
    pub enrolled_at: Timestamp,
    /// Since when its signature opens nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
}

impl Service {
    /// The devices of the agencies whose devices they may read, revoked ones too.
    ///
    /// # Errors
    /// The database's own.
    pub async fn devices(&self, asking: &StaffMember) -> Result<Vec<DeviceView>, ServiceError> {
        let stored = devices::list(&mut self.store.read().await?).await?;
        let theirs = stored.into_iter().filter(|device| asking.may(Permission::ReadDevices, &device.agency));
        theirs.map(|stored| Ok(sealed::device::open(stored, self.vault.house())?.into())).collect()
    }

    /// Revokes a device, at once, also for its requests under way. One person suffices: it takes a right away and gives
    /// none. Revoking twice is no error.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], or [`ServiceError::NotPermitted`] for a device of others.
    pub async fn revoke_device(&self, id: DeviceId, who: Who<'_>) -> Result<DeviceView, ServiceError> {
        let mut tx = self.store.write().await?;
        let now = self.clock.now();
        let stored = devices::find(&mut tx, id).await?.ok_or(ServiceError::NotFound("device"))?;
        who.require(Permission::RevokeDevices, &stored.agency)?;
        if devices::revoke(&mut tx, id, now).await? {
            append(&mut tx, now, who, self.vault.house(), |_| Act::DeviceRevoked { device: id }).await?;
        }
        let stored = devices::find(&mut tx, id).await?.ok_or(ServiceError::NotFound("device"))?;
        tx.commit().await?;
        Ok(sealed::device::open(stored, self.vault.house())?.into())
    }
}

impl From<Device> for DeviceView {
    fn from(device: Device) -> Self {
        Self {
            id: device.id.0,
            name: device.name.as_str().to_owned(),
            agency: device.agency.as_str().to_owned(),
            public_key: BASE64_URL_SAFE_NO_PAD.encode(device.key.0),
            enrolled_at: device.enrolled_at,
            revoked_at: device.revoked_at,
        }
    }
}
