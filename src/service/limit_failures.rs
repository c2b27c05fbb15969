//! May this attempt be made, and what becomes of the run of failures after it?

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Service;
use super::error::ServiceError;
use crate::domain::attendant::Caller;
use crate::domain::capture::Channel;
use crate::domain::id::PersonId;
use crate::domain::limits::{AddressIndex, Run, Subject};
use crate::domain::policy::Policy;
use crate::store::{Tx, failure_runs};
use crate::vault::Indexed;

/// Longer than any window of a policy.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The runs that an attempt belongs to, kept from other attempts until its transaction ends.
pub(super) struct Held {
    runs: Vec<(Subject, Run)>,
    policy: Arc<Policy>,
}

impl Held {
    /// Failures that the person of these runs has left, this attempt included.
    pub(super) fn left(&self) -> u32 {
        let of_person = self.runs.iter().find(|(subject, _)| matches!(subject, Subject::Person(_)));
        of_person.map_or(u32::MAX, |(subject, run)| run.left(self.policy.limits.of(*subject)))
    }
}

impl Service {
    /// The blind index of a client's address, by which its failures are counted.
    #[must_use]
    pub fn address_index(&self, address: &str) -> AddressIndex {
        AddressIndex(self.vault.index(Indexed::Address, address).0)
    }

    /// Refuses while there is a pause, and tells how many failures the person has left.
    pub(super) async fn no_pause(
        &self,
        tx: &mut Tx,
        policy: &Policy,
        (person, channel, caller): (PersonId, Channel, Caller),
    ) -> Result<u32, ServiceError> {
        let (now, mut left) = (self.clock.now(), u32::MAX);
        let subjects = counted(person, channel, caller);
        let runs = failure_runs::find_all(tx, &subjects).await?;
        for (subject, run) in subjects.into_iter().zip(runs) {
            let limit = policy.limits.of(subject);
            let run = run.unwrap_or(Run::none(now)).at(limit, now);
            run.check(now)?;
            if let Subject::Person(_) = subject {
                left = run.left(limit);
            }
        }
        Ok(left)
    }

    /// Holds the runs of an attempt that is about to be decided.
    pub(super) async fn hold_runs(
        &self,
        tx: &mut Tx,
        policy: &Arc<Policy>,
        (person, channel, caller): (PersonId, Channel, Caller),
    ) -> Result<Held, ServiceError> {
        let (now, mut runs) = (self.clock.now(), Vec::new());
        let subjects = counted(person, channel, caller);
        let held = failure_runs::hold_all(tx, &subjects, now).await?;
        for (subject, run) in subjects.into_iter().zip(held) {
            let run = run.at(policy.limits.of(subject), now);
            run.check(now)?;
            runs.push((subject, run));
        }
        Ok(Held { runs, policy: Arc::clone(policy) })
    }

    /// Counts a failure, or ends the runs with a success. A success ends the run of the person wherever it was.
    pub(super) async fn count(
        &self,
        tx: &mut Tx,
        held: Held,
        person: PersonId,
        success: bool,
    ) -> Result<(), ServiceError> {
        let (now, person) = (self.clock.now(), Subject::Person(person));
        let mut ended = false;
        for (subject, run) in held.runs {
            if success {
                failure_runs::end(tx, &subject).await?;
                ended |= subject == person;
            } else {
                let run = run.after_failure(held.policy.limits.of(subject), now);
                failure_runs::update(tx, &subject, &run).await?;
            }
        }
        if success && !ended {
            failure_runs::end(tx, &person).await?;
        }
        Ok(())
    }

    /// Forgets runs of failures that are over.
    ///
    /// # Errors
    /// The database's own.
    pub async fn forget_old_failures(&self) -> Result<u64, ServiceError> {
        let mut tx = self.store.write().await?;
        let before = self.clock.now().saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
        let forgotten = failure_runs::purge_before(&mut tx, before).await?;
        tx.commit().await?;
        Ok(forgotten)
    }
}

/// Whose failures an attempt counts for, in the order in which they are locked. At the counter: nobody's.
fn counted(person: PersonId, channel: Channel, caller: Caller) -> Vec<Subject> {
    let by_machine = channel != Channel::Counter;
    let person = by_machine.then_some(Subject::Person(person));
    let device = caller.device.filter(|_| by_machine).map(Subject::Device);
    let address = caller.address.filter(|_| by_machine).map(Subject::Address);
    [person, device, address].into_iter().flatten().collect()
}
