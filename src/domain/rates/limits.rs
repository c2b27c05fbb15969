//! Between which limits does a rate lie, and how many trials does it take to show one?
//!
//! All limits are those of 95 %.

use serde::{Deserialize, Serialize};

/// Two-sided standard normal quantile of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// Without an error in `n` independent trials, the rate is below `3 / n` with 95 % confidence: −ln 0.05 ≈ 3
/// (ISO/IEC 19795-1, "rule of 3").
const RULE_OF_THREE: f64 = 3.0;

/// The 95 % confidence limits of a number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// At least so much.
    pub low: f64,
    /// At most so much.
    pub high: f64,
}

impl Limits {
    /// Nothing is known of a rate.
    pub const UNKNOWN: Self = Self { low: 0.0, high: 1.0 };

    /// Those of `errors` in `trials`, as if no trial had to do with another: the rule of 3 where no error was seen (and its
    /// mirror where nothing else was), else Wilson's score interval. Trials of the same people are not independent, so
    /// these limits are a floor under what [`Bootstrap`](super::bootstrap::Bootstrap) finds.
    #[must_use]
    pub fn of_count(errors: u64, trials: u64) -> Self {
        if trials == 0 {
            return Self::UNKNOWN;
        }
        let n = trials as f64;
        if errors == 0 {
            return Self { low: 0.0, high: (RULE_OF_THREE / n).min(1.0) };
        }
        if errors >= trials {
            return Self { low: (1.0 - RULE_OF_THREE / n).max(0.0), high: 1.0 };
        }
        let p = errors as f64 / n;
        let scale = 1.0 + Z * Z / n;
        let centre = (p + Z * Z / (2.0 * n)) / scale;
        let half = Z / scale * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        Self { low: (centre - half).max(0.0), high: (centre + half).min(1.0) }
    }

    /// The middle 95 % of what was drawn; `None` of nothing. Numbers that are none are passed over.
    #[must_use]
    pub fn of_draws(mut draws: Vec<f64>) -> Option<Self> {
        draws.retain(|draw| !draw.is_nan());
        draws.sort_unstable_by(f64::total_cmp);
        let last = draws.len().checked_sub(1)?;
        let at = |share: f64| draws[((share * last as f64).round() as usize).min(last)];
        Some(Self { low: at(0.025), high: at(0.975) })
    }

    /// The narrowest limits around both.
    #[must_use]
    pub fn around(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }
}

/// A rate that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Errors over trials; 0 without a trial.
    pub rate: f64,
    /// Its limits.
    #[serde(flatten)]
    pub limits: Limits,
    /// Trials that went wrong.
    pub errors: u64,
    /// Trials.
    pub trials: u64,
}

impl Rate {
    /// With the limits of [`Limits::of_count`], and those of resampling where there are any.
    #[must_use]
    pub fn new(errors: u64, trials: u64, resampled: Option<Limits>) -> Self {
        let rate = if trials == 0 { 0.0 } else { errors as f64 / trials as f64 };
        let counted = Limits::of_count(errors, trials);
        Self { rate, limits: resampled.map_or(counted, |limits| limits.around(counted)), errors, trials }
    }
}

/// Impostor comparisons that it takes to show a false match rate by the rule of 3: if it were higher, they would have
/// shown an error with 95 % confidence.
#[must_use]
pub fn trials_needed(rate: f64) -> u64 {
    // 3 / 1e-3 is a little more than 3000 in binary: that must not cost a trial.
    (RULE_OF_THREE / rate * (1.0 - 1e-12)).ceil() as u64
}

/// Whether that many impostor comparisons can show a rate.
#[must_use]
pub fn can_show(trials: u64, rate: f64) -> bool {
    trials >= trials_needed(rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_rule_of_three_says_how_many_trials_a_rate_takes() {
        assert_eq!([1e-1, 1e-2, 1e-3, 1e-4, 1e-5].map(trials_needed), [30, 300, 3_000, 30_000, 300_000]);
        assert!(can_show(3_000, 1e-3) && !can_show(2_999, 1e-3));
        assert_eq!(Limits::of_count(0, 300), Limits { low: 0.0, high: 0.01 });
        assert_eq!(Limits::of_count(0, 0), Limits::UNKNOWN);
    }

    #[test]
    fn wilson_gives_the_limits_of_the_textbook() {
        // Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
        for (errors, trials, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (1, 29, 0.0061, 0.1718)]
        {
            let limits = Limits::of_count(errors, trials);
            assert!((limits.low - low).abs() < 1e-4 && (limits.high - high).abs() < 1e-4, "{limits:?}");
        }
    }

    proptest! {
        #[test]
        fn a_rate_lies_within_its_limits(trials in 1u64..100_000, share in 0.0f64..=1.0) {
            let errors = (share * trials as f64) as u64;
            let Rate { rate, limits, .. } = Rate::new(errors, trials, None);
            prop_assert!(0.0 <= limits.low && limits.low <= rate && rate <= limits.high && limits.high <= 1.0);
        }

        #[test]
        fn more_of_the_same_narrows_the_limits(trials in 1u64..10_000, errors in 0u64..100) {
            prop_assume!(errors <= trials);
            let width = |limits: Limits| limits.high - limits.low;
            prop_assert!(width(Limits::of_count(10 * errors, 10 * trials)) <= width(Limits::of_count(errors, trials)));
        }

        #[test]
        fn draws_that_agree_have_no_width(draw in 0.0f64..1.0, count in 1usize..50) {
            prop_assert_eq!(Limits::of_draws(vec![draw; count]), Some(Limits { low: draw, high: draw }));
        }
    }
}
