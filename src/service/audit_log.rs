//! The record is compared with the log: is what stands in the tables what the entries bind?
//!
//! Verification of an export shows that the log is whole. Here the record itself is held against it, both ways: what an
//! entry binds must be there and unchanged, and what is there must have its entry. That needs the database and the vault:
//! entries bind records without telling them.

mod look;
mod rows;

use std::collections::{HashMap, HashSet};

use super::error::ServiceError;
use crate::images::Images;
use crate::log::entry::Entry;
use crate::log::hash::Hash;
use crate::store::rows::Table;
use crate::store::{Store, log_entries, log_nodes, rows as record};
use crate::vault::Vault;
use look::{Keys, Look, kind, look};
use rows::rows_of;

/// Entries that are read at a time.
const PAGE: u32 = 500;

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Entries that were held against the record.
    pub entries: u64,
    /// Those among them of which nobody can tell any more, because the person was erased.
    pub erased: u64,
    /// What does not fit together; empty when all does.
    pub discrepancies: Vec<Discrepancy>,
}

/// Something that does not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Discrepancy {
    /// The entry is not the one that its leaf was made of.
    #[error("entry {0} is not the one that entered the tree")]
    Entry(u64),
    /// What the entry binds is not in the record any more.
    #[error("entry {0}: what it records is gone ({1})")]
    Gone(u64, &'static str),
    /// What the entry binds was changed in the record.
    #[error("entry {0}: what it records was changed ({1})")]
    Changed(u64, &'static str),
    /// Something that no act recorded, by what it is and its identifier.
    #[error("{0} {1} is in the record and not in the log")]
    Unlogged(&'static str, String),
}

/// Holds every entry that has its place in the log against the record, and every row of the record against the log.
///
/// # Errors
/// The database's own.
pub async fn audit(store: &Store, vault: &Vault, images: &Images) -> Result<Audit, ServiceError> {
    let mut tx = store.read().await?;
    let mut audit = Audit { entries: 0, erased: 0, discrepancies: Vec::new() };
    let mut keys = Keys { vault, images, known: HashMap::new() };
    let (mut logged, mut next) = (HashSet::new(), 0);
    loop {
        let page = log_entries::from(&mut tx, next, PAGE).await?;
        let Some(last) = page.last().and_then(|entry| entry.number) else { break };
        next = last + 1;
        for stored in page {
            let Some(number) = stored.number else { continue };
            audit.entries += 1;
            let leaf = log_nodes::find(&mut tx, 0, number).await?;
            let entry: Entry = match serde_json::from_str(&stored.content) {
                Ok(entry) if leaf == Some(Hash::leaf(stored.content.as_bytes()).0) => entry,
                _ => {
                    audit.discrepancies.push(Discrepancy::Entry(number));
                    continue;
                }
            };
            logged.extend(rows_of(&entry.act));
            let kind = kind(&entry.act);
            match look(&mut tx, &mut keys, &entry).await? {
                Look::Right => {}
                Look::Erased => audit.erased += 1,
                Look::Gone => audit.discrepancies.push(Discrepancy::Gone(number, kind)),
                Look::Changed => audit.discrepancies.push(Discrepancy::Changed(number, kind)),
            }
        }
    }
    // Those that wait for their place are logged too.
    for waiting in log_entries::waiting(&mut tx, u32::MAX).await? {
        logged.extend(serde_json::from_str::<Entry>(&waiting.content).iter().flat_map(|entry| rows_of(&entry.act)));
    }
    for table in Table::ALL.iter().copied() {
        let unlogged = record::all(&mut tx, table).await?.into_iter().filter(|row| !logged.contains(row));
        audit.discrepancies.extend(unlogged.map(|row| Discrepancy::Unlogged(table.holds(), row.key.to_string())));
    }
    Ok(audit)
}
