//! How well does a detector tell living people from attacks (ISO/IEC 30107-3)?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bootstrap::Bootstrap;
use super::comparisons::{EqualError, equal_error};
use super::curve::{CurvePoint, trade_off};
use super::limits::Rate;
use super::trials::{Trial, Trials, area_under_curve};

/// One presentation to the sensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Presentation {
    /// How alive it looked; `None` when the system did not respond: no face was found in it.
    pub bona_fide: Option<f32>,
    /// Whose it is, from 0: of the living person, or of the attack instrument.
    pub person: u32,
}

/// Presentations of one kind: bona fide, or one species of attack instrument.
#[derive(Debug, Clone, Default)]
pub struct Presented {
    scored: Trials,
    people: usize,
    without_response: u64,
}

impl Presented {
    /// In whatever order.
    #[must_use]
    pub fn new(presentations: impl IntoIterator<Item = Presentation>) -> Self {
        let presentations: Vec<_> = presentations.into_iter().collect();
        let trial = |seen: &Presentation| seen.bona_fide.map(|score| Trial { score, people: [seen.person; 2] });
        let scored: Trials = presentations.iter().filter_map(trial).collect();
        Self { without_response: (presentations.len() - scored.len()) as u64, people: scored.people(), scored }
    }

    /// Those with a response.
    #[must_use]
    pub fn scored(&self) -> &Trials {
        &self.scored
    }

    /// All presentations.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.scored.len() as u64 + self.without_response
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The share without a response: APNRR or BPNRR.
    #[must_use]
    pub fn non_response(&self) -> Rate {
        Rate::new(self.without_response, self.len(), None)
    }

    /// The share that a threshold takes for alive: the APCER of a species.
    #[must_use]
    pub fn accepted(&self, threshold: f32, bootstrap: Bootstrap) -> Rate {
        let limits = bootstrap.limits(self.people, |draw| vec![draw.weigh(&self.scored).share_accepted(threshold)]);
        Rate::new(self.scored.accepted(threshold) as u64, self.scored.len() as u64, limits.first().copied().flatten())
    }

    /// The share that a threshold takes for an attack: the BPCER of the living.
    #[must_use]
    pub fn refused(&self, threshold: f32, bootstrap: Bootstrap) -> Rate {
        let limits = bootstrap.limits(self.people, |draw| vec![draw.weigh(&self.scored).share_refused(threshold)]);
        Rate::new(self.scored.refused(threshold) as u64, self.scored.len() as u64, limits.first().copied().flatten())
    }
}

/// Presentations whose truth is known.
#[derive(Debug, Clone)]
pub struct Presentations {
    /// Of living people.
    pub bona_fide: Presented,
    /// Of attack instruments, by species.
    pub attacks: BTreeMap<String, Presented>,
}

/// The rates at one threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PadRates {
    /// At or above it a presentation is taken for bona fide.
    pub threshold: f32,
    /// Living people who are taken for an attack.
    pub bpcer: Rate,
    /// Attacks that are taken for living people, by species.
    pub apcer: BTreeMap<String, Rate>,
}

impl PadRates {
    /// The species that passes most often: what an attacker would choose. `None` when no attack got a response.
    #[must_use]
    pub fn worst(&self) -> Option<(&str, &Rate)> {
        let responded = self.apcer.iter().filter(|(_, rate)| rate.trials > 0);
        responded.max_by(|a, b| a.1.rate.total_cmp(&b.1.rate)).map(|(species, rate)| (species.as_str(), rate))
    }
}

impl Presentations {
    /// The rates at a threshold.
    #[must_use]
    pub fn at(&self, threshold: f32, bootstrap: Bootstrap) -> PadRates {
        let rate = |(species, seen): (&String, &Presented)| (species.clone(), seen.accepted(threshold, bootstrap));
        PadRates {
            threshold,
            bpcer: self.bona_fide.refused(threshold, bootstrap),
            apcer: self.attacks.iter().map(rate).collect(),
        }
    }

    /// The smallest threshold at which no species passes more often than that.
    #[must_use]
    pub fn threshold_at(&self, apcer: f64) -> f32 {
        self.attacks.values().map(|seen| seen.scored.threshold_accepting(apcer)).fold(f32::NEG_INFINITY, f32::max)
    }

    /// The area under the ROC curve of all attacks together; `None` without responses of both kinds.
    #[must_use]
    pub fn auc(&self) -> Option<f64> {
        area_under_curve(&self.bona_fide.scored, &self.all_attacks())
    }

    /// Where APCER (all species together) and BPCER are equal; `None` without responses of both kinds.
    #[must_use]
    pub fn eer(&self) -> Option<EqualError> {
        let attacks = self.all_attacks();
        (!attacks.is_empty() && !self.bona_fide.scored.is_empty())
            .then(|| equal_error(&self.bona_fide.scored, &attacks))
    }

    /// BPCER over APCER, for each species.
    #[must_use]
    pub fn curves(&self) -> BTreeMap<&str, Vec<CurvePoint>> {
        let curve = |seen: &Presented| trade_off(&self.bona_fide.scored, &seen.scored);
        self.attacks.iter().map(|(species, seen)| (species.as_str(), curve(seen))).collect()
    }

    /// The attacks of all species that got a response.
    #[must_use]
    pub fn all_attacks(&self) -> Trials {
        self.attacks.values().flat_map(|seen| seen.scored.as_slice()).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOOTSTRAP: Bootstrap = Bootstrap { replicates: 50, seed: 1 };

    fn presented(scores: &[Option<f32>]) -> Presented {
        Presented::new(scores.iter().zip(0..).map(|(score, person)| Presentation { bona_fide: *score, person }))
    }

    fn presentations() -> impl Strategy<Value = Presentations> {
        let scores = || prop::collection::vec(prop::option::weighted(0.9, 0.0f32..=1.0), 1..40);
        (scores(), scores(), scores()).prop_map(|(living, paper, screen)| Presentations {
            bona_fide: presented(&living),
            attacks: BTreeMap::from([
                ("paper".to_owned(), presented(&paper)),
                ("screen".to_owned(), presented(&screen)),
            ]),
        })
    }

    proptest! {
        #[test]
        fn a_stricter_threshold_stops_more_attacks_and_more_people(
            sample in presentations(), a in 0.0f32..=1.0, b in 0.0f32..=1.0,
        ) {
            let (lax, strict) = (sample.at(a.min(b), BOOTSTRAP), sample.at(a.max(b), BOOTSTRAP));
            prop_assert!(strict.bpcer.rate >= lax.bpcer.rate);
            for species in ["paper", "screen"] {
                prop_assert!(strict.apcer[species].rate <= lax.apcer[species].rate);
            }
        }

        #[test]
        fn the_worst_species_is_worst(sample in presentations(), threshold in 0.0f32..=1.0) {
            let rates = sample.at(threshold, BOOTSTRAP);
            if let Some((_, worst)) = rates.worst() {
                prop_assert!(rates.apcer.values().all(|rate| rate.rate <= worst.rate));
            }
        }

        #[test]
        fn at_its_threshold_no_species_passes_more_often(sample in presentations(), apcer in 0.0f64..0.5) {
            let rates = sample.at(sample.threshold_at(apcer), BOOTSTRAP);
            prop_assert!(rates.apcer.values().all(|rate| rate.rate <= apcer));
        }

        #[test]
        fn who_gave_no_response_counts_in_no_other_rate(sample in presentations(), threshold in 0.0f32..=1.0) {
            let living = &sample.bona_fide;
            let silent = living.non_response();
            prop_assert_eq!(living.refused(threshold, BOOTSTRAP).trials + silent.errors, living.len());
        }
    }

    #[test]
    fn only_attacks_that_got_a_response_can_be_worst() {
        let sample = Presentations {
            bona_fide: presented(&[Some(0.9), Some(0.4), None]),
            attacks: BTreeMap::from([("unseen".to_owned(), presented(&[None, None]))]),
        };
        let rates = sample.at(0.5, BOOTSTRAP);
        assert_eq!(rates.worst(), None);
        assert_eq!((rates.bpcer.errors, rates.bpcer.trials), (1, 2));
        assert!((sample.attacks["unseen"].non_response().rate - 1.0).abs() < 1e-12);
        assert_eq!((sample.auc(), sample.eer()), (None, None));
    }
}
