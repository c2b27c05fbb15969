//! The log is read and proven, by anybody; witnesses sign what they saw.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Service;
use super::error::ServiceError;
use crate::domain::id::LogEntryId;
use crate::log::checkpoint::cosigned_at;
use crate::log::hash::Hash;
use crate::log::note::{KeyKind, Note, SignatureLine, VerifierKey};
use crate::log::tree::{self, cover, fold};
use crate::store::log_checkpoints::{self, StoredCheckpoint};
use crate::store::{Tx, log_entries, log_nodes};

/// Entries of one page, at most.
pub const PAGE: u32 = 1000;

/// A witness whose clock is further ahead than this is not believed.
const CLOCK_SKEW_SECONDS: i64 = 300;

/// An entry in the tree.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LogEntryView {
    /// Number of the leaf, from 0.
    pub index: u64,
    /// The canonical form: the leaf is the SHA-256 of a zero byte and these bytes.
    pub content: String,
}

/// The way from an entry to the root of a checkpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InclusionView {
    /// Number of the leaf, from 0.
    pub index: u64,
    /// Size of the tree that the proof is for: there is a checkpoint of it.
    pub size: u64,
    /// The canonical form of the entry.
    pub content: String,
    /// Hash of the leaf, hexadecimal.
    #[schema(value_type = String)]
    pub leaf: Hash,
    /// Hashes from the leaf upwards (RFC 6962, 2.1.1), hexadecimal.
    #[schema(value_type = Vec<String>)]
    pub proof: Vec<Hash>,
}

/// What shows that a tree begins with an older one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsistencyView {
    /// Size of the older tree.
    pub from: u64,
    /// Size of the newer tree.
    pub to: u64,
    /// Hashes (RFC 6962, 2.1.2), hexadecimal.
    #[schema(value_type = Vec<String>)]
    pub proof: Vec<Hash>,
}

/// A witness has seen a checkpoint.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCosignature {
    /// Size of the checkpoint.
    pub size: u64,
    /// The line of the witness (C2SP tlog-cosignature, version 1).
    #[schema(example = "— witness.example.com/w1 jWbPPwAAAABkGFDL…")]
    pub line: String,
}

impl Service {
    /// The same service, with the witnesses whose cosignatures it takes.
    #[must_use]
    pub fn with_witnesses(mut self, witnesses: Vec<VerifierKey>) -> Self {
        self.witnesses = witnesses.into();
        self
    }

    /// What verifies the checkpoints, as `name+id+key`.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] before the log has a key.
    pub async fn log_key(&self) -> Result<String, ServiceError> {
        let mut tx = self.store.read().await?;
        let identity = log_checkpoints::identity(&mut tx).await?;
        Ok(identity.ok_or(ServiceError::NotFound("log"))?.verifier_key)
    }

    /// The latest checkpoint, or the one of a size, with the cosignatures that it has.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    pub async fn log_checkpoint(&self, size: Option<u64>) -> Result<String, ServiceError> {
        let mut tx = self.store.read().await?;
        let checkpoint = checkpoint(&mut tx, size).await?;
        let mut note = checkpoint.note;
        for line in log_checkpoints::cosignatures(&mut tx, checkpoint.size).await? {
            note.push_str(&line);
            note.push('\n');
        }
        Ok(note)
    }

    /// Entries in the tree from a number on, at most `limit`.
    ///
    /// # Errors
    /// The database's own.
    pub async fn log_entries(&self, from: u64, limit: u32) -> Result<Vec<LogEntryView>, ServiceError> {
        let mut tx = self.store.read().await?;
        let entries = log_entries::from(&mut tx, from, limit.clamp(1, PAGE)).await?;
        let numbered = entries.into_iter().filter_map(|entry| entry.number.map(|index| (index, entry.content)));
        Ok(numbered.map(|(index, content)| LogEntryView { index, content }).collect())
    }

    /// Proves that an entry is in the tree of the latest checkpoint, or in the one of a size.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when there is no such entry in that tree.
    pub async fn log_inclusion(&self, id: LogEntryId, size: Option<u64>) -> Result<InclusionView, ServiceError> {
        let mut tx = self.store.read().await?;
        let size = checkpoint(&mut tx, size).await?.size;
        let entry = log_entries::find(&mut tx, id).await?.ok_or(ServiceError::NotFound("log entry"))?;
        let index = entry.number.ok_or(ServiceError::NotFound("log entry"))?;
        let ranges = tree::inclusion(index, size).ok_or(ServiceError::NotFound("log entry"))?;
        let proof = hashes(&mut tx, &ranges).await?;
        Ok(InclusionView { index, size, leaf: Hash::leaf(entry.content.as_bytes()), content: entry.content, proof })
    }

    /// Proves that the tree of one size begins with the tree of another.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] unless 0 < `from` ≤ `to` ≤ the size of the log.
    pub async fn log_consistency(&self, from: u64, to: u64) -> Result<ConsistencyView, ServiceError> {
        let mut tx = self.store.read().await?;
        let known = to <= log_nodes::size(&mut tx).await?;
        let ranges = tree::consistency(from, to).filter(|_| known).ok_or(ServiceError::NotFound("tree"))?;
        Ok(ConsistencyView { from, to, proof: hashes(&mut tx, &ranges).await? })
    }

    /// Takes the line of a witness under a checkpoint. The same line again changes nothing.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] without the checkpoint, [`ServiceError::Cosignature`] when no witness that is known here
    /// made the line, or not for this checkpoint.
    pub async fn cosign_log(&self, new: &NewCosignature) -> Result<(), ServiceError> {
        let line: SignatureLine = new.line.trim_end().parse().map_err(|_| ServiceError::Cosignature)?;
        let mut tx = self.store.write().await?;
        let note: Note =
            checkpoint(&mut tx, Some(new.size)).await?.note.parse().map_err(|_| ServiceError::DamagedLog)?;
        let witness =
            self.witnesses.iter().find(|witness| witness.kind() == KeyKind::Cosignature && witness.made(&line));
        let latest = self.clock.now().as_second() + CLOCK_SKEW_SECONDS;
        let seen = witness
            .and_then(|witness| cosigned_at(&note.text, &line, witness))
            .filter(|seen| seen.as_second() <= latest);
        let (Some(witness), Some(_)) = (witness, seen) else { return Err(ServiceError::Cosignature) };
        log_checkpoints::cosign(&mut tx, new.size, &witness.to_string(), &line.to_string()).await?;
        Ok(tx.commit().await?)
    }
}

async fn checkpoint(tx: &mut Tx, size: Option<u64>) -> Result<StoredCheckpoint, ServiceError> {
    let found = match size {
        Some(size) => log_checkpoints::find(tx, size).await?,
        None => log_checkpoints::latest(tx).await?,
    };
    found.ok_or(ServiceError::NotFound("checkpoint"))
}

async fn hashes(tx: &mut Tx, ranges: &[Range<u64>]) -> Result<Vec<Hash>, ServiceError> {
    let mut hashes = Vec::with_capacity(ranges.len());
    for range in ranges {
        let mut subtrees = Vec::new();
        for place in cover(range) {
            let hash = log_nodes::find(tx, place.level, place.position).await?;
            subtrees.push(Hash(hash.ok_or(ServiceError::DamagedLog)?));
        }
        hashes.push(fold(&subtrees));
    }
    Ok(hashes)
}
