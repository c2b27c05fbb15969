//! Proposals. They are closed once, and nothing else of them changes.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Digest, Name, Parsed, Time};
use super::dialect::{Locked, lock_row};
use super::error::{Constraint, StoreError};
use super::tx::{Tx, run};
use crate::domain::beneficiary::AgencyCode;
use crate::domain::id::{BeneficiaryId, ProposalId, StaffId};
use crate::domain::proposal::{Colleague, Kind, Outcome};

const TABLE: &str = "proposal";

const INSERT: &str = "insert into proposal \
    (id, kind, agency, beneficiary, proposed_by, proposer, sealed, proposed_at, expires_at) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const FIND: &str = "select id, kind, agency, beneficiary, proposed_by, proposer, sealed, proposed_at, expires_at, \
    outcome, closed_by, closing, closed_at from proposal where id = $1";
const LIST: &str = "select id, kind, agency, beneficiary, proposed_by, proposer, sealed, proposed_at, expires_at, \
    outcome, closed_by, closing, closed_at from proposal \
    where id > $1 and substr(agency || '000000', 1, length($3)) = $3 and ($4 = 0 or outcome is null) \
    order by id limit $2";
const CLOSE: &str = "update proposal set outcome = $2, closed_by = $3, closing = $4, closed_at = $5 \
    where id = $1 and outcome is null";

/// A proposal as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredProposal {
    /// Ours.
    pub id: ProposalId,
    /// What.
    pub kind: Kind,
    /// Where.
    pub agency: AgencyCode,
    /// Whom it concerns, when it is a beneficiary.
    pub beneficiary: Option<BeneficiaryId>,
    /// Who proposes it.
    pub proposed_by: Colleague,
    /// What exactly, and why.
    pub sealed: Vec<u8>,
    /// When it was proposed.
    pub proposed_at: Timestamp,
    /// When it is too late to decide it.
    pub expires_at: Timestamp,
    /// How it ended.
    pub closed: Option<StoredClosed>,
}

/// The end of a proposal as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredClosed {
    /// With what.
    pub outcome: Outcome,
    /// By whom.
    pub by: StaffId,
    /// Why, sealed.
    pub reason: Vec<u8>,
    /// When.
    pub at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    kind: Name<Kind>,
    agency: Parsed<AgencyCode>,
    beneficiary: Option<Uuid>,
    proposed_by: Uuid,
    proposer: Digest,
    sealed: Vec<u8>,
    proposed_at: Time,
    expires_at: Time,
    outcome: Option<Name<Outcome>>,
    closed_by: Option<Uuid>,
    closing: Option<Vec<u8>>,
    closed_at: Option<Time>,
}

impl From<Row> for StoredProposal {
    fn from(row: Row) -> Self {
        let end = row.outcome.zip(row.closed_by).zip(row.closing.zip(row.closed_at));
        Self {
            id: ProposalId(row.id),
            kind: row.kind.0,
            agency: row.agency.0,
            beneficiary: row.beneficiary.map(BeneficiaryId),
            proposed_by: Colleague { account: StaffId(row.proposed_by), number: row.proposer.0 },
            sealed: row.sealed,
            proposed_at: row.proposed_at.0,
            expires_at: row.expires_at.0,
            closed: end.map(|((outcome, by), (reason, at))| StoredClosed {
                outcome: outcome.0,
                by: StaffId(by),
                reason,
                at: at.0,
            }),
        }
    }
}

/// Records a proposal that is open.
///
/// # Errors
/// [`Constraint::ParentMissing`] without the account or the beneficiary.
pub async fn insert(tx: &mut Tx, proposal: &StoredProposal) -> Result<(), StoreError> {
    run!(
        tx,
        execute INSERT,
        proposal.id.0,
        Name(proposal.kind),
        proposal.agency.as_str(),
        proposal.beneficiary.map(|id| id.0),
        proposal.proposed_by.account.0,
        proposal.proposed_by.number.as_slice(),
        proposal.sealed.as_slice(),
        Time(proposal.proposed_at),
        Time(proposal.expires_at),
    )?;
    Ok(())
}

/// The proposal of that identifier.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: ProposalId) -> Result<Option<StoredProposal>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(StoredProposal::from))
}

/// The proposal, kept from other writers until the transaction ends.
///
/// # Errors
/// Any [`StoreError`] of reading; [`StoreError::Unavailable`] when another transaction holds it too long.
pub async fn find_for_update(tx: &mut Tx, id: ProposalId) -> Result<Option<StoredProposal>, StoreError> {
    lock_row(tx, Locked::Proposal, id.0).await?;
    find(tx, id).await
}

/// One page of the proposals at an agency and below it, the oldest first: at most `limit`, after the one that ended the
/// last page; all of them, or only those that are open.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn list(
    tx: &mut Tx,
    agency: &AgencyCode,
    only_open: bool,
    after: Option<ProposalId>,
    limit: u32,
) -> Result<Vec<StoredProposal>, StoreError> {
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let rows = run!(tx, fetch_all Row in TABLE; LIST, after, i64::from(limit), agency.stem(), i64::from(only_open))?;
    Ok(rows.into_iter().map(StoredProposal::from).collect())
}

/// Closes a proposal that is open.
///
/// # Errors
/// [`Constraint::NotRecorded`] when there is none.
pub async fn close(tx: &mut Tx, id: ProposalId, closed: &StoredClosed) -> Result<(), StoreError> {
    let StoredClosed { outcome, by, reason, at } = closed;
    let changed = run!(tx, execute CLOSE, id.0, Name(*outcome), by.0, reason.as_slice(), Time(*at))?;
    StoreError::unless_changed(changed, Constraint::NotRecorded)
}
