//! How far would the rates be off with other people of the same population?
//!
//! Trials of one person are not independent: who has a twin in the sample, or blinks in all pictures, errs again and again.
//! So *people* are drawn anew, with replacement, and all trials of a person come and go together; a comparison of two
//! people counts as often as both were drawn, multiplied. (Bolle, Ratha and Pankanti, "Error analysis of pattern
//! recognition systems: the subsets bootstrap", CVIU 93, 2004, for genuine comparisons; for pairs of people the vertex
//! bootstrap of Snijders and Borgatti, 1999.)

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;

use super::limits::Limits;
use super::trials::{Trial, Trials};

/// How often people are drawn anew. The same seed, replicates and trials give the same limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    /// Draws; 0 for none, and then limits are those of counts alone.
    pub replicates: usize,
    /// Where chance begins.
    pub seed: u64,
}

/// Draws that are enough for limits of 95 %.
const MOST_REPLICATES: usize = 1_000;
const FEWEST_REPLICATES: usize = 100;

/// Trials that are weighed in all draws together, about: some seconds of work.
const BUDGET: usize = 2_000_000_000;

impl Bootstrap {
    /// As many draws as so many trials leave time for, from a seed.
    #[must_use]
    pub fn for_trials(trials: usize, seed: u64) -> Self {
        Self { replicates: (BUDGET / trials.max(1)).clamp(FEWEST_REPLICATES, MOST_REPLICATES), seed }
    }

    /// What `statistics` says of each draw, as limits of each of its numbers, of which there are as many in every draw. NaN
    /// stands for a draw that says nothing.
    #[must_use]
    pub fn limits(self, people: usize, statistics: impl Fn(&Draw) -> Vec<f64> + Sync) -> Vec<Option<Limits>> {
        let draws: Vec<Vec<f64>> = (0..self.replicates as u64)
            .into_par_iter()
            .map(|number| statistics(&Draw::new(people, self.seed.wrapping_add(number.wrapping_mul(0x9e37_79b9)))))
            .collect();
        let numbers = draws.first().map_or(0, Vec::len);
        (0..numbers).map(|index| Limits::of_draws(draws.iter().map(|draw| draw[index]).collect())).collect()
    }
}

/// How often each person was drawn.
pub struct Draw(Vec<u32>);

impl Draw {
    fn new(people: usize, seed: u64) -> Self {
        let mut times = vec![0; people];
        let mut random = StdRng::seed_from_u64(seed);
        for _ in 0..people {
            times[random.random_range(0..people)] += 1;
        }
        Self(times)
    }

    /// How often a trial counts.
    fn weight(&self, trial: &Trial) -> u64 {
        let [a, b] = trial.people;
        let times = |person: u32| u64::from(self.0[person as usize]);
        if a == b { times(a) } else { times(a) * times(b) }
    }

    fn total(&self, trials: &[Trial]) -> u64 {
        trials.iter().map(|trial| self.weight(trial)).sum()
    }

    /// Trials of the people that were drawn.
    #[must_use]
    pub fn weigh<'a>(&'a self, trials: &'a Trials) -> Weighed<'a> {
        Weighed { draw: self, trials, total: self.total(trials.as_slice()) }
    }
}

/// Trials, each of which counts as often as its people were drawn.
pub struct Weighed<'a> {
    draw: &'a Draw,
    trials: &'a Trials,
    total: u64,
}

impl Weighed<'_> {
    /// The share that a threshold accepts; NaN when nobody of them was drawn.
    #[must_use]
    pub fn share_accepted(&self, threshold: f32) -> f64 {
        let accepted = &self.trials.as_slice()[..self.trials.accepted(threshold)];
        self.draw.total(accepted) as f64 / self.total as f64
    }

    /// The share that a threshold refuses; NaN when nobody of them was drawn.
    #[must_use]
    pub fn share_refused(&self, threshold: f32) -> f64 {
        1.0 - self.share_accepted(threshold)
    }

    /// The smallest threshold that accepts at most this share; `None` when nobody of them was drawn.
    #[must_use]
    pub fn threshold_accepting(&self, share: f64) -> Option<f32> {
        let allowed = share * self.total as f64;
        let mut accepted = 0;
        for trial in self.trials.as_slice() {
            accepted += self.draw.weight(trial);
            if accepted as f64 > allowed {
                return Some(trial.score.next_up());
            }
        }
        (self.total > 0).then_some(f32::NEG_INFINITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten trials of each person, who always or never err.
    fn stubborn(people: u32, erring: u32) -> Trials {
        let of = |person| Trial { score: if person < erring { 1.0 } else { 0.0 }, people: [person; 2] };
        (0..people).flat_map(|person| std::iter::repeat_n(of(person), 10)).collect()
    }

    #[test]
    fn trials_of_one_person_come_and_go_together() {
        let trials = stubborn(40, 4);
        let bootstrap = Bootstrap { replicates: 1_000, seed: 7 };
        let limits = bootstrap.limits(40, |draw| vec![draw.weigh(&trials).share_accepted(0.5)]);
        let (people, counted) = (limits[0].unwrap(), Limits::of_count(40, 400));
        // 4 of 40 people: about 0.1 ± 0.09, while 400 independent trials would say ± 0.03.
        assert!(people.low < 0.04 && people.high > 0.17, "{people:?}");
        assert!(counted.low > 0.07 && counted.high < 0.14, "{counted:?}");
    }

    #[test]
    fn the_same_seed_gives_the_same_limits_and_another_one_others() {
        let trials = stubborn(30, 5);
        let limits = |seed| {
            let bootstrap = Bootstrap { replicates: 200, seed };
            bootstrap.limits(30, |draw| vec![draw.weigh(&trials).share_accepted(0.5), draw.0[0].into()])
        };
        assert_eq!(limits(1), limits(1));
        let drawn = |seed| Draw::new(1_000, seed).0;
        assert_ne!(drawn(1), drawn(2));
        assert_eq!(drawn(1).iter().sum::<u32>(), 1_000);
    }

    #[test]
    fn a_draw_of_everybody_once_is_the_sample_itself() {
        let once = Draw(vec![1; 40]);
        let trials = stubborn(40, 4);
        assert!((once.weigh(&trials).share_accepted(0.5) - trials.share_accepted(0.5)).abs() < 1e-12);
        for share in [0.0, 0.05, 0.1, 0.5, 1.0] {
            assert_eq!(once.weigh(&trials).threshold_accepting(share), Some(trials.threshold_accepting(share)));
        }
        let pair = Trial { score: 0.0, people: [0, 1] };
        assert_eq!(Draw(vec![2, 3]).weight(&pair), 6);
        assert_eq!(Draw(vec![0; 40]).weigh(&trials).threshold_accepting(0.1), None);
    }

    #[test]
    fn larger_samples_are_drawn_less_often() {
        assert_eq!(Bootstrap::for_trials(10_000, 0).replicates, MOST_REPLICATES);
        assert_eq!(Bootstrap::for_trials(7_260_000, 0).replicates, 275);
        assert_eq!(Bootstrap::for_trials(usize::MAX, 0).replicates, FEWEST_REPLICATES);
    }
}
