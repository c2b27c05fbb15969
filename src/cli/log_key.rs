//! The private key of the log: a file, made at the first start.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rand::RngExt;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::database::DatabaseArgs;
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
        make(&path).with_context(|| format!("cannot make the key of the log in {}", path.display()))?;
        load(&path)?.with_context(|| format!("the key of the log in {} went away", path.display()))
    }

    /// The key, if there is one.
    pub(super) fn load(&self, database: &DatabaseArgs) -> anyhow::Result<Option<NoteSigner>> {
        load(&self.path(database))
    }
}

fn load(path: &Path) -> anyhow::Result<Option<NoteSigner>> {
    let place = path.display();
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => Zeroizing::new(read.with_context(|| format!("cannot read the key of the log in {place}"))?),
    };
    if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        bail!("the key of the log in {place} can be read by others: chmod 600 it, and ask yourself who has read it");
    }
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), seed.as_mut_slice())
        .with_context(|| format!("{place} does not hold 64 hexadecimal digits"))?;
    let unnamed = NoteSigner::new("vivat", KeyKind::Note, &seed)?;
    // Without a name of its own, a log is named after its key: no two are taken for one another.
    let digest = hex::encode(Sha256::digest(unnamed.public().to_string()));
    Ok(Some(NoteSigner::new(&format!("vivat/{}", &digest[..16]), KeyKind::Note, &seed)?))
}

/// Of processes that start together one makes the key, whole, and the others find it.
fn make(path: &Path) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(rand::rng().random());
    let text = Zeroizing::new(hex::encode(seed.as_slice()) + "\n");
    let draft = directory.join(format!(".log.key.{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| std::fs::hard_link(&draft, path));
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}
