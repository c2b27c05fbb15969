//! The log leaves the house: everything that verification needs, as of one moment.

use super::error::ServiceError;
use crate::log::export::{FORMAT, Line};
use crate::log::hash::Hash;
use crate::store::{Store, log_checkpoints, log_entries, log_nodes};

/// Rows that are read at a time.
const PAGE: u32 = 1000;

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The record cannot be read.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The export cannot be written.
    #[error("the export cannot be written")]
    Write(#[from] std::io::Error),
}

/// Hands every line of an export to `write`, in their order.
///
/// # Errors
/// [`ServiceError::NotFound`] before the log has a key; otherwise what reading or writing says.
pub async fn export(store: &Store, mut write: impl FnMut(&Line) -> std::io::Result<()>) -> Result<(), ExportError> {
    let mut tx = store.read().await.map_err(ServiceError::from)?;
    let identity = log_checkpoints::identity(&mut tx).await.map_err(ServiceError::from)?;
    let identity = identity.ok_or(ServiceError::NotFound("log: it begins with the first `vivat serve`"))?;
    let waiting = log_entries::count_waiting(&mut tx).await.map_err(ServiceError::from)?;
    write(&Line::Log { format: FORMAT, origin: identity.origin, key: identity.verifier_key, waiting })?;

    let mut next = 0;
    loop {
        let page = log_checkpoints::from(&mut tx, next, PAGE).await.map_err(ServiceError::from)?;
        let Some(last) = page.last() else { break };
        next = last.size + 1;
        for checkpoint in page {
            let mut note = checkpoint.note;
            for line in log_checkpoints::cosignatures(&mut tx, checkpoint.size).await.map_err(ServiceError::from)? {
                note.push_str(&line);
                note.push('\n');
            }
            write(&Line::Checkpoint(note))?;
        }
    }
    next = 0;
    loop {
        let page = log_nodes::leaves(&mut tx, next, PAGE).await.map_err(ServiceError::from)?;
        let Some((last, _)) = page.last() else { break };
        next = last + 1;
        for (number, hash) in page {
            write(&Line::Leaf { number, hash: Hash(hash) })?;
        }
    }
    next = 0;
    loop {
        let page = log_entries::from(&mut tx, next, PAGE).await.map_err(ServiceError::from)?;
        let Some(last) = page.last().and_then(|entry| entry.number) else { break };
        next = last + 1;
        for entry in page {
            if let Some(number) = entry.number {
                write(&Line::Entry { number, content: entry.content })?;
            }
        }
    }
    Ok(())
}
