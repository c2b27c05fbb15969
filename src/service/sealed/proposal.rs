//! Proposals: what exactly and why, sealed with the key of the beneficiary whom it concerns, or of the house.

use uuid::Uuid;

use super::{corrupt, open_json, seal_json};
use crate::domain::id::{BeneficiaryId, ProposalId};
use crate::domain::proposal::{Closed, Proposal};
use crate::domain::reason::Reason;
use crate::service::error::ServiceError;
use crate::store::proposals::{StoredClosed, StoredProposal};
use crate::vault::{DataKey, Kind, Label};

const CONTENT: (&str, &str) = ("proposal", "sealed");
const CLOSING: (&str, &str) = ("proposal", "closing");

pub(in crate::service) fn seal(of: &Proposal, key: &DataKey) -> Result<StoredProposal, ServiceError> {
    Ok(StoredProposal {
        id: of.id,
        kind: of.kind,
        agency: of.agency.clone(),
        beneficiary: of.beneficiary,
        proposed_by: of.proposed_by,
        sealed: seal_json(key, &label(of.id, of.beneficiary), &("made", &of.content, of.reason.as_str()))?,
        proposed_at: of.proposed_at,
        expires_at: of.expires_at,
        closed: of.closed.as_ref().map(|closed| seal_closed(of, closed, key)).transpose()?,
    })
}

pub(in crate::service) fn open(stored: StoredProposal, key: &DataKey) -> Result<Proposal, ServiceError> {
    let label = label(stored.id, stored.beneficiary);
    let (made, content, reason): (String, serde_json::Value, String) = open_json(key, &label, &stored.sealed, CONTENT)?;
    let closed = stored.closed.map(|closed| {
        let (name, reason): (String, String) = open_json(key, &label, &closed.reason, CLOSING)?;
        let reason = Reason::parse(&reason).ok().filter(|_| name == "closed");
        let reason = reason.ok_or_else(|| corrupt(CLOSING.0, CLOSING.1))?;
        Ok::<_, ServiceError>(Closed { outcome: closed.outcome, by: closed.by, reason, at: closed.at })
    });
    let reason = Reason::parse(&reason).ok().filter(|_| made == "made");
    Ok(Proposal {
        id: stored.id,
        kind: stored.kind,
        agency: stored.agency,
        beneficiary: stored.beneficiary,
        proposed_by: stored.proposed_by,
        content,
        reason: reason.ok_or_else(|| corrupt(CONTENT.0, CONTENT.1))?,
        proposed_at: stored.proposed_at,
        expires_at: stored.expires_at,
        closed: closed.transpose()?,
    })
}

fn seal_closed(of: &Proposal, closed: &Closed, key: &DataKey) -> Result<StoredClosed, ServiceError> {
    // In another form than what was made, so that neither opens in the place of the other.
    let reason = seal_json(key, &label(of.id, of.beneficiary), &("closed", closed.reason.as_str()))?;
    Ok(StoredClosed { outcome: closed.outcome, by: closed.by, reason, at: closed.at })
}

fn label(id: ProposalId, of: Option<BeneficiaryId>) -> Label {
    Label { kind: Kind::Proposal, owner: of.map_or(Uuid::nil(), |of| of.0), record: id.0 }
}
