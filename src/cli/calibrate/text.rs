//! What was calibrated, for the person at the terminal.

use std::io::{Result, Write};
use std::path::Path;

use crate::domain::calibration::Calibration;
use crate::domain::rates::limits::Rate;

/// Tells what was written, and what it is worth.
pub(super) fn tell(out: &mut impl Write, calibration: &Calibration, path: &Path) -> Result<()> {
    let population = calibration.population();
    writeln!(out, "{} ({}, {})", population.id, population.en, population.zh)?;
    for sample in calibration.samples() {
        let (people, genuine, impostor) = (sample.people, sample.genuine, sample.impostor);
        writeln!(out, "  {}: {people} people, {genuine} genuine and {impostor} impostor pairs", sample.set)?;
    }
    for point in calibration.points() {
        let (low, high) = (point.threshold_limits.low, point.threshold_limits.high);
        writeln!(out, "FMR {} %: threshold {:.4} ({low:.4} to {high:.4})", point.fmr.0 * 100.0, point.threshold)?;
        for errors in &point.measured {
            let (matches, non_matches) = (said(&errors.false_matches), said(&errors.false_non_matches));
            writeln!(out, "  {}: false matches {matches}, false non-matches {non_matches}", errors.set)?;
        }
        for group in point.groups.iter().filter(|group| group.is_worse()) {
            let (matches, non_matches) = (said(&group.false_matches), said(&group.false_non_matches));
            writeln!(out, "  ALARM {}, {}: more than 25 % worse than the whole", group.set, group.group)?;
            writeln!(out, "    false matches {matches}, false non-matches {non_matches}")?;
        }
    }
    writeln!(out, "In parentheses: limits of 95 % confidence, with other people of the same population.")?;
    writeln!(out, "Written to {}. It counts once it lies in the folder `calibrations` of the models.", path.display())
}

fn said(rate: &Rate) -> String {
    let [at, low, high] = [rate.rate, rate.limits.low, rate.limits.high].map(|share| share * 100.0);
    format!("{at:.3} % ({low:.3} to {high:.3})")
}
