//! A model of the operator's own works with a calibration, and not without.

use std::path::Path;

use vivat::vision::{PackChoice, Pipeline};

use crate::support::models::{borrowed, pipelines};
use crate::support::program::{Said, program};
use crate::support::server::{models, photos};

/// The embedder of pack registry, as an operator would describe one.
const ENTRY: &str = r#"
name = "our-embedder"
role = "embedder"
head = "embedding"
licence = "Apache-2.0"
publisher = "an operator"
input = { width = 112, height = 112, channels = "rgb", mean = 127.5, scale = 128.0 }
template = [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
dimension = 192
"#;

fn vivat(models: &Path, arguments: &[&str]) -> Said {
    Said::by(program(arguments).env("VIVAT_MODELS", models))
}

fn add(models: &Path, pack: &str, entry: &str) -> Said {
    let file = models.join("entry.toml");
    std::fs::write(&file, entry).unwrap();
    let model = models.join("registry/mobilefacenet.onnx");
    let [file, model] = [&file, &model].map(|path| path.to_str().unwrap());
    vivat(models, &["models", "add", "--pack", pack, "--from", model, "--entry", file])
}

#[test]
fn a_model_of_ones_own_decides_once_it_is_calibrated() {
    if pipelines().iter().all(|pipeline| pipeline.pack().name != "registry") {
        return eprintln!("SKIPPED: pack registry is not installed");
    }
    let folder = borrowed(&["registry"]);
    let dir = folder.path();
    let added = add(dir, "own", ENTRY);
    assert_eq!(added.code, Some(0), "{}", added.err);
    let listed = vivat(dir, &["models", "list"]).out;
    assert!(listed.contains("open: not installed") && listed.contains("not calibrated"), "{listed}");
    assert_eq!(vivat(dir, &["models", "verify"]).code, Some(0));

    let [reference, probe] = ["obama.jpg", "obama2.jpg"].map(|name| photos().join(name).to_str().unwrap().to_owned());
    let compare = || vivat(dir, &["verify", &reference, &probe, "--pack", "own", "--json"]);
    let undecided = compare();
    assert_eq!(undecided.code, Some(3));
    assert!(undecided.out.contains("not_calibrated"), "{}", undecided.out);

    let pack = Pipeline::load(dir, PackChoice::Own("own".parse().unwrap())).unwrap();
    let ours = std::fs::read_to_string(models().join("calibrations/registry-east_asian.toml")).unwrap();
    let line = ours.lines().find(|line| line.starts_with("pack = ")).unwrap();
    let own = ours.replace(line, &format!("pack = \"{}\"", pack.pack().digest));
    std::fs::write(dir.join("calibrations/own.toml"), own).unwrap();
    let decided = compare();
    assert_eq!(decided.code, Some(0), "{}", decided.out);

    // One byte of another file is another model.
    let altered = dir.join("own/mobilefacenet.onnx");
    let mut bytes = std::fs::read(&altered).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(&altered, bytes).unwrap();
    let verified = vivat(dir, &["models", "verify"]);
    assert_eq!(verified.code, Some(1));
    assert!(verified.out.contains("own: the model file"), "{}", verified.out);
}

#[test]
fn a_model_that_breaks_its_contract_is_not_added() {
    if pipelines().iter().all(|pipeline| pipeline.pack().name != "registry") {
        return eprintln!("SKIPPED: pack registry is not installed");
    }
    let folder = borrowed(&["registry"]);
    let dir = folder.path();
    let dimension = ENTRY.replace("dimension = 192", "dimension = 191");
    let hash = format!("sha256 = \"\"\n{ENTRY}");
    for (pack, entry, said) in [
        ("own", dimension.as_str(), "the dimension is not that of its output"),
        ("own", hash.as_str(), "not valid"),
        ("own", "name = \"nothing\"", "missing field"),
        ("registry", ENTRY, "choose a name of your own"),
        ("../own", ENTRY, "is not the name of a model pack"),
        ("calibrations", ENTRY, "is not the name of a model pack"),
    ] {
        let refused = add(dir, pack, entry);
        assert_ne!(refused.code, Some(0), "{said}");
        assert!(refused.err.contains(said), "{said}: {}", refused.err);
        assert!(!dir.join("own").exists() && !dir.join("local.toml").exists(), "{said}: something is left");
    }
}
