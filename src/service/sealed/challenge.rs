//! Challenges: what a person cannot do says something about their health.

use super::{corrupt, open_json, seal_json};
use crate::domain::challenge::Challenge;
use crate::domain::id::SessionId;
use crate::domain::session::Session;
use crate::service::error::ServiceError;
use crate::store::{Tx, challenges};
use crate::vault::{DataKey, Kind, Label};

const COLUMN: (&str, &str) = ("challenge", "content");

/// Seals the challenge of the present attempt.
pub(in crate::service) fn seal(of: &Challenge, session: &Session, key: &DataKey) -> Result<Vec<u8>, ServiceError> {
    seal_json(key, &label(session), &(session.attempt, of))
}

/// The challenge of the present attempt.
pub(in crate::service) async fn find(tx: &mut Tx, session: &Session, key: &DataKey) -> Result<Challenge, ServiceError> {
    open(&find_sealed(tx, session).await?, session, key)
}

/// The same, as it is stored: no two of them are the same.
pub(in crate::service) async fn find_sealed(tx: &mut Tx, session: &Session) -> Result<Vec<u8>, ServiceError> {
    challenges::find(tx, session.id, session.attempt).await?.ok_or_else(missing)
}

/// Opens what [`find_sealed`] gives.
pub(in crate::service) fn open(sealed: &[u8], session: &Session, key: &DataKey) -> Result<Challenge, ServiceError> {
    let (attempt, challenge): (u32, Challenge) = open_json(key, &label(session), sealed, COLUMN)?;
    if attempt == session.attempt { Ok(challenge) } else { Err(missing()) }
}

fn missing() -> ServiceError {
    corrupt(COLUMN.0, COLUMN.1)
}

fn label(session: &Session) -> Label {
    let SessionId(record) = session.id;
    Label { kind: Kind::Challenge, owner: session.applicant.person.0, record }
}
