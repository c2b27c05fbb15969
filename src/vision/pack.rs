//! Finds the installed models and trusts none of them before its hash is checked.

use std::fmt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::domain::calibration::{CalibratedTwice, Calibrations};

use super::calibrations;
use super::engine::{EngineError, InstructionSet, Net};
use super::manifest::{InputSpec, Manifest, ModelEntry, Role};
use super::pack_choice::PackChoice;

/// SHA-256 over the names and hashes of a pack's models, and how its embedder is used. Templates of two packs are not
/// comparable, so each carries it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PackDigest([u8; 32]);

impl PackDigest {
    /// From its 32 bytes, as they were stored beside a template.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn of(models: &[Model]) -> Self {
        let mut names: Vec<_> = models.iter().map(|m| (&m.entry.name, &m.entry.sha256)).collect();
        names.sort_unstable();
        let hash = names.into_iter().fold(Sha256::new(), |hash, (name, sha256)| {
            hash.chain_update(name).chain_update([0]).chain_update(sha256).chain_update([0])
        });
        let hash = models.iter().filter(|m| m.entry.role == Role::Embedder).fold(hash, |hash, Model { entry, .. }| {
            let cohort = entry.cohort.as_ref().map_or("", |cohort| &cohort.sha256);
            hash.chain_update([u8::from(entry.mirrored)]).chain_update(cohort).chain_update([0])
        });
        Self(hash.finalize().into())
    }
}

impl fmt::Display for PackDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PackDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PackDigest({self})")
    }
}

/// What is known about the loaded models.
#[derive(Debug, Clone)]
pub struct PackInfo {
    /// `open`, `registry`, or one of the operator's own.
    pub name: String,
    /// Identifies the exact models.
    pub digest: PackDigest,
    /// Whether one frame says something about liveness.
    pub has_pad: bool,
    /// What a similarity means, by population; without it the machine does not decide.
    pub calibrations: Calibrations,
}

/// Why the models cannot be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// There is no manifest, or it cannot be read.
    #[error("cannot read the model manifest {}: {source}. Point --models (or VIVAT_MODELS) at the folder that holds manifest.toml", path.display())]
    Manifest {
        /// Where it was looked for.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The manifest is not one.
    #[error("the model manifest {} is not valid: {source}", path.display())]
    Syntax {
        /// The manifest.
        path: PathBuf,
        /// What is wrong, and in which line.
        source: toml::de::Error,
    },
    /// A calibration cannot be read.
    #[error("cannot read the calibration {}: {source}", path.display())]
    Calibration {
        /// The file, or the folder of them.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// A file is no calibration, or says more than its sample shows.
    #[error("the calibration {} does not count: {source}. Correct it, or make it anew with `vivat calibrate`", path.display())]
    NoCalibration {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: toml::de::Error,
    },
    /// Two calibrations for one population.
    #[error("{source} in {}: keep one of them", dir.display())]
    CalibratedTwice {
        /// The folder of calibrations.
        dir: PathBuf,
        /// Which population.
        source: CalibratedTwice,
    },
    /// The operator's manifest does not go with ours.
    #[error("the manifest {}: {what}", path.display())]
    Local {
        /// The operator's manifest.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// No wanted pack is there.
    #[error("no model pack is installed in {} (looked for {wanted}). Run ./setup to fetch one", dir.display())]
    NotInstalled {
        /// The models folder.
        dir: PathBuf,
        /// The names that were looked for.
        wanted: String,
    },
    /// A pack is there in part.
    #[error("the model file {} is missing or cannot be read: {source}. Run ./setup to fetch it again", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// A file is not the one that was pinned.
    #[error(
        "the model file {} is not the one in the manifest: sha256 {found}, expected {expected}. Delete it and run ./setup",
        path.display()
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// The pinned hash.
        expected: String,
        /// The hash of what is there.
        found: String,
    },
    /// The manifest asks for something that this program cannot do.
    #[error("model `{model}`: {what}. The manifest and this version of Vivat do not belong together")]
    Contract {
        /// Its name in the manifest.
        model: String,
        /// What does not fit.
        what: String,
    },
    /// The inference engine refuses the file.
    #[error("model `{model}` does not load: {source}")]
    Engine {
        /// Its name in the manifest.
        model: String,
        /// What the engine said.
        source: EngineError,
    },
}

/// Every pack that the manifests name, installed or not.
///
/// # Errors
/// When a manifest cannot be read.
pub fn pack_names(dir: &Path) -> Result<Vec<String>, ModelError> {
    Ok(Manifest::read(dir)?.packs.into_iter().map(|pack| pack.name).collect())
}

/// What is known of a pack: its files are read and compared with their hashes, not loaded.
///
/// # Errors
/// [`ModelError`] says which file is missing or altered, and what to do.
pub fn find_pack(dir: &Path, choice: PackChoice) -> Result<PackInfo, ModelError> {
    Pack::open(dir, choice, InstructionSet::best()).map(|pack| pack.info)
}

/// A verified model file.
pub(crate) struct Model {
    pub(crate) entry: ModelEntry,
    pub(crate) bytes: Vec<u8>,
    /// Of an embedder that has one.
    pub(crate) cohort: Option<Vec<u8>>,
    /// What it may run with.
    pub(crate) instructions: InstructionSet,
}

impl Model {
    /// Hands the file to the inference engine.
    pub(crate) fn load_net(&self, spec: &InputSpec) -> Result<Net, ModelError> {
        Net::load(&self.bytes, spec.width, spec.height, self.instructions)
            .map_err(|source| ModelError::Engine { model: self.entry.name.clone(), source })
    }

    /// The manifest asks of this model what cannot be.
    pub(crate) fn contract(&self, what: impl Into<String>) -> ModelError {
        ModelError::Contract { model: self.entry.name.clone(), what: what.into() }
    }
}

/// A pack whose files are all there and all as pinned.
pub(crate) struct Pack {
    pub(crate) info: PackInfo,
    models: Vec<Model>,
}

impl Pack {
    /// Finds, reads and verifies the chosen pack under `dir`.
    pub(crate) fn open(dir: &Path, choice: PackChoice, instructions: InstructionSet) -> Result<Self, ModelError> {
        let (manifest, wanted) = (Manifest::read(dir)?, choice.names());

        // Any file of a pack makes it installed: a pack that lost one must fail here, not silently give way to another
        // whose templates do not compare.
        let installed = |name: &&String| {
            let mut entries = manifest.models.iter().filter(|model| model.pack == **name);
            entries.any(|model| dir.join(&model.pack).join(&model.file).exists())
        };
        let missing = || ModelError::NotInstalled { dir: dir.to_owned(), wanted: wanted.join(", ") };
        let name = wanted.iter().find(installed).ok_or_else(missing)?;

        let models =
            manifest.models_of(name).into_par_iter().map(|entry| read_verified(dir, entry.clone(), instructions));
        let models = models.collect::<Result<Vec<_>, _>>()?;
        let digest = PackDigest::of(&models);
        let calibrations = calibrations::of_pack(dir, digest)?;
        let has_pad = models.iter().any(|m| m.entry.role == Role::Pad);
        let info = PackInfo { name: name.to_owned(), digest, has_pad, calibrations };
        Ok(Self { info, models })
    }

    /// All models of a role, in the manifest's order.
    pub(crate) fn all(&self, role: Role) -> impl Iterator<Item = &Model> {
        self.models.iter().filter(move |m| m.entry.role == role)
    }

    /// The one model of a role that no pack can do without.
    pub(crate) fn one(&self, role: Role) -> Result<&Model, ModelError> {
        self.all(role).next().ok_or_else(|| ModelError::Contract {
            model: self.info.name.clone(),
            what: format!("the pack has no {role:?} model"),
        })
    }
}

fn read_verified(dir: &Path, entry: ModelEntry, instructions: InstructionSet) -> Result<Model, ModelError> {
    let bytes = read_pinned(dir.join(&entry.pack).join(&entry.file), &entry.sha256)?;
    let cohort = match &entry.cohort {
        Some(cohort) => Some(read_pinned(dir.join(&cohort.file), &cohort.sha256)?),
        None => None,
    };
    Ok(Model { entry, bytes, cohort, instructions })
}

fn read_pinned(path: PathBuf, sha256: &str) -> Result<Vec<u8>, ModelError> {
    let bytes = std::fs::read(&path).map_err(|source| ModelError::Missing { path: path.clone(), source })?;
    let found = hex::encode(Sha256::digest(&bytes));
    if found == sha256 { Ok(bytes) } else { Err(ModelError::Altered { path, expected: sha256.to_owned(), found }) }
}
