//! An act leaves its entry, in the transaction of the act: both are recorded, or neither.

use jiff::Timestamp;
use rand::RngExt;

use super::error::ServiceError;
use crate::domain::id::LogEntryId;
use crate::domain::review::Reviewer;
use crate::log::entry::{Act, Actor, Entry};
use crate::log::record::Salt;
use crate::store::{Tx, access_keys, log_entries};

/// On whose behalf something is done.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// The service itself, or a person in front of a camera.
    Machine,
    /// Whoever operates the installation, at its command line.
    Console,
    /// A member of staff.
    Staff(&'a Reviewer),
}

/// Appends the entry of an act. The salt of its commitments is made here, and kept beside it.
pub(super) async fn append(
    tx: &mut Tx,
    now: Timestamp,
    who: Who<'_>,
    act: impl FnOnce(&Salt) -> Act,
) -> Result<(), ServiceError> {
    let by = match who {
        Who::Machine => Actor::Machine,
        Who::Console => Actor::Console,
        Who::Staff(reviewer) => {
            // Revoked since the request was let in: what they ask for is not done any more.
            let key = access_keys::find_good(tx, &reviewer.0).await?.ok_or(ServiceError::NoCredentials)?;
            Actor::Staff(key.id)
        }
    };
    let salt = Salt(rand::rng().random());
    let entry = Entry::new(LogEntryId::new(now, &mut rand::rng()), now, by, act(&salt));
    Ok(log_entries::append(tx, entry.id, &entry.canonical()?, &salt.0).await?)
}
