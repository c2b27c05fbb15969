//! Is a group of people worse off than the whole? An alarm, where the sample can show it.

use serde::{Deserialize, Serialize};

use super::limits::Rate;

/// No group may be worse off than the whole by more than this: NIST SP 800-63A-4 asks that the error rates of a demographic
/// group do not exceed those of the whole population by more than 25 %.
pub const TOLERANCE: f64 = 1.25;

/// A group's rate beside that of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disparity {
    /// An alarm: more than 25 % worse, and not by chance alone, as the group's limits lie above the rate of the whole.
    Worse,
    /// The group's limits lie within the tolerance.
    Within,
    /// Neither is shown: there are too few trials of the group.
    CannotTell,
}

impl Disparity {
    /// Judges a group.
    #[must_use]
    pub fn of(group: &Rate, whole: &Rate) -> Self {
        let tolerated = TOLERANCE * whole.rate;
        if group.trials > 0 && group.rate > tolerated && group.limits.low > whole.rate {
            Self::Worse
        } else if group.trials > 0 && group.limits.high <= tolerated {
            Self::Within
        } else {
            Self::CannotTell
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(errors: u64, trials: u64) -> Rate {
        Rate::new(errors, trials, None)
    }

    #[test]
    fn an_alarm_needs_a_difference_and_a_sample_that_shows_it() {
        let whole = rate(200, 10_000);
        assert_eq!(Disparity::of(&rate(60, 1_000), &whole), Disparity::Worse);
        assert_eq!(Disparity::of(&rate(1, 20), &whole), Disparity::CannotTell);
        assert_eq!(Disparity::of(&rate(0, 20), &whole), Disparity::CannotTell);
        assert_eq!(Disparity::of(&rate(0, 0), &whole), Disparity::CannotTell);
        assert_eq!(Disparity::of(&rate(5, 1_000), &whole), Disparity::Within);
        // Shown to be worse, but by less than a quarter.
        assert_eq!(Disparity::of(&rate(24_000, 1_000_000), &whole), Disparity::Within);
    }

    proptest! {
        #[test]
        fn the_whole_is_never_worse_than_itself(trials in 1u64..100_000, share in 0.0f64..=1.0) {
            let whole = rate((share * trials as f64) as u64, trials);
            prop_assert_ne!(Disparity::of(&whole, &whole), Disparity::Worse);
        }
    }
}
