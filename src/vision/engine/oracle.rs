//! tract says what our own engine should have computed.

use std::path::PathBuf;

use tract_onnx::prelude::TypedModel;

use super::{EngineError, InstructionSet, Net, general, planner};
use crate::vision::manifest::{Manifest, ModelEntry};

/// Of each value, as a share of the largest magnitude of the output; of probabilities, of 1: tract's sigmoid is a fraction
/// of polynomials, which is off by 4e-7 where it should be near zero.
const TOLERANCE: f32 = 1e-5;

fn installed() -> Vec<(ModelEntry, Vec<u8>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models");
    let models = std::env::var_os("VIVAT_MODELS").map_or(root, PathBuf::from);
    let manifest = Manifest::parse(&std::fs::read_to_string(models.join("manifest.toml")).unwrap()).unwrap();
    let read = |entry: ModelEntry| {
        let onnx = std::fs::read(models.join(&entry.pack).join(&entry.file)).ok();
        if onnx.is_none() {
            eprintln!("SKIPPED: model {} is not installed", entry.name);
        }
        Some((entry, onnx?))
    };
    let found: Vec<_> = manifest.models.into_iter().filter_map(read).collect();
    assert!(!found.is_empty(), "no model is installed: run ./setup");
    found
}

/// Noise over the range of bytes as the model is fed them, with a soft blob in it so that not all is noise.
fn fill(planes: &mut [f32], width: usize, height: usize, entry: &ModelEntry) {
    let step = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let mut noise = std::iter::successors(Some(7_u32), step).skip(1).map(|state| (state >> 24) as f32);
    for plane in planes.chunks_exact_mut(width * height) {
        for (index, value) in plane.iter_mut().enumerate() {
            let (x, y) = ((index % width) as f32 / width as f32 - 0.5, (index / width) as f32 / height as f32 - 0.5);
            let blob = 255.0 * (-8.0 * (x * x + y * y)).exp();
            let byte = 0.3 * noise.next().unwrap_or_default() + 0.7 * blob;
            *value = (byte - entry.input.mean) / entry.input.scale;
        }
    }
}

/// The one large input is that of a detector that takes any size, and tract takes seconds for it.
fn size(entry: &ModelEntry) -> (usize, usize) {
    (entry.input.width.min(320), entry.input.height.min(256))
}

fn parsed(onnx: &[u8], entry: &ModelEntry) -> TypedModel {
    let (width, height) = size(entry);
    general::parse(onnx, width, height).unwrap()
}

fn of_tract(onnx: &[u8], width: usize, height: usize, entry: &ModelEntry) -> Result<Vec<Vec<f32>>, EngineError> {
    let model = general::Model::new(general::parse(onnx, width, height)?, [1, 3, height, width])?;
    let mut session = model.session()?;
    fill(session.input()?, width, height, entry);
    session.run()?;
    (0..model.outputs()).map(|index| session.output(index).map(<[f32]>::to_vec)).collect()
}

#[test]
fn every_installed_model_is_lowered_whole_and_agrees_with_tract_on_each_instruction_set() {
    for (entry, onnx) in installed() {
        let (width, height) = size(&entry);
        let expected = of_tract(&onnx, width, height, &entry).unwrap();
        for set in InstructionSet::available() {
            let what = format!("{} with {set}", entry.name);
            let net = Net::load(&onnx, width, height, set).unwrap();
            assert!(net.plan().is_some(), "{what}: {:?}", planner::lower(&parsed(&onnx, &entry)).err());
            let mut session = net.session().unwrap();
            fill(session.input().unwrap(), width, height, &entry);
            // Twice: a buffer that was not left as it was found would show.
            for _ in 0..2 {
                session.run().unwrap();
            }
            for (index, expected) in expected.iter().enumerate() {
                compare(&format!("{what}, output {index}"), session.output(index).unwrap(), expected);
            }
        }
    }
}

fn compare(what: &str, ours: &[f32], expected: &[f32]) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    let probabilities = expected.iter().all(|value| (0.0..=1.0).contains(value));
    let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let largest = if probabilities { 1.0 } else { largest };
    for (ours, expected) in ours.iter().zip(expected) {
        let difference = (ours - expected).abs();
        assert!(difference <= TOLERANCE * largest, "{what}: {difference} of {largest}");
    }
}
