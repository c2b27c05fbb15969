//! What the models said of a picture, kept for the next time.
//!
//! An entry is found by the bytes of the picture, the digest of the pack, and the very program: whatever changes, the
//! picture is looked at again.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::LabelledError;
use super::look::Seen;
use crate::vision::PackDigest;

/// Where what was seen is kept.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct CacheArgs {
    /// Keep what the models see in this directory, for the next time [default: vivat, in the user's cache directory]. It holds
    /// face templates, readable by its owner only: delete it when you are done
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Keep nothing
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
}

impl CacheArgs {
    /// The cache for a pack; `None` where none is wanted, or there is no place for it.
    pub(in crate::cli) fn open(&self, pack: PackDigest) -> Result<Option<Cache>, LabelledError> {
        if self.no_cache {
            return Ok(None);
        }
        let of_user = || {
            let directory = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
            let cache = directory("XDG_CACHE_HOME").or_else(|| Some(directory("HOME")?.join(".cache")))?;
            Some(cache.join("vivat"))
        };
        self.cache.clone().or_else(of_user).map(|directory| Cache::open(&directory, pack)).transpose()
    }
}

/// A directory of entries of one pack and program.
pub(in crate::cli) struct Cache {
    directory: PathBuf,
}

impl Cache {
    fn open(directory: &Path, pack: PackDigest) -> Result<Self, LabelledError> {
        let failed = |source| LabelledError::Cache { path: directory.to_owned(), source };
        let key = Sha256::new().chain_update(pack.as_bytes()).chain_update(program().map_err(failed)?).finalize();
        let own = directory.join(hex::encode(&key[..16]));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&own).map_err(failed)?;
        Ok(Self { directory: own })
    }

    fn path(&self, picture: &[u8]) -> PathBuf {
        self.directory.join(hex::encode(Sha256::digest(picture)))
    }

    /// What was seen in a picture with these bytes. A damaged entry is none.
    pub(super) fn find(&self, picture: &[u8]) -> Option<Seen> {
        serde_json::from_slice(&fs::read(self.path(picture)).ok()?).ok()
    }

    /// Keeps what was seen. Whoever reads meanwhile finds all of it or nothing.
    pub(super) fn keep(&self, picture: &[u8], seen: &Seen) -> Result<(), LabelledError> {
        let path = self.path(picture);
        let draft = path.with_extension(format!("{}-{:?}", std::process::id(), std::thread::current().id()));
        let write = || {
            let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
            file.write_all(&serde_json::to_vec(seen)?)?;
            fs::rename(&draft, &path)
        };
        write().map_err(|source| LabelledError::Cache { path, source })
    }
}

/// The hash of the running program: one that was built anew may see otherwise.
fn program() -> std::io::Result<[u8; 32]> {
    let mut file = fs::File::open(std::env::current_exe()?)?;
    let (mut hash, mut part) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut part)?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(&part[..read]);
    }
}
