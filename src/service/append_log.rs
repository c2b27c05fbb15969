//! An act leaves its entry, in the transaction of the act: both are recorded, or neither.

use jiff::Timestamp;

use super::admit_device::{DeviceRefusal, not_revoked};
use super::error::ServiceError;
use crate::domain::attendant::Attendant;
use crate::domain::id::{DeviceId, LogEntryId};
use crate::domain::review::Reviewer;
use crate::log::entry::{Act, Actor, Entry};
use crate::log::record::Salt;
use crate::store::{Tx, access_keys, devices, log_entries};
use crate::vault::DataKey;

/// On whose behalf something is done.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// The service itself, or a person in front of a camera.
    Machine,
    /// Whoever operates the installation, at its command line.
    Console,
    /// A member of staff.
    Staff(&'a Reviewer),
    /// A kiosk, and the person in front of it.
    Device(DeviceId),
}

impl From<Attendant> for Who<'_> {
    fn from(attendant: Attendant) -> Self {
        match attendant {
            Attendant::Nobody => Self::Machine,
            Attendant::Device(device) => Self::Device(device),
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
        Who::Staff(reviewer) => {
            // Revoked since the request was let in: what they ask for is not done any more.
            let key = access_keys::find_good(tx, &reviewer.0).await?.ok_or(ServiceError::NoCredentials)?;
            Actor::Staff(key.id)
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
