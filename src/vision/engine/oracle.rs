//! tract says what our own engine should have computed.

use std::path::PathBuf;

use image::RgbImage;
use tract_onnx::prelude::TypedModel;

use super::{Arena, InstructionSet, Net, general, planner};
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

/// Noise, or a photo, over the range of bytes as the model is fed them.
fn fill(planes: &mut [f32], (width, height): (usize, usize), entry: &ModelEntry, photo: Option<&RgbImage>) {
    let step = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let mut noise = std::iter::successors(Some(7_u32), step).skip(1).map(|state| (state >> 24) as f32);
    for (channel, plane) in planes.chunks_exact_mut(width * height).enumerate() {
        for (index, value) in plane.iter_mut().enumerate() {
            let byte = match photo {
                Some(photo) => {
                    let (x, y) = ((index % width) as u32, (index / width) as u32);
                    let (x, y) = (x * photo.width() / width as u32, y * photo.height() / height as u32);
                    f32::from(photo.get_pixel(x, y).0[channel])
                }
                None => noise.next().unwrap_or_default(),
            };
            *value = (byte - entry.input.mean) / entry.input.scale;
        }
    }
}

/// Noise, and a photo where one is installed.
fn inputs() -> Vec<Option<RgbImage>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/photos");
    let photo = std::env::var_os("VIVAT_PHOTOS").map_or(root, PathBuf::from).join("obama.jpg");
    let photo = image::open(photo).map(|photo| photo.to_rgb8());
    if photo.is_err() {
        eprintln!("SKIPPED: the photos are not installed, so noise alone is looked at");
    }
    [None].into_iter().chain(photo.ok().map(Some)).collect()
}

/// The one large input is that of a detector that takes any size, and tract takes seconds for it.
fn size(entry: &ModelEntry) -> (usize, usize) {
    (entry.input.width.min(320), entry.input.height.min(256))
}

fn parsed(onnx: &[u8], entry: &ModelEntry) -> TypedModel {
    let (width, height) = size(entry);
    general::parse(onnx, width, height).unwrap()
}

#[test]
fn every_installed_model_is_lowered_whole_and_agrees_with_tract_on_each_instruction_set() {
    let (inputs, arena) = (inputs(), Arena::default());
    for (entry, onnx) in installed() {
        let (width, height) = size(&entry);
        let model = general::Model::new(parsed(&onnx, &entry), [1, 3, height, width]).unwrap();
        let mut tract = model.session().unwrap();
        for set in InstructionSet::available() {
            let what = format!("{} with {set}", entry.name);
            let net = Net::load(&onnx, width, height, set).unwrap();
            assert!(net.multiplications().is_some(), "{what}: {:?}", planner::lower(&parsed(&onnx, &entry)).err());
            let mut session = net.session(&arena).unwrap();
            for photo in &inputs {
                fill(tract.input().unwrap(), (width, height), &entry, photo.as_ref());
                tract.run().unwrap();
                fill(session.input().unwrap(), (width, height), &entry, photo.as_ref());
                session.run().unwrap();
                for index in 0..net.output_shapes().len() {
                    let what = format!("{what}, output {index}");
                    compare(&what, session.output(index).unwrap(), tract.output(index).unwrap());
                }
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
