//! `vivat verify`: do two photos show the same person?

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use serde::Serialize;

use crate::domain::evidence::Finding;
use crate::domain::population::PopulationId;
use crate::domain::score::{FalseMatchRate, OperatingPoint, Similarity};
use crate::vision::{TemplateError, Timings};
use crate::words;

use super::models::{ModelArgs, not_calibrated};
use super::photo::{Photo, PhotoError, Viewer, tell_failure};

/// Arguments of `vivat verify`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Photo of the person
    reference: PathBuf,
    /// Photo to be compared with it
    probe: PathBuf,
    /// False match rate that the threshold must stand for; the pack's calibration has to know it
    #[arg(long, value_name = "RATE", default_value_t = 1e-3)]
    fmr: f64,
    /// Among whom: the population of one of the pack's calibrations
    #[arg(long, value_name = "ID", default_value_t = PopulationId::east_asian())]
    population: PopulationId,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    models: ModelArgs,
}

/// Why there is no decision.
#[derive(Debug, thiserror::Error)]
enum VerifyError {
    #[error(transparent)]
    Photo(#[from] PhotoError),
    #[error("{0}")]
    NotCalibrated(String),
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl VerifyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Photo(error) => error.code(),
            Self::NotCalibrated(_) => "not_calibrated",
            Self::Template(_) => "vision_failed",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Match,
    NoMatch,
    Retake,
}

#[derive(Debug, Serialize)]
struct Reason {
    photo: &'static str,
    code: Finding,
    advice: &'static str,
}

impl Reason {
    fn new(photo: &'static str, code: Finding) -> Self {
        Self { photo, code, advice: words::remedy_for(code).en }
    }
}

#[derive(Serialize)]
struct Report {
    decision: Decision,
    reasons: Vec<Reason>,
    similarity: Option<Similarity>,
    threshold: f32,
    fmr: FalseMatchRate,
    population: PopulationId,
    timings_ms: Spent,
}

#[derive(Serialize)]
struct Spent {
    load: f32,
    reference: Timings,
    probe: Timings,
}

/// Runs the command. Fails only when the answer cannot be written.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let report = match verify(args) {
        Ok(report) => report,
        Err(error) => return Ok(tell_failure(args.json, error.code(), &error.to_string())?),
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&mut out, &report)?;
    }
    Ok(ExitCode::from(match report.decision {
        Decision::Match => 0,
        Decision::NoMatch => 1,
        Decision::Retake => 2,
    }))
}

fn verify(args: &Args) -> Result<Report, VerifyError> {
    let (reference, probe) = (Photo::read(&args.reference)?, Photo::read(&args.probe)?);
    let start = Instant::now();
    let mut viewer = Viewer::load(&args.models)?;
    let load = start.elapsed().as_secs_f32() * 1000.0;
    let (pack, fmr) = (viewer.pipeline.pack(), FalseMatchRate(args.fmr));
    let point = pack.calibrations.at(&args.population, fmr);
    let point = point.ok_or_else(|| {
        VerifyError::NotCalibrated(not_calibrated(&pack.name, &args.population, fmr).join("\n       "))
    })?;

    let reference = viewer.look(&reference)?;
    let probe = viewer.look(&probe)?;
    let similarity = match (&reference.template, &probe.template) {
        (Some(reference), Some(probe)) => Some(reference.compare(probe)?),
        _ => None,
    };
    let reasons: Vec<Reason> = [("reference", &reference), ("probe", &probe)]
        .into_iter()
        .flat_map(|(photo, analysis)| analysis.findings.iter().map(move |code| Reason::new(photo, *code)))
        .collect();
    Ok(Report {
        decision: decide(&reasons, similarity, point),
        reasons,
        similarity,
        threshold: point.threshold,
        fmr: point.fmr,
        population: args.population.clone(),
        timings_ms: Spent { load, reference: reference.timings, probe: probe.timings },
    })
}

fn decide(reasons: &[Reason], similarity: Option<Similarity>, point: OperatingPoint) -> Decision {
    match similarity {
        Some(similarity) if reasons.is_empty() && similarity.get() >= point.threshold => Decision::Match,
        Some(_) if reasons.is_empty() => Decision::NoMatch,
        _ => Decision::Retake,
    }
}

fn print(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    writeln!(
        out,
        "{}",
        match report.decision {
            Decision::Match => "Match: both photos show the same person.",
            Decision::NoMatch => "No match: the photos do not show the same person, as far as the machine can tell.",
            Decision::Retake => "Retake: a photo is not good enough to decide.",
        }
    )?;
    for reason in &report.reasons {
        writeln!(out, "  {}: {} {}", reason.photo, words::problem_of(reason.code).en, reason.advice)?;
    }
    if let Some(similarity) = report.similarity {
        writeln!(
            out,
            "  similarity {:.3}, threshold {:.3}: other people ({}) reach it in {} % of comparisons",
            similarity.get(),
            report.threshold,
            report.population,
            report.fmr.0 * 100.0
        )?;
    }
    let Spent { load, reference, probe } = &report.timings_ms;
    writeln!(out, "  time: models {load:.0} ms, reference {reference}, probe {probe}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_itself_is_a_match_and_any_finding_a_retake() {
        let point = OperatingPoint { fmr: FalseMatchRate(1e-3), threshold: 0.5 };
        let at = |cosine| Similarity::new(cosine).ok();
        let blurred = [Reason::new("probe", Finding::Blurred)];
        assert_eq!(decide(&[], at(0.5), point), Decision::Match);
        assert_eq!(decide(&[], at(0.499), point), Decision::NoMatch);
        assert_eq!(decide(&blurred, at(0.9), point), Decision::Retake);
        assert_eq!(decide(&[], None, point), Decision::Retake);
    }
}
