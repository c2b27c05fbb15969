//! An act leaves its entry, in the transaction of the act: both are recorded, or neither.

use jiff::Timestamp;

use super::admit_device::{DeviceRefusal, not_revoked};
use super::error::ServiceError;
use crate::domain::attendant::Attendant;
use crate::domain::beneficiary::AgencyCode;
use crate::domain::id::{DeviceId, LogEntryId, StaffId};
use crate::domain::permission::{NotPermitted, Permission};
use crate::domain::staff::StaffMember;
use crate::log::entry::{Act, Actor, Entry};
use crate::log::record::Salt;
use crate::store::{Tx, devices, log_entries, staff};
use crate::vault::DataKey;

/// On whose behalf something is done.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// The service itself, or a person in front of a camera.
    Machine,
    /// Whoever operates the installation, at its command line.
    Console,
    /// A member of staff.
    Staff(&'a StaffMember),
    /// A member of staff at the counter, and the person in front of them.
    Clerk(StaffId),
    /// A kiosk, and the person in front of it.
    Device(DeviceId),
}

impl Who<'_> {
    /// Asks for a permission at an agency. The machine and the console have all of them, who attends a session has
    /// none.
    ///
    /// # Errors
    /// [`ServiceError::NotPermitted`] without it.
    pub(super) fn require(&self, permission: Permission, agency: &AgencyCode) -> Result<(), ServiceError> {
        match self {
            Self::Staff(member) => Ok(member.require(permission, agency)?),
            Self::Machine | Self::Console => Ok(()),
            Self::Clerk(_) | Self::Device(_) => Err(NotPermitted(permission).into()),
        }
    }

    /// Whether what belongs to that agency is there at all, for them.
    pub(super) fn sees(&self, permission: Permission, agency: &AgencyCode) -> bool {
        self.require(permission, agency).is_ok()
    }
}

impl From<Attendant> for Who<'_> {
    fn from(attendant: Attendant) -> Self {
        match attendant {
            Attendant::Nobody => Self::Machine,
            Attendant::Device(device) => Self::Device(device),
            Attendant::Staff(clerk) => Self::Clerk(clerk),
        }
    }
}

/// Appends the entry of an act. `key` makes the salt of its commitments: the data key of the person whom the act
/// concerns, so that nobody can open them once the person is erased; else that of the house. Gives the entry's identifier.
pub(super) async fn append(
    tx: &mut Tx,
    now: Timestamp,
    who: Who<'_>,
    key: &DataKey,
    act: impl FnOnce(&Salt) -> Act,
) -> Result<LogEntryId, ServiceError> {
    let by = match who {
        Who::Machine => Actor::Machine,
        Who::Console => Actor::Console,
        Who::Staff(&StaffMember { id, .. }) | Who::Clerk(id) => {
            // Disabled since the request was let in: what they ask for is not done any more.
            if !staff::is_good(tx, id).await? {
                return Err(ServiceError::NoCredentials);
            }
            Actor::Staff(id)
        }
        Who::Device(id) => {
            let device = devices::find(tx, id).await?.ok_or(DeviceRefusal::Unknown)?;
            not_revoked(&device)?;
            Actor::Device(id)
        }
    };
    let id = LogEntryId::new(now, &mut rand::rng());
    let entry = Entry::new(id, now, by, act(&salt(key, id)));
    log_entries::append(tx, id, &entry.canonical()?).await?;
    Ok(id)
}

/// The salt of an entry: stored nowhere, made again for whoever has the key.
pub(super) fn salt(key: &DataKey, entry: LogEntryId) -> Salt {
    Salt(key.derive("log salt", entry.0.as_bytes()))
}
