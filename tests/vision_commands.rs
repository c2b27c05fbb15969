//! `vivat verify` and `vivat inspect`, as a person or a program at a terminal meets them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::models::pipelines;
use crate::support::pictures::png;
use crate::support::program::{Said, program};
use crate::support::server::{models, photos};

fn vivat(pack: &str, arguments: &[&str]) -> Said {
    Said::by(program(arguments).env("VIVAT_MODELS", models()).env("VIVAT_PACK", pack))
}

fn of(name: &str) -> String {
    photos().join(name).to_str().unwrap().to_owned()
}

fn packs() -> impl Iterator<Item = &'static str> {
    pipelines().iter().map(|pipeline| pipeline.pack().name.as_str())
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_same_person_matches_and_another_does_not() {
    for pack in packs() {
        for (probe, decision, code) in [("obama2.jpg", "match", 0), ("biden.jpg", "no_match", 1)] {
            let answer = vivat(pack, &["verify", &of("obama.jpg"), &of(probe), "--json"]);
            assert_eq!(answer.code, Some(code), "{pack}, {probe}: {}", answer.err);
            let json = answer.json();
            let mut keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
            keys.sort_unstable();
            assert_eq!(keys, ["decision", "fmr", "population", "reasons", "similarity", "threshold", "timings_ms"]);
            assert_eq!(json["decision"], decision, "{pack}, {probe}");
            assert_eq!((&json["fmr"], &json["reasons"]), (&0.001.into(), &Value::Array(vec![])));
            let number = |key: &str| json[key].as_f64().unwrap();
            assert_eq!(number("similarity") >= number("threshold"), code == 0);
            for photo in ["reference", "probe"] {
                assert!(json["timings_ms"][photo]["decode"].as_f64().unwrap() > 0.0);
                assert!(json["timings_ms"][photo]["embed"].as_f64().unwrap() > 0.0);
            }
        }
    }
}

#[test]
fn a_poor_photo_is_a_retake_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let wall = file(folder.path(), "wall.png", &png(&image::RgbImage::from_pixel(320, 240, image::Rgb([90; 3]))));
    for pack in packs() {
        let answer = vivat(pack, &["verify", &of("obama.jpg"), &wall, "--json"]);
        assert_eq!(answer.code, Some(2), "{}", answer.err);
        let json = answer.json();
        assert_eq!((&json["decision"], &json["similarity"]), (&"retake".into(), &Value::Null));
        assert_eq!((&json["reasons"][0]["photo"], &json["reasons"][0]["code"]), (&"probe".into(), &"no_face".into()));
        let told = vivat(pack, &["verify", &of("obama.jpg"), &wall]);
        assert!(told.out.starts_with("Retake") && told.out.contains("Look into the camera"), "{}", told.out);
    }
}

#[test]
fn errors_are_exit_code_3_in_words_and_in_json() {
    let folder = tempfile::tempdir().unwrap();
    let text = file(folder.path(), "text.jpg", b"this is not a picture, whatever its name says");
    let missing = folder.path().join("missing.jpg").to_str().unwrap().to_owned();
    let pack = packs().next().unwrap();
    let good = of("obama.jpg");
    for (arguments, code) in [
        (["verify", &good, &text].as_slice(), "image_not_readable"),
        (&["verify", &missing, &good], "file_unreadable"),
        (&["verify", &good, &good, "--models", "/nowhere"], "models_unusable"),
        (&["verify", &good, &good, "--fmr", "0.0000001"], "not_calibrated"),
        (&["verify", &good, &good, "--population", "martian"], "not_calibrated"),
        (&["inspect", &text], "image_not_readable"),
        (&["inspect", &missing], "file_unreadable"),
    ] {
        let answer = vivat(pack, &[arguments, &["--json"]].concat());
        assert_eq!(answer.code, Some(3), "{arguments:?}: {}{}", answer.out, answer.err);
        let error = &answer.json()["error"];
        assert_eq!(error["code"], code, "{arguments:?}");
        assert!(error["message"].as_str().unwrap().len() > 20, "{arguments:?}: {error}");
    }
    let told = vivat(pack, &["verify", &missing, &good]);
    assert_eq!((told.code, told.out.as_str()), (Some(3), ""));
    assert!(told.err.contains(&missing), "{}", told.err);
}

#[test]
fn inspect_shows_what_was_seen_and_draws_it() {
    let folder = tempfile::tempdir().unwrap();
    for pack in packs() {
        let drawn = folder.path().join(format!("{pack}.png"));
        let answer = vivat(pack, &["inspect", &of("astronaut.png"), "--json", "--draw", drawn.to_str().unwrap()]);
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        let json = answer.json();
        assert_eq!(json["seen"]["width"], 512);
        assert_eq!(json["seen"]["face"]["mesh"].as_array().unwrap().len(), 468);
        assert!(json.get("template").is_none(), "a face left the program");
        let (original, drawn) = (image::open(of("astronaut.png")).unwrap(), image::open(drawn).unwrap());
        assert_eq!((drawn.width(), drawn.height() > original.height()), (512, true));
        assert_ne!(drawn.crop_imm(0, 0, 512, 512).into_rgb8(), original.into_rgb8());
    }
    let pack = packs().next().unwrap();
    let unwritable = vivat(pack, &["inspect", &of("astronaut.png"), "--draw", "/nowhere/out.png"]);
    assert_eq!(unwritable.code, Some(3));
    assert!(unwritable.err.contains("/nowhere/out.png"), "{}", unwritable.err);
}

#[test]
fn bench_gives_the_time_of_each_stage_and_of_a_certification() {
    let names = ["align", "decode", "detect", "embed", "landmarks", "liveness", "quality", "resize"];
    for pack in packs().take(1) {
        let measured = |more: &[&str]| {
            let answer = vivat(pack, &[&["bench", &of("obama.jpg"), "--repeat", "1", "--json"], more].concat());
            assert_eq!(answer.code, Some(0), "{}", answer.err);
            answer.json()
        };
        let (one, two) = (measured(&[]), measured(&["--frames", "2"]));
        for (json, frames) in [(&one, Value::Null), (&two, Value::from(2))] {
            assert_eq!((&json["pack"], &json["face"], &json["frames"]), (&pack.into(), &true.into(), &frames));
            let stage = json["cpu_ms"]["stage"].as_object().unwrap();
            let mut known: Vec<&str> = stage.keys().map(String::as_str).collect();
            known.sort_unstable();
            assert_eq!(known, names);
            let stages: Vec<f64> = stage.values().map(|milliseconds| milliseconds.as_f64().unwrap()).collect();
            let (sum, total) = (stages.iter().sum::<f64>(), json["cpu_ms"]["total"].as_f64().unwrap());
            assert!(stages.iter().all(|milliseconds| *milliseconds > 0.0), "{pack}: {stages:?}");
            assert!(total >= 0.999 * sum, "{pack}: stages take {sum}, all of it {total}");
        }
        let total = |json: &Value| json["cpu_ms"]["total"].as_f64().unwrap();
        assert!(total(&two) > 1.3 * total(&one), "{pack}: two frames cost no more than one");
    }
}

#[test]
fn bench_says_in_words_what_it_measured() {
    let folder = tempfile::tempdir().unwrap();
    let wall = file(folder.path(), "wall.png", &png(&image::RgbImage::from_pixel(320, 240, image::Rgb([90; 3]))));
    let pack = packs().next().unwrap();
    let answer = vivat(pack, &["bench", &wall, "--repeat", "1"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    for said in ["320 × 240 pixels", "median of 1", "decode", "in all", "No face was found"] {
        assert!(answer.out.contains(said), "{said}: {}", answer.out);
    }
    let nowhere = vivat(pack, &["bench", "/nowhere.jpg", "--json"]);
    assert_eq!((nowhere.code, &nowhere.json()["error"]["code"]), (Some(3), &"file_unreadable".into()));
}
