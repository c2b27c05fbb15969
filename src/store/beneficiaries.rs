//! Beneficiaries 待遇领取人. What tells who they are is sealed before it comes here.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Parsed, Time};
use super::error::{Constraint, StoreError};
use super::tx::{Tx, run};
use crate::domain::beneficiary::AgencyCode;
use crate::domain::id::BeneficiaryId;

const TABLE: &str = "beneficiary";

const INSERT: &str = "insert into beneficiary (id, agency, sealed, registered_at) values ($1, $2, $3, $4) \
    on conflict (id) do nothing";
const FIND: &str = "select id, agency, sealed, registered_at from beneficiary where id = $1";
const LIST: &str = "select id, agency, sealed, registered_at from beneficiary where id > $1 order by id limit $2";

/// A beneficiary as one is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBeneficiary {
    /// That of the person.
    pub id: BeneficiaryId,
    /// The agency that pays.
    pub agency: AgencyCode,
    /// Number, name and schemes, sealed.
    pub sealed: Vec<u8>,
    /// When the record was made.
    pub registered_at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    agency: Parsed<AgencyCode>,
    sealed: Vec<u8>,
    registered_at: Time,
}

impl From<Row> for StoredBeneficiary {
    fn from(row: Row) -> Self {
        Self { id: BeneficiaryId(row.id), agency: row.agency.0, sealed: row.sealed, registered_at: row.registered_at.0 }
    }
}

/// Registers a person as a beneficiary.
///
/// # Errors
/// [`Constraint::CitizenIdTaken`] when they are one already, [`Constraint::ParentMissing`] when the person is not recorded.
pub async fn insert(tx: &mut Tx, beneficiary: &StoredBeneficiary) -> Result<(), StoreError> {
    let StoredBeneficiary { id, agency, sealed, registered_at } = beneficiary;
    let inserted = run!(tx, execute INSERT, id.0, agency.as_str(), sealed.as_slice(), Time(*registered_at))?;
    StoreError::unless_changed(inserted, Constraint::CitizenIdTaken)
}

/// The beneficiary of that identifier.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: BeneficiaryId) -> Result<Option<StoredBeneficiary>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(StoredBeneficiary::from))
}

/// One page of beneficiaries, in the order in which their numbers were first given: at most `limit`, after the one that
/// ended the last page.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn list(tx: &mut Tx, after: Option<BeneficiaryId>, limit: u32) -> Result<Vec<StoredBeneficiary>, StoreError> {
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let rows = run!(tx, fetch_all Row in TABLE; LIST, after, i64::from(limit))?;
    Ok(rows.into_iter().map(StoredBeneficiary::from).collect())
}
