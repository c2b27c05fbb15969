//! Pensions that people suspended and restored. Append-only.

use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Count, Time};
use super::error::{Constraint, StoreError};
use super::tx::{Tx, run};
use crate::domain::id::{BeneficiaryId, ProposalId};
use crate::domain::standing::StandingChange;

const TABLE: &str = "standing";

const INSERT: &str = "insert into standing (beneficiary, position, suspended, proposal, since) \
    values ($1, $2, $3, $4, $5) on conflict (beneficiary, position) do nothing";
const LAST: &str = "select beneficiary, position, suspended, proposal, since from standing \
    where beneficiary = $1 order by position desc limit 1";
const OF_PROPOSAL: &str =
    "select beneficiary, position, suspended, proposal, since from standing where beneficiary = $1 and proposal = $2";

#[derive(FromRow)]
struct Row {
    beneficiary: Uuid,
    position: Count,
    suspended: Count,
    proposal: Uuid,
    since: Time,
}

impl From<Row> for StandingChange {
    fn from(row: Row) -> Self {
        Self {
            beneficiary: BeneficiaryId(row.beneficiary),
            position: row.position.0,
            suspended: row.suspended.0 == 1,
            proposal: ProposalId(row.proposal),
            since: row.since.0,
        }
    }
}

/// Records a change of standing.
///
/// # Errors
/// [`Constraint::StandingChanged`] when it changed since it was read.
pub async fn insert(tx: &mut Tx, change: &StandingChange) -> Result<(), StoreError> {
    let StandingChange { beneficiary, position, suspended, proposal, since } = change;
    let (position, suspended) = (i64::from(*position), i64::from(*suspended));
    let inserted = run!(tx, execute INSERT, beneficiary.0, position, suspended, proposal.0, Time(*since))?;
    StoreError::unless_changed(inserted, Constraint::StandingChanged)
}

/// The last change, if there was one.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn last(tx: &mut Tx, of: BeneficiaryId) -> Result<Option<StandingChange>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; LAST, of.0)?.map(StandingChange::from))
}

/// The change that a proposal led to.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of_proposal(
    tx: &mut Tx,
    of: BeneficiaryId,
    proposal: ProposalId,
) -> Result<Option<StandingChange>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; OF_PROPOSAL, of.0, proposal.0)?.map(StandingChange::from))
}
