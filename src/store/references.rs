//! References: what is enrolled of a beneficiary's face. Templates come here sealed; photos are kept elsewhere.

use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Name, Time};
use super::error::StoreError;
use super::tx::{Tx, run};
use crate::domain::id::{BeneficiaryId, ReferenceId};
use crate::domain::reference::ReferenceSource;

const TABLE: &str = "reference";

const INSERT: &str = "insert into reference \
    (beneficiary, id, source, taken_on, enrolled_at, pack, template, image_deleted_at) \
    values ($1, $2, $3, $4, $5, $6, $7, $8)";
const OF: &str = "select beneficiary, id, source, taken_on, enrolled_at, pack, template, image_deleted_at from reference \
    where beneficiary = $1 order by enrolled_at, id";
const COMPARED: &str = "select r.beneficiary, r.id, r.source, r.taken_on, r.enrolled_at, r.pack, r.template, \
    r.image_deleted_at \
    from reference r left join reference_aside a on a.beneficiary = r.beneficiary and a.reference = r.id \
    where r.beneficiary = $1 and a.reference is null order by r.enrolled_at, r.id";
const FIND: &str = "select beneficiary, id, source, taken_on, enrolled_at, pack, template, image_deleted_at from reference \
    where id = $1";

/// A reference as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReference {
    /// Ours.
    pub id: ReferenceId,
    /// Whose face it is.
    pub beneficiary: BeneficiaryId,
    /// Where the photo came from.
    pub source: ReferenceSource,
    /// When the photo was taken, where that is known.
    pub taken_on: Option<Date>,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// Digest of the model pack that made the template.
    pub pack: String,
    /// The template, sealed.
    pub template: Vec<u8>,
    /// Since when the photo is not kept any more; `None` while it is.
    pub image_deleted_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    beneficiary: Uuid,
    id: Uuid,
    source: Name<ReferenceSource>,
    taken_on: Option<jiff_sqlx::Date>,
    enrolled_at: Time,
    pack: String,
    template: Vec<u8>,
    image_deleted_at: Option<Time>,
}

impl From<Row> for StoredReference {
    fn from(row: Row) -> Self {
        Self {
            id: ReferenceId(row.id),
            beneficiary: BeneficiaryId(row.beneficiary),
            source: row.source.0,
            taken_on: row.taken_on.map(jiff_sqlx::Date::to_jiff),
            enrolled_at: row.enrolled_at.0,
            pack: row.pack,
            template: row.template,
            image_deleted_at: row.image_deleted_at.map(|at| at.0),
        }
    }
}

/// Enrols a reference.
///
/// # Errors
/// [`Constraint::ParentMissing`](super::Constraint::ParentMissing) when the beneficiary is not registered.
pub async fn insert(tx: &mut Tx, reference: &StoredReference) -> Result<(), StoreError> {
    run!(
        tx,
        execute INSERT,
        reference.beneficiary.0,
        reference.id.0,
        Name(reference.source),
        reference.taken_on.map(ToSqlx::to_sqlx),
        Time(reference.enrolled_at),
        &reference.pack,
        reference.template.as_slice(),
        reference.image_deleted_at.map(Time),
    )?;
    Ok(())
}

/// All references of a beneficiary, in the order of enrolment.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of(tx: &mut Tx, beneficiary: BeneficiaryId) -> Result<Vec<StoredReference>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; OF, beneficiary.0)?;
    Ok(rows.into_iter().map(StoredReference::from).collect())
}

/// The references of a beneficiary that are compared, in the order of enrolment: not candidates, nor replaced ones.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn compared(tx: &mut Tx, beneficiary: BeneficiaryId) -> Result<Vec<StoredReference>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; COMPARED, beneficiary.0)?;
    Ok(rows.into_iter().map(StoredReference::from).collect())
}

/// The reference of that identifier.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: ReferenceId) -> Result<Option<StoredReference>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(StoredReference::from))
}
