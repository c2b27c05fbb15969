//! References: templates are sealed.

use crate::domain::reference::{Reference, StoredTemplate};
use crate::service::error::ServiceError;
use crate::store::references::StoredReference;
use crate::vault::{DataKey, Kind, Label};

pub(in crate::service) fn seal(of: &Reference, key: &DataKey) -> StoredReference {
    let label = Label { kind: Kind::Template, owner: of.beneficiary.0, record: of.id.0 };
    StoredReference {
        id: of.id,
        beneficiary: of.beneficiary,
        source: of.source,
        taken_on: of.taken_on,
        enrolled_at: of.enrolled_at,
        pack: of.pack.clone(),
        template: key.seal(&label, &of.template.0),
        image_deleted_at: None,
    }
}

pub(in crate::service) fn open(stored: StoredReference, key: &DataKey) -> Result<Reference, ServiceError> {
    let label = Label { kind: Kind::Template, owner: stored.beneficiary.0, record: stored.id.0 };
    let mut template = key.open(&label, &stored.template)?;
    Ok(Reference {
        id: stored.id,
        beneficiary: stored.beneficiary,
        source: stored.source,
        taken_on: stored.taken_on,
        enrolled_at: stored.enrolled_at,
        pack: stored.pack,
        template: StoredTemplate(std::mem::take(&mut *template)),
    })
}
