//! Scores in order, and who is behind each.

/// A score, and the people whose it is: twice the same person where one stands alone or is compared with themself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// More means more alike, or more alive. Finite.
    pub score: f32,
    /// Numbers of people, from 0, that mean nothing else.
    pub people: [u32; 2],
}

/// Trials of one kind, the highest score first.
#[derive(Debug, Clone, Default)]
pub struct Trials(Vec<Trial>);

impl Trials {
    /// In whatever order. A score that is not a number counts as the lowest.
    #[must_use]
    pub fn new(mut trials: Vec<Trial>) -> Self {
        for trial in trials.iter_mut().filter(|trial| trial.score.is_nan()) {
            trial.score = f32::NEG_INFINITY;
        }
        trials.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
        Self(trials)
    }

    /// The trials, the highest score first.
    #[must_use]
    pub fn as_slice(&self) -> &[Trial] {
        &self.0
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many a threshold accepts: those at or above it.
    #[must_use]
    pub fn accepted(&self, threshold: f32) -> usize {
        self.0.partition_point(|trial| trial.score >= threshold)
    }

    /// How many a threshold refuses.
    #[must_use]
    pub fn refused(&self, threshold: f32) -> usize {
        self.len() - self.accepted(threshold)
    }

    /// The share that a threshold accepts; 0 of none.
    #[must_use]
    pub fn share_accepted(&self, threshold: f32) -> f64 {
        self.accepted(threshold) as f64 / self.len().max(1) as f64
    }

    /// The share that a threshold refuses; 0 of none.
    #[must_use]
    pub fn share_refused(&self, threshold: f32) -> f64 {
        self.refused(threshold) as f64 / self.len().max(1) as f64
    }

    /// The smallest threshold that accepts at most this share.
    #[must_use]
    pub fn threshold_accepting(&self, share: f64) -> f32 {
        let allowed = (share * self.len() as f64 * (1.0 + 1e-12)) as usize;
        self.0.get(allowed).map_or(f32::NEG_INFINITY, |first_refused| first_refused.score.next_up())
    }

    /// One more than the highest number of a person.
    pub(crate) fn people(&self) -> usize {
        self.0.iter().flat_map(|trial| trial.people).max().map_or(0, |highest| highest as usize + 1)
    }
}

impl FromIterator<Trial> for Trials {
    fn from_iter<I: IntoIterator<Item = Trial>>(trials: I) -> Self {
        Self::new(trials.into_iter().collect())
    }
}

/// The probability that a trial of `higher` scores more than one of `lower`, ties by half: the area under the ROC curve.
/// `None` where one of them is empty.
#[must_use]
pub fn area_under_curve(higher: &Trials, lower: &Trials) -> Option<f64> {
    if higher.is_empty() || lower.is_empty() {
        return None;
    }
    let (mut above, mut not_below) = (0, 0);
    let mut wins = 0.0;
    for trial in higher.as_slice() {
        // Of the lower ones, as many as score more, and as many as score at least as much.
        while lower.0.get(above).is_some_and(|other| other.score > trial.score) {
            above += 1;
        }
        not_below = not_below.max(above);
        while lower.0.get(not_below).is_some_and(|other| other.score >= trial.score) {
            not_below += 1;
        }
        wins += (lower.len() - not_below) as f64 + (not_below - above) as f64 / 2.0;
    }
    Some(wins / (higher.len() as f64 * lower.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn trials(scores: &[f32]) -> Trials {
        scores.iter().zip(0..).map(|(score, person)| Trial { score: *score, people: [person; 2] }).collect()
    }

    /// Few different scores, so that there are ties.
    fn scores() -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec((-10i8..10).prop_map(|tenths| f32::from(tenths) / 10.0), 1..60)
    }

    proptest! {
        #[test]
        fn the_threshold_of_a_share_is_the_smallest_that_keeps_it(scores in scores(), share in 0.0f64..1.0) {
            let trials = trials(&scores);
            let threshold = trials.threshold_accepting(share);
            prop_assert!(trials.share_accepted(threshold) <= share);
            if threshold > f32::NEG_INFINITY {
                prop_assert!(trials.share_accepted(threshold.next_down()) > share);
            }
        }

        #[test]
        fn accepted_and_refused_are_all(scores in scores(), threshold in -1.5f32..1.5) {
            let trials = trials(&scores);
            prop_assert_eq!(trials.accepted(threshold), scores.iter().filter(|score| **score >= threshold).count());
            prop_assert_eq!(trials.accepted(threshold) + trials.refused(threshold), scores.len());
        }

        #[test]
        fn the_area_is_that_of_all_pairs(higher in scores(), lower in scores()) {
            let value = |a: &f32, b: &f32| if a > b { 1.0 } else if a < b { 0.0 } else { 0.5 };
            let wins: f64 = higher.iter().flat_map(|a| lower.iter().map(move |b| value(a, b))).sum();
            let plain = wins / (higher.len() * lower.len()) as f64;
            prop_assert!((area_under_curve(&trials(&higher), &trials(&lower)).unwrap() - plain).abs() < 1e-9);
        }
    }

    #[test]
    fn a_share_that_is_a_whole_number_of_trials_is_used_up() {
        let ten = trials(&[0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
        assert_eq!(ten.accepted(ten.threshold_accepting(0.3)), 3);
        assert_eq!(ten.accepted(ten.threshold_accepting(0.29)), 2);
        assert_eq!(ten.accepted(ten.threshold_accepting(1.0)), 10);
        assert_eq!(area_under_curve(&ten, &Trials::default()), None);
    }
}
