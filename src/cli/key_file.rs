//! Files that hold a private key: of their owner only, made whole or not at all.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, bail};
use zeroize::Zeroizing;

/// The text of the file, if there is one. `what` names it in errors, which never show the text.
pub(super) fn read(path: &Path, what: &str) -> anyhow::Result<Option<Zeroizing<String>>> {
    let place = path.display();
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => Zeroizing::new(read.with_context(|| format!("cannot read {what} in {place}"))?),
    };
    if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        bail!("{what} in {place} can be read by others: chmod 600 it, and ask yourself who has read it");
    }
    Ok(Some(text))
}

/// Makes the file. Of processes that start together one makes it, whole, and the others find it.
pub(super) fn make(path: &Path, text: &str) -> std::io::Result<()> {
    let draft = draft(path, text)?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Replaces the file, whole: whoever reads it meanwhile reads the old text or the new one.
pub(super) fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::rename(draft(path, text)?, path)?;
    std::fs::File::open(directory(path))?.sync_all()
}

/// A file beside it with the text, on the disk.
fn draft(path: &Path, text: &str) -> std::io::Result<std::path::PathBuf> {
    let directory = directory(path);
    std::fs::create_dir_all(directory)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = directory.join(format!(".{name}.{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    match file.write_all(text.as_bytes()).and_then(|()| file.sync_all()) {
        Ok(()) => Ok(draft),
        Err(error) => {
            std::fs::remove_file(&draft)?;
            Err(error)
        }
    }
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
