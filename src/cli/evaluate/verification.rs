//! `vivat evaluate verification`: how often is the same person not recognised, and another one taken for them?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use super::super::labelled::{LabelledError, LookArgs, PairsList, SEED, compare};
use super::answer::Answer;
use super::models_used::ModelsUsed;
use super::{BINS, report, text};
use crate::domain::policy::Policy;
use crate::domain::rates::comparisons::{AtFmr, AtThreshold, Comparisons};
use crate::domain::rates::curve::trade_off;
use crate::domain::rates::disparity::Disparity;
use crate::domain::rates::histogram::Histogram;
use crate::domain::rates::limits::Rate;
use crate::domain::rates::trials::Trial;

/// Arguments of `vivat evaluate verification`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    list: ListArgs,
    /// Directory that the names of the list are relative to
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// Count a picture that the service would refuse as a failure to acquire, whatever its template says
    #[arg(long)]
    usable_only: bool,
    #[command(flatten)]
    answer: Answer,
    #[command(flatten)]
    look: LookArgs,
}

/// What is compared.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct ListArgs {
    /// CSV of pairs: a, b (pictures), same (1 or 0); further columns make groups, such as sex or age
    #[arg(long, value_name = "PAIRS.csv")]
    pairs: Option<PathBuf>,
    /// CSV of pictures: file, identity; every picture is compared with every other; further columns make groups
    #[arg(long, value_name = "LABELS.csv")]
    all_pairs: Option<PathBuf>,
}

impl ListArgs {
    fn read(&self, root: &Path) -> Result<PairsList, LabelledError> {
        match (&self.pairs, &self.all_pairs) {
            (Some(pairs), _) => PairsList::read_pairs(pairs, root),
            (None, Some(labels)) => PairsList::read_identities(labels, root),
            (None, None) => Err(LabelledError::NoList),
        }
    }
}

/// The false match rates that are told, by the name they have in JSON.
pub(super) const TARGETS: [(&str, f64); 5] =
    [("1e-1", 1e-1), ("1e-2", 1e-2), ("1e-3", 1e-3), ("1e-4", 1e-4), ("1e-5", 1e-5)];

/// What was measured.
#[derive(Serialize)]
pub(super) struct Verification {
    pub(super) models: ModelsUsed,
    /// Comparisons that the list asks for: genuine, impostor and failed ones.
    pub(super) pairs: usize,
    pub(super) genuine: usize,
    pub(super) impostor: usize,
    /// Pictures without a template: failures to acquire.
    pub(super) failed: usize,
    /// Of those, files that are no picture.
    pub(super) unreadable: usize,
    /// Comparisons that could not be made for that.
    pub(super) failed_pairs: usize,
    pub(super) pictures: usize,
    pub(super) people: usize,
    pub(super) usable_only: bool,
    pub(super) auc: f64,
    pub(super) eer: f64,
    pub(super) fnmr_at_fmr: BTreeMap<&'static str, FnmrAtFmr>,
    /// What the thresholds of the pack's calibration do to this sample.
    pub(super) at_calibration: Vec<AtCalibration>,
    /// At which threshold groups are compared with the whole.
    pub(super) groups_at: AtThreshold,
    pub(super) groups: BTreeMap<String, BTreeMap<String, Group>>,
    /// Columns of the list that make no groups.
    pub(super) passed_over: Vec<String>,
    pub(super) det: Vec<DetPoint>,
    /// Of impostor and genuine scores.
    #[serde(skip)]
    pub(super) histograms: [Histogram; 2],
}

/// What a false match rate costs.
#[derive(Serialize)]
pub(super) struct FnmrAtFmr {
    pub(super) threshold: f32,
    pub(super) threshold_low: f64,
    pub(super) threshold_high: f64,
    pub(super) fnmr: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) fmr: f64,
    pub(super) fmr_low: f64,
    pub(super) fmr_high: f64,
    pub(super) false_non_matches: u64,
    pub(super) false_matches: u64,
    /// Whether the sample is large enough to show this rate, by the rule of 3.
    pub(super) supported: bool,
    /// Impostor comparisons that it takes to show it.
    pub(super) impostor_needed: u64,
}

impl From<AtFmr> for FnmrAtFmr {
    fn from(found: AtFmr) -> Self {
        let AtThreshold { threshold, fmr, fnmr } = found.at;
        Self {
            threshold,
            threshold_low: found.threshold_limits.low,
            threshold_high: found.threshold_limits.high,
            fnmr: fnmr.rate,
            low: fnmr.limits.low,
            high: fnmr.limits.high,
            fmr: fmr.rate,
            fmr_low: fmr.limits.low,
            fmr_high: fmr.limits.high,
            false_non_matches: fnmr.errors,
            false_matches: fmr.errors,
            supported: found.supported,
            impostor_needed: found.needed,
        }
    }
}

/// What a threshold that was calibrated elsewhere does here.
#[derive(Serialize)]
pub(super) struct AtCalibration {
    pub(super) population: String,
    /// The rate that the calibration promises.
    pub(super) promised_fmr: f64,
    #[serde(flatten)]
    pub(super) at: AtThreshold,
}

/// A group beside the whole.
#[derive(Serialize)]
pub(super) struct Group {
    pub(super) fmr: Rate,
    pub(super) fmr_against_whole: Disparity,
    pub(super) fnmr: Rate,
    pub(super) fnmr_against_whole: Disparity,
}

/// One threshold of the curve.
#[derive(Serialize)]
pub(super) struct DetPoint {
    pub(super) threshold: f32,
    pub(super) fmr: f64,
    pub(super) fnmr: f64,
}

/// Runs the command. Fails only when the answer cannot be written.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    args.answer.give(measure(args), report::verification, text::verification)
}

fn measure(args: &Args) -> Result<Verification, LabelledError> {
    let list = args.list.read(&args.root)?;
    let viewer = args.look.open()?;
    let looks = viewer.look(&args.root, &list.pictures)?;
    let compared = compare(&list, &looks, args.usable_only)?;
    let comparisons = compared.rates()?;
    let bootstrap = comparisons.bootstrap(SEED);

    let at_fmr = comparisons.at_fmrs(TARGETS.map(|(_, fmr)| fmr), bootstrap);
    let groups_at = groups_at(&at_fmr);
    let mut groups: BTreeMap<String, BTreeMap<String, Group>> = BTreeMap::new();
    for (column, value, trials) in compared.groups() {
        let group = group(trials, &groups_at);
        groups.entry(column.to_owned()).or_default().insert(value.to_owned(), group);
    }
    let calibrations = viewer.pipeline.pack().calibrations.iter();
    let points: Vec<_> = calibrations.flat_map(|c| c.points().iter().map(|point| (c.population(), point))).collect();
    let thresholds: Vec<f32> = points.iter().map(|(_, point)| point.threshold).collect();
    let here = comparisons.at_thresholds(&thresholds, bootstrap);
    let at_calibration = points.into_iter().zip(here).map(|((population, point), at)| AtCalibration {
        population: population.id.to_string(),
        promised_fmr: point.fmr.0,
        at,
    });
    let det = trade_off(comparisons.genuine(), comparisons.impostor());
    Ok(Verification {
        models: ModelsUsed::of(&viewer.pipeline),
        pairs: list.pair_count(),
        genuine: comparisons.genuine().len(),
        impostor: comparisons.impostor().len(),
        failed: compared.failed,
        unreadable: looks.iter().filter(|look| !look.readable).count(),
        failed_pairs: compared.lost,
        pictures: list.pictures.len(),
        people: comparisons.people(),
        usable_only: args.usable_only,
        auc: comparisons.auc(),
        eer: comparisons.eer().rate,
        fnmr_at_fmr: TARGETS.iter().zip(at_fmr).map(|((name, _), found)| (*name, found.into())).collect(),
        at_calibration: at_calibration.collect(),
        groups_at,
        groups,
        passed_over: list.groups.passed_over.clone(),
        det: det.iter().map(|p| DetPoint { threshold: p.threshold, fmr: p.accepted, fnmr: p.refused }).collect(),
        histograms: histograms(&comparisons),
    })
}

/// Of impostor and genuine scores, between the lowest and the highest of all.
fn histograms(comparisons: &Comparisons) -> [Histogram; 2] {
    let both = [comparisons.impostor(), comparisons.genuine()];
    let scores = both.iter().flat_map(|trials| {
        let trials = trials.as_slice();
        [trials.first(), trials.last()].into_iter().flatten().map(|trial| trial.score)
    });
    let (low, high) = scores.fold((f32::MAX, f32::MIN), |(low, high), score| (low.min(score), high.max(score)));
    both.map(|trials| Histogram::new(trials, low, high, BINS))
}

/// Groups are compared with the whole where the default policy decides, if the sample can show that rate; else at the strictest
/// rate that it can show.
fn groups_at(at_fmr: &[AtFmr]) -> AtThreshold {
    let policy = Policy::default().fmr.0;
    let shown = at_fmr.iter().take_while(|found| found.supported && found.target >= policy * 0.999);
    shown.last().unwrap_or(&at_fmr[0]).at
}

fn group(trials: Vec<Trial>, whole: &AtThreshold) -> Group {
    let AtThreshold { fmr, fnmr, .. } = Comparisons::group_at(trials, whole.threshold, SEED);
    Group {
        fmr,
        fmr_against_whole: Disparity::of(&fmr, &whole.fmr),
        fnmr,
        fnmr_against_whole: Disparity::of(&fnmr, &whole.fnmr),
    }
}
