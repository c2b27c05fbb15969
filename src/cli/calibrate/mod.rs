//! `vivat calibrate`: which similarity stands for which false match rate, measured on labelled pictures.

mod measure;
mod sets;
mod text;
mod write;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::labelled::{LabelledError, LookArgs};
use super::photo::tell_failure;
use crate::domain::calibration::{Calibration, CalibrationError};
use crate::domain::population::{Population, PopulationId};

/// Arguments of `vivat calibrate`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sets: sets::SetArgs,
    /// Short name of the population, by which a policy names it: a-z, 0-9 and _
    #[arg(long, value_name = "ID")]
    population: PopulationId,
    /// Who was compared, in English
    #[arg(long, value_name = "TEXT")]
    name_en: String,
    /// Who was compared, in Chinese
    #[arg(long, value_name = "TEXT")]
    name_zh: String,
    /// What the calibration does not show, for whoever reads it later
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// False match rates to find thresholds for; each takes 3 / RATE impostor pairs of every list
    #[arg(long, value_name = "RATE", value_delimiter = ',', default_value = "1e-2,1e-3", value_parser = rate)]
    fmr: Vec<f64>,
    /// Count a picture that the service would refuse as a failure to acquire, whatever its template says
    #[arg(long)]
    usable_only: bool,
    /// The file to write. It counts once it lies in the folder `calibrations` of the models
    #[arg(long, value_name = "FILE.toml")]
    out: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    look: LookArgs,
}

impl Args {
    fn population(&self) -> Population {
        Population { id: self.population.clone(), en: self.name_en.clone(), zh: self.name_zh.clone() }
    }
}

fn rate(typed: &str) -> Result<f64, &'static str> {
    typed
        .parse()
        .ok()
        .filter(|rate| (1e-9..=0.1).contains(rate))
        .ok_or("a false match rate is at most 0.1, such as 1e-3")
}

/// Why there is no calibration.
#[derive(Debug, thiserror::Error)]
enum CalibrateError {
    #[error(transparent)]
    Labelled(#[from] LabelledError),
    #[error("{0}")]
    Roots(&'static str),
    #[error("the sample is too small: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    TooSmall(Vec<CalibrationError>),
    #[error(transparent)]
    Refused(#[from] CalibrationError),
    #[error("{} is there already: say --replace to write over it", .0.display())]
    Exists(PathBuf),
    #[error("cannot write {}: {source}", path.display())]
    Unwritable { path: PathBuf, source: std::io::Error },
}

impl CalibrateError {
    fn code(&self) -> &'static str {
        match self {
            Self::Labelled(error) => error.code(),
            Self::Roots(_) => "list_invalid",
            Self::TooSmall(_) => "sample_too_small",
            Self::Refused(_) => "calibration_refused",
            Self::Exists(_) | Self::Unwritable { .. } => "file_unwritable",
        }
    }
}

/// Runs the command. Fails only when the answer cannot be written.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match calibrate(args) {
        Ok(calibration) => text::tell(&mut std::io::stdout().lock(), &calibration, &args.out)?,
        Err(error) => return Ok(tell_failure(false, error.code(), &error.to_string())?),
    }
    std::io::stdout().flush()?;
    Ok(ExitCode::SUCCESS)
}

fn calibrate(args: &Args) -> Result<Calibration, CalibrateError> {
    // Told before hours of work, not after.
    if args.out.exists() && !args.replace {
        return Err(CalibrateError::Exists(args.out.clone()));
    }
    let calibration = measure::measure(args)?;
    write::write(&args.out, &calibration)?;
    Ok(calibration)
}
