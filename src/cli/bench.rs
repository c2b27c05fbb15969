//! `vivat bench`: what does a picture, or a certification, cost the processor?

use std::io::Write;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;

use cpu_time::ThreadTime;
use indicatif::ProgressBar;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::domain::capture::Step;
use crate::vision::burst::{BurstFrame, assess};
use crate::vision::{Analysis, Timings};

use super::models::ModelArgs;
use super::photo::{Photo, PhotoError, Viewer, tell_failure};

/// Rounds before the first that counts: buffers have grown, caches are warm.
const WARM_UP: usize = 2;

/// What the frames of a certification show, one after another.
const CHALLENGE: [Step; 3] = [Step::LookStraight, Step::TurnLeft, Step::OpenMouth];

/// Seconds from one frame to the next.
const INTERVAL: f64 = 0.5;

/// Arguments of `vivat bench`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The photo
    photo: PathBuf,
    /// How often to measure; the median counts
    #[arg(long, value_name = "N", default_value = "25")]
    repeat: NonZero<u16>,
    /// Measure whole certifications of so many frames (of this photo), with what the frames show together
    #[arg(long, value_name = "K")]
    frames: Option<NonZero<u8>>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    models: ModelArgs,
}

/// Medians, in milliseconds of the processor.
#[derive(Serialize)]
struct CpuTime {
    stage: Map<String, Value>,
    total: f32,
}

#[derive(Serialize)]
struct Report {
    pack: String,
    width: usize,
    height: usize,
    bytes: usize,
    /// Frames of one certification; one picture alone has none.
    frames: Option<NonZero<u8>>,
    repeat: NonZero<u16>,
    /// Without a face, the last stages were not reached.
    face: bool,
    cpu_ms: CpuTime,
}

/// Runs the command. Fails only when the answer cannot be written.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let report = match bench(args) {
        Ok(report) => report,
        Err(error) => return Ok(tell_failure(args.json, error.code(), &error.to_string())?),
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{:#}", json!(report))?;
    } else {
        print(&mut out, &report)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn bench(args: &Args) -> Result<Report, PhotoError> {
    let photo = Photo::read(&args.photo)?;
    let mut viewer = Viewer::load(&args.models)?;
    let rounds = usize::from(args.repeat.get());
    let progress = ProgressBar::new((WARM_UP + rounds) as u64);
    let mut measured = Vec::with_capacity(rounds);
    let seen = viewer.look(&photo)?;
    for round in 0..WARM_UP + rounds {
        let start = ThreadTime::now();
        let frames = (0..args.frames.map_or(1, NonZero::get)).map(|_| viewer.look(&photo));
        let analyses = frames.collect::<Result<Vec<_>, _>>()?;
        if args.frames.is_some() {
            std::hint::black_box(assess(&burst(&analyses), &CHALLENGE, &[]));
        }
        let total = start.elapsed().as_secs_f32() * 1000.0;
        if round >= WARM_UP {
            measured.push((stages(&analyses), total));
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    let names = Timings::default().stages().map(|(name, _)| name);
    let stage = names.iter().enumerate().map(|(at, name)| {
        let milliseconds = median(measured.iter().map(|(stages, _)| stages[at]));
        ((*name).to_owned(), json!(milliseconds))
    });
    Ok(Report {
        pack: viewer.pipeline.pack().name.clone(),
        width: seen.seen.width,
        height: seen.seen.height,
        bytes: photo.bytes().len(),
        frames: args.frames,
        repeat: args.repeat,
        face: seen.template.is_some(),
        cpu_ms: CpuTime { stage: stage.collect(), total: median(measured.iter().map(|(_, total)| *total)) },
    })
}

/// The pictures as the frames of an attempt.
fn burst(analyses: &[Analysis]) -> Vec<BurstFrame<'_>> {
    let traces = analyses.iter().filter_map(|analysis| analysis.trace.as_ref());
    let seconds = std::iter::successors(Some(0.0), |last| Some(last + INTERVAL));
    let frames = traces.zip(CHALLENGE.into_iter().cycle()).zip(seconds);
    frames.map(|((trace, step), seconds)| BurstFrame { step, seconds, light: None, trace }).collect()
}

/// Each stage, over all pictures together.
fn stages(analyses: &[Analysis]) -> [f32; 8] {
    analyses.iter().fold([0.0; 8], |sum, analysis| {
        let stages = analysis.timings.stages();
        std::array::from_fn(|at| sum[at] + stages[at].1)
    })
}

fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    let middle = values.len() / 2;
    let lower = values.len().saturating_sub(1) / 2;
    f32::midpoint(values[lower], values[middle])
}

fn print(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    let Report { pack, width, height, bytes, repeat, cpu_ms, .. } = report;
    writeln!(out, "{width} × {height} pixels, {bytes} bytes, pack {pack}, one thread, median of {repeat}")?;
    if let Some(frames) = report.frames {
        writeln!(out, "  a certification of {frames} frames, and what they show together")?;
    }
    for (name, milliseconds) in &cpu_ms.stage {
        writeln!(out, "  {name:<10} {:>8.2} ms", milliseconds.as_f64().unwrap_or(0.0))?;
    }
    writeln!(out, "  {:<10} {:>8.2} ms of the processor", "in all", cpu_ms.total)?;
    if !report.face {
        writeln!(
            out,
            "  No face was found, so the last stages were not reached: take a photo that `vivat inspect` calls good."
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert!((median([9.0, 1.0, 2.0].into_iter()) - 2.0).abs() < f32::EPSILON);
        assert!((median([9.0, 1.0, 2.0, 4.0].into_iter()) - 3.0).abs() < f32::EPSILON);
        assert!((median(std::iter::once(7.0)) - 7.0).abs() < f32::EPSILON);
    }
}
