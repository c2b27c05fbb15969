//! References that are not compared: candidates, and those that were replaced.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::column::Name;
use super::error::StoreError;
use super::tx::{Tx, run};
use crate::domain::id::{BeneficiaryId, ReferenceId};

const TABLE: &str = "reference_aside";

const SET: &str = "insert into reference_aside (beneficiary, reference, aside) values ($1, $2, $3) \
    on conflict (beneficiary, reference) do update set aside = excluded.aside";
const CLEAR: &str = "delete from reference_aside where beneficiary = $1 and reference = $2";
const ALL: &str = "select reference from reference_aside order by reference";
const OF: &str = "select reference, aside from reference_aside where beneficiary = $1";

/// Why a reference is not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aside {
    /// Two people have not agreed to it yet.
    Candidate,
    /// Another took its place.
    Replaced,
}

#[derive(FromRow)]
struct IdRow {
    reference: Uuid,
}

#[derive(FromRow)]
struct Row {
    reference: Uuid,
    aside: Name<Aside>,
}

/// Puts a reference aside.
///
/// # Errors
/// [`Constraint::ParentMissing`](super::Constraint::ParentMissing) without the reference.
pub async fn set(tx: &mut Tx, of: BeneficiaryId, reference: ReferenceId, aside: Aside) -> Result<(), StoreError> {
    run!(tx, execute SET, of.0, reference.0, Name(aside))?;
    Ok(())
}

/// From now on the reference is compared.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn clear(tx: &mut Tx, of: BeneficiaryId, reference: ReferenceId) -> Result<(), StoreError> {
    run!(tx, execute CLEAR, of.0, reference.0)?;
    Ok(())
}

/// The references of a beneficiary that are put aside.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of(tx: &mut Tx, beneficiary: BeneficiaryId) -> Result<Vec<(ReferenceId, Aside)>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; OF, beneficiary.0)?;
    Ok(rows.into_iter().map(|row| (ReferenceId(row.reference), row.aside.0)).collect())
}

/// All references that are put aside.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn all(tx: &mut Tx) -> Result<Vec<ReferenceId>, StoreError> {
    let rows = run!(tx, fetch_all IdRow in TABLE; ALL)?;
    Ok(rows.into_iter().map(|row| ReferenceId(row.reference)).collect())
}
