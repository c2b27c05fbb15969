//! The sealed templates of all references, with the keys that open them: what a search through everybody reads.
//!
//! Candidates are among them, because a face that should not be there is looked for; replaced references are not.

use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::tx::{Tx, run};
use super::vault_keys::StoredKey;
use crate::domain::id::{BeneficiaryId, ReferenceId};

const TABLE: &str = "reference";

/// Of whoever was erased nothing opens, so nothing is read.
macro_rules! select {
    ($which:literal) => {
        concat!(
            "select r.beneficiary, r.id, r.template, b.agency, p.kek, p.wrapped_key from reference r \
            join beneficiary b on b.id = r.beneficiary join person p on p.id = r.beneficiary \
            left join reference_aside a on a.beneficiary = r.beneficiary and a.reference = r.id \
            where p.wrapped_key is not null and (a.aside is null or a.aside <> 'replaced') and r.pack = $1 and ",
            $which
        )
    };
}

const PAGE: &str = select!("r.id > $2 order by r.id limit $3");
const OF: &str = select!("r.beneficiary = $2 order by r.id");
const FIND: &str = select!("r.id = $2");

/// A template as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedTemplate {
    /// Of which reference.
    pub reference: ReferenceId,
    /// Whose face it is.
    pub beneficiary: BeneficiaryId,
    /// Code of the agency of the beneficiary.
    pub agency: String,
    /// The template, sealed.
    pub template: Vec<u8>,
    /// What opens it, wrapped.
    pub key: StoredKey,
}

#[derive(FromRow)]
struct Row {
    beneficiary: Uuid,
    id: Uuid,
    template: Vec<u8>,
    agency: String,
    kek: String,
    wrapped_key: Vec<u8>,
}

impl From<Row> for SealedTemplate {
    fn from(row: Row) -> Self {
        Self {
            reference: ReferenceId(row.id),
            beneficiary: BeneficiaryId(row.beneficiary),
            agency: row.agency,
            template: row.template,
            key: StoredKey { kek: row.kek, wrapped: row.wrapped_key },
        }
    }
}

/// The templates of a pack, one page in the order of their identifiers.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn page(tx: &mut Tx, pack: &str, after: ReferenceId, limit: u32) -> Result<Vec<SealedTemplate>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; PAGE, pack, after.0, i64::from(limit))?;
    Ok(rows.into_iter().map(SealedTemplate::from).collect())
}

/// The templates of a pack that are of one beneficiary.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of(tx: &mut Tx, pack: &str, beneficiary: BeneficiaryId) -> Result<Vec<SealedTemplate>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; OF, pack, beneficiary.0)?;
    Ok(rows.into_iter().map(SealedTemplate::from).collect())
}

/// The template of a pack that is of that reference; `None` when it counts no longer.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, pack: &str, id: ReferenceId) -> Result<Option<SealedTemplate>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, pack, id.0)?.map(SealedTemplate::from))
}
