//! Entries get their places in the tree, and the log signs how far it is.
//!
//! Acts append without waiting for each other; one transaction at a time, of all nodes of an installation, then numbers
//! what has been committed. Until then an entry stands in the database alone, and whoever commands the database could
//! change it unseen. After it the checkpoint gives such a change away, and once a witness has signed the checkpoint, so
//! it does a return to an older state.

use std::sync::Arc;

use crate::domain::clock::Clock;
use crate::log::checkpoint::Checkpoint;
use crate::log::hash::Hash;
use crate::log::note::NoteSigner;
use crate::log::tree::{Frontier, cover};
use crate::store::log_checkpoints::{self, LogIdentity, StoredCheckpoint};
use crate::store::log_nodes::Node;
use crate::store::{Store, Tx, log_entries, log_nodes};

use super::error::ServiceError;

/// Entries of one transaction, at most: on SQLite other writers wait for it.
const BATCH: u32 = 256;

/// Puts entries into the tree and signs checkpoints.
#[derive(Clone)]
pub struct Sequencer {
    store: Store,
    clock: Arc<dyn Clock>,
    signer: Arc<NoteSigner>,
}

impl Sequencer {
    /// Claims the log for this key, if nobody has yet.
    ///
    /// # Errors
    /// [`ServiceError::ForeignLogKey`] when the checkpoints of this log are signed by another key.
    pub async fn new(store: Store, clock: Arc<dyn Clock>, signer: NoteSigner) -> Result<Self, ServiceError> {
        let ours = LogIdentity { origin: signer.public().name().to_owned(), verifier_key: signer.public().to_string() };
        let mut tx = store.write().await?;
        let recorded = log_checkpoints::identify(&mut tx, &ours).await?;
        tx.commit().await?;
        if recorded == ours {
            Ok(Self { store, clock, signer: Arc::new(signer) })
        } else {
            Err(ServiceError::ForeignLogKey)
        }
    }

    /// Puts all that waits into the tree; returns how many entries that were.
    ///
    /// # Errors
    /// The database's own, and [`ServiceError::DamagedLog`] when nodes are missing.
    pub async fn run(&self) -> Result<u64, ServiceError> {
        let mut done = 0;
        loop {
            let mut tx = self.store.read().await?;
            let waits = !log_entries::waiting(&mut tx, 1).await?.is_empty();
            // The first checkpoint may be one of an empty log: witnesses then have something to begin with.
            let silent = log_checkpoints::latest(&mut tx).await?.is_none();
            drop(tx);
            if !waits && !silent {
                return Ok(done);
            }
            done += self.batch().await?;
        }
    }

    async fn batch(&self) -> Result<u64, ServiceError> {
        let mut tx = self.store.write().await?;
        log_nodes::lock(&mut tx).await?;
        let waiting = log_entries::waiting(&mut tx, BATCH).await?;
        let mut frontier = frontier(&mut tx).await?;
        let (mut numbers, mut nodes) = (Vec::new(), Vec::new());
        for entry in &waiting {
            numbers.push((entry.id, frontier.size()));
            frontier.append(Hash::leaf(entry.content.as_bytes()), |place, hash| {
                nodes.push(Node { level: place.level, position: place.position, hash: hash.0 });
            });
        }
        log_entries::number(&mut tx, &numbers).await?;
        log_nodes::insert(&mut tx, &nodes).await?;
        let latest = log_checkpoints::latest(&mut tx).await?;
        if latest.is_none_or(|latest| latest.size < frontier.size()) {
            let origin = self.signer.public().name().to_owned();
            let checkpoint = Checkpoint { origin, size: frontier.size(), root: frontier.root() };
            let note = checkpoint.sign(&self.signer).to_string();
            log_checkpoints::insert(&mut tx, &StoredCheckpoint { size: checkpoint.size, note }, self.clock.now())
                .await?;
        }
        tx.commit().await?;
        Ok(waiting.len() as u64)
    }
}

/// The right edge of the tree as it is kept.
async fn frontier(tx: &mut Tx) -> Result<Frontier, ServiceError> {
    let size = log_nodes::size(tx).await?;
    let mut subtrees = Vec::new();
    for place in cover(&(0..size)) {
        let hash = log_nodes::find(tx, place.level, place.position).await?;
        subtrees.push(Hash(hash.ok_or(ServiceError::DamagedLog)?));
    }
    Frontier::new(size, subtrees).ok_or(ServiceError::DamagedLog)
}
