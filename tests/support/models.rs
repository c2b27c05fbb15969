//! The installed model packs, each loaded once for all tests.

use std::sync::OnceLock;

use vivat::vision::{Analysis, ModelError, PackChoice, Pipeline};

use super::server::models;

/// A pipeline of every installed pack. A pack that is not there is told, not failed; none at all is a failure.
pub(crate) fn pipelines() -> &'static [Pipeline] {
    static LOADED: OnceLock<Vec<Pipeline>> = OnceLock::new();
    LOADED.get_or_init(|| {
        let mut loaded = Vec::new();
        for choice in [PackChoice::Open, PackChoice::Registry] {
            match Pipeline::load(&models(), choice.clone()) {
                Ok(pipeline) => loaded.push(pipeline),
                Err(ModelError::NotInstalled { .. }) => eprintln!("SKIPPED: pack {choice:?} is not installed"),
                Err(error) => panic!("{error}"),
            }
        }
        assert!(!loaded.is_empty(), "no model pack in {}: run ./setup", models().display());
        loaded
    })
}

/// Looks at one picture with a workspace of its own.
pub(crate) fn analyse(pipeline: &Pipeline, bytes: &[u8]) -> Analysis {
    pipeline.analyse(&mut pipeline.workspace().unwrap(), bytes).unwrap()
}

/// A models folder whose files are links to the installed ones, so that one of them can be replaced; with the cohorts and
/// the calibrations.
pub(crate) fn borrowed(packs: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(models().join("manifest.toml"), folder.path().join("manifest.toml")).unwrap();
    for part in ["calibrations", "cohorts"] {
        std::fs::create_dir(folder.path().join(part)).unwrap();
        for file in std::fs::read_dir(models().join(part)).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), folder.path().join(part).join(file.file_name())).unwrap();
        }
    }
    for pack in packs {
        std::fs::create_dir(folder.path().join(pack)).unwrap();
        for file in std::fs::read_dir(models().join(pack)).unwrap() {
            let file = file.unwrap();
            let target = file.path().canonicalize().unwrap();
            std::os::unix::fs::symlink(target, folder.path().join(pack).join(file.file_name())).unwrap();
        }
    }
    folder
}
