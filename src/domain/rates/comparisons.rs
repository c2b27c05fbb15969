//! How well do comparison scores tell the same person from another (ISO/IEC 19795-1)?

use serde::{Deserialize, Serialize};

use super::bootstrap::Bootstrap;
use super::limits::{Limits, Rate, can_show, trials_needed};
use super::trials::{Trial, Trials, area_under_curve};

/// Comparisons whose truth is known: at least one genuine and one impostor.
#[derive(Debug, Clone)]
pub struct Comparisons {
    genuine: Trials,
    impostor: Trials,
    people: usize,
}

/// There is nothing to compute rates of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it takes at least one genuine and one impostor comparison, and there are {genuine} and {impostor}")]
pub struct TooFew {
    /// Comparisons of a person with themself.
    pub genuine: usize,
    /// Comparisons of two people.
    pub impostor: usize,
}

/// Where the false match rate and the false non-match rate are equal, or as near as the sample comes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EqualError {
    /// The mean of the two rates there.
    pub rate: f64,
    /// Where that is.
    pub threshold: f32,
}

/// What a threshold does to a sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AtThreshold {
    /// A comparison at or above it is a match.
    pub threshold: f32,
    /// Impostor comparisons that match.
    pub fmr: Rate,
    /// Genuine comparisons that do not.
    pub fnmr: Rate,
}

/// The threshold that a false match rate takes, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AtFmr {
    /// The rate that was asked for.
    pub target: f64,
    /// Whether there are enough impostor comparisons to show it, by the rule of 3.
    pub supported: bool,
    /// How many that would take.
    pub needed: u64,
    /// Between these the threshold would lie with other people.
    pub threshold_limits: Limits,
    /// The smallest threshold whose false match rate does not exceed the target, with the rates that it has. The limits of
    /// the false non-match rate hold with the threshold chosen anew for other people; those of the false match rate for
    /// this very threshold.
    #[serde(flatten)]
    pub at: AtThreshold,
}

impl Comparisons {
    /// A trial of one person twice is genuine, of two people an impostor's. The numbers of people are few and near 0.
    ///
    /// # Errors
    /// [`TooFew`] without one of both.
    pub fn new(trials: impl IntoIterator<Item = Trial>) -> Result<Self, TooFew> {
        let sample = Self::of_any(trials);
        if sample.genuine.is_empty() || sample.impostor.is_empty() {
            return Err(TooFew { genuine: sample.genuine.len(), impostor: sample.impostor.len() });
        }
        Ok(sample)
    }

    fn of_any(trials: impl IntoIterator<Item = Trial>) -> Self {
        let (mut genuine, mut impostor): (Vec<_>, Vec<_>) =
            trials.into_iter().partition(|trial| trial.people[0] == trial.people[1]);
        let people = number_anew(&mut genuine, &mut impostor);
        Self { genuine: Trials::new(genuine), impostor: Trials::new(impostor), people }
    }

    /// Comparisons of a person with themself.
    #[must_use]
    pub fn genuine(&self) -> &Trials {
        &self.genuine
    }

    /// Comparisons of two people.
    #[must_use]
    pub fn impostor(&self) -> &Trials {
        &self.impostor
    }

    /// How many people there are.
    #[must_use]
    pub fn people(&self) -> usize {
        self.people
    }

    /// The draws that a sample of this size leaves time for.
    #[must_use]
    pub fn bootstrap(&self, seed: u64) -> Bootstrap {
        Bootstrap::for_trials(self.genuine.len() + self.impostor.len(), seed)
    }

    /// The area under the ROC curve.
    #[must_use]
    pub fn auc(&self) -> f64 {
        area_under_curve(&self.genuine, &self.impostor).unwrap_or(f64::NAN)
    }

    /// The equal error rate.
    #[must_use]
    pub fn eer(&self) -> EqualError {
        equal_error(&self.genuine, &self.impostor)
    }

    /// The smallest threshold whose false match rate does not exceed `fmr`.
    #[must_use]
    pub fn threshold_at(&self, fmr: f64) -> f32 {
        self.impostor.threshold_accepting(fmr)
    }

    /// What a threshold that was chosen elsewhere does here.
    #[must_use]
    pub fn at_threshold(&self, threshold: f32, bootstrap: Bootstrap) -> AtThreshold {
        self.counted(threshold, &self.limits_at(&[threshold], bootstrap))
    }

    /// What thresholds that were chosen elsewhere do here, in the draws of one bootstrap.
    #[must_use]
    pub fn at_thresholds(&self, thresholds: &[f32], bootstrap: Bootstrap) -> Vec<AtThreshold> {
        let limits = self.limits_at(thresholds, bootstrap);
        let mut limits = limits.chunks_exact(2);
        thresholds.iter().map(|threshold| self.counted(*threshold, limits.next().unwrap_or_default())).collect()
    }

    /// Limits of the false match rate and the false non-match rate at each threshold, one after the other.
    fn limits_at(&self, thresholds: &[f32], bootstrap: Bootstrap) -> Vec<Option<Limits>> {
        bootstrap.limits(self.people, |draw| {
            let (impostor, genuine) = (draw.weigh(&self.impostor), draw.weigh(&self.genuine));
            thresholds.iter().flat_map(|at| [impostor.share_accepted(*at), genuine.share_refused(*at)]).collect()
        })
    }

    /// What a threshold does to a group, which may lack one kind of trials or both.
    #[must_use]
    pub fn group_at(trials: impl IntoIterator<Item = Trial>, threshold: f32, seed: u64) -> AtThreshold {
        let group = Self::of_any(trials);
        group.at_threshold(threshold, group.bootstrap(seed))
    }

    /// What it takes to keep false matches at a rate.
    #[must_use]
    pub fn at_fmr(&self, target: f64, bootstrap: Bootstrap) -> AtFmr {
        let [found] = self.at_fmrs([target], bootstrap);
        found
    }

    /// What it takes to keep false matches at each of some rates, in the draws of one bootstrap.
    #[must_use]
    pub fn at_fmrs<const N: usize>(&self, targets: [f64; N], bootstrap: Bootstrap) -> [AtFmr; N] {
        let limits = bootstrap.limits(self.people, |draw| {
            let (impostor, genuine) = (draw.weigh(&self.impostor), draw.weigh(&self.genuine));
            let of = |target: f64| {
                let anew = impostor.threshold_accepting(target);
                let fnmr = anew.map_or(f64::NAN, |anew| genuine.share_refused(anew));
                [impostor.share_accepted(self.threshold_at(target)), fnmr, anew.map_or(f64::NAN, f64::from)]
            };
            targets.iter().flat_map(|target| of(*target)).collect()
        });
        let mut limits = limits.chunks_exact(3);
        targets.map(|target| {
            let threshold = self.threshold_at(target);
            let limits = limits.next().unwrap_or_default();
            let here = Limits { low: threshold.into(), high: threshold.into() };
            AtFmr {
                target,
                supported: can_show(self.impostor.len() as u64, target),
                needed: trials_needed(target),
                threshold_limits: limits.get(2).copied().flatten().map_or(here, |limits| limits.around(here)),
                at: self.counted(threshold, limits),
            }
        })
    }

    /// `resampled` holds the limits of the false match rate, then of the false non-match rate.
    fn counted(&self, threshold: f32, resampled: &[Option<Limits>]) -> AtThreshold {
        let limits = |index: usize| resampled.get(index).copied().flatten();
        let rate = |errors: usize, of: &Trials, limits| Rate::new(errors as u64, of.len() as u64, limits);
        AtThreshold {
            threshold,
            fmr: rate(self.impostor.accepted(threshold), &self.impostor, limits(0)),
            fnmr: rate(self.genuine.refused(threshold), &self.genuine, limits(1)),
        }
    }
}

/// Gives the people of both kinds numbers without gaps, and says how many there are.
fn number_anew(genuine: &mut [Trial], impostor: &mut [Trial]) -> usize {
    let mut numbers: Vec<Option<u32>> = Vec::new();
    let mut people = 0;
    for person in genuine.iter_mut().chain(impostor).flat_map(|trial| &mut trial.people) {
        let at = *person as usize;
        if at >= numbers.len() {
            numbers.resize(at + 1, None);
        }
        *person = *numbers[at].get_or_insert_with(|| {
            people += 1;
            people - 1
        });
    }
    people as usize
}

/// Where the share of `lower` that is accepted meets the share of `higher` that is refused.
#[must_use]
pub fn equal_error(higher: &Trials, lower: &Trials) -> EqualError {
    let at = |threshold: f32| (higher.share_refused(threshold), lower.share_accepted(threshold));
    let scores = || higher.as_slice().iter().chain(lower.as_slice()).map(|trial| trial.score);
    let (mut below, mut above) = (scores().fold(f32::MAX, f32::min), scores().fold(f32::MIN, f32::max).next_up());
    // With the threshold the one share grows and the other shrinks: halve until nothing lies between.
    loop {
        let middle = below + (above - below) / 2.0;
        if !(below < middle && middle < above) {
            break;
        }
        let (refused, accepted) = at(middle);
        if refused >= accepted { above = middle } else { below = middle }
    }
    let gap = |threshold: f32| {
        let (refused, accepted) = at(threshold);
        (refused - accepted).abs()
    };
    let threshold = if gap(below) < gap(above) { below } else { above };
    let (refused, accepted) = at(threshold);
    EqualError { rate: f64::midpoint(refused, accepted), threshold }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOOTSTRAP: Bootstrap = Bootstrap { replicates: 100, seed: 1 };

    /// Scores in hundredths, so that there are ties, of a few people.
    fn comparisons() -> impl Strategy<Value = Comparisons> {
        let trial = (-100i8..100, 0u32..6, 0u32..6)
            .prop_map(|(hundredths, a, b)| Trial { score: f32::from(hundredths) / 100.0, people: [a, b] });
        prop::collection::vec(trial, 2..120).prop_filter_map("one of both", |trials| Comparisons::new(trials).ok())
    }

    proptest! {
        #[test]
        fn the_threshold_of_a_rate_keeps_it_and_a_lower_one_does_not(sample in comparisons(), fmr in 0.0f64..0.5) {
            let found = sample.at_fmr(fmr, BOOTSTRAP);
            prop_assert!(found.at.fmr.rate <= fmr);
            let lower = sample.at_threshold(found.at.threshold.next_down(), BOOTSTRAP);
            prop_assert!(lower.fmr.rate > fmr);
        }

        #[test]
        fn limits_hold_what_was_measured(sample in comparisons(), fmr in 0.0f64..0.5) {
            let found = sample.at_fmr(fmr, BOOTSTRAP);
            for Rate { rate, limits, .. } in [found.at.fmr, found.at.fnmr] {
                prop_assert!(0.0 <= limits.low && limits.low <= rate && rate <= limits.high && limits.high <= 1.0);
            }
            let threshold = f64::from(found.at.threshold);
            prop_assert!(found.threshold_limits.low <= threshold && threshold <= found.threshold_limits.high);
        }

        #[test]
        fn many_at_once_are_the_same_as_one_by_one(sample in comparisons(), a in -1.0f32..1.0, b in -1.0f32..1.0) {
            let one_by_one = [a, b].map(|threshold| sample.at_threshold(threshold, BOOTSTRAP));
            prop_assert_eq!(sample.at_thresholds(&[a, b], BOOTSTRAP), one_by_one);
            let rates = sample.at_fmrs([0.1, 0.01], BOOTSTRAP);
            prop_assert_eq!(rates, [0.1, 0.01].map(|fmr| sample.at_fmr(fmr, BOOTSTRAP)));
        }

        #[test]
        fn a_stricter_rate_costs_more(sample in comparisons(), a in 0.0f64..0.5, b in 0.0f64..0.5) {
            let at = |fmr| sample.at_fmr(fmr, Bootstrap { replicates: 0, ..BOOTSTRAP }).at;
            let (strict, lax) = (at(a.min(b)), at(a.max(b)));
            prop_assert!(strict.threshold >= lax.threshold && strict.fnmr.rate >= lax.fnmr.rate);
        }

        #[test]
        fn no_threshold_brings_the_two_rates_nearer(sample in comparisons()) {
            let gap = |t: f32| (sample.genuine.share_refused(t) - sample.impostor.share_accepted(t)).abs();
            let best = gap(sample.eer().threshold);
            for trial in sample.genuine.as_slice().iter().chain(sample.impostor.as_slice()) {
                prop_assert!(best <= gap(trial.score) + 1e-12 && best <= gap(trial.score.next_up()) + 1e-12);
            }
        }

        #[test]
        fn better_genuine_scores_never_make_it_worse(sample in comparisons(), more in 0.0f32..1.0) {
            let better = sample.genuine.as_slice().iter().map(|t| Trial { score: t.score + more, ..*t });
            let better = Comparisons { genuine: better.collect(), ..sample.clone() };
            prop_assert!(better.auc() >= sample.auc() - 1e-12);
            prop_assert!(better.eer().rate <= sample.eer().rate + 0.5 / sample.genuine.len() as f64 + 0.5 / sample.impostor.len() as f64);
        }
    }

    fn pair(score: f32, a: u32, b: u32) -> Trial {
        Trial { score, people: [a, b] }
    }

    #[test]
    fn apart_is_apart_and_alike_is_a_coin() {
        let apart = Comparisons::new([pair(0.9, 0, 0), pair(0.8, 7, 7), pair(0.1, 0, 7)]).unwrap();
        assert_eq!((apart.auc(), apart.eer().rate, apart.people()), (1.0, 0.0, 2));
        let alike = Comparisons::new([pair(0.5, 0, 0), pair(0.5, 0, 1)]).unwrap();
        assert!((alike.auc() - 0.5).abs() < 1e-12 && (alike.eer().rate - 0.5).abs() < 1e-12);
        assert_eq!(Comparisons::new([pair(0.5, 0, 0)]).unwrap_err(), TooFew { genuine: 1, impostor: 0 });
    }

    #[test]
    fn what_a_sample_cannot_show_is_marked() {
        let impostors = (0..300u16).map(|i| pair(f32::from(i) / 1000.0, 0, 1));
        let sample = Comparisons::new(impostors.chain([pair(0.9, 0, 0)])).unwrap();
        let at = |fmr| sample.at_fmr(fmr, BOOTSTRAP);
        assert!(at(1e-2).supported && !at(9e-3).supported);
        assert_eq!((at(1e-2).at.fmr.errors, at(1e-4).at.fmr.errors, at(1e-4).needed), (3, 0, 30_000));
    }
}
