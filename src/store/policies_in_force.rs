//! Which policy is in force, and which ones were. Append-only.

use jiff::Timestamp;
use sqlx::FromRow;

use super::column::Large;
use super::error::{Constraint, StoreError};
use super::tx::{Tx, run};
use crate::domain::id::ProposalId;
use crate::store::column::Time;

const TABLE: &str = "policy_in_force";

const INSERT: &str = "insert into policy_in_force (position, policy, proposal, since) values ($1, $2, $3, $4) \
    on conflict (position) do nothing";
const LAST: &str = "select position, policy from policy_in_force order by position desc limit 1";
const IS: &str = "select position, policy from policy_in_force where policy = $1 limit 1";

#[derive(FromRow)]
struct Row {
    position: Large,
    policy: String,
}

/// The policy in force: how many there were before, and its hash.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn last(tx: &mut Tx) -> Result<Option<(u64, String)>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; LAST)?.map(|row| (row.position.0, row.policy)))
}

/// Whether the policy of that hash was ever in force.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn was(tx: &mut Tx, hash: &str) -> Result<bool, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; IS, hash)?.is_some())
}

/// Puts a recorded policy in force.
///
/// # Errors
/// [`Constraint::PolicyChanged`] when another one came into force since the last one was read.
pub async fn insert(
    tx: &mut Tx,
    position: u64,
    hash: &str,
    proposal: Option<ProposalId>,
    since: Timestamp,
) -> Result<(), StoreError> {
    let inserted = run!(tx, execute INSERT, Large::written(position), hash, proposal.map(|id| id.0), Time(since))?;
    StoreError::unless_changed(inserted, Constraint::PolicyChanged)
}
