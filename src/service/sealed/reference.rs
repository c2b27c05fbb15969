//! References: templates are sealed.

use crate::domain::id::{BeneficiaryId, ReferenceId};
use crate::domain::reference::{Reference, StoredTemplate};
use crate::service::error::ServiceError;
use crate::store::references::StoredReference;
use crate::vault::{DataKey, Kind, Label};

pub(in crate::service) fn seal(of: &Reference, key: &DataKey) -> StoredReference {
    StoredReference {
        id: of.id,
        beneficiary: of.beneficiary,
        source: of.source,
        taken_on: of.taken_on,
        enrolled_at: of.enrolled_at,
        pack: of.pack.clone(),
        template: key.seal(&label(of.id, of.beneficiary), &of.template.0),
        image_deleted_at: None,
    }
}

pub(in crate::service) fn open(stored: StoredReference, key: &DataKey) -> Result<Reference, ServiceError> {
    let template = open_template(stored.id, stored.beneficiary, &stored.template, key)?;
    Ok(Reference {
        id: stored.id,
        beneficiary: stored.beneficiary,
        source: stored.source,
        taken_on: stored.taken_on,
        enrolled_at: stored.enrolled_at,
        pack: stored.pack,
        template,
    })
}

pub(in crate::service) fn open_template(
    id: ReferenceId,
    of: BeneficiaryId,
    sealed: &[u8],
    key: &DataKey,
) -> Result<StoredTemplate, ServiceError> {
    let mut template = key.open(&label(id, of), sealed)?;
    Ok(StoredTemplate(std::mem::take(&mut *template)))
}

fn label(id: ReferenceId, of: BeneficiaryId) -> Label {
    Label { kind: Kind::Template, owner: of.0, record: id.0 }
}
