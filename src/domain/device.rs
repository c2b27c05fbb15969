//! Devices: the kiosks of an agency, each with a key of its own.

use jiff::Timestamp;

use super::beneficiary::AgencyCode;
use super::id::DeviceId;
use super::line::one_line;

/// A device that may open sessions as a kiosk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Ours; the `keyid` of its signatures.
    pub id: DeviceId,
    /// Where it stands, in words of the agency.
    pub name: DeviceName,
    /// The agency 经办机构 that put it up. It serves beneficiaries of any.
    pub agency: AgencyCode,
    /// Its public key.
    pub key: DeviceKey,
    /// When two people let it in.
    pub enrolled_at: Timestamp,
    /// Since when its signature opens nothing; `None` while it is good.
    pub revoked_at: Option<Timestamp>,
}

/// The 32 bytes of an Ed25519 public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeviceKey(pub [u8; 32]);

/// The name of a device: 1 to 100 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceName(String);

/// The text cannot name a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a device has 1 to 100 characters and no control characters")]
pub struct InvalidDeviceName;

impl DeviceName {
    /// Trims and checks.
    ///
    /// # Errors
    /// [`InvalidDeviceName`] when nothing is left, too much is, or a control character is inside.
    pub fn parse(typed: &str) -> Result<Self, InvalidDeviceName> {
        one_line(typed).map(Self).ok_or(InvalidDeviceName)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
