//! Calibrations: what a similarity of one model pack means, measured on labelled pairs of a named population.
//!
//! A threshold is reached through a calibration only, by the false match rate that it was measured to give. A calibration
//! that says more than its own sample can show is refused (ISO/IEC 19795-1).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::population::{Population, PopulationId};
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

/// A rate as it was measured, with its limits of 95 % confidence; each in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Errors by comparisons.
    pub rate: f64,
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
}

/// One operating point, and what was measured there: of several samples, the worst.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The rate that the threshold stands for.
    pub fmr: FalseMatchRate,
    /// A comparison at or above this similarity is a match.
    pub threshold: f32,
    /// Share of impostor pairs that matched.
    pub false_matches: Measured,
    /// Share of genuine pairs that did not.
    pub false_non_matches: Measured,
}

/// The rates of a part of the people at one operating point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Which part, such as `casia_v5: sex = f`.
    pub name: String,
    /// At which point.
    pub fmr: FalseMatchRate,
    /// Compared pairs of one person.
    pub genuine: u64,
    /// Compared pairs of two people, both of the group.
    pub impostor: u64,
    /// Share of impostor pairs that matched; missing without any.
    pub false_matches: Option<Measured>,
    /// Share of genuine pairs that did not; missing without any.
    pub false_non_matches: Option<Measured>,
    /// More than 25 % worse than the whole, as far as the group is large enough to show it (NIST SP 800-63A-4).
    pub alarm: bool,
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
    groups: Vec<Group>,
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
    /// Parts of the people.
    #[serde(default)]
    pub groups: Vec<Group>,
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

/// Impostor pairs without which a rate cannot be shown, by the rule of 3: when none of *n* matched, the rate is below 3 / *n*
/// at 95 % confidence (ISO/IEC 19795-1, annex B).
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and far below 2^53")]
pub fn impostors_needed(fmr: FalseMatchRate) -> u64 {
    (3.0 / fmr.0 - 1e-6).ceil() as u64
}

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
        let Stated { pack, made_on, how, note, population, samples, points, groups } = stated;
        Ok(Self { pack, made_on, how, note, population, samples, points, groups })
    }
}

fn check(point: &Point, samples: &[Sample]) -> Result<(), CalibrationError> {
    let fmr = point.fmr.0;
    let within = |ok, what| if ok { Ok(()) } else { Err(CalibrationError::Point(fmr, what)) };
    within(fmr > 0.0 && fmr <= 0.1, "a false match rate lies in (0, 0.1]")?;
    within(Similarity::new(point.threshold).is_ok(), "the threshold is no similarity")?;
    let measured = |m: &Measured| 0.0 <= m.low && m.low <= m.rate && m.rate <= m.high && m.high <= 1.0;
    within(measured(&point.false_matches), "`false_matches` is no rate within its limits")?;
    within(measured(&point.false_non_matches), "`false_non_matches` is no rate within its limits")?;
    within(point.false_matches.rate <= fmr, "more impostor pairs matched than the rate says")?;
    let needed = impostors_needed(point.fmr);
    match samples.iter().find(|sample| sample.impostor < needed) {
        Some(Sample { set, impostor, .. }) => {
            Err(CalibrationError::Unsupported { fmr, set: set.clone(), impostor: *impostor, needed })
        }
        None => Ok(()),
    }
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

    /// The rates of parts of the people.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
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
