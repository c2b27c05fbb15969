//! Who a member of staff is, sealed by the house.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::domain::beneficiary::PersonName;
use crate::domain::id::StaffId;
use crate::domain::staff::{Login, StaffMember, StaffNumber};
use crate::service::error::ServiceError;
use crate::store::staff::StoredStaff;
use crate::store::{StoreError, Tx, staff, staff_grants};
use crate::vault::{DataKey, Indexed, Kind, Label, Vault};

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Profile {
    login: Login,
    number: StaffNumber,
    name: String,
}

fn label(id: StaffId) -> Label {
    Label { kind: Kind::Staff, owner: Uuid::nil(), record: id.0 }
}

/// The account as it is stored.
pub(in crate::service) fn seal(vault: &Vault, member: &StaffMember) -> Result<StoredStaff, ServiceError> {
    let profile =
        Profile { login: member.login.clone(), number: member.number.clone(), name: member.name.as_str().to_owned() };
    let profile = Zeroizing::new(serde_json::to_vec(&profile)?);
    Ok(StoredStaff {
        id: member.id,
        login: vault.index(Indexed::Login, member.login.as_str()).0,
        number: vault.index(Indexed::StaffNumber, member.number.as_str()).0,
        profile: vault.house().seal(&label(member.id), &profile),
        created_at: member.created_at,
        disabled_at: member.disabled_at,
    })
}

/// The member of staff behind a stored account, with what they were granted.
pub(in crate::service) async fn open(
    house: &DataKey,
    tx: &mut Tx,
    stored: StoredStaff,
) -> Result<StaffMember, ServiceError> {
    let profile = house.open(&label(stored.id), &stored.profile)?;
    let corrupt = || StoreError::Corrupt { table: "staff", column: "profile".to_owned() };
    let profile: Profile = serde_json::from_slice(&profile).map_err(|_| corrupt())?;
    Ok(StaffMember {
        id: stored.id,
        login: profile.login,
        number: profile.number,
        name: PersonName::parse(&profile.name).map_err(|_| corrupt())?,
        created_at: stored.created_at,
        disabled_at: stored.disabled_at,
        grants: staff_grants::of(tx, stored.id).await?,
    })
}

/// The member of staff of that account, be it disabled.
pub(in crate::service) async fn find(
    house: &DataKey,
    tx: &mut Tx,
    id: StaffId,
) -> Result<Option<StaffMember>, ServiceError> {
    match staff::find(tx, id).await? {
        Some(stored) => open(house, tx, stored).await.map(Some),
        None => Ok(None),
    }
}
