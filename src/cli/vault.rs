//! Where the key-encryption keys of the vault come from: a file, an environment variable, or a command.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context;
use zeroize::Zeroizing;

use super::database::DatabaseArgs;
use super::key_file;
use crate::service::open_vault::{is_founded, open_vault};
use crate::store::Store;
use crate::vault::{KeyError, KeyKeeper, KeySource, Keyring, Vault};

/// Where the keys of the vault come from.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct VaultArgs {
    /// Keys that lock the vault: `file:PATH`, `env:NAME`, or `command:CMD`, whose output they are (64 hexadecimal digits a line,
    /// the present key first). All nodes need the same [default: `file:vault.key` in the data directory, made at the first start]
    #[arg(long, global = true, value_name = "SOURCE", env = "VIVAT_VAULT_KEY")]
    vault_key: Option<Source>,
}

/// A source of keys, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A file of keys.
    File(PathBuf),
    /// The name of an environment variable.
    Environment(String),
    /// A command for `sh`.
    Command(String),
}

impl FromStr for Source {
    type Err = &'static str;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        match typed.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("env", name)) if !name.is_empty() => Ok(Self::Environment(name.to_owned())),
            Some(("command", command)) if !command.is_empty() => Ok(Self::Command(command.to_owned())),
            // What was typed may be the key itself.
            _ => Err("expected file:PATH, env:NAME or command:CMD"),
        }
    }
}

impl VaultArgs {
    /// Where the keys are.
    pub(super) fn source(&self, database: &DatabaseArgs) -> Source {
        self.vault_key.clone().unwrap_or_else(|| Source::File(database.data.join("vault.key")))
    }

    /// Opens the vault of the record; founds it when there is none, and makes its key when the file is missing.
    pub(super) async fn open(&self, database: &DatabaseArgs, store: &Store) -> anyhow::Result<Vault> {
        let source = self.source(database);
        if let Source::File(path) = &source
            && !path.exists()
            && !is_founded(store).await?
        {
            let line = Zeroizing::new(Keyring::fresh_line().to_string() + "\n");
            key_file::make(path, &line).with_context(|| format!("cannot make a vault key in {}", path.display()))?;
            eprintln!("a new vault key in {}: keep a copy elsewhere, nothing opens without it", path.display());
        }
        let keys = KeyKeeper::new(Arc::new(source))?;
        Ok(open_vault(store, Arc::new(keys)).await?)
    }
}

impl KeySource for Source {
    fn read(&self) -> Result<Keyring, KeyError> {
        let unavailable = |why: String| KeyError::Unavailable(why);
        let text = match self {
            Self::File(path) => read_file(path)?,
            Self::Environment(name) => {
                let found = std::env::var(name).ok().map(Zeroizing::new);
                found.ok_or_else(|| unavailable(format!("the environment variable {name} holds no text")))?
            }
            Self::Command(command) => run(command)?,
        };
        Keyring::parse(&text).map_err(|error| unavailable(format!("{self}: {error}")))
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "the environment variable {name}"),
            // Its arguments may be secret.
            Self::Command(_) => f.write_str("the command of --vault-key"),
        }
    }
}

fn read_file(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let read = key_file::read(path, "the key of the vault").map_err(|error| format!("{error:#}"));
    let text = read.and_then(|text| text.ok_or_else(|| format!("there is no file {}", path.display())));
    text.map_err(KeyError::Unavailable)
}

/// What a command prints. What it says on standard error goes to ours.
fn run(command: &str) -> Result<Zeroizing<String>, KeyError> {
    let said = Command::new("sh").args(["-c", command]).stderr(std::process::Stdio::inherit()).output();
    let output = said.map_err(|error| KeyError::Unavailable(format!("the command of --vault-key: {error}")))?;
    let (status, text) = (output.status, Zeroizing::new(output.stdout));
    if !status.success() {
        return Err(KeyError::Unavailable(format!("the command of --vault-key ended with {status}")));
    }
    let text = std::str::from_utf8(&text).map(|text| Zeroizing::new(text.to_owned()));
    text.map_err(|_| KeyError::Unavailable("the command of --vault-key printed no text".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_gives_keys_and_no_error_shows_one() {
        let key = "ab".repeat(32);
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("keys");
        key_file::make(&file, &key).unwrap();
        let first = |source: &Source| source.read().unwrap().names().next().unwrap().clone();
        let (by_file, by_command) = (Source::File(file.clone()), Source::Command(format!("echo; echo {key}")));
        assert_eq!(first(&by_file), first(&by_command));

        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        for (source, word) in [
            (by_file, "can be read by others"),
            (Source::File(directory.path().join("none")), "there is no file"),
            (Source::Environment("VIVAT_TEST_NO_SUCH".to_owned()), "holds no text"),
            (Source::Command(format!("echo {key}; exit 3")), "exit status: 3"),
            (Source::Command(format!("echo {key}x")), "64 hexadecimal digits"),
        ] {
            let said = source.read().unwrap_err().to_string();
            assert!(said.contains(word) && !said.contains("abab"), "{said}");
        }
        assert!(key.parse::<Source>().is_err_and(|said| !said.contains("abab")));
    }
}
