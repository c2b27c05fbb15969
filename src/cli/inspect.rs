//! `vivat inspect`: what the pipeline sees in one photo.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use image::{ImageError, ImageFormat};

use crate::domain::evidence::Liveness;
use crate::domain::passive::PassiveSign;
use crate::vision::{Analysis, PackInfo};
use crate::words;

use super::draw;
use super::models::ModelArgs;
use super::photo::{Photo, PhotoError, Viewer, tell_failure};

/// Arguments of `vivat inspect`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The photo
    photo: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Write the photo with boxes, mesh and the five points drawn in, as PNG
    #[arg(long, value_name = "OUT.png")]
    draw: Option<PathBuf>,
    #[command(flatten)]
    models: ModelArgs,
}

#[derive(Debug, thiserror::Error)]
enum InspectError {
    #[error(transparent)]
    Photo(#[from] PhotoError),
    #[error("cannot write {}: {source}", path.display())]
    Draw { path: PathBuf, source: ImageError },
}

impl InspectError {
    fn code(&self) -> &'static str {
        match self {
            Self::Photo(error) => error.code(),
            Self::Draw { .. } => "file_unwritable",
        }
    }
}

/// Runs the command. Fails only when the answer cannot be written.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (analysis, pack) = match inspect(args) {
        Ok(seen) => seen,
        Err(error) => return Ok(tell_failure(args.json, error.code(), &error.to_string())?),
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&analysis)?)?;
    } else {
        print(&mut out, &analysis, &pack)?;
    }
    Ok(ExitCode::from(if analysis.findings.is_empty() { 0 } else { 2 }))
}

fn inspect(args: &Args) -> Result<(Analysis, PackInfo), InspectError> {
    let photo = Photo::read(&args.photo)?;
    let mut viewer = Viewer::load(&args.models)?;
    let analysis = viewer.look(&photo)?;
    if let Some(path) = &args.draw {
        draw::overlay(viewer.workspace.picture(), &analysis)
            .save_with_format(path, ImageFormat::Png)
            .map_err(|source| InspectError::Draw { path: path.clone(), source })?;
    }
    Ok((analysis, viewer.pipeline.pack().clone()))
}

fn print(out: &mut impl Write, analysis: &Analysis, pack: &PackInfo) -> std::io::Result<()> {
    let seen = &analysis.seen;
    writeln!(out, "{} × {} pixels, faces: {}", seen.width, seen.height, seen.faces.len())?;
    for finding in &analysis.findings {
        writeln!(out, "  retake: {} {}", words::problem_of(*finding).en, words::remedy_for(*finding).en)?;
    }
    if analysis.findings.is_empty() {
        writeln!(out, "  good: nothing to change")?;
    }
    if let Some(face) = &seen.face {
        let (pose, quality) = (&face.pose, &face.quality);
        writeln!(out, "  turned {:+.0}°, bent {:+.0}°, leaning {:+.0}°", pose.yaw, pose.pitch, pose.roll)?;
        writeln!(
            out,
            "  {:.0} pixels between the eyes, sharpness {:.2}, brightness {:.0}, contrast {:.0}",
            quality.eye_distance, quality.sharpness, quality.brightness, quality.contrast
        )?;
    }
    match analysis.liveness {
        Liveness::NotAssessed => writeln!(out, "  liveness: not assessed")?,
        Liveness::Passive { bona_fide } => writeln!(out, "  liveness: {bona_fide:.2} of 1")?,
    }
    for sign in &analysis.signs {
        let what = match sign {
            PassiveSign::Moire => "a fine regular pattern over the face, as of a display",
            PassiveSign::Framed => "straight edges around the face, as of paper or a screen",
        };
        writeln!(out, "  sign of an attack: {what}")?;
    }
    match pack.calibrations.said().as_str() {
        "" => writeln!(out, "  pack {}: no calibration, so the machine decides nothing", pack.name)?,
        known => writeln!(out, "  pack {}: calibrated for {known} (false match rates)", pack.name)?,
    }
    writeln!(out, "  time: {}", analysis.timings)
}
