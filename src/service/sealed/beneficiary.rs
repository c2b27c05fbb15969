//! Beneficiaries: number, name and schemes are sealed.

use serde::{Deserialize, Serialize};

use super::{corrupt, open_json, seal_json};
use crate::domain::beneficiary::{Beneficiary, PersonName};
use crate::domain::citizen_id::CitizenId;
use crate::domain::id::BeneficiaryId;
use crate::domain::scheme::Scheme;
use crate::service::error::ServiceError;
use crate::store::beneficiaries::StoredBeneficiary;
use crate::vault::{DataKey, Kind, Label};

const COLUMN: (&str, &str) = ("beneficiary", "sealed");

#[derive(Serialize, Deserialize)]
struct Content {
    citizen_id: String,
    name: String,
    schemes: Vec<Scheme>,
}

pub(in crate::service) fn seal(of: &Beneficiary, key: &DataKey) -> Result<StoredBeneficiary, ServiceError> {
    let content = Content {
        citizen_id: of.citizen_id.as_str().to_owned(),
        name: of.name.as_str().to_owned(),
        schemes: of.schemes.clone(),
    };
    let sealed = seal_json(key, &label(of.id), &content)?;
    Ok(StoredBeneficiary { id: of.id, agency: of.agency.clone(), sealed, registered_at: of.registered_at })
}

pub(in crate::service) fn open(stored: StoredBeneficiary, key: &DataKey) -> Result<Beneficiary, ServiceError> {
    let content: Content = open_json(key, &label(stored.id), &stored.sealed, COLUMN)?;
    let invalid = || corrupt(COLUMN.0, COLUMN.1);
    Ok(Beneficiary {
        id: stored.id,
        citizen_id: CitizenId::parse(&content.citizen_id).map_err(|_| invalid())?,
        name: PersonName::parse(&content.name).map_err(|_| invalid())?,
        agency: stored.agency,
        schemes: content.schemes,
        registered_at: stored.registered_at,
    })
}

fn label(id: BeneficiaryId) -> Label {
    Label { kind: Kind::Beneficiary, owner: id.0, record: id.0 }
}
