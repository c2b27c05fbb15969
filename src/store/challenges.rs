//! Challenges: what each attempt of a session asks. They come here sealed.

use sqlx::FromRow;

use super::error::{Constraint, StoreError};
use super::tx::{Tx, run};
use crate::domain::id::SessionId;

const TABLE: &str = "challenge";

const INSERT: &str = "insert into challenge (session, attempt, content) values ($1, $2, $3)";
const FIND: &str = "select content from challenge where session = $1 and attempt = $2";
const UPDATE: &str = "update challenge set content = $3 where session = $1 and attempt = $2";

#[derive(FromRow)]
struct Row {
    content: Vec<u8>,
}

/// Records the challenge of an attempt.
///
/// # Errors
/// [`Constraint::ParentMissing`] when there is no such session.
pub async fn insert(tx: &mut Tx, session: SessionId, attempt: u32, sealed: &[u8]) -> Result<(), StoreError> {
    run!(tx, later INSERT, session.0, i64::from(attempt), sealed)
}

/// The challenge of an attempt, sealed.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, session: SessionId, attempt: u32) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, session.0, i64::from(attempt))?.map(|row| row.content))
}

/// Records where the challenge stands now. The session is held by whoever changes it.
///
/// # Errors
/// [`Constraint::NotRecorded`] when the attempt has none.
pub async fn update(tx: &mut Tx, session: SessionId, attempt: u32, sealed: &[u8]) -> Result<(), StoreError> {
    let changed = run!(tx, execute UPDATE, session.0, i64::from(attempt), sealed)?;
    StoreError::unless_changed(changed, Constraint::NotRecorded)
}
