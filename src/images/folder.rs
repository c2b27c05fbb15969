//! Pictures in a folder: kept and deleted together, off the async threads.
//!
//! A file is written under its name at once. One that was cut off in the middle has no row that knows it, and is deleted with
//! the other pictures that no row knows.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How often a folder is made that is deleted by somebody else at the same moment.
const PATIENCE: usize = 10;

#[derive(Clone)]
pub(super) struct Folder(Arc<Path>);

impl Folder {
    pub(super) fn at(path: &Path) -> Self {
        Self(path.into())
    }

    /// Each file has the parts of its content, one after another. When it returns, contents and names are on the disk.
    pub(super) async fn keep(&self, files: Vec<(String, Vec<Vec<u8>>)>) -> io::Result<()> {
        self.aside(move |folder| folder.keep_now(&files)).await
    }

    /// What is not there is deleted already. Folders that are empty then go too.
    pub(super) async fn delete(&self, names: Vec<String>) -> io::Result<()> {
        self.aside(move |folder| folder.delete_now(&names)).await
    }

    async fn aside(&self, act: impl FnOnce(&Self) -> io::Result<()> + Send + 'static) -> io::Result<()> {
        let folder = self.clone();
        tokio::task::spawn_blocking(move || act(&folder)).await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
    }

    fn keep_now(&self, files: &[(String, Vec<Vec<u8>>)]) -> io::Result<()> {
        let (mut written, mut folders) = (Vec::with_capacity(files.len()), BTreeSet::new());
        for (name, parts) in files {
            let path = self.path(name);
            let mut file = self.create(&path)?;
            parts.iter().try_for_each(|part| file.write_all(part))?;
            written.push(file);
            folders.extend(path.parent().map(Path::to_owned));
        }
        written.iter().try_for_each(File::sync_all)?;
        folders.iter().try_for_each(|folder| sync(folder))
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        let mut created = File::create(path);
        for _ in 0..PATIENCE {
            match &created {
                Err(missing) if missing.kind() == ErrorKind::NotFound => self.make_folder_of(path)?,
                _ => break,
            }
            created = File::create(path);
        }
        created
    }

    fn make_folder_of(&self, path: &Path) -> io::Result<()> {
        let Some(folder) = path.parent() else { return Ok(()) };
        fs::create_dir_all(folder)?;
        // Each name that may be new stands in the folder above it.
        folder.ancestors().skip(1).take_while(|above| above.starts_with(&self.0)).try_for_each(sync)
    }

    fn delete_now(&self, names: &[String]) -> io::Result<()> {
        let mut folders = BTreeSet::new();
        for name in names {
            let path = self.path(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => folders.extend(path.parent().map(Path::to_owned)),
            }
        }
        for folder in folders {
            // Most are not empty, and stay.
            let mut above = folder.ancestors().take_while(|at| **at != *self.0);
            let _ = above.try_for_each(fs::remove_dir);
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_come_and_go_together_and_empty_folders_go_with_them() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(place.path());
        let files = |day: &str| {
            ["one", "two"]
                .map(|name| (format!("probes/{day}/{name}"), vec![b"picture ".to_vec(), name.as_bytes().to_vec()]))
        };
        folder.keep(files("monday").into()).await.unwrap();
        folder.keep(files("tuesday").into()).await.unwrap();
        assert_eq!(fs::read(place.path().join("probes/monday/two")).unwrap(), b"picture two");

        let names = |day: &str| files(day).map(|(name, _)| name).to_vec();
        folder.delete(names("monday")).await.unwrap();
        folder.delete(names("monday")).await.unwrap();
        assert!(!place.path().join("probes/monday").exists() && place.path().join("probes/tuesday/one").exists());
        folder.delete(names("tuesday")).await.unwrap();
        assert!(place.path().exists() && !place.path().join("probes").exists());
        folder.keep(files("monday").into()).await.unwrap();
        assert!(place.path().join("probes/monday/one").exists());
    }
}
