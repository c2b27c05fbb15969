//! Each stage of the pipeline, for every installed pack: a portrait in a frame of 1280 × 720, as JPEG.
//!
//!     cargo bench --bench pipeline
//!
//! The stages are timed inside the pipeline, so a figure is what the stage costs in its place, caches and all.

#![expect(clippy::expect_used, reason = "a bench that cannot go on says so by panicking")]

use std::hint::black_box;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use image::{DynamicImage, ImageFormat, RgbImage, imageops};
use vivat::vision::{ModelError, PackChoice, Pipeline};

fn path(variable: &str, default: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(default), PathBuf::from)
}

fn frame() -> Vec<u8> {
    let portrait = path("VIVAT_PHOTOS", "fixtures/photos").join("obama.jpg");
    let portrait = image::open(portrait).expect("./setup fetches the photos").crop_imm(100, 0, 800, 1000);
    let mut frame = RgbImage::from_pixel(1280, 720, image::Rgb([96, 104, 112]));
    imageops::overlay(&mut frame, &portrait.thumbnail(720, 720).into_rgb8(), 350, 0);
    let mut jpeg = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(frame).write_to(&mut jpeg, ImageFormat::Jpeg).expect("JPEG is compiled in");
    jpeg.into_inner()
}

fn stages(criterion: &mut Criterion) {
    let (models, frame) = (path("VIVAT_MODELS", "models"), frame());
    for choice in [PackChoice::Open, PackChoice::Registry] {
        let pipeline = match Pipeline::load(&models, choice.clone()) {
            Ok(pipeline) => pipeline,
            Err(ModelError::NotInstalled { .. }) => continue,
            Err(error) => panic!("{error}"),
        };
        let mut group = criterion.benchmark_group(&pipeline.pack().name);
        group.sample_size(20).measurement_time(Duration::from_secs(4)).warm_up_time(Duration::from_secs(1));
        group.bench_function("load", |bencher| bencher.iter(|| Pipeline::load(black_box(&models), choice.clone())));

        let mut workspace = pipeline.workspace().expect("the models run");
        let mut analyse = || pipeline.analyse(&mut workspace, black_box(&frame)).expect("the frame is a picture");
        assert!(analyse().template.is_some(), "the whole way is measured");
        for (stage, (name, _)) in analyse().timings.stages().into_iter().enumerate() {
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|times| {
                    let spent: f32 = (0..times).map(|_| analyse().timings.stages()[stage].1).sum();
                    Duration::from_secs_f32(spent / 1000.0)
                });
            });
        }
        group.bench_function("total", |bencher| bencher.iter(&mut analyse));
        group.finish();
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
