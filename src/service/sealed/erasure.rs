//! Erasures: why somebody was erased is sealed by the house, because their own key is gone.

use super::corrupt;
use crate::domain::id::PersonId;
use crate::domain::reason::Reason;
use crate::service::error::ServiceError;
use crate::vault::{DataKey, Kind, Label};

pub(in crate::service) fn seal(reason: &Reason, whose: PersonId, house: &DataKey) -> Vec<u8> {
    house.seal(&label(whose), reason.as_str().as_bytes())
}

pub(in crate::service) fn open(sealed: &[u8], whose: PersonId, house: &DataKey) -> Result<Reason, ServiceError> {
    let reason = house.open(&label(whose), sealed)?;
    let reason = std::str::from_utf8(&reason).ok().and_then(|reason| Reason::parse(reason).ok());
    reason.ok_or_else(|| corrupt("person", "erasure_reason"))
}

fn label(whose: PersonId) -> Label {
    Label { kind: Kind::Erasure, owner: uuid::Uuid::nil(), record: whose.0 }
}
