//! Cases: the written reasons of judgements are sealed, each with its position.

use super::{corrupt, open_json, seal_json};
use crate::domain::id::{CaseId, PersonId};
use crate::domain::review::{Case, Judgement};
use crate::service::error::ServiceError;
use crate::store::cases::{StoredCase, StoredJudgement};
use crate::vault::{DataKey, Kind, Label};

const COLUMN: (&str, &str) = ("judgement", "reason");

pub(in crate::service) fn seal(of: &Case, whose: PersonId, key: &DataKey) -> Result<StoredCase, ServiceError> {
    let judgements = (0_u32..).zip(&of.judgements).map(|(position, judgement)| {
        let reason = seal_json(key, &label(of.id, whose), &(position, &judgement.reason))?;
        Ok(StoredJudgement { reviewer: judgement.reviewer, verdict: judgement.verdict, reason, at: judgement.at })
    });
    Ok(StoredCase {
        id: of.id,
        session: of.session,
        beneficiary: of.beneficiary,
        reasons: of.reasons.clone(),
        opened_at: of.opened_at,
        due_on: of.due_on,
        state: of.state.clone(),
        judgements: judgements.collect::<Result<_, ServiceError>>()?,
    })
}

pub(in crate::service) fn open(stored: StoredCase, whose: PersonId, key: &DataKey) -> Result<Case, ServiceError> {
    let label = label(stored.id, whose);
    let judgements = (0_u32..).zip(stored.judgements).map(|(position, judgement)| {
        let (sealed_at, reason): (u32, String) = open_json(key, &label, &judgement.reason, COLUMN)?;
        if sealed_at != position {
            return Err(corrupt(COLUMN.0, COLUMN.1));
        }
        Ok(Judgement { reviewer: judgement.reviewer, verdict: judgement.verdict, reason, at: judgement.at })
    });
    Ok(Case {
        id: stored.id,
        session: stored.session,
        beneficiary: stored.beneficiary,
        reasons: stored.reasons,
        opened_at: stored.opened_at,
        due_on: stored.due_on,
        state: stored.state,
        judgements: judgements.collect::<Result<_, _>>()?,
    })
}

fn label(id: CaseId, whose: PersonId) -> Label {
    Label { kind: Kind::Judgement, owner: whose.0, record: id.0 }
}
