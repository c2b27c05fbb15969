//! `vivat calibrate`: from labelled pictures to a file that decides, or to the number of pairs that are missing.

use std::fmt::Write;
use std::path::Path;

use image::ImageFormat;

use crate::support::models::{borrowed, pipelines};
use crate::support::program::{Said, program};
use crate::support::server::{models, photo, photos};

/// Three people, each in as many pictures as they are made here: the same photos in another light.
const PEOPLE: [(&str, &[&str]); 3] =
    [("a", &["obama.jpg", "obama2.jpg", "obama3.jpg"]), ("b", &["biden.jpg"]), ("c", &["astronaut.png"])];

/// A folder of labelled pictures with the list `labels.csv`. `lights` pictures of each photo.
fn labelled(lights: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::from("file,identity,light\n");
    for (person, photos) in PEOPLE {
        for (number, name) in photos.iter().enumerate() {
            let picture = image::load_from_memory(&photo(name)).unwrap().thumbnail(400, 400).to_rgb8();
            for light in 0..lights {
                let file = format!("{person}{number}{light}.png");
                let brighter = image::imageops::brighten(&picture, 12 * i32::try_from(light).unwrap());
                brighter.save_with_format(folder.path().join(&file), ImageFormat::Png).unwrap();
                writeln!(list, "{file},{person},{light}").unwrap();
            }
        }
    }
    std::fs::write(folder.path().join("labels.csv"), list).unwrap();
    folder
}

fn vivat(models: &Path, arguments: &[&str]) -> Said {
    Said::by(program(arguments).env("VIVAT_MODELS", models).env("VIVAT_PACK", &pipelines()[0].pack().name))
}

#[test]
fn a_rate_that_the_sample_cannot_show_is_refused_with_what_is_missing() {
    let folder = labelled(1);
    let (list, out) = (folder.path().join("labels.csv"), folder.path().join("out.toml"));
    let [list, out_name] = [&list, &out].map(|path| path.to_str().unwrap());
    let arguments = ["--population", "demo", "--name-en", "Demo", "--name-zh", "演示", "--no-cache", "--out", out_name];
    let answer = vivat(&models(), &[&["calibrate", "--all-pairs", list], arguments.as_slice()].concat());
    assert_eq!(answer.code, Some(3));
    let said = answer.err;
    for missing in ["an FMR of 0.01 needs 300 impostor pairs", "has 7, 293 are missing", "has 7, 2993 are missing"] {
        assert!(said.contains(missing), "{missing}: {said}");
    }
    assert!(!out.exists(), "nothing is written");
}

#[test]
fn what_is_calibrated_decides() {
    let folder = labelled(3);
    let models = borrowed(&[&pipelines()[0].pack().name]);
    let (list, out) = (folder.path().join("labels.csv"), models.path().join("calibrations/demo.toml"));
    let [list, out_name] = [&list, &out].map(|path| path.to_str().unwrap());
    let arguments = ["--population", "demo", "--name-en", "Demo", "--name-zh", "演示", "--fmr", "0.1", "--no-cache"];
    let calibrate = [&["calibrate", "--all-pairs", list, "--out", out_name], arguments.as_slice()].concat();
    let answer = vivat(models.path(), &calibrate);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(answer.out.contains("3 people, 42 genuine and 63 impostor pairs"), "{}", answer.out);
    let written = std::fs::read_to_string(&out).unwrap();
    assert!(
        written.contains("group = \"light = 2\"") && !written.contains(folder.path().to_str().unwrap()),
        "{written}"
    );

    let again = vivat(models.path(), &calibrate);
    assert_eq!(again.code, Some(3));
    assert!(again.err.contains("--replace"), "{}", again.err);
    let [reference, probe] = ["obama.jpg", "obama2.jpg"].map(|name| photos().join(name).to_str().unwrap().to_owned());
    let compare = ["verify", &reference, &probe, "--fmr", "0.1", "--population"];
    let decided = vivat(models.path(), &[compare.as_slice(), &["demo"]].concat());
    assert_eq!(decided.code, Some(0), "{}", decided.err);
    let undecided = vivat(models.path(), &[compare.as_slice(), &["nobody"]].concat());
    assert_eq!(undecided.code, Some(3), "{}", undecided.out);
}
