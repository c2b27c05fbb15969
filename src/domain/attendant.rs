//! Who stands behind a camera: which sessions a caller may open, and which are theirs.

use serde::Serialize;

use super::capture::Channel;
use super::id::DeviceId;
use super::limits::AddressIndex;

/// Who answers for a session: what they opened, they alone feed and complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Attendant {
    /// Nobody: whoever has the nonce acts for the session.
    Nobody,
    /// A kiosk, by its signature.
    Device(DeviceId),
}

/// Who sends a request, as far as it is proven: by default nobody knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caller {
    /// The device that signed it.
    pub device: Option<DeviceId>,
    /// Whether a member of staff sends it who may attend the counter.
    pub staff: bool,
    /// Where it comes from, unless from this machine.
    pub address: Option<AddressIndex>,
    /// Whether the operator vouches for whoever reaches this node: on loopback, for a demonstration.
    pub trusted: bool,
}

/// The proof that a channel needs, and the caller does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unattended {
    /// The signature of a device.
    #[error("a session at a kiosk needs the signature of a device")]
    NoDevice,
    /// A member of staff.
    #[error("a session at the counter needs a member of staff who attends it")]
    NoStaff,
}

impl Caller {
    /// Who answers for a session that this caller opens. A channel in sight of the office is one that proves it: whoever
    /// could claim it at home would not be in sight of anybody.
    ///
    /// # Errors
    /// [`Unattended`] tells which proof is missing.
    pub fn attend(&self, channel: Channel) -> Result<Attendant, Unattended> {
        let nobody = |proven: bool| (proven || self.trusted).then_some(Attendant::Nobody);
        match channel {
            Channel::Phone => Ok(Attendant::Nobody),
            Channel::Kiosk => self.device.map(Attendant::Device).or(nobody(false)).ok_or(Unattended::NoDevice),
            Channel::Counter => nobody(self.staff).ok_or(Unattended::NoStaff),
        }
    }

    /// Whether this caller is the one who answers for the session.
    #[must_use]
    pub fn is(&self, attendant: Attendant) -> bool {
        match attendant {
            Attendant::Nobody => true,
            Attendant::Device(device) => self.device == Some(device),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn device(number: u128) -> DeviceId {
        DeviceId(Uuid::from_u128(number))
    }

    #[test]
    fn each_channel_needs_its_proof() {
        let nobody = Caller::default();
        let kiosk = Caller { device: Some(device(1)), ..nobody };
        let clerk = Caller { staff: true, ..nobody };
        let trusted = Caller { trusted: true, ..nobody };
        for (caller, channel, attendant) in [
            (nobody, Channel::Phone, Ok(Attendant::Nobody)),
            (nobody, Channel::Kiosk, Err(Unattended::NoDevice)),
            (nobody, Channel::Counter, Err(Unattended::NoStaff)),
            (kiosk, Channel::Phone, Ok(Attendant::Nobody)),
            (kiosk, Channel::Kiosk, Ok(Attendant::Device(device(1)))),
            (kiosk, Channel::Counter, Err(Unattended::NoStaff)),
            (clerk, Channel::Kiosk, Err(Unattended::NoDevice)),
            (clerk, Channel::Counter, Ok(Attendant::Nobody)),
            (trusted, Channel::Kiosk, Ok(Attendant::Nobody)),
            (trusted, Channel::Counter, Ok(Attendant::Nobody)),
        ] {
            assert_eq!(caller.attend(channel), attendant, "{caller:?} {channel:?}");
        }
    }

    #[test]
    fn what_a_device_opened_belongs_to_it_alone() {
        let nobody = Caller::default();
        let kiosk = Caller { device: Some(device(1)), ..nobody };
        assert!(kiosk.is(Attendant::Device(device(1))) && kiosk.is(Attendant::Nobody));
        let trusted = Caller { staff: true, trusted: true, ..nobody };
        for other in [nobody, trusted, Caller { device: Some(device(2)), ..nobody }] {
            assert!(!other.is(Attendant::Device(device(1))));
        }
    }
}
