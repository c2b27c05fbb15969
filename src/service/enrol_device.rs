//! A kiosk is let in: two people have agreed to it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::append_log::{Who, append};
use super::error::ServiceError;
use super::sealed;
use crate::domain::beneficiary::AgencyCode;
use crate::domain::device::{Device, DeviceKey, DeviceName};
use crate::domain::id::DeviceId;
use crate::log::entry::Act;
use crate::log::record::Record;
use crate::signing::ed25519::PublicKey;
use crate::store::{Constraint, StoreError, Tx, devices};
use crate::vault::Vault;

/// A kiosk that is to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    /// Where it stands, in words of the agency: 1 to 100 characters.
    #[schema(example = "东城区政务大厅 3 号机")]
    pub name: String,
    /// The agency that puts it up.
    #[schema(example = "110101")]
    pub agency: String,
    /// Its Ed25519 public key, as `vivat kiosk key` prints it: 32 bytes in base64url.
    #[schema(example = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs")]
    pub public_key: String,
}

impl NewDevice {
    /// The device that this describes, let in at `now`.
    ///
    /// # Errors
    /// [`ServiceError::DeviceName`], [`ServiceError::Agency`], [`ServiceError::DeviceKey`].
    pub fn check(&self, now: Timestamp) -> Result<Device, ServiceError> {
        Ok(Device {
            id: DeviceId::new(now, &mut rand::rng()),
            name: DeviceName::parse(&self.name)?,
            agency: AgencyCode::parse(&self.agency)?,
            key: read_key(&self.public_key)?,
            enrolled_at: now,
            revoked_at: None,
        })
    }
}

/// Lets a device in, inside of the transaction of whoever agreed to it.
///
/// # Errors
/// Those of [`NewDevice::check`], and [`ServiceError::DeviceKeyTaken`] for a key that a device has or had.
pub async fn enrol(
    tx: &mut Tx,
    vault: &Vault,
    now: Timestamp,
    who: Who<'_>,
    new: &NewDevice,
) -> Result<DeviceId, ServiceError> {
    let device = new.check(now)?;
    match devices::insert(tx, &sealed::device::seal(&device, vault.house())).await {
        Err(StoreError::Conflict(Constraint::DeviceKeyTaken)) => return Err(ServiceError::DeviceKeyTaken),
        inserted => inserted?,
    }
    append(tx, now, who, vault.house(), |salt| Act::DeviceEnrolled {
        device: device.id,
        record: Record::Device(&device).commit(salt),
    })
    .await?;
    Ok(device.id)
}

fn read_key(text: &str) -> Result<DeviceKey, ServiceError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim()).map_err(|_| ServiceError::DeviceKey)?;
    let key = PublicKey::from_bytes(&bytes).map_err(|_| ServiceError::DeviceKey)?;
    Ok(DeviceKey(key.to_bytes()))
}
