//! An export is verified on its own: are the entries those that the log signed, and all of them, in their order?
//!
//! What an export alone cannot show is that the whole log was set back to an older state, or written anew by whoever holds
//! its key. A checkpoint that somebody outside kept, such as a witness, shows that too.

use std::collections::HashMap;
use std::fmt;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::export::{FORMAT, Line};
use super::hash::Hash;
use super::note::{Note, VerifierKey};
use super::tree::Frontier;

/// What was tampered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The content of an entry is not what its leaf was made of.
    Changed(u64),
    /// An entry is gone.
    Removed(u64),
    /// Something stands at that place, counted from 0, that never entered the tree.
    Inserted(u64),
    /// The entry stands at another place than its own.
    Moved {
        /// Its number in the tree.
        number: u64,
        /// Where it stands now.
        place: u64,
    },
    /// A leaf of the tree is missing or stands twice.
    Leaf(u64),
    /// A checkpoint of that size cannot be believed.
    Checkpoint(u64, CheckpointError),
    /// A checkpoint is not one at all, or two do not follow each other in size.
    CheckpointOrder,
    /// The leaves up to the size of the first checkpoint are as signed (none: 0), and those up to the second are not.
    Rewritten(u64, u64),
    /// A checkpoint signs more entries than there are.
    RolledBack {
        /// Entries that the checkpoint knows.
        signed: u64,
        /// Entries that are there.
        present: u64,
    },
    /// The checkpoint from outside bears no good cosignature of a witness of that name.
    NotWitnessed(String),
    /// Entries from that number on are signed by no checkpoint.
    Unsigned(u64),
    /// The export belongs to another log, or to another key.
    AnotherLog,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(number) => write!(f, "entry {number} was changed"),
            Self::Removed(number) => write!(f, "entry {number} was removed"),
            Self::Inserted(place) => write!(f, "an entry was inserted at place {place}"),
            Self::Moved { number, place } => write!(f, "entry {number} was moved to place {place}"),
            Self::Leaf(number) => write!(f, "leaf {number} of the tree is missing or stands twice"),
            Self::Checkpoint(size, why) => write!(f, "the checkpoint of size {size} is not to be believed: {why}"),
            Self::CheckpointOrder => f.write_str("a checkpoint is broken or out of order"),
            Self::Rewritten(from, to) => {
                write!(f, "history was rewritten: entries {from} to {} are not those that were signed", to - 1)
            }
            Self::RolledBack { signed, present } => {
                write!(f, "the log was rolled back: {signed} entries were signed, {present} are there")
            }
            Self::NotWitnessed(name) => write!(f, "the checkpoint from outside is not cosigned by {name}"),
            Self::Unsigned(number) => write!(f, "entries from {number} on are signed by no checkpoint"),
            Self::AnotherLog => f.write_str("this is another log, or its key is not the expected one"),
        }
    }
}

/// The text is no export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnExport {
    /// The first line is no header, or of a form that is not known.
    #[error("the file does not begin as an export of a log does")]
    Header,
    /// The file ends before its header.
    #[error("the file is empty")]
    Empty,
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Entries in the tree.
    pub entries: u64,
    /// Over all of them.
    pub root: Hash,
    /// Checkpoints that were verified, the outside one included.
    pub checkpoints: usize,
    /// Entries that had no number yet at the export: nothing is said about them.
    pub waiting: u64,
    /// What is wrong; empty when the log is whole.
    pub faults: Vec<Fault>,
}

/// An export, read.
#[derive(Debug, Clone)]
pub struct Export {
    key: String,
    origin: String,
    waiting: u64,
    checkpoints: Vec<String>,
    leaves: Vec<(u64, Hash)>,
    entries: Vec<(u64, Hash)>,
}

impl Export {
    /// Begins with the header.
    ///
    /// # Errors
    /// Any [`NotAnExport`].
    pub fn begin(header: Option<Line>) -> Result<Self, NotAnExport> {
        match header {
            Some(Line::Log { format: FORMAT, origin, key, waiting }) => {
                Ok(Self { key, origin, waiting, checkpoints: Vec::new(), leaves: Vec::new(), entries: Vec::new() })
            }
            Some(_) => Err(NotAnExport::Header),
            None => Err(NotAnExport::Empty),
        }
    }

    /// Takes the next line. A second header is refused.
    ///
    /// # Errors
    /// [`NotAnExport::Header`].
    pub fn push(&mut self, line: Line) -> Result<(), NotAnExport> {
        match line {
            Line::Log { .. } => return Err(NotAnExport::Header),
            Line::Checkpoint(note) => self.checkpoints.push(note),
            Line::Leaf { number, hash } => self.leaves.push((number, hash)),
            Line::Entry { number, content } => self.entries.push((number, Hash::leaf(content.as_bytes()))),
        }
        Ok(())
    }

    /// The key that the export names: whoever has no better source takes it on trust.
    #[must_use]
    pub fn named_key(&self) -> &str {
        &self.key
    }

    /// Verifies the export with this key, and against this checkpoint from outside, if there is one.
    #[must_use]
    pub fn verify(&self, key: &VerifierKey, outside: Option<&Note>) -> Verdict {
        let mut faults = Vec::new();
        if key.to_string() != self.key || key.name() != self.origin {
            faults.push(Fault::AnotherLog);
        }
        let mut leaves: Vec<Hash> = Vec::with_capacity(self.leaves.len());
        for (number, hash) in &self.leaves {
            if *number != leaves.len() as u64 && !matches!(faults.last(), Some(Fault::Leaf(_))) {
                faults.push(Fault::Leaf(leaves.len() as u64));
            }
            leaves.push(*hash);
        }
        let roots = Roots::of(&leaves);
        let (mut signed, mut good, mut checkpoints) = (0, 0, 0);
        for note in &self.checkpoints {
            match self.checkpoint(key, note) {
                Ok(checkpoint) if checkpoint.size < signed => faults.push(Fault::CheckpointOrder),
                Ok(checkpoint) => {
                    checkpoints += 1;
                    signed = checkpoint.size;
                    match roots.fault(&checkpoint, good) {
                        None => good = signed,
                        // What follows a rewritten leaf differs too: the first difference says where.
                        Some(_) if faults.iter().any(|fault| matches!(fault, Fault::Rewritten(..))) => {}
                        Some(fault) => faults.push(fault),
                    }
                }
                Err(fault) => faults.push(fault),
            }
        }
        if signed < roots.size() {
            faults.push(Fault::Unsigned(signed));
        }
        if let Some(note) = outside {
            match self.checkpoint(key, &note.to_string()) {
                Ok(checkpoint) => {
                    checkpoints += 1;
                    faults.extend(roots.fault(&checkpoint, 0));
                }
                Err(fault) => faults.push(fault),
            }
        }
        faults.extend(differences(&leaves, &self.entries));
        faults.dedup();
        Verdict { entries: roots.size(), root: roots.last(), checkpoints, waiting: self.waiting, faults }
    }

    fn checkpoint(&self, key: &VerifierKey, note: &str) -> Result<Checkpoint, Fault> {
        let note: Note = note.parse().map_err(|_| Fault::CheckpointOrder)?;
        let claimed = Checkpoint::from_text(&note.text).map_err(|_| Fault::CheckpointOrder)?;
        if claimed.origin != self.origin {
            return Err(Fault::AnotherLog);
        }
        Checkpoint::verified(&note, key).map_err(|why| Fault::Checkpoint(claimed.size, why))
    }
}

/// The root of each size.
struct Roots(Vec<Hash>);

impl Roots {
    fn of(leaves: &[Hash]) -> Self {
        let mut frontier = Frontier::empty();
        let mut roots = vec![frontier.root()];
        for leaf in leaves {
            frontier.append(*leaf, |_, _| ());
            roots.push(frontier.root());
        }
        Self(roots)
    }

    fn size(&self) -> u64 {
        self.0.len() as u64 - 1
    }

    fn last(&self) -> Hash {
        self.0.last().copied().unwrap_or_else(Hash::of_nothing)
    }

    /// What is wrong with the tree if this checkpoint is right; up to `good` nothing is, as far as is known.
    fn fault(&self, checkpoint: &Checkpoint, good: u64) -> Option<Fault> {
        match usize::try_from(checkpoint.size).ok().and_then(|size| self.0.get(size)) {
            None => Some(Fault::RolledBack { signed: checkpoint.size, present: self.size() }),
            Some(root) if *root != checkpoint.root => Some(Fault::Rewritten(good, checkpoint.size.max(good + 1))),
            Some(_) => None,
        }
    }
}

/// How the entries, in the order of their numbers, differ from the leaves that were made of them.
fn differences(leaves: &[Hash], entries: &[(u64, Hash)]) -> Vec<Fault> {
    let home: HashMap<&Hash, usize> = leaves.iter().zip(0..).collect();
    let present: HashMap<&Hash, usize> = entries.iter().map(|(_, hash)| hash).zip(0..).collect();
    let mut used = vec![false; leaves.len()];
    let mut faults = Vec::new();
    let (mut leaf, mut place) = (0, 0);
    loop {
        match (leaves.get(leaf), entries.get(place).map(|(_, hash)| hash)) {
            (None, None) => break,
            (Some(wanted), Some(found)) if wanted == found => {
                used[leaf] = true;
                if entries[place].0 != leaf as u64 && faults.is_empty() {
                    faults.push(Fault::Moved { number: leaf as u64, place: entries[place].0 });
                }
                (leaf, place) = (leaf + 1, place + 1);
            }
            (Some(wanted), Some(found)) => match (home.get(found), present.contains_key(wanted)) {
                (None, false) => {
                    faults.push(Fault::Changed(leaf as u64));
                    (leaf, place) = (leaf + 1, place + 1);
                }
                (None, true) => {
                    faults.push(Fault::Inserted(place as u64));
                    place += 1;
                }
                (Some(_), false) => {
                    faults.push(Fault::Removed(leaf as u64));
                    leaf += 1;
                }
                // A copy: the same entry stood at a place before, or stands at one after this.
                (Some(number), true) if used[*number] || present.get(found) != Some(&place) => {
                    faults.push(Fault::Inserted(place as u64));
                    place += 1;
                }
                (Some(number), true) => {
                    used[*number] = true;
                    faults.push(Fault::Moved { number: *number as u64, place: place as u64 });
                    (leaf, place) = (leaf + 1, place + 1);
                }
            },
            (Some(_), None) => {
                faults.push(Fault::Removed(leaf as u64));
                leaf += 1;
            }
            (None, Some(_)) => {
                faults.push(Fault::Inserted(place as u64));
                place += 1;
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(numbers: &[u8]) -> Vec<Hash> {
        numbers.iter().map(|number| Hash::leaf(&[*number])).collect()
    }

    fn found(entries: &[u8]) -> Vec<Fault> {
        let entries: Vec<_> = (0..).zip(hashes(entries)).collect();
        differences(&hashes(&[0, 1, 2, 3, 4, 5]), &entries)
    }

    #[test]
    fn each_difference_is_named() {
        assert_eq!(found(&[0, 1, 2, 3, 4, 5]), []);
        assert_eq!(found(&[0, 1, 99, 3, 4, 5]), [Fault::Changed(2)]);
        assert_eq!(found(&[0, 2, 3, 4, 5]), [Fault::Removed(1)]);
        assert_eq!(found(&[0, 1, 2, 3, 4]), [Fault::Removed(5)]);
        assert_eq!(found(&[0, 1, 99, 2, 3, 4, 5]), [Fault::Inserted(2)]);
        assert_eq!(found(&[0, 1, 2, 3, 4, 5, 99]), [Fault::Inserted(6)]);
        assert_eq!(found(&[0, 1, 2, 3, 1, 4, 5]).len(), 1, "a copy");
        let swapped = [Fault::Moved { number: 3, place: 1 }, Fault::Moved { number: 1, place: 3 }];
        assert_eq!(found(&[0, 3, 2, 1, 4, 5]), swapped);
        assert_eq!(found(&[]).len(), 6);
    }

    #[test]
    fn a_gap_in_the_numbers_is_found() {
        let entries: Vec<_> = [0, 1, 7].into_iter().zip(hashes(&[0, 1, 2])).collect();
        assert_eq!(differences(&hashes(&[0, 1, 2]), &entries), [Fault::Moved { number: 2, place: 7 }]);
    }
}
