//! Sign-ins that began, while the browser is at a foreign identity provider.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Digest, Time};
use super::error::StoreError;
use super::tx::{Tx, run};
use crate::domain::id::PendingSignInId;

const TABLE: &str = "pending_sign_in";

const INSERT: &str = "insert into pending_sign_in (id, state_digest, browser_digest, secrets, expires_at) \
    values ($1, $2, $3, $4, $5)";
const FIND: &str = "select id, state_digest, browser_digest, secrets, expires_at from pending_sign_in \
    where state_digest = $1";
const TAKE: &str = "delete from pending_sign_in where id = $1";
const PURGE: &str = "delete from pending_sign_in where expires_at < $1";

/// A sign-in that waits for its browser to come back.
#[derive(Clone, PartialEq, Eq)]
pub struct PendingSignIn {
    /// Ours.
    pub id: PendingSignInId,
    /// SHA-256 of what the provider gives back.
    pub state_digest: [u8; 32],
    /// SHA-256 of what the browser keeps.
    pub browser_digest: [u8; 32],
    /// Sealed: what proves that the answer of the provider belongs to it.
    pub secrets: Vec<u8>,
    /// When it is too late.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for PendingSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PendingSignIn").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    state_digest: Digest,
    browser_digest: Digest,
    secrets: Vec<u8>,
    expires_at: Time,
}

impl From<Row> for PendingSignIn {
    fn from(row: Row) -> Self {
        Self {
            id: PendingSignInId(row.id),
            state_digest: row.state_digest.0,
            browser_digest: row.browser_digest.0,
            secrets: row.secrets,
            expires_at: row.expires_at.0,
        }
    }
}

/// Records a sign-in that began.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn insert(tx: &mut Tx, pending: &PendingSignIn) -> Result<(), StoreError> {
    run!(
        tx,
        execute INSERT,
        pending.id.0,
        pending.state_digest.as_slice(),
        pending.browser_digest.as_slice(),
        pending.secrets.as_slice(),
        Time(pending.expires_at),
    )?;
    Ok(())
}

/// The sign-in whose state has that SHA-256, be it too late for it.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, state_digest: &[u8; 32]) -> Result<Option<PendingSignIn>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, state_digest.as_slice())?.map(PendingSignIn::from))
}

/// Takes a sign-in away, and says whether it was there: of two at the same time, one gets it.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn take(tx: &mut Tx, id: PendingSignInId) -> Result<bool, StoreError> {
    Ok(run!(tx, execute TAKE, id.0)? == 1)
}

/// Forgets those that were too late before that instant, and says how many.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn purge_before(tx: &mut Tx, at: Timestamp) -> Result<u64, StoreError> {
    run!(tx, execute PURGE, Time(at))
}
