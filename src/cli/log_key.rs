//! The private key of the log: a file, made at the first start.

use std::path::{Path, PathBuf};

use anyhow::Context;
use rand::RngExt;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::database::DatabaseArgs;
use super::key_file;
use crate::log::note::{KeyKind, NoteSigner};

/// Where the private key of the log is.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct LogKeyArgs {
    /// File with the private key of the log, the same for all nodes [default: log.key in the data directory]
    #[arg(long, value_name = "FILE", env = "VIVAT_LOG_KEY")]
    log_key: Option<PathBuf>,
}

impl LogKeyArgs {
    fn path(&self, database: &DatabaseArgs) -> PathBuf {
        self.log_key.clone().unwrap_or_else(|| database.data.join("log.key"))
    }

    /// The key, made when there is none.
    pub(super) fn load_or_make(&self, database: &DatabaseArgs) -> anyhow::Result<NoteSigner> {
        let path = self.path(database);
        if let Some(signer) = load(&path)? {
            return Ok(signer);
        }
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(rand::rng().random());
        let text = Zeroizing::new(hex::encode(seed.as_slice()) + "\n");
        key_file::make(&path, &text)
            .with_context(|| format!("cannot make the key of the log in {}", path.display()))?;
        load(&path)?.with_context(|| format!("the key of the log in {} went away", path.display()))
    }

    /// The key, if there is one.
    pub(super) fn load(&self, database: &DatabaseArgs) -> anyhow::Result<Option<NoteSigner>> {
        load(&self.path(database))
    }
}

fn load(path: &Path) -> anyhow::Result<Option<NoteSigner>> {
    let Some(text) = key_file::read(path, "the key of the log")? else { return Ok(None) };
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), seed.as_mut_slice())
        .with_context(|| format!("{} does not hold 64 hexadecimal digits", path.display()))?;
    let unnamed = NoteSigner::new("vivat", KeyKind::Note, &seed)?;
    // Without a name of its own, a log is named after its key: no two are taken for one another.
    let digest = hex::encode(Sha256::digest(unnamed.public().to_string()));
    Ok(Some(NoteSigner::new(&format!("vivat/{}", &digest[..16]), KeyKind::Note, &seed)?))
}
