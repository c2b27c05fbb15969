//! Pictures are kept as long as the policy says, and no longer: those of sessions that are decided, of sessions that nobody
//! finished, of persons who were erased, and those that no row knows.
//!
//! Any number of nodes may do it at once: a picture is deleted before its row says so, deleting twice is deleting once, and
//! whoever changes the row writes the entry.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::append_log::{Who, append};
use super::error::ServiceError;
use super::records::Records;
use crate::domain::id::SessionId;
use crate::domain::retention::Retention;
use crate::images::Picture;
use crate::log::entry::Act;
use crate::store::retention::{self, Due, DueFrame};

/// Pictures of one transaction, at most.
const BATCH: u32 = 100;

/// Pictures that are looked up at one moment.
const PAGE: usize = 500;

/// A picture without a row may belong to a request that is under way; no request takes so long.
const UNDER_WAY: SignedDuration = SignedDuration::from_hours(1);

/// How many days back pictures without a row are looked for.
const SWEPT_DAYS: u32 = 3;

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deleted {
    /// Frames and photos whose time was over.
    pub pictures: u64,
    /// Pictures that no row knew; of frames that came together, the first counts.
    pub orphans: u64,
}

/// Deletes what is due, batch by batch, and pictures without a row.
///
/// # Errors
/// The database's own, and those of the store of pictures. What was deleted until then is recorded.
pub async fn retain(records: &Records, policy: &Retention) -> Result<Deleted, ServiceError> {
    let pictures = delete_due(records, &due(policy, records.clock.now())).await?;
    Ok(Deleted { pictures, orphans: sweep(records).await? })
}

/// The same without the sweep: cheap enough to do after every decision.
///
/// # Errors
/// As of [`retain`].
pub async fn retain_decided(records: &Records, policy: &Retention) -> Result<Deleted, ServiceError> {
    let pictures = delete_due(records, &due(policy, records.clock.now())).await?;
    Ok(Deleted { pictures, orphans: 0 })
}

/// Deletes the pictures of persons who were erased.
///
/// # Errors
/// As of [`retain`].
pub async fn delete_of_erased(records: &Records) -> Result<Deleted, ServiceError> {
    let long_ago = Timestamp::UNIX_EPOCH;
    let nothing_else = Due { certified: long_ago, recognised: long_ago, investigated: long_ago, expired: long_ago };
    Ok(Deleted { pictures: delete_due(records, &nothing_else).await?, orphans: 0 })
}

fn due(policy: &Retention, now: Timestamp) -> Due {
    let before = |days: u32| {
        now.saturating_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::UNIX_EPOCH)
    };
    Due {
        certified: before(policy.certified_days),
        recognised: before(policy.recognised_days),
        investigated: before(policy.investigated_days),
        expired: before(policy.expired_days),
    }
}

async fn delete_due(records: &Records, due: &Due) -> Result<u64, ServiceError> {
    let mut deleted = delete_photos(records).await?;
    loop {
        let frames = retention::due(&mut records.store.read().await?, due, BATCH).await?;
        if frames.is_empty() {
            return Ok(deleted);
        }
        records.images.delete(frames.iter().map(|frame| Picture::Probe(frame.id)).collect()).await?;
        deleted += record(records, &frames).await?;
    }
}

async fn record(records: &Records, frames: &[DueFrame]) -> Result<u64, ServiceError> {
    let now = records.clock.now();
    let mut tx = records.store.write().await?;
    let ids: Vec<_> = frames.iter().map(|frame| frame.id).collect();
    let deleted: HashSet<_> = retention::deleted(&mut tx, &ids, now).await?.into_iter().collect();
    let mut told = BTreeMap::<SessionId, u64>::new();
    // The entry of an erasure says enough: to name the sessions beside it would tell whose they were.
    for frame in frames.iter().filter(|frame| !frame.erased && deleted.contains(&frame.id)) {
        *told.entry(frame.session).or_default() += 1;
    }
    for (session, count) in told {
        append(&mut tx, now, Who::Machine, records.vault.house(), |_| Act::ImagesDeleted { session, count }).await?;
    }
    tx.commit().await?;
    Ok(deleted.len() as u64)
}

/// The enrolled photos of persons who were erased.
async fn delete_photos(records: &Records) -> Result<u64, ServiceError> {
    let mut deleted = 0;
    loop {
        let photos = retention::due_references(&mut records.store.read().await?, BATCH).await?;
        if photos.is_empty() {
            return Ok(deleted);
        }
        records.images.delete(photos.iter().copied().map(Picture::Reference).collect()).await?;
        let now = records.clock.now();
        let mut tx = records.store.write().await?;
        for photo in photos {
            deleted += u64::from(retention::deleted_reference(&mut tx, photo, now).await?);
        }
        tx.commit().await?;
    }
}

/// Deletes pictures whose rows never came: the request that kept them was refused, or its process died.
async fn sweep(records: &Records) -> Result<u64, ServiceError> {
    let now = records.clock.now();
    let settled = now.saturating_sub(UNDER_WAY).unwrap_or(Timestamp::UNIX_EPOCH);
    let recent = records.images.recent(now, SWEPT_DAYS).await?;
    let settled: Vec<_> = recent.into_iter().filter(|(_, kept_at)| *kept_at <= settled).collect();
    let mut orphans = 0;
    for page in settled.chunks(PAGE) {
        let unknown = unknown(records, page).await?;
        orphans += unknown.len() as u64;
        records.images.delete(unknown).await?;
    }
    Ok(orphans)
}

/// Those that no row keeps.
async fn unknown(records: &Records, pictures: &[(Picture, Timestamp)]) -> Result<Vec<Picture>, ServiceError> {
    let mut tx = records.store.read().await?;
    let mut unknown = Vec::new();
    for (picture, _) in pictures {
        let kept = match picture {
            Picture::Probe(id) => retention::is_kept(&mut tx, *id).await?,
            Picture::Reference(id) => retention::is_kept_reference(&mut tx, *id).await?,
        };
        if !kept {
            unknown.push(*picture);
        }
    }
    Ok(unknown)
}
