//! `vivat inspect`: what the pipeline sees in one photo.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use crate::domain::evidence::Liveness;
use crate::vision::{Analysis, DecodeError, VisionError};
use crate::words;

use super::draw;
use super::models::ModelArgs;

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

/// Runs the command. Fails only when standard output cannot be written: every other failure is told here, in the form
/// that was asked for.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match inspect(args) {
        Ok(analysis) => {
            if args.json {
                writeln!(out, "{}", serde_json::to_string_pretty(&analysis)?)?;
            } else {
                print(&mut out, &analysis)?;
            }
            Ok(ExitCode::from(if analysis.findings.is_empty() { 0 } else { 2 }))
        }
        Err(error) => {
            if args.json {
                let code = error.downcast_ref::<DecodeError>().map_or("failed", |cause| cause.code());
                writeln!(out, "{:#}", json!({ "error": { "code": code, "message": format!("{error:#}") } }))?;
            } else {
                eprintln!("vivat: {error:#}");
            }
            Ok(ExitCode::from(3))
        }
    }
}

fn inspect(args: &Args) -> anyhow::Result<Analysis> {
    let name = args.photo.display();
    let bytes = std::fs::read(&args.photo).with_context(|| format!("cannot read {name}"))?;
    let pipeline = args.models.load()?;
    let mut workspace = pipeline.workspace()?;
    let analysis = pipeline.analyse(&mut workspace, &bytes).map_err(|error| match error {
        VisionError::Decode(cause) => anyhow::Error::new(cause).context(name.to_string()),
        other => other.into(),
    })?;
    if let Some(path) = &args.draw {
        let picture = draw::overlay(workspace.picture(), &analysis);
        picture
            .save_with_format(path, image::ImageFormat::Png)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(analysis)
}

fn print(out: &mut impl Write, analysis: &Analysis) -> std::io::Result<()> {
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
            "  {:.0} pixels between the eyes, sharpness {:.0}, brightness {:.0}, contrast {:.0}",
            quality.eye_distance, quality.sharpness, quality.brightness, quality.contrast
        )?;
    }
    match analysis.liveness {
        Liveness::NotAssessed => writeln!(out, "  liveness: not assessed")?,
        Liveness::Passive { bona_fide } => writeln!(out, "  liveness: {bona_fide:.2} of 1")?,
    }
    writeln!(out, "  time: {}", analysis.timings)
}
