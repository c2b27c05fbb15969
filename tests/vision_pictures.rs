//! What is wrong with a picture is found, and nothing that strangers send is more than an error.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels and colours of pictures that are made here"
)]

use std::time::Instant;

use image::{ImageFormat, Rgb, RgbImage, imageops};
use proptest::prelude::*;
use vivat::domain::evidence::{Finding, Liveness};
use vivat::vision::{DecodeError, VisionError};

use crate::support::models::{analyse, pipelines};
use crate::support::pictures::{beside, deflated_zeros, encode, png, png_of, portrait, recoloured, with_orientation};
use crate::support::server::photo;

/// Every pack must find exactly this wrong with the picture.
fn finds(expected: &[Finding], picture: &RgbImage, what: &str) {
    for pipeline in pipelines() {
        let analysis = analyse(pipeline, &png(picture));
        assert_eq!(analysis.findings, expected, "{what}, pack {}", pipeline.pack().name);
    }
}

/// Every pack must find at least this wrong with the picture: what spoils it may spoil more than one thing.
fn finds_among_others(expected: Finding, picture: &RgbImage, what: &str) {
    for pipeline in pipelines() {
        let findings = analyse(pipeline, &png(picture)).findings;
        assert!(findings.contains(&expected), "{what}: {findings:?}, pack {}", pipeline.pack().name);
    }
}

/// Head and shoulders.
fn bust(name: &str) -> RgbImage {
    let [x, y, side] = match name {
        "obama.jpg" => [230, 20, 560],
        "biden.jpg" => [270, 60, 600],
        other => panic!("no bust of {other}"),
    };
    imageops::crop_imm(&portrait(name), x, y, side, side).to_image()
}

#[test]
fn good_portraits_have_nothing_to_change() {
    for name in ["obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "astronaut.png"] {
        for pipeline in pipelines() {
            let analysis = analyse(pipeline, &photo(name));
            assert_eq!(analysis.findings, [], "{name}, pack {}", pipeline.pack().name);
            assert!(analysis.template.is_some());
            let assessed = matches!(analysis.liveness, Liveness::Passive { bona_fide } if bona_fide > 0.5);
            assert_eq!(assessed, pipeline.pack().has_pad, "{name}, pack {}", pipeline.pack().name);
        }
    }
}

#[test]
fn no_face_gives_no_template() {
    let empty = RgbImage::from_fn(640, 480, |x, y| Rgb([(x / 4) as u8, (y / 3) as u8, 90]));
    finds(&[Finding::NoFace], &empty, "a wall");
    for pipeline in pipelines() {
        let analysis = analyse(pipeline, &png(&empty));
        assert!(analysis.template.is_none() && analysis.seen.face.is_none());
        assert_eq!(analysis.liveness, Liveness::NotAssessed);
    }
}

#[test]
fn two_people_are_one_too_many() {
    let both = beside(&bust("obama.jpg"), &bust("biden.jpg"));
    finds(&[Finding::SeveralFaces], &both, "two people");
    for pipeline in pipelines() {
        let analysis = analyse(pipeline, &png(&both));
        assert!(analysis.trace.is_none(), "a trace of one of two people");
        assert_eq!(analysis.liveness, Liveness::NotAssessed);
    }
}

#[test]
fn somebody_far_behind_does_not_matter() {
    let mut picture = bust("obama.jpg");
    let behind = imageops::thumbnail(&bust("biden.jpg"), 140, 140);
    imageops::replace(&mut picture, &behind, 0, 0);
    finds(&[], &picture, "somebody far behind");
}

#[test]
fn a_face_cut_by_the_border() {
    for name in ["obama_partial_face.jpg", "obama_partial_face2.jpg"] {
        finds_among_others(Finding::CutByBorder, &portrait(name), name);
    }
    let half = imageops::crop_imm(&bust("obama.jpg"), 0, 0, 560, 250).to_image();
    finds_among_others(Finding::CutByBorder, &half, "no mouth");
    let eye = imageops::crop_imm(&bust("obama.jpg"), 240, 0, 320, 560).to_image();
    finds(&[Finding::CutByBorder], &eye, "one eye");
    for pipeline in pipelines() {
        assert!(analyse(pipeline, &png(&eye)).template.is_none(), "a template of what the mesh made up");
    }
}

#[test]
fn a_face_too_far_away() {
    let mut hall = RgbImage::from_pixel(1280, 720, Rgb([120, 125, 130]));
    imageops::replace(&mut hall, &imageops::thumbnail(&bust("obama.jpg"), 90, 90), 500, 200);
    finds_among_others(Finding::TooFar, &hall, "far away");
}

#[test]
fn too_little_and_too_much_light() {
    let bust = bust("obama.jpg");
    finds_among_others(Finding::TooDark, &recoloured(&bust, |v| v * 0.1), "a tenth of the light");
    finds_among_others(Finding::TooBright, &recoloured(&bust, |v| v * 2.0), "twice the light");
    finds_among_others(Finding::LowContrast, &recoloured(&bust, |v| 128.0 + (v - 128.0) * 0.2), "fog");
}

#[test]
fn a_blurred_face() {
    finds_among_others(Finding::Blurred, &imageops::blur(&bust("biden.jpg"), 11.0), "out of focus");
}

#[test]
fn a_leaning_head() {
    let side = imageops::rotate90(&bust("obama.jpg"));
    for pipeline in pipelines() {
        let findings = analyse(pipeline, &png(&side)).findings;
        let told = findings.contains(&Finding::Leaning) || findings == [Finding::NoFace];
        assert!(told, "lying on the side: {findings:?}, pack {}", pipeline.pack().name);
    }
}

#[test]
fn covered_eyes() {
    let mut picture = bust("obama.jpg");
    for pipeline in pipelines() {
        let seen = analyse(pipeline, &png(&picture)).seen.face.unwrap();
        for eye in &seen.five_points[..2] {
            let (x, y) = (eye.x as u32, eye.y as u32);
            for (dx, dy) in (0..60).flat_map(|dx| (0..36).map(move |dy| (dx, dy))) {
                picture.put_pixel(x + dx - 30, y + dy - 16, Rgb([12, 12, 14]));
            }
        }
    }
    finds_among_others(Finding::EyesCovered, &picture, "dark glasses");
}

#[test]
fn a_small_face_in_a_large_photo_is_found() {
    let mut hall = RgbImage::from_fn(3600, 2400, |x, y| Rgb([(x / 16) as u8, (y / 12) as u8, 110]));
    let bust = imageops::resize(&bust("obama.jpg"), 280, 280, imageops::FilterType::Triangle);
    imageops::replace(&mut hall, &bust, 2900, 1700);
    for pipeline in pipelines() {
        let analysis = analyse(pipeline, &png(&hall));
        let face = analysis.seen.faces.first().expect("the face is found");
        let centre = face.rect.centre();
        assert!((2900.0..3180.0).contains(&centre.x) && (1700.0..1980.0).contains(&centre.y), "{centre:?}");
        assert!(analysis.template.is_some());
    }
}

#[test]
fn a_face_that_fills_the_frame_is_found() {
    let bust = bust("biden.jpg");
    for pipeline in pipelines() {
        let face = analyse(pipeline, &png(&bust)).seen.faces[0].rect;
        let tight = imageops::crop_imm(&bust, face.x as u32, face.y as u32, face.width as u32, face.height as u32);
        let analysis = analyse(pipeline, &png(&tight.to_image()));
        assert!(!analysis.findings.contains(&Finding::NoFace), "pack {}", pipeline.pack().name);
    }
}

#[test]
fn formats_and_orientations_show_the_same_face() {
    let upright = bust("obama.jpg");
    let turned: [(u8, RgbImage); 4] = [
        (1, upright.clone()),
        (3, imageops::rotate180(&upright)),
        (6, imageops::rotate270(&upright)),
        (8, imageops::rotate90(&upright)),
    ];
    for pipeline in pipelines() {
        let reference = analyse(pipeline, &png(&upright)).template.unwrap();
        let as_webp = analyse(pipeline, &encode(&upright, ImageFormat::WebP)).template.unwrap();
        let most = reference.compare(&reference).unwrap().get();
        assert!(reference.compare(&as_webp).unwrap().get() > most - 1e-3);
        for (orientation, picture) in &turned {
            let jpeg = with_orientation(&encode(picture, ImageFormat::Jpeg), *orientation);
            let template = analyse(pipeline, &jpeg).template.expect("the face is upright");
            let similarity = reference.compare(&template).unwrap().get();
            assert!(similarity > most - 0.1, "orientation {orientation}, pack {}: {similarity}", pipeline.pack().name);
        }
    }
}

#[test]
fn bad_files_have_a_name_and_advice() {
    let whole = photo("obama.jpg");
    let cases: [(&str, Vec<u8>, DecodeError, &str); 9] = [
        ("nothing", vec![], DecodeError::Empty, "image_empty"),
        ("text named .jpg", b"Dear pension office, ".repeat(40), DecodeError::NotAnImage, "image_not_readable"),
        ("a GIF", b"GIF89a\x40\0\x40\0\x80\0\0".to_vec(), DecodeError::NotAnImage, "image_not_readable"),
        ("eleven megabytes", vec![0xFF; 11 << 20], DecodeError::TooManyBytes, "image_too_many_bytes"),
        ("a truncated JPEG", whole[..whole.len() / 2].to_vec(), DecodeError::Truncated, "image_truncated"),
        ("1 × 1", png(&RgbImage::new(1, 1)), DecodeError::TooSmall, "image_too_small"),
        ("20,000 × 20,000", png_of(20_000, 20_000, &[]), DecodeError::TooManyPixels, "image_too_many_pixels"),
        ("12,000 × 5,000", png_of(12_000, 5_000, &[]), DecodeError::TooManyPixels, "image_too_many_pixels"),
        ("a header alone", png_of(640, 480, &[]), DecodeError::Truncated, "image_truncated"),
    ];
    let pipeline = &pipelines()[0];
    let mut workspace = pipeline.workspace().unwrap();
    for (what, bytes, expected, code) in cases {
        match pipeline.analyse(&mut workspace, &bytes) {
            Err(VisionError::Decode(cause)) => {
                assert_eq!((cause, cause.code()), (expected, code), "{what}");
                assert!(cause.to_string().contains(". "), "{what}: no advice");
            }
            other => panic!("{what}: {other:?}"),
        }
    }
    assert!(pipeline.analyse(&mut workspace, &whole).unwrap().template.is_some(), "the workspace goes on");
}

#[test]
fn a_png_bomb_goes_off_in_vain() {
    // 2 MB that inflate to 400 MB, behind a header of 64 × 64 pixels, and behind one of the largest size allowed.
    let pipeline = &pipelines()[0];
    let mut workspace = pipeline.workspace().unwrap();
    for (width, height) in [(64, 64), (7_000, 7_000)] {
        let bomb = png_of(width, height, &deflated_zeros(400_000_000));
        let start = Instant::now();
        if let Ok(analysis) = pipeline.analyse(&mut workspace, &bomb) {
            assert_eq!(analysis.findings, [Finding::NoFace]);
        }
        assert!(start.elapsed().as_secs() < 30, "{width} × {height} took {:?}", start.elapsed());
    }
}

#[test]
fn a_workspace_of_other_models_is_refused() {
    if let [one, other, ..] = pipelines() {
        let refused = one.analyse(&mut other.workspace().unwrap(), &photo("obama.jpg"));
        assert!(matches!(refused, Err(VisionError::ForeignWorkspace)));
        let template = |pipeline| analyse(pipeline, &photo("obama.jpg")).template.unwrap();
        assert!(template(one).compare(&template(other)).is_err(), "templates of two packs compare");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    /// Whatever the decoder lets pass, the stages behind it survive.
    #[test]
    fn a_spoilt_photo_never_panics(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        keep in 1usize..=4,
    ) {
        let mut bytes = encode(&bust("obama.jpg"), ImageFormat::Jpeg);
        for (place, value) in changes {
            let place = 600 + place.index(bytes.len() - 602);
            bytes[place] = value;
        }
        bytes.drain(bytes.len() * keep / 4 - 2..bytes.len() - 2);
        for pipeline in pipelines() {
            let _ = pipeline.analyse(&mut pipeline.workspace().unwrap(), &bytes);
        }
    }
}
