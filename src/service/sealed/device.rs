//! Devices: the name is sealed by the house.

use uuid::Uuid;

use super::corrupt;
use crate::domain::device::{Device, DeviceName};
use crate::domain::id::DeviceId;
use crate::service::error::ServiceError;
use crate::store::devices::StoredDevice;
use crate::vault::{DataKey, Kind, Label};

pub(in crate::service) fn seal(of: &Device, house: &DataKey) -> StoredDevice {
    StoredDevice {
        id: of.id,
        name: house.seal(&label(of.id), of.name.as_str().as_bytes()),
        agency: of.agency.clone(),
        key: of.key,
        enrolled_at: of.enrolled_at,
        revoked_at: of.revoked_at,
    }
}

pub(in crate::service) fn open(stored: StoredDevice, house: &DataKey) -> Result<Device, ServiceError> {
    let name = house.open(&label(stored.id), &stored.name)?;
    let name = std::str::from_utf8(&name).ok().and_then(|name| DeviceName::parse(name).ok());
    Ok(Device {
        id: stored.id,
        name: name.ok_or_else(|| corrupt("device", "name"))?,
        agency: stored.agency,
        key: stored.key,
        enrolled_at: stored.enrolled_at,
        revoked_at: stored.revoked_at,
    })
}

fn label(id: DeviceId) -> Label {
    Label { kind: Kind::Device, owner: Uuid::nil(), record: id.0 }
}
