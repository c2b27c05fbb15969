//! Limits of failures: after some in a row there is a pause, for a person, a device, an address.
//!
//! **What counts.** Every attempt that the machine does not certify is a failure, whatever the reason: an unknown number, a
//! dark picture, a doubt, a channel that always refers. A rule that looked at reasons would tell, by its pauses, who is
//! enrolled and whose face matched. A certification ends the run.
//!
//! **Nothing is lost.** The failure that leads to a pause of a person is referred to people, so there is a case before
//! there is a pause. A pause of a device or an address is short, and the session goes on after it.
//!
//! **Nobody is locked out.** At the counter a member of staff sees who is there: no pause holds there, and nothing that
//! happens there counts. So whoever makes a stranger's number fail delays only the machines.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::id::{DeviceId, PersonId};

/// Whose failures are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Whoever has the citizen number, registered or not.
    Person(PersonId),
    /// A kiosk.
    Device(DeviceId),
    /// The network address of a client.
    Address(AddressIndex),
    /// A client from which a member of staff signed in before, by its name.
    KnownClient([u8; 16]),
    /// All other clients that try a login, by its blind index.
    OtherClients([u8; 32]),
    /// The network address from which staff try to sign in.
    SignInAddress(AddressIndex),
}

/// The blind index of a network address: the address itself is stored nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressIndex(pub [u8; 32]);

/// The limits of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// For the person of a citizen number.
    pub person: Limit,
    /// For a device, which many people use.
    pub device: Limit,
    /// For an address, which many people may share.
    pub address: Limit,
}

/// When there is a pause, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Failures in a row before the first pause.
    pub failures: u32,
    /// Failures before each further pause.
    pub failures_again: u32,
    /// Seconds without a failure after which a run is over.
    pub window_seconds: u32,
    /// Seconds of the first pause; each further one is twice as long.
    pub pause_seconds: u32,
    /// Seconds of the longest pause.
    pub longest_pause_seconds: u32,
}

/// Failures in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Since the last pause, or since the beginning.
    pub failures: u32,
    /// Pauses so far.
    pub pauses: u32,
    /// When the last failure was.
    pub last_failure_at: Timestamp,
    /// The end of the last pause.
    pub paused_until: Option<Timestamp>,
}

/// Too many failures: nothing is taken until the pause is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("paused until {until}")]
pub struct Paused {
    /// The first moment after the pause.
    pub until: Timestamp,
    /// Seconds until then.
    pub seconds: u32,
}

/// For sign-ins of staff, whatever the policy says.
pub const SIGN_IN: Limit = Limit {
    failures: 5,
    failures_again: 1,
    window_seconds: 24 * 60 * 60,
    pause_seconds: 30,
    longest_pause_seconds: 30 * 60,
};

/// For the address from which staff sign in, which an office shares.
pub const SIGN_IN_ADDRESS: Limit = Limit { failures: 20, failures_again: 5, longest_pause_seconds: 5 * 60, ..SIGN_IN };

impl Limits {
    /// The limit for this subject.
    #[must_use]
    pub fn of(&self, subject: Subject) -> &Limit {
        match subject {
            Subject::Person(_) => &self.person,
            Subject::Device(_) => &self.device,
            Subject::Address(_) => &self.address,
            Subject::KnownClient(_) | Subject::OtherClients(_) => &SIGN_IN,
            Subject::SignInAddress(_) => &SIGN_IN_ADDRESS,
        }
    }

    /// Whether each number makes sense: see `Policy::check`.
    #[must_use]
    pub fn make_sense(&self) -> bool {
        [self.person, self.device, self.address].iter().all(|limit| {
            (1..=5).contains(&limit.failures)
                && (1..=5).contains(&limit.failures_again)
                && (1..=86_400).contains(&limit.pause_seconds)
                && (limit.pause_seconds..=86_400).contains(&limit.longest_pause_seconds)
                && (limit.longest_pause_seconds..=604_800).contains(&limit.window_seconds)
        })
    }
}

impl Default for Limits {
    /// Five failures, then a pause. A person's grows from half a minute to half an hour, and comes after each further
    /// failure; devices and addresses serve others too, and wait for a minute at most.
    fn default() -> Self {
        let person = Limit {
            failures: 5,
            failures_again: 1,
            window_seconds: 24 * 60 * 60,
            pause_seconds: 30,
            longest_pause_seconds: 30 * 60,
        };
        let shared = Limit { failures_again: 5, window_seconds: 15 * 60, longest_pause_seconds: 60, ..person };
        Self { person, device: shared, address: shared }
    }
}

impl Run {
    /// No failure yet.
    #[must_use]
    pub fn none(now: Timestamp) -> Self {
        Self { failures: 0, pauses: 0, last_failure_at: now, paused_until: None }
    }

    /// The run as it is now: one whose last failure is longer ago than the window is over.
    #[must_use]
    pub fn at(self, limit: &Limit, now: Timestamp) -> Self {
        let over = later(self.last_failure_at, limit.window_seconds) <= now;
        if over { Self::none(now) } else { self }
    }

    /// Refuses while there is a pause.
    ///
    /// # Errors
    /// [`Paused`] tells until when.
    pub fn check(&self, now: Timestamp) -> Result<(), Paused> {
        match self.paused_until {
            Some(until) if now < until => {
                let rest = (until.duration_since(now).as_millis() + 999) / 1000;
                Err(Paused { until, seconds: u32::try_from(rest).unwrap_or(u32::MAX) })
            }
            _ => Ok(()),
        }
    }

    /// Failures that are left: the last of them leads to a pause. Never 0.
    #[must_use]
    pub fn left(&self, limit: &Limit) -> u32 {
        let allowed = if self.pauses == 0 { limit.failures } else { limit.failures_again };
        allowed.saturating_sub(self.failures).max(1)
    }

    /// The run after one more failure.
    #[must_use]
    pub fn after_failure(self, limit: &Limit, now: Timestamp) -> Self {
        if self.left(limit) > 1 {
            return Self { failures: self.failures + 1, last_failure_at: now, ..self };
        }
        let doubled = 2_u32.saturating_pow(self.pauses);
        let seconds = limit.pause_seconds.saturating_mul(doubled).min(limit.longest_pause_seconds);
        Self {
            failures: 0,
            pauses: self.pauses.saturating_add(1),
            last_failure_at: now,
            paused_until: Some(later(now, seconds)),
        }
    }
}

fn later(moment: Timestamp, seconds: u32) -> Timestamp {
    moment.saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    /// Fails at once whenever it may, so often, and tells the pauses in seconds.
    fn pauses(limit: &Limit, failures: usize) -> Vec<(usize, i64)> {
        let (mut run, mut now, mut seen) = (Run::none(at(0)), 0, Vec::new());
        for failure in 1..=failures {
            assert_eq!(run.at(limit, at(now)).check(at(now)), Ok(()));
            run = run.at(limit, at(now)).after_failure(limit, at(now));
            if let Err(Paused { until, seconds }) = run.check(at(now)) {
                assert_eq!(until, at(now + i64::from(seconds)));
                seen.push((failure, i64::from(seconds)));
                now += i64::from(seconds);
            }
        }
        seen
    }

    #[test]
    fn a_person_pauses_after_five_failures_and_twice_as_long_after_each_further_one() {
        let limit = Limits::default().person;
        let expected = [(5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 960), (11, 1800), (12, 1800)];
        assert_eq!(pauses(&limit, 12), expected);
    }

    #[test]
    fn what_many_share_pauses_for_a_minute_at_most() {
        for limit in [Limits::default().device, Limits::default().address] {
            assert_eq!(pauses(&limit, 16), [(5, 30), (10, 60), (15, 60)]);
        }
    }

    #[test]
    fn a_run_is_over_after_its_window() {
        let limit = Limits::default().person;
        let four = (0..4).fold(Run::none(at(0)), |run, second| run.after_failure(&limit, at(second)));
        assert_eq!(four.left(&limit), 1);
        assert_eq!(four.at(&limit, at(3 + 86_399)).left(&limit), 1);
        assert_eq!(four.at(&limit, at(3 + 86_400)).left(&limit), 5);
    }

    #[test]
    fn numbers_that_would_lock_people_out_make_no_sense() {
        let good = Limits::default();
        assert!(good.make_sense());
        for wrong in [
            Limit { failures: 6, ..good.person },
            Limit { failures: 0, ..good.person },
            Limit { failures_again: 0, ..good.person },
            Limit { longest_pause_seconds: 86_401, window_seconds: 90_000, ..good.person },
            Limit { window_seconds: 60, ..good.person },
            Limit { pause_seconds: 3600, ..good.person },
        ] {
            assert!(!Limits { person: wrong, ..good.clone() }.make_sense(), "{wrong:?}");
        }
    }

    proptest! {
        /// Whatever happened before, a pause is never longer than the longest, and at most five failures are free.
        #[test]
        fn pauses_are_bounded(failures in 0_u32..100, earlier in any::<u32>()) {
            let limit = Limits::default().person;
            let run = Run { failures, pauses: earlier, ..Run::none(at(0)) }.after_failure(&limit, at(0));
            prop_assert!(run.check(at(i64::from(limit.longest_pause_seconds))).is_ok());
            prop_assert!((1..=5).contains(&run.left(&limit)));
        }
    }
}
