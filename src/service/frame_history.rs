//! Was this picture here before? Marks of pictures are keyed, kept for a while, and tell nothing else.

use jiff::{SignedDuration, Timestamp};

use super::Service;
use super::error::ServiceError;
use crate::domain::capture::Capture;
use crate::store::frame_marks::{self, FrameMarks, Source};
use crate::store::{Tx, captures};
use crate::vault::{Indexed, Vault};
use crate::vision::Trace;
use crate::vision::burst::print::Print;

/// What a frame may not be, in its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameRefusal {
    /// It was sent before.
    #[error("a frame was sent before in this session")]
    Repeated,
    /// It was taken before one that was sent before it.
    #[error("a frame was taken before one that was sent before it")]
    OutOfOrder,
}

/// The marks of a picture. `bands` is its perceptual digest, where there is a face.
pub(super) fn marks(vault: &Vault, from: Source, digest: &[u8; 32], bands: Option<[u32; 8]>) -> FrameMarks {
    FrameMarks {
        from,
        exact: vault.index(Indexed::Frame, &hex::encode(digest)).0,
        look: bands.map(|bands| {
            let band = |at: usize| vault.index(Indexed::FramePrint, &format!("{at} {:08x}", bands[at])).0;
            std::array::from_fn(band)
        }),
    }
}

impl Service {
    /// Says of each frame whether another session, or an enrolment, had this picture; from now on this session had it.
    pub(super) async fn mark_seen_before(
        &self,
        tx: &mut Tx,
        captures: &mut [Capture],
        traces: &[Option<Trace>],
    ) -> Result<(), ServiceError> {
        let marks = captures.iter().zip(traces).map(|(capture, trace)| {
            let bands = trace.as_ref().map(|trace| trace.print().bands());
            marks(&self.vault, Source::Session(capture.session, capture.id), &capture.digest, bands)
        });
        let marks: Vec<_> = marks.collect();
        let seen = frame_marks::seen_elsewhere(tx, &marks, Print::SAME).await?;
        for (capture, seen) in captures.iter_mut().zip(seen) {
            capture.circumstances.seen_before = seen;
        }
        Ok(frame_marks::insert(tx, &marks, self.clock.now()).await?)
    }

    /// Forgets marks that are older than the policy keeps them, and what bursts remember of sessions that nobody finished.
    ///
    /// # Errors
    /// The database's own.
    pub async fn forget_old_frames(&self) -> Result<u64, ServiceError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let days = self.policy(&mut tx).await?.retention.frame_mark_days;
        let before = now.saturating_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN);
        let forgotten = frame_marks::purge_before(&mut tx, before).await?;
        captures::wipe_traces_of_expired(&mut tx, now).await?;
        tx.commit().await?;
        Ok(forgotten)
    }
}

/// Checks that no frame, named by its digest, was sent before in the session, and that they come in the order in which they
/// were taken.
pub(super) fn follow(
    before: &[captures::Sent],
    frames: impl Iterator<Item = (Timestamp, [u8; 32])>,
) -> Result<(), FrameRefusal> {
    let mut digests: Vec<[u8; 32]> = before.iter().map(|sent| sent.digest).collect();
    let mut last = before.iter().map(|sent| sent.taken_at).max();
    for (taken_at, digest) in frames {
        if digests.contains(&digest) {
            return Err(FrameRefusal::Repeated);
        }
        if last.is_some_and(|last| taken_at < last) {
            return Err(FrameRefusal::OutOfOrder);
        }
        digests.push(digest);
        last = Some(taken_at);
    }
    Ok(())
}
