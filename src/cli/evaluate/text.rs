//! Results in words, for the person at the terminal.

use std::io::Write;

use super::pad::Pad;
use super::verification::Verification;
use crate::domain::rates::disparity::Disparity;
use crate::domain::rates::limits::Rate;

/// A rate with its limits, in per cent.
fn percent(rate: f64, low: f64, high: f64) -> String {
    format!("{:.3} % ({:.3} … {:.3})", rate * 100.0, low * 100.0, high * 100.0)
}

fn rate(rate: &Rate) -> String {
    percent(rate.rate, rate.limits.low, rate.limits.high)
}

/// What a comparison of a group with the whole says.
fn told(disparity: Disparity) -> &'static str {
    match disparity {
        Disparity::Worse => "ALARM: more than 25 % worse than the whole",
        Disparity::Within => "within 25 % of the whole",
        Disparity::CannotTell => "too few to tell",
    }
}

/// Tells what comparisons gave.
pub(super) fn verification(out: &mut impl Write, found: &Verification) -> std::io::Result<()> {
    let models = &found.models;
    writeln!(out, "pack {} ({}), {}", models.pack, &models.digest[..12], models.measured_at.strftime("%F %R UTC"))?;
    writeln!(
        out,
        "{} pictures of {} people; {} pairs: {} genuine, {} impostor, {} lost to {} failures to acquire",
        found.pictures, found.people, found.pairs, found.genuine, found.impostor, found.failed_pairs, found.failed
    )?;
    if found.unreadable > 0 {
        writeln!(out, "{} files are no pictures that can be read", found.unreadable)?;
    }
    writeln!(out, "AUC {:.6}, equal error rate {:.3} %", found.auc, found.eer * 100.0)?;
    writeln!(out, "\nFMR at most   threshold   FNMR (95 % limits)")?;
    for (name, at) in found.fnmr_at_fmr.iter().rev() {
        write!(out, "{name:<11}   {:9.4}   {}", at.threshold, percent(at.fnmr, at.low, at.high))?;
        if at.supported {
            writeln!(out)?;
        } else {
            writeln!(out, "   not shown: {} impostor pairs, it takes {}", found.impostor, at.impostor_needed)?;
        }
    }
    for at in &found.at_calibration {
        writeln!(out, "\nAt the pack's threshold for FMR {:e} of {}:", at.promised_fmr, at.population)?;
        writeln!(out, "  {:.4}: FMR {}, FNMR {}", at.at.threshold, rate(&at.at.fmr), rate(&at.at.fnmr))?;
    }
    if !found.groups.is_empty() {
        let (threshold, fmr) = (found.groups_at.threshold, rate(&found.groups_at.fmr));
        writeln!(out, "\nGroups at threshold {threshold:.4}, where the whole has FMR {fmr}:")?;
    }
    for (column, groups) in &found.groups {
        for (value, group) in groups {
            writeln!(out, "  {column} = {value}")?;
            for (name, measured, against) in
                [("FMR ", &group.fmr, group.fmr_against_whole), ("FNMR", &group.fnmr, group.fnmr_against_whole)]
            {
                writeln!(out, "    {name} {} of {}: {}", rate(measured), measured.trials, told(against))?;
            }
        }
    }
    passed_over(out, &found.passed_over)
}

fn passed_over(out: &mut impl Write, columns: &[String]) -> std::io::Result<()> {
    columns
        .iter()
        .try_for_each(|column| writeln!(out, "column {column} identifies rather than groups: it makes no groups"))
}

/// Tells what presentations gave.
pub(super) fn pad(out: &mut impl Write, found: &Pad) -> std::io::Result<()> {
    let models = &found.models;
    writeln!(out, "pack {} ({}), {}", models.pack, &models.digest[..12], models.measured_at.strftime("%F %R UTC"))?;
    writeln!(out, "{} bona fide presentations, {} attacks", found.bona_fide, found.attacks)?;
    let silent = &found.non_response;
    writeln!(out, "without a response: bona fide {} of {}", silent.bona_fide.errors, silent.bona_fide.trials)?;
    for (species, seen) in &silent.attacks {
        writeln!(out, "  attacks, {species}: {} of {}", seen.errors, seen.trials)?;
    }
    writeln!(out, "\nAt threshold {:.3}:", found.threshold)?;
    writeln!(out, "  BPCER {}", rate(&found.bpcer_limits))?;
    for (species, apcer) in &found.apcer_limits {
        writeln!(out, "  APCER {species}: {}", rate(apcer))?;
    }
    if let (Some(species), Some(worst)) = (&found.worst_species, found.apcer_worst) {
        writeln!(out, "  the worst species: {species}, {:.3} %", worst * 100.0)?;
    }
    for (sign, count) in &found.signs {
        writeln!(out, "  sign {sign}: {} bona fide presentations, {} attacks", count.bona_fide, count.attacks)?;
    }
    if let (Some(auc), Some(eer)) = (found.auc, found.eer) {
        writeln!(out, "\nAUC {auc:.6}, equal error rate {:.3} %", eer * 100.0)?;
    }
    for (name, at) in &found.bpcer_at_apcer {
        writeln!(out, "BPCER where the APCER of no species exceeds {name}: {}", rate(&at.bpcer))?;
    }
    for (column, groups) in &found.groups {
        for (value, group) in groups {
            writeln!(out, "  {column} = {value}")?;
            let (bpcer, apcer) = (&group.bpcer, &group.apcer);
            writeln!(out, "    BPCER {} of {}: {}", rate(bpcer), bpcer.trials, told(group.bpcer_against_whole))?;
            writeln!(out, "    APCER {} of {}", rate(apcer), apcer.trials)?;
        }
    }
    passed_over(out, &found.passed_over)
}
