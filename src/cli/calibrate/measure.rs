//! The thresholds that some rates take, and what they do to each list: the cautious end of several.

use jiff::tz::TimeZone;

use super::super::labelled::{Compared, LabelledError, SEED, compare};
use super::sets::Set;
use super::{Args, CalibrateError};
use crate::clock::SystemClock;
use crate::domain::calibration::{Calibration, CalibrationError, Errors, Group, Point, Sample, Stated};
use crate::domain::clock::Clock;
use crate::domain::rates::bootstrap::Bootstrap;
use crate::domain::rates::comparisons::{AtFmr, Comparisons};
use crate::domain::rates::disparity::Disparity;
use crate::domain::rates::limits::{Limits, trials_needed};
use crate::domain::score::FalseMatchRate;

/// One list, compared.
struct Measured<'a> {
    set: &'a Set,
    compared: Compared<'a>,
    rates: Comparisons,
    bootstrap: Bootstrap,
}

/// Measures, and states what was measured.
pub(super) fn measure(args: &Args) -> Result<Calibration, CalibrateError> {
    let mut fmrs = args.fmr.clone();
    fmrs.sort_unstable_by(|a, b| b.total_cmp(a));
    fmrs.dedup();
    let sets = args.sets.read()?;
    enough(&fmrs, sets.iter().map(|set| (set.name.as_str(), set.list.impostor_count())))?;

    let viewer = args.look.open()?;
    let mut measured = Vec::with_capacity(sets.len());
    for set in &sets {
        let looks = viewer.look(&set.root, &set.list.pictures)?;
        let compared = compare(&set.list, &looks, args.usable_only)?;
        let rates = compared.rates().map_err(LabelledError::from)?;
        measured.push(Measured { set, compared, bootstrap: rates.bootstrap(SEED), rates });
    }
    enough(&fmrs, measured.iter().map(|one| (one.set.name.as_str(), one.rates.impostor().len())))?;
    let pack = viewer.pipeline.pack();
    let stated = Stated {
        pack: pack.digest.to_string(),
        made_on: SystemClock.now().to_zoned(TimeZone::UTC).date(),
        how: command(args, &sets, &pack.name, &fmrs),
        note: args.note.clone(),
        population: args.population(),
        samples: measured.iter().map(sample).collect(),
        points: fmrs.iter().map(|fmr| point(*fmr, &measured)).collect(),
    };
    Ok(stated.try_into()?)
}

/// Refuses rates that a list cannot show, all at once.
fn enough<'a>(fmrs: &[f64], sets: impl Iterator<Item = (&'a str, usize)>) -> Result<(), CalibrateError> {
    let mut missing = Vec::new();
    for (set, impostor) in sets {
        for fmr in fmrs {
            let (impostor, needed) = (impostor as u64, trials_needed(*fmr));
            if impostor < needed {
                missing.push(CalibrationError::Unsupported { fmr: *fmr, set: set.to_owned(), impostor, needed });
            }
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(CalibrateError::TooSmall(missing)) }
}

/// What was typed, without where things lie on this machine.
fn command(args: &Args, sets: &[Set], pack: &str, fmrs: &[f64]) -> String {
    let lists: Vec<_> = sets.iter().map(|set| set.typed.as_str()).collect();
    let fmrs: Vec<_> = fmrs.iter().map(|fmr| format!("{fmr:e}")).collect();
    let usable = if args.usable_only { " --usable-only" } else { "" };
    let (lists, fmrs, population) = (lists.join(" "), fmrs.join(","), &args.population);
    format!("vivat calibrate {lists} --population {population} --pack {pack} --fmr {fmrs}{usable}")
}

fn sample(one: &Measured) -> Sample {
    Sample {
        set: one.set.name.clone(),
        people: one.rates.people() as u64,
        genuine: one.rates.genuine().len() as u64,
        impostor: one.rates.impostor().len() as u64,
    }
}

/// The threshold that keeps the rate in every list, and its errors in each.
fn point(fmr: f64, measured: &[Measured]) -> Point {
    let found: Vec<AtFmr> = measured.iter().map(|one| one.rates.at_fmr(fmr, one.bootstrap)).collect();
    let threshold = found.iter().map(|found| found.at.threshold).fold(f32::NEG_INFINITY, f32::max);
    let highest =
        |of: fn(&Limits) -> f64| found.iter().map(|f| of(&f.threshold_limits)).fold(f64::NEG_INFINITY, f64::max);
    let errors: Vec<Errors> = measured.iter().map(|one| errors(one, threshold)).collect();
    Point {
        fmr: FalseMatchRate(fmr),
        threshold,
        threshold_limits: Limits { low: highest(|limits| limits.low), high: highest(|limits| limits.high) },
        groups: measured.iter().zip(&errors).flat_map(|(one, whole)| groups(one, threshold, whole)).collect(),
        measured: errors,
    }
}

fn errors(one: &Measured, threshold: f32) -> Errors {
    let at = one.rates.at_threshold(threshold, one.bootstrap);
    Errors { set: one.set.name.clone(), false_matches: at.fmr, false_non_matches: at.fnmr }
}

fn groups(one: &Measured, threshold: f32, whole: &Errors) -> Vec<Group> {
    let group = |(column, value, trials): (&str, &str, Vec<_>)| {
        let at = Comparisons::group_at(trials, threshold, SEED);
        Group {
            set: one.set.name.clone(),
            group: format!("{column} = {value}"),
            false_matches_against_whole: Disparity::of(&at.fmr, &whole.false_matches),
            false_matches: at.fmr,
            false_non_matches_against_whole: Disparity::of(&at.fnmr, &whole.false_non_matches),
            false_non_matches: at.fnmr,
        }
    };
    one.compared.groups().into_iter().map(group).collect()
}
