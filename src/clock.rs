//! The only place that asks the machine for the time.

use jiff::Timestamp;

use crate::domain::clock::Clock;

/// The clock of the machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the edge that the rule keeps the rest away from")]
    fn now(&self) -> Timestamp {
        // The record keeps microseconds; what is answered must be what is read back.
        Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap_or(Timestamp::MAX)
    }
}
