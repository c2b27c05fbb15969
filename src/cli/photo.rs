//! One photo from a file to an analysis, and how its failures are told.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use crate::vision::{Analysis, DecodeError, Pipeline, VisionError, Workspace};

use super::models::ModelArgs;

/// Exit code of every failure.
const FAILED: u8 = 3;

/// Why there is no analysis.
#[derive(Debug, thiserror::Error)]
pub(super) enum PhotoError {
    #[error("{0:#}")]
    Models(anyhow::Error),
    #[error("cannot read {}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{}: {source}", path.display())]
    Picture { path: PathBuf, source: DecodeError },
    #[error(transparent)]
    Vision(#[from] VisionError),
}

impl PhotoError {
    /// A stable name for programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Models(_) => "models_unusable",
            Self::File { .. } => "file_unreadable",
            Self::Picture { source, .. } => source.code(),
            Self::Vision(_) => "vision_failed",
        }
    }
}

/// A file that was read. Reading comes before the models are loaded: a wrong name is told at once.
pub(super) struct Photo {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Photo {
    pub(super) fn read(path: &Path) -> Result<Self, PhotoError> {
        let path = path.to_owned();
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Self { path, bytes }),
            Err(source) => Err(PhotoError::File { path, source }),
        }
    }

    /// The file as it stands.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The models, and one worker's workspace.
pub(super) struct Viewer {
    pub(super) pipeline: Pipeline,
    pub(super) workspace: Workspace,
}

impl Viewer {
    pub(super) fn load(models: &ModelArgs) -> Result<Self, PhotoError> {
        let pipeline = models.load().map_err(PhotoError::Models)?;
        let workspace = pipeline.workspace()?;
        Ok(Self { pipeline, workspace })
    }

    pub(super) fn look(&mut self, photo: &Photo) -> Result<Analysis, PhotoError> {
        self.pipeline.analyse(&mut self.workspace, &photo.bytes).map_err(|error| match error {
            VisionError::Decode(source) => PhotoError::Picture { path: photo.path.clone(), source },
            other => PhotoError::Vision(other),
        })
    }
}

/// Tells a failure: as JSON on standard output for programs, in words on standard error for people.
pub(super) fn tell_failure(json: bool, code: &str, message: &str) -> std::io::Result<ExitCode> {
    if json {
        writeln!(std::io::stdout(), "{:#}", json!({ "error": { "code": code, "message": message } }))?;
    } else {
        writeln!(std::io::stderr(), "vivat: {message}")?;
    }
    Ok(ExitCode::from(FAILED))
}
