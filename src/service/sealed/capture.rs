//! Captures: what the machine saw is sealed, scores above all.

use super::{open_json, seal_json};
use crate::domain::capture::Capture;
use crate::domain::id::{CaptureId, PersonId};
use crate::service::error::ServiceError;
use crate::store::captures::StoredCapture;
use crate::vault::{DataKey, Kind, Label};

pub(in crate::service) fn seal(of: &Capture, whose: PersonId, key: &DataKey) -> Result<StoredCapture, ServiceError> {
    Ok(StoredCapture {
        id: of.id,
        session: of.session,
        attempt: of.attempt,
        step: of.step,
        taken_at: of.taken_at,
        received_at: of.received_at,
        digest: of.digest,
        evidence: seal_json(key, &label(of.id, whose), &of.evidence)?,
        image_deleted_at: None,
    })
}

pub(in crate::service) fn open(
    stored: &StoredCapture,
    whose: PersonId,
    key: &DataKey,
) -> Result<Capture, ServiceError> {
    let evidence = open_json(key, &label(stored.id, whose), &stored.evidence, ("capture", "evidence"))?;
    Ok(Capture {
        id: stored.id,
        session: stored.session,
        attempt: stored.attempt,
        step: stored.step,
        taken_at: stored.taken_at,
        received_at: stored.received_at,
        digest: stored.digest,
        evidence,
    })
}

fn label(id: CaptureId, whose: PersonId) -> Label {
    Label { kind: Kind::Evidence, owner: whose.0, record: id.0 }
}
