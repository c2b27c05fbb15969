//! Who stands behind a camera: which sessions a caller may open, and which are theirs.

use serde::Serialize;

use super::capture::Channel;
use super::id::{DeviceId, StaffId};
use super::limits::AddressIndex;

/// Who answers for a session: what they opened, they alone feed and complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Attendant {
    /// Nobody: whoever has the nonce acts for the session.
    Nobody,
    /// A kiosk, by its signature.
    Device(DeviceId),
    /// A member of staff at the counter.
    Staff(StaffId),
}

/// Who sends a request, as far as it is proven: by default nobody knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caller {
    /// The device that signed it.
    pub device: Option<DeviceId>,
    /// The member of staff who sends it, and may attend the counter.
    pub staff: Option<StaffId>,
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
        let nobody = || self.trusted.then_some(Attendant::Nobody);
        match channel {
            Channel::Phone => Ok(Attendant::Nobody),
            Channel::Kiosk => self.device.map(Attendant::Device).or_else(nobody).ok_or(Unattended::NoDevice),
            Channel::Counter => self.staff.map(Attendant::Staff).or_else(nobody).ok_or(Unattended::NoStaff),
        }
    }

    /// Whether this caller is the one who answers for the session.
    #[must_use]
    pub fn is(&self, attendant: Attendant) -> bool {
        match attendant {
            Attendant::Nobody => true,
            Attendant::Device(device) => self.device == Some(device),
            Attendant::Staff(staff) => self.staff == Some(staff),
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

    fn staff(number: u128) -> StaffId {
        StaffId(Uuid::from_u128(number))
    }

    #[test]
    fn each_channel_needs_its_proof() {
        let nobody = Caller::default();
        let kiosk = Caller { device: Some(device(1)), ..nobody };
        let clerk = Caller { staff: Some(staff(1)), ..nobody };
        let trusted = Caller { trusted: true, ..nobody };
        for (caller, channel, attendant) in [
            (nobody, Channel::Phone, Ok(Attendant::Nobody)),
            (nobody, Channel::Kiosk, Err(Unattended::NoDevice)),
            (nobody, Channel::Counter, Err(Unattended::NoStaff)),
            (kiosk, Channel::Phone, Ok(Attendant::Nobody)),
            (kiosk, Channel::Kiosk, Ok(Attendant::Device(device(1)))),
            (kiosk, Channel::Counter, Err(Unattended::NoStaff)),
            (clerk, Channel::Kiosk, Err(Unattended::NoDevice)),
            (clerk, Channel::Counter, Ok(Attendant::Staff(staff(1)))),
            (trusted, Channel::Kiosk, Ok(Attendant::Nobody)),
            (trusted, Channel::Counter, Ok(Attendant::Nobody)),
        ] {
            assert_eq!(caller.attend(channel), attendant, "{caller:?} {channel:?}");
        }
    }

    #[test]
    fn what_somebody_opened_belongs_to_them_alone() {
        let nobody = Caller::default();
        let (kiosk, clerk) = (Attendant::Device(device(1)), Attendant::Staff(staff(1)));
        assert!(Caller { device: Some(device(1)), ..nobody }.is(kiosk));
        assert!(Caller { staff: Some(staff(1)), ..nobody }.is(clerk));
        let other = Caller { device: Some(device(2)), staff: Some(staff(2)), trusted: true, address: None };
        for caller in [nobody, other] {
            assert!(caller.is(Attendant::Nobody) && !caller.is(kiosk) && !caller.is(clerk));
        }
    }
}
