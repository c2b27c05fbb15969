//! Models are trusted by their hash only, and what is wrong with them is said with what to do.

use std::path::Path;

use vivat::domain::population::PopulationId;
use vivat::domain::score::FalseMatchRate;
use vivat::vision::{ModelError, PackChoice, Pipeline};

use crate::support::models::{borrowed, pipelines};
use crate::support::server::models;

fn load(folder: &Path) -> ModelError {
    match Pipeline::load(folder, PackChoice::Auto) {
        Ok(pipeline) => panic!("pack {} was loaded", pipeline.pack().name),
        Err(error) => error,
    }
}

/// The name of an installed pack and one of its files.
fn victim() -> (&'static str, String) {
    let pack = pipelines()[0].pack().name.as_str();
    let mut files: Vec<String> = std::fs::read_dir(models().join(pack))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".onnx"))
        .collect();
    files.sort();
    (pack, files.swap_remove(0))
}

#[test]
fn a_model_with_one_byte_changed_is_refused() {
    let (pack, file) = victim();
    let folder = borrowed(&[pack]);
    let path = folder.path().join(pack).join(&file);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let error = load(folder.path());
    assert!(matches!(&error, ModelError::Altered { path, .. } if path.ends_with(&file)), "{error}");
    assert!(error.to_string().contains("./setup"), "{error}");
}

#[test]
fn a_pack_without_one_of_its_files_does_not_give_way_to_another() {
    let (pack, file) = victim();
    let installed: Vec<&str> = pipelines().iter().map(|pipeline| pipeline.pack().name.as_str()).collect();
    let folder = borrowed(&installed);
    std::fs::remove_file(folder.path().join(pack).join(&file)).unwrap();
    let error = load(folder.path());
    assert!(matches!(&error, ModelError::Missing { path, .. } if path.ends_with(&file)), "{error}");
    assert!(error.to_string().contains("./setup"), "{error}");
}

#[test]
fn nothing_installed() {
    let error = load(borrowed(&[]).path());
    assert!(matches!(&error, ModelError::NotInstalled { .. }), "{error}");
    assert!(error.to_string().contains("./setup"), "{error}");
}

#[test]
fn no_manifest_and_a_broken_one() {
    let folder = tempfile::tempdir().unwrap();
    let error = load(folder.path());
    assert!(matches!(&error, ModelError::Manifest { .. }), "{error}");
    assert!(error.to_string().contains("VIVAT_MODELS"), "{error}");
    std::fs::write(folder.path().join("manifest.toml"), "[[model]]\nname = 3").unwrap();
    assert!(matches!(load(folder.path()), ModelError::Syntax { .. }));
}

#[test]
fn a_manifest_that_promises_something_else_is_refused() {
    let (pack, _) = victim();
    let folder = borrowed(&[pack]);
    let path = folder.path().join("manifest.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    for (from, to) in [("dimension = ", "dimension = 1"), ("head = \"embedding\"", "head = \"minifasnet\"")] {
        std::fs::write(&path, manifest.replace(from, to)).unwrap();
        let error = load(folder.path());
        assert!(matches!(&error, ModelError::Contract { .. }), "{from}: {error}");
    }
}

#[test]
fn packs_are_told_apart_and_know_what_their_scores_mean() {
    for pipeline in pipelines() {
        let pack = pipeline.pack();
        assert_eq!(pack.has_pad, pack.name == "open", "{}", pack.name);
        // The shipped calibrations are of the models that are run: of another digest they would not be found.
        assert!(pack.calibrations.at(&PopulationId::east_asian(), FalseMatchRate(1e-3)).is_some(), "{}", pack.name);
    }
    let mut digests: Vec<_> = pipelines().iter().map(|pipeline| pipeline.pack().digest.to_string()).collect();
    digests.dedup();
    assert_eq!(digests.len(), pipelines().len());
}
