//! How scores are spread.

use super::trials::Trials;

/// Shares of trials by score, in bins of equal width.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Where the first bin begins.
    pub low: f32,
    /// Where the last bin ends.
    pub high: f32,
    /// The share of each bin.
    pub shares: Vec<f64>,
}

impl Histogram {
    /// Scores outside of `low..=high` count in the bin at that end.
    #[must_use]
    pub fn new(trials: &Trials, low: f32, high: f32, bins: usize) -> Self {
        let mut shares = vec![0.0; bins.max(1)];
        let last = shares.len() - 1;
        let width = (high - low).max(f32::MIN_POSITIVE) / shares.len() as f32;
        for trial in trials.as_slice() {
            shares[(((trial.score - low) / width).max(0.0) as usize).min(last)] += 1.0 / trials.len() as f64;
        }
        Self { low, high, shares }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rates::trials::Trial;

    #[test]
    fn every_score_falls_into_a_bin() {
        let trials: Trials =
            [-9.0, 0.0, 0.1, 0.6, 1.0, 9.0].map(|score| Trial { score, people: [0; 2] }).into_iter().collect();
        let histogram = Histogram::new(&trials, 0.0, 1.0, 2);
        assert_eq!(histogram.shares.iter().map(|share| (share * 6.0).round() as u32).collect::<Vec<_>>(), [3, 3]);
        assert!(Histogram::new(&Trials::default(), 0.0, 1.0, 4).shares.iter().all(|share| *share == 0.0));
    }
}
