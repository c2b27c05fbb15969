//! Calibrations: what a similarity of one model pack means, measured on labelled pairs of a named population.
//!
//! A threshold is reached through a calibration only, by the false match rate that it was measured to give. A calibration
//! that says more than its own sample can show is refused (ISO/IEC 19795-1).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::population::{Population, PopulationId};
use super::rates::disparity::Disparity;
use super::rates::limits::{Limits, Rate, trials_needed};
use super::score::{FalseMatchRate, OperatingPoint, Similarity};

/// One set of labelled pairs. Each of them has to support every rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Which set.
    pub set: String,
    /// Different people in it.
    pub people: u64,
    /// Compared pairs of one person.
    pub genuine: u64,
    /// Compared pairs of two people.
    pub impostor: u64,
}

/// One operating point, and what was measured there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The rate that the threshold stands for.
    pub fmr: FalseMatchRate,
    /// A comparison at or above this similarity is a match. Of several samples it is the highest that any of them takes.
    pub threshold: f32,
    /// Between these it would lie with other people of the same population.
    pub threshold_limits: Limits,
    /// What it did to each sample, in their order.
    pub measured: Vec<Errors>,
    /// What it did to parts of the people.
    #[serde(default)]
    pub groups: Vec<Group>,
}

/// What a threshold did to one sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    /// Which sample.
    pub set: String,
    /// Impostor pairs that matched.
    pub false_matches: Rate,
    /// Genuine pairs that did not.
    pub false_non_matches: Rate,
}

/// What a threshold did to a part of a sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Of which sample.
    pub set: String,
    /// Which part, such as `sex = f`.
    pub group: String,
    /// Impostor pairs that matched.
    pub false_matches: Rate,
    /// Beside the whole sample.
    pub false_matches_against_whole: Disparity,
    /// Genuine pairs that did not match.
    pub false_non_matches: Rate,
    /// Beside the whole sample.
    pub false_non_matches_against_whole: Disparity,
}

impl Group {
    /// Whether it is more than 25 % worse off than the whole (NIST SP 800-63A-4).
    #[must_use]
    pub fn is_worse(&self) -> bool {
        [self.false_matches_against_whole, self.false_non_matches_against_whole].contains(&Disparity::Worse)
    }
}

/// What a model pack's similarities mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stated")]
pub struct Calibration {
    pack: String,
    made_on: Date,
    how: String,
    note: String,
    population: Population,
    samples: Vec<Sample>,
    points: Vec<Point>,
}

/// A calibration as it is stated, before anybody looked whether it can be true.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    /// Digest of the pack that made the similarities, 64 hexadecimal digits: nothing else decides what it belongs to.
    pub pack: String,
    /// When.
    pub made_on: Date,
    /// By which command line.
    pub how: String,
    /// What it does not show.
    pub note: String,
    /// Who was compared.
    pub population: Population,
    /// The sets of pairs.
    pub samples: Vec<Sample>,
    /// Thresholds by falling rates.
    pub points: Vec<Point>,
}

/// Why a calibration says nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// The digest is not one.
    #[error("`pack` must be the digest of a model pack: 64 hexadecimal digits in lower case")]
    Pack,
    /// The population has no name in one of the languages.
    #[error("the population needs a name in English (`en`) and in Chinese (`zh`)")]
    Unnamed,
    /// There is no sample, or one without genuine pairs or with fewer than two people.
    #[error("each sample needs two people and a genuine pair at least")]
    Sample,
    /// A number is outside of its range.
    #[error("at FMR {0}: {1}")]
    Point(f64, &'static str),
    /// Rates must fall from point to point, and thresholds must not.
    #[error("the points must be in the order of falling false match rates, with thresholds that never fall")]
    Order,
    /// The rule of 3: with fewer pairs, not even no error at all would show the rate.
    #[error("an FMR of {fmr} needs {needed} impostor pairs: the set {set} has {impostor}, {missing} are missing", missing = needed - impostor)]
    Unsupported {
        /// The rate.
        fmr: f64,
        /// The sample.
        set: String,
        /// Impostor pairs that there are.
        impostor: u64,
        /// Impostor pairs that it takes.
        needed: u64,
    },
}

/// Two calibrations of one pack for the same population: nobody could tell which one decides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there are two calibrations of this pack for the population `{0}`")]
pub struct CalibratedTwice(pub PopulationId);

impl TryFrom<Stated> for Calibration {
    type Error = CalibrationError;

    fn try_from(stated: Stated) -> Result<Self, CalibrationError> {
        let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if stated.pack.len() != 64 || !stated.pack.chars().all(hexadecimal) {
            return Err(CalibrationError::Pack);
        }
        if stated.population.en.trim().is_empty() || stated.population.zh.trim().is_empty() {
            return Err(CalibrationError::Unnamed);
        }
        if stated.samples.is_empty() || stated.samples.iter().any(|s| s.people < 2 || s.genuine == 0) {
            return Err(CalibrationError::Sample);
        }
        let fall = |pair: &[Point]| pair[1].fmr.0 < pair[0].fmr.0 && pair[1].threshold >= pair[0].threshold;
        for point in &stated.points {
            check(point, &stated.samples)?;
        }
        if stated.points.is_empty() || !stated.points.windows(2).all(fall) {
            return Err(CalibrationError::Order);
        }
        let Stated { pack, made_on, how, note, population, samples, points } = stated;
        Ok(Self { pack, made_on, how, note, population, samples, points })
    }
}

fn check(point: &Point, samples: &[Sample]) -> Result<(), CalibrationError> {
    let fmr = point.fmr.0;
    let within = |ok, what| if ok { Ok(()) } else { Err(CalibrationError::Point(fmr, what)) };
    within(fmr > 0.0 && fmr <= 0.1, "a false match rate lies in (0, 0.1]")?;
    within(Similarity::new(point.threshold).is_ok(), "the threshold is no similarity")?;
    let Limits { low, high } = point.threshold_limits;
    within(
        low <= point.threshold.into() && high >= point.threshold.into(),
        "the threshold lies outside of its limits",
    )?;
    let sets = point.measured.iter().map(|errors| &errors.set);
    within(sets.eq(samples.iter().map(|sample| &sample.set)), "each sample needs its rates, in their order")?;
    for errors in &point.measured {
        within(sound(&errors.false_matches), "`false_matches` is no rate within its limits")?;
        within(sound(&errors.false_non_matches), "`false_non_matches` is no rate within its limits")?;
        within(errors.false_matches.rate <= fmr, "more impostor pairs matched than the rate says")?;
    }
    let needed = trials_needed(fmr);
    match samples.iter().find(|sample| sample.impostor < needed) {
        Some(Sample { set, impostor, .. }) => {
            Err(CalibrationError::Unsupported { fmr, set: set.clone(), impostor: *impostor, needed })
        }
        None => Ok(()),
    }
}

fn sound(measured: &Rate) -> bool {
    let Limits { low, high } = measured.limits;
    0.0 <= low && low <= measured.rate && measured.rate <= high && high <= 1.0 && measured.errors <= measured.trials
}

impl Calibration {
    /// Digest of the pack whose similarities these are.
    #[must_use]
    pub fn pack(&self) -> &str {
        &self.pack
    }

    /// When it was made.
    #[must_use]
    pub fn made_on(&self) -> Date {
        self.made_on
    }

    /// By which command line.
    #[must_use]
    pub fn how(&self) -> &str {
        &self.how
    }

    /// What it does not show.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }

    /// Who was compared.
    #[must_use]
    pub fn population(&self) -> &Population {
        &self.population
    }

    /// The sets of pairs behind it.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Thresholds by falling rates.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The threshold for a rate; `None` when that rate was not measured, and then the machine does not decide.
    #[must_use]
    pub fn at(&self, fmr: FalseMatchRate) -> Option<OperatingPoint> {
        let same = |point: &&Point| (point.fmr.0 / fmr.0 - 1.0).abs() < 1e-9;
        self.points.iter().find(same).map(|point| OperatingPoint { fmr: point.fmr, threshold: point.threshold })
    }
}

/// The calibrations of one pack, one a population.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Calibrations(Vec<Calibration>);

impl Calibrations {
    /// All that belong to one pack.
    ///
    /// # Errors
    /// [`CalibratedTwice`].
    pub fn new(mut of_pack: Vec<Calibration>) -> Result<Self, CalibratedTwice> {
        of_pack.sort_by(|a, b| a.population.id.cmp(&b.population.id));
        match of_pack.windows(2).find(|pair| pair[0].population.id == pair[1].population.id) {
            Some(pair) => Err(CalibratedTwice(pair[0].population.id.clone())),
            None => Ok(Self(of_pack)),
        }
    }

    /// By population.
    pub fn iter(&self) -> impl Iterator<Item = &Calibration> {
        self.0.iter()
    }

    /// The one for a population; without it the machine does not decide about anybody of it.
    #[must_use]
    pub fn of(&self, population: &PopulationId) -> Option<&Calibration> {
        self.0.iter().find(|calibration| calibration.population.id == *population)
    }

    /// Every population and rate that there is a threshold for, for people: `east_asian 0.01, 0.001; general 0.001`.
    #[must_use]
    pub fn said(&self) -> String {
        let rates = |of: &Calibration| of.points.iter().map(|p| p.fmr.0.to_string()).collect::<Vec<_>>().join(", ");
        let said = |of: &Calibration| format!("{} {}", of.population.id, rates(of));
        self.iter().map(said).collect::<Vec<_>>().join("; ")
    }

    /// The threshold for a population at a rate.
    #[must_use]
    pub fn at(&self, population: &PopulationId, fmr: FalseMatchRate) -> Option<OperatingPoint> {
        self.of(population)?.at(fmr)
    }
}

#[cfg(test)]
mod tests;
