//! Pictures: sealed as they were sent.

use crate::domain::id::{BeneficiaryId, CaptureId, PersonId, ReferenceId};
use crate::vault::{Kind, Label};

/// Where the photo of a reference belongs.
pub(in crate::service) fn reference(id: ReferenceId, whose: BeneficiaryId) -> Label {
    Label { kind: Kind::ReferenceImage, owner: whose.0, record: id.0 }
}

/// Where the frame of a session belongs.
pub(in crate::service) fn probe(id: CaptureId, whose: PersonId) -> Label {
    Label { kind: Kind::ProbeImage, owner: whose.0, record: id.0 }
}
