//! Prints and screens leave signs, with a pack that has attack detectors and with one that has none; portraits leave none.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixels and colours of pictures that are made here"
)]

use std::f32::consts::TAU;

use image::{Rgb, RgbImage, imageops};
use vivat::domain::evidence::Liveness;
use vivat::domain::passive::PassiveSign;

use crate::support::models::{analyse, pipelines};
use crate::support::pictures::{jpeg, png, portrait};
use crate::support::server::photo;

/// Head and shoulders, 400 pixels a side.
fn bust() -> RgbImage {
    let bust = imageops::crop_imm(&portrait("obama.jpg"), 230, 20, 560, 560).to_image();
    imageops::resize(&bust, 400, 400, imageops::FilterType::Triangle)
}

/// A room: light from one side, and no straight edge.
fn room() -> RgbImage {
    RgbImage::from_fn(720, 720, |x, y| {
        let light = 110.0 + 30.0 * (x as f32 / 200.0).sin() + 20.0 * (y as f32 / 150.0).cos();
        Rgb([light as u8, (light * 0.95) as u8, (light * 0.9) as u8])
    })
}

/// Every pack must see the sign in the picture, and none must trust it.
fn is_seen(sign: PassiveSign, picture: &[u8], what: &str) {
    for pipeline in pipelines() {
        let (analysis, pack) = (analyse(pipeline, picture), &pipeline.pack().name);
        assert!(analysis.signs.contains(&sign), "{what}, pack {pack}: {:?}", analysis.signs);
        match analysis.liveness {
            Liveness::Passive { bona_fide } => assert!(bona_fide < 0.01, "{what}, pack {pack}"),
            Liveness::NotAssessed => assert!(!pipeline.pack().has_pad, "{what}, pack {pack}"),
        }
    }
}

#[test]
fn portraits_leave_no_sign() {
    for name in ["obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "astronaut.png"] {
        for pipeline in pipelines() {
            assert_eq!(analyse(pipeline, &photo(name)).signs, [], "{name}, pack {}", pipeline.pack().name);
        }
    }
}

#[test]
fn a_sheet_of_paper_frames_the_face() {
    let mut held = room();
    let sheet = RgbImage::from_pixel(440, 470, Rgb([235, 233, 228]));
    imageops::replace(&mut held, &sheet, 140, 130);
    imageops::replace(&mut held, &bust(), 160, 150);
    is_seen(PassiveSign::Framed, &jpeg(&held, 85), "a print with a white margin");
}

#[test]
fn a_telephone_frames_the_face() {
    let mut held = room();
    let bezel = RgbImage::from_pixel(430, 480, Rgb([24, 24, 26]));
    imageops::replace(&mut held, &bezel, 145, 120);
    imageops::replace(&mut held, &bust(), 160, 150);
    is_seen(PassiveSign::Framed, &jpeg(&held, 85), "a telephone");
}

/// A wave of few steps of brightness over the whole picture, as a display's grid leaves.
fn with_wave(picture: &RgbImage, height: f32) -> RgbImage {
    let mut waved = picture.clone();
    for (x, y, pixel) in waved.enumerate_pixels_mut() {
        let wave = height * (TAU * (0.17 * x as f32 + 0.06 * y as f32)).sin();
        pixel.0 = pixel.0.map(|value| (f32::from(value) + wave).clamp(0.0, 255.0) as u8);
    }
    waved
}

#[test]
fn the_grid_of_a_display_is_a_regular_pattern() {
    is_seen(PassiveSign::Moire, &png(&with_wave(&bust(), 4.0)), "moiré");
    is_seen(PassiveSign::Moire, &jpeg(&with_wave(&bust(), 8.0), 75), "moiré, compressed");
}

#[test]
fn compression_is_no_regular_pattern() {
    for quality in [30, 60, 90] {
        for pipeline in pipelines() {
            let signs = analyse(pipeline, &jpeg(&bust(), quality)).signs;
            assert_eq!(signs, [], "JPEG at {quality}, pack {}", pipeline.pack().name);
        }
    }
}
