//! `vivat evaluate`, as a person or a program at a terminal meets it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::models::pipelines;
use crate::support::pictures::png;
use crate::support::program::{Said, program};
use crate::support::server::{models, photos};

/// A folder with the demo photos (one of them as a bitmap, too), a wall without a face, a file that is no picture, and a list.
struct Folder {
    directory: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for name in ["obama.jpg", "obama2.jpg", "biden.jpg", "astronaut.png"] {
            fs::copy(photos().join(name), directory.path().join(name)).unwrap();
        }
        let wall = png(&image::RgbImage::from_pixel(320, 240, image::Rgb([90; 3])));
        fs::write(directory.path().join("wall.png"), wall).unwrap();
        image::open(photos().join("obama2.jpg")).unwrap().save(directory.path().join("obama2.bmp")).unwrap();
        fs::write(directory.path().join("text.jpg"), "no picture, whatever its name says").unwrap();
        Self { directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs `vivat evaluate` over a list of these lines.
    fn evaluate(&self, pack: &str, what: &[&str], list: &str, further: &[&str]) -> Said {
        fs::write(self.path("list.csv"), list).unwrap();
        let mut command = program(&["evaluate"]);
        command.args(what).arg(self.path("list.csv")).arg("--root").arg(self.directory.path());
        command.args(further).env("VIVAT_MODELS", models()).env("VIVAT_PACK", pack);
        Said::by(command.env("XDG_CACHE_HOME", self.path("cache")))
    }
}

const PAIRS: [&str; 2] = ["verification", "--pairs"];
const ALL_PAIRS: [&str; 2] = ["verification", "--all-pairs"];
const PAD: [&str; 2] = ["pad", "--list"];

fn packs() -> impl Iterator<Item = &'static str> {
    pipelines().iter().map(|pipeline| pipeline.pack().name.as_str())
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// All entries of a cache, with their rights.
fn entries(cache: &Path) -> Vec<(PathBuf, u32)> {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut found = Vec::new();
    for pack in fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path()) {
        found.push((pack.clone(), mode(&pack)));
        found.extend(
            fs::read_dir(pack).unwrap().map(|entry| entry.unwrap().path()).map(|path| (path.clone(), mode(&path))),
        );
    }
    found
}

#[test]
fn pairs_give_rates_groups_and_a_report() {
    let folder = Folder::new();
    let list = "a,b,same,place,session_id,a_identity,b_identity\n\
        obama.jpg,obama2.jpg,1,office,1,Obama,Obama\n\
        obama.jpg,biden.jpg,0,office,2,Obama,Biden\n\
        obama2.jpg,astronaut.png,0,field,3,Obama,Collins\n\
        biden.jpg,wall.png,0,field,4,Biden,Collins\n\
        biden.jpg,text.jpg,0,,5,Biden,Collins\n";
    let report = folder.path("report.html");
    for pack in packs() {
        let answer = folder.evaluate(pack, &PAIRS, list, &["--json", "--report", report.to_str().unwrap()]);
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        let json = answer.json();
        for key in ["pairs", "genuine", "impostor", "failed", "auc", "eer", "fnmr_at_fmr", "groups", "det"] {
            assert!(json.get(key).is_some(), "{key} is missing");
        }
        let counts = ["pairs", "genuine", "impostor", "failed", "failed_pairs", "unreadable", "pictures"];
        assert_eq!(counts.map(|key| json[key].as_u64().unwrap()), [5, 1, 2, 2, 2, 1, 6], "{pack}");
        assert_eq!((json["auc"].as_f64(), json["eer"].as_f64()), (Some(1.0), Some(0.0)), "{pack}");
        assert_eq!(keys(&json["fnmr_at_fmr"]), ["1e-1", "1e-2", "1e-3", "1e-4", "1e-5"]);
        let at = &json["fnmr_at_fmr"]["1e-3"];
        assert_eq!((at["fnmr"].as_f64(), at["low"].as_f64(), at["high"].as_f64()), (Some(0.0), Some(0.0), Some(1.0)));
        assert_eq!((&at["supported"], &at["impostor_needed"]), (&false.into(), &3000.into()));
        assert!(at["threshold"].as_f64().unwrap() < 1.0);
        assert_eq!(keys(&json["groups"]["place"]), ["field", "office"]);
        assert_eq!(json["groups"]["place"]["office"]["fnmr_against_whole"], "cannot_tell");
        assert_eq!(json["passed_over"], serde_json::json!(["session_id"]));
        assert_eq!(json["models"]["pack"], pack);

        let page = fs::read_to_string(&report).unwrap();
        assert!(page.contains("<svg") && page.contains("误不匹配率") && page.contains("False non-match rate"));
        for foreign in ["http", "<script", "<img", "<link", "obama", "biden", "astronaut"] {
            assert!(!page.contains(foreign), "the report contains {foreign}");
        }
    }
}

#[test]
fn all_pairs_compare_everybody_and_the_cache_remembers() {
    let folder = Folder::new();
    let list = "file,identity,sex\nobama.jpg,Obama,m\nobama2.bmp,Obama,m\nbiden.jpg,Biden,m\nastronaut.png,Collins,f\n";
    let pack = packs().next().unwrap();
    let first = folder.evaluate(pack, &ALL_PAIRS, list, &["--json"]);
    assert_eq!(first.code, Some(0), "{}", first.err);
    let mut json = first.json();
    let counts = ["pairs", "genuine", "impostor", "failed", "people"];
    assert_eq!(counts.map(|key| json[key].as_u64().unwrap()), [6, 1, 5, 0, 3]);
    // Of men two impostor comparisons, of women none: pairs across groups are in none.
    assert_eq!(json["groups"]["sex"]["m"]["fmr"]["trials"], 2);
    assert_eq!(json["groups"]["sex"]["f"]["fmr"]["trials"], 0);

    let cache = folder.path("cache/vivat");
    let kept = entries(&cache);
    assert_eq!(kept.len(), 5, "{kept:?}");
    for (path, mode) in &kept {
        assert_eq!(*mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
    let mut again = folder.evaluate(pack, &ALL_PAIRS, list, &["--json"]).json();
    for result in [&mut json, &mut again] {
        result["models"]["measured_at"] = Value::Null;
    }
    assert_eq!(again, json, "the same pictures gave other figures");
    // From the cache alone: an entry that says "no face" is believed.
    let name = hex::encode(Sha256::digest(fs::read(folder.path("astronaut.png")).unwrap()));
    let (entry, _) = kept.iter().find(|(path, _)| path.ends_with(&name)).unwrap();
    let mut seen: Value = serde_json::from_slice(&fs::read(entry).unwrap()).unwrap();
    seen["template"] = Value::Null;
    fs::write(entry, seen.to_string()).unwrap();
    assert_eq!(folder.evaluate(pack, &ALL_PAIRS, list, &["--json"]).json()["failed"], 1);
    let told = folder.evaluate(pack, &ALL_PAIRS, list, &["--no-cache"]);
    assert!(
        told.out.contains("6 pairs: 1 genuine, 5 impostor, 0 lost") && told.out.contains("not shown"),
        "{}",
        told.out
    );
}

#[test]
fn attacks_are_counted_by_species() {
    let folder = Folder::new();
    let list = "file,live,species,room\n\
        obama.jpg,1,,a\n\
        astronaut.png,1,,b\n\
        wall.png,1,,b\n\
        biden.jpg,0,paper,a\n\
        wall.png,0,paper,a\n\
        text.jpg,0,,b\n";
    let report = folder.path("pad.html");
    for pipeline in pipelines().iter().filter(|pipeline| pipeline.pack().has_pad) {
        let pack = &pipeline.pack().name;
        let answer = folder.evaluate(pack, &PAD, list, &["--json", "--report", report.to_str().unwrap()]);
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        let json = answer.json();
        for key in ["bona_fide", "attacks", "bpcer", "apcer", "apcer_worst", "auc", "non_response", "curve", "groups"] {
            assert!(json.get(key).is_some(), "{key} is missing");
        }
        assert_eq!((&json["bona_fide"], &json["attacks"], &json["unreadable"]), (&3.into(), &3.into(), &1.into()));
        assert_eq!(json["non_response"]["bona_fide"]["errors"], 1);
        assert_eq!(json["non_response"]["attacks"]["paper"]["errors"], 1);
        assert_eq!(keys(&json["apcer"]), ["paper", "unspecified"]);
        // A portrait under the name of an attack passes, as it should: it is one of a living person.
        assert_eq!((json["apcer_worst"].as_f64(), &json["worst_species"]), (Some(1.0), &"paper".into()));
        let strict = folder.evaluate(pack, &PAD, list, &["--json", "--threshold", "1.1"]).json();
        assert_eq!((strict["bpcer"].as_f64(), strict["apcer_worst"].as_f64()), (Some(1.0), Some(0.0)));
        let page = fs::read_to_string(&report).unwrap();
        assert!(page.contains("<svg") && page.contains("真人误拒率") && !page.contains("obama"));
    }
}

#[test]
fn a_list_that_cannot_be_right_is_refused_with_its_line() {
    let folder = Folder::new();
    let pair = "a,b,same\nobama.jpg,obama2.jpg,1\n";
    for (what, list, code, message) in [
        (PAIRS, format!("{pair}obama.jpg,biden.jpg,perhaps\n"), "list_invalid", "line 3: `same` must be 1 or 0"),
        (PAIRS, format!("{pair}obama.jpg,nobody.jpg,0\n"), "list_invalid", "line 3: there is no file"),
        (PAIRS, format!("{pair}biden.jpg,biden.jpg,1\n"), "list_invalid", "line 3: a picture is compared with itself"),
        (PAIRS, format!("{pair}obama2.jpg,obama.jpg,0\n"), "list_invalid", "line 3: this line contradicts"),
        (
            PAIRS,
            "a,b,same,a_identity,b_identity\nobama.jpg,obama2.jpg,1,Obama,Biden\n".to_owned(),
            "list_invalid",
            "line 2: this line contradicts",
        ),
        (PAIRS, format!("{pair}obama2.jpg\n"), "file_unreadable", "line: 3"),
        (PAIRS, "a,b\nobama.jpg,obama2.jpg\n".to_owned(), "list_invalid", "`same` is not among them"),
        (PAIRS, "a,b,same\n".to_owned(), "list_invalid", "the list is empty"),
        (ALL_PAIRS, "file,identity\nobama.jpg,1\nobama.jpg,1\n".to_owned(), "list_invalid", "line 3: this picture is"),
        (ALL_PAIRS, "file,identity\nobama.jpg,\n".to_owned(), "list_invalid", "line 2: the identity is missing"),
        (PAD, "file,live\nobama.jpg,2\n".to_owned(), "list_invalid", "line 2: `live` must be 1 or 0"),
    ] {
        let answer = folder.evaluate("auto", &what, &list, &["--json"]);
        assert_eq!(answer.code, Some(3), "{list}: {}", answer.err);
        let error = &answer.json()["error"];
        assert_eq!(error["code"], code, "{list}");
        assert!(error["message"].as_str().unwrap().contains(message), "{list}: {error}");
    }
    let told = folder.evaluate("auto", &PAIRS, "a,b\n", &[]);
    assert!(told.code == Some(3) && told.out.is_empty() && told.err.contains("list.csv"), "{}", told.err);
    let both = folder.evaluate("auto", &PAIRS, pair, &["--all-pairs", "x.csv"]);
    assert!(both.code == Some(3) && both.err.contains("cannot be used with"), "{}", both.err);
}

#[test]
fn what_cannot_be_measured_is_said() {
    let folder = Folder::new();
    let pack = packs().next().unwrap();
    let one_kind = folder.evaluate(pack, &PAIRS, "a,b,same\nobama.jpg,obama2.jpg,1\n", &["--json", "--no-cache"]);
    assert_eq!((one_kind.code, &one_kind.json()["error"]["code"]), (Some(3), &"too_few_comparisons".into()));
    let pairs = "a,b,same\nobama.jpg,obama2.jpg,1\nobama.jpg,biden.jpg,0\n";
    let unwritable =
        folder.evaluate(pack, &PAIRS, pairs, &["--json", "--no-cache", "--report", "/nowhere/report.html"]);
    assert_eq!((unwritable.code, &unwritable.json()["error"]["code"]), (Some(3), &"file_unwritable".into()));
    assert!(!folder.path("cache").exists(), "something was kept");
    for pipeline in pipelines().iter().filter(|pipeline| !pipeline.pack().has_pad) {
        let name = &pipeline.pack().name;
        let answer = folder.evaluate(name, &PAD, "file,live\nobama.jpg,1\nobama2.jpg,0\n", &["--json"]);
        assert_eq!((answer.code, &answer.json()["error"]["code"]), (Some(3), &"not_assessed".into()));
    }
}
