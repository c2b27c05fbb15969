//! Which lists of labelled pictures, and where their pictures are.

use std::path::{Path, PathBuf};

use super::super::labelled::PairsList;
use super::CalibrateError;

/// The lists.
#[derive(Debug, clap::Args)]
pub(super) struct SetArgs {
    /// CSV of pairs: a, b (pictures), same (1 or 0); further columns make groups. Of several lists each has to support every
    /// rate, and the threshold is the highest that one of them takes
    #[arg(long, value_name = "PAIRS.csv", required_unless_present = "all_pairs")]
    pairs: Vec<PathBuf>,
    /// CSV of pictures: file, identity; every picture is compared with every other; further columns make groups
    #[arg(long, value_name = "LABELS.csv")]
    all_pairs: Vec<PathBuf>,
    /// Directory that the names of a list are relative to; once for all lists or once for each, those of --pairs first
    /// [default: where the list lies]
    #[arg(long, value_name = "DIR")]
    root: Vec<PathBuf>,
}

/// One list of labelled pictures.
pub(super) struct Set {
    /// The name of its directory.
    pub(super) name: String,
    /// Where its pictures are.
    pub(super) root: PathBuf,
    /// How the list was named, without where it lies on this machine.
    pub(super) typed: String,
    /// Its comparisons.
    pub(super) list: PairsList,
}

impl SetArgs {
    /// Reads the lists.
    pub(super) fn read(&self) -> Result<Vec<Set>, CalibrateError> {
        let lists =
            self.pairs.iter().map(|path| (path, "--pairs")).chain(self.all_pairs.iter().map(|p| (p, "--all-pairs")));
        let lists: Vec<_> = lists.collect();
        if self.root.len() > 1 && self.root.len() != lists.len() {
            return Err(CalibrateError::Roots("give --root not at all, once, or once for each list"));
        }
        let mut sets: Vec<Set> = Vec::with_capacity(lists.len());
        for (number, (path, option)) in lists.into_iter().enumerate() {
            let root = match self.root.as_slice() {
                [] => path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")),
                [one] => one,
                many => &many[number],
            };
            let name = named(root, number);
            let name = if sets.iter().any(|set| set.name == name) { format!("{name}-{}", number + 1) } else { name };
            let list = match option {
                "--pairs" => PairsList::read_pairs(path, root)?,
                _ => PairsList::read_identities(path, root)?,
            };
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let typed = format!("{option} {name}/{file}");
            sets.push(Set { name, root: root.to_owned(), typed, list });
        }
        Ok(sets)
    }
}

/// The last part of a directory's path, wherever it is written from.
fn named(root: &Path, number: usize) -> String {
    let whole = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    whole.file_name().map_or_else(|| format!("set-{}", number + 1), |name| name.to_string_lossy().into_owned())
}
