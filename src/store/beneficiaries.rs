//! Beneficiaries 待遇领取人.

use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Json, Parsed, Time};
use super::error::{Constraint, StoreError};
use super::tx::{Tx, run};
use crate::domain::beneficiary::{AgencyCode, Beneficiary, PersonName};
use crate::domain::citizen_id::CitizenId;
use crate::domain::id::BeneficiaryId;
use crate::domain::scheme::Scheme;

const TABLE: &str = "beneficiary";

/// A violated constraint would stand in the log of PostgreSQL, with the citizen number: so there is none.
const INSERT: &str = "insert into beneficiary (id, citizen_id, name, agency, schemes, registered_at) \
    values ($1, $2, $3, $4, $5, $6) on conflict (citizen_id) do nothing";
const FIND: &str = "select id, citizen_id, name, agency, schemes, registered_at from beneficiary where id = $1";
const FIND_BY_CITIZEN_ID: &str =
    "select id, citizen_id, name, agency, schemes, registered_at from beneficiary where citizen_id = $1";
const LIST: &str = "select id, citizen_id, name, agency, schemes, registered_at from beneficiary \
    where id > $1 order by id limit $2";

#[derive(FromRow)]
struct Row {
    id: Uuid,
    citizen_id: Parsed<CitizenId>,
    name: Parsed<PersonName>,
    agency: Parsed<AgencyCode>,
    schemes: Json<Vec<Scheme>>,
    registered_at: Time,
}

impl From<Row> for Beneficiary {
    fn from(row: Row) -> Self {
        Self {
            id: BeneficiaryId(row.id),
            citizen_id: row.citizen_id.0,
            name: row.name.0,
            agency: row.agency.0,
            schemes: row.schemes.0,
            registered_at: row.registered_at.0,
        }
    }
}

/// Registers a beneficiary.
///
/// # Errors
/// [`Constraint::CitizenIdTaken`] when somebody has the number already.
pub async fn insert(tx: &mut Tx, beneficiary: &Beneficiary) -> Result<(), StoreError> {
    let inserted = run!(
        tx,
        execute INSERT,
        beneficiary.id.0,
        beneficiary.citizen_id.as_str(),
        beneficiary.name.as_str(),
        beneficiary.agency.as_str(),
        Json(&beneficiary.schemes),
        Time(beneficiary.registered_at),
    )?;
    StoreError::unless_changed(inserted, Constraint::CitizenIdTaken)
}

/// The beneficiary of that identifier.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: BeneficiaryId) -> Result<Option<Beneficiary>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(Beneficiary::from))
}

/// The beneficiary of that citizen number.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find_by_citizen_id(tx: &mut Tx, citizen_id: &CitizenId) -> Result<Option<Beneficiary>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND_BY_CITIZEN_ID, citizen_id.as_str())?.map(Beneficiary::from))
}

/// One page of beneficiaries, in the order of registration: at most `limit`, after the one that ended the last page.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn list(tx: &mut Tx, after: Option<BeneficiaryId>, limit: u32) -> Result<Vec<Beneficiary>, StoreError> {
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let rows = run!(tx, fetch_all Row in TABLE; LIST, after, i64::from(limit))?;
    Ok(rows.into_iter().map(Beneficiary::from).collect())
}
