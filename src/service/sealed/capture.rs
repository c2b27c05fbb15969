//! Captures: what the machine saw is sealed, scores above all, and with it how the frame came here.

use zeroize::Zeroizing;

use super::{open_json, seal_json};
use crate::domain::capture::Capture;
use crate::domain::id::{CaptureId, PersonId};
use crate::service::error::ServiceError;
use crate::store::captures::StoredCapture;
use crate::vault::{DataKey, Kind, Label};

/// `trace` is what the burst remembers of the frame.
pub(in crate::service) fn seal(
    of: &Capture,
    trace: Option<&[u8]>,
    whose: PersonId,
    key: &DataKey,
) -> Result<StoredCapture, ServiceError> {
    Ok(StoredCapture {
        id: of.id,
        session: of.session,
        attempt: of.attempt,
        step: of.step,
        taken_at: of.taken_at,
        received_at: of.received_at,
        digest: of.digest,
        evidence: seal_json(key, &label(Kind::Evidence, of.id, whose), &(&of.evidence, &of.circumstances))?,
        trace: trace.map(|trace| key.seal(&label(Kind::Trace, of.id, whose), trace)),
        image_deleted_at: None,
    })
}

pub(in crate::service) fn open(
    stored: &StoredCapture,
    whose: PersonId,
    key: &DataKey,
) -> Result<Capture, ServiceError> {
    let label = label(Kind::Evidence, stored.id, whose);
    let (evidence, circumstances) = open_json(key, &label, &stored.evidence, ("capture", "evidence"))?;
    Ok(Capture {
        id: stored.id,
        session: stored.session,
        attempt: stored.attempt,
        step: stored.step,
        taken_at: stored.taken_at,
        received_at: stored.received_at,
        digest: stored.digest,
        evidence,
        circumstances,
    })
}

/// What the burst remembers of a frame, unless it is forgotten.
pub(in crate::service) fn open_trace(
    stored: &StoredCapture,
    whose: PersonId,
    key: &DataKey,
) -> Result<Option<Zeroizing<Vec<u8>>>, ServiceError> {
    let opened = stored.trace.as_ref().map(|trace| key.open(&label(Kind::Trace, stored.id, whose), trace));
    Ok(opened.transpose()?)
}

fn label(kind: Kind, id: CaptureId, whose: PersonId) -> Label {
    Label { kind, owner: whose.0, record: id.0 }
}
