//! Every installed model's outputs against what onnxruntime gave for the same inputs (fixtures/golden/models.json).

use std::path::PathBuf;

use serde::Deserialize;

use super::engine::{Arena, InstructionSet, Net};
use super::manifest::{Manifest, ModelEntry};

/// Per value, as a share of the largest recorded magnitude of the output or of 1.
const TOLERANCE: f64 = 1e-3;

#[derive(Deserialize)]
struct Golden {
    models: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    name: String,
    sha256: String,
    width: usize,
    height: usize,
    block: usize,
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Output {
    Whole { shape: Vec<usize>, values: Vec<f64> },
    Summary { shape: Vec<usize>, first: Vec<f64>, sum: f64, l2: f64 },
}

#[test]
fn every_installed_model_gives_what_the_other_engine_gave() {
    let golden: Golden = serde_json::from_str(include_str!("../../fixtures/golden/models.json")).unwrap();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models");
    let models = std::env::var_os("VIVAT_MODELS").map_or(root, PathBuf::from);
    let manifest = Manifest::parse(&std::fs::read_to_string(models.join("manifest.toml")).unwrap()).unwrap();
    let mut compared = 0;
    for entry in &manifest.models {
        let runs: Vec<&Run> = golden.models.iter().filter(|run| run.name == entry.name).collect();
        assert!(!runs.is_empty(), "{} was never recorded", entry.name);
        let Ok(onnx) = std::fs::read(models.join(&entry.pack).join(&entry.file)) else {
            eprintln!("SKIPPED: model {} is not installed", entry.name);
            continue;
        };
        for run in runs {
            assert_eq!(run.sha256, entry.sha256, "{}: recorded from another file", entry.name);
            compare(entry, &onnx, run);
            compared += 1;
        }
    }
    assert!(compared > 0, "no model is installed: run ./setup");
}

fn compare(entry: &ModelEntry, onnx: &[u8], run: &Run) {
    let what = format!("{} at {} × {}, blocks of {}", entry.name, run.width, run.height, run.block);
    let net = Net::load(onnx, run.width, run.height, InstructionSet::best())
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(net.multiplications().is_some(), "{what}: our own engine does not know it whole");
    let mut session = net.session(&Arena::default()).unwrap();
    fill(session.input().unwrap(), run, entry.input.mean, entry.input.scale);
    session.run().unwrap();
    assert_eq!(net.output_shapes().len(), run.outputs.len(), "{what}");
    for (index, expected) in run.outputs.iter().enumerate() {
        let what = format!("{what}, output {index}");
        let ours: Vec<f64> = session.output(index).unwrap().iter().map(|v| f64::from(*v)).collect();
        let (shape, first) = match expected {
            Output::Whole { shape, values } => (shape, values),
            Output::Summary { shape, first, .. } => (shape, first),
        };
        assert_eq!(&net.output_shapes()[index], shape, "{what}");
        let largest = first.iter().fold(1.0_f64, |largest, v| largest.max(v.abs()));
        for (ours, theirs) in ours.iter().zip(first) {
            assert!((ours - theirs).abs() <= TOLERANCE * largest, "{what}: {ours} here, {theirs} there");
        }
        if let Output::Summary { sum, l2, .. } = expected {
            let (our_sum, our_l2) = (ours.iter().sum::<f64>(), ours.iter().map(|v| v * v).sum::<f64>().sqrt());
            assert!((our_l2 - l2).abs() <= TOLERANCE * l2, "{what}: norm {our_l2} here, {l2} there");
            let slack = TOLERANCE * l2 * (ours.len() as f64).sqrt();
            assert!((our_sum - sum).abs() <= slack, "{what}: sum {our_sum} here, {sum} there");
        }
    }
}

/// Blocks of pseudo-random bytes, plane by plane, row by row.
fn fill(planes: &mut [f32], run: &Run, mean: f32, scale: f32) {
    let step = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let mut bytes = std::iter::successors(Some(1_u32), step).skip(1).map(|state| (state >> 24) as f32);
    let columns = run.width.div_ceil(run.block);
    for plane in planes.chunks_exact_mut(run.width * run.height) {
        for rows in plane.chunks_mut(run.width * run.block) {
            let blocks: Vec<f32> = bytes.by_ref().take(columns).collect();
            for row in rows.chunks_exact_mut(run.width) {
                for (x, value) in row.iter_mut().enumerate() {
                    *value = (blocks[x / run.block] - mean) / scale;
                }
            }
        }
    }
}
