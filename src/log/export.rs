//! The form of an export: JSON lines that hold all that verification needs, and nothing that a stranger may not read.
//!
//! First the header, then checkpoints by size, then leaves and entries by number. Leaves and entries stand apart because
//! they stand apart in the database: whoever changed one of them did not necessarily change the other.

use serde::{Deserialize, Serialize};

use super::hash::Hash;

/// The form that is written now.
pub const FORMAT: u8 = 1;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// The first one.
    Log {
        /// [`FORMAT`] when it was written.
        format: u8,
        /// Which log.
        origin: String,
        /// What verifies its checkpoints.
        key: String,
        /// Entries that have no number yet, and are not in the export.
        waiting: u64,
    },
    /// A checkpoint: a signed note, with the cosignatures that it has.
    Checkpoint(String),
    /// A leaf, as the tree keeps it.
    Leaf {
        /// Its number, from 0.
        number: u64,
        /// Its hash.
        hash: Hash,
    },
    /// An entry.
    Entry {
        /// The number of its leaf.
        number: u64,
        /// Its canonical form.
        content: String,
    },
}
