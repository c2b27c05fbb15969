//! Idempotency keys: a request that is repeated gets the answer that it got, and does nothing.
//!
//! The key is claimed and answered in the transaction that does what the request asks for: either all of it is recorded,
//! or nothing, and then the key is as good as new.

use jiff::Timestamp;
use sqlx::FromRow;

use super::column::{Count, Digest, Time};
use super::error::{Constraint, StoreError};
use super::tx::{Tx, run};
use crate::domain::id::PersonId;

const TABLE: &str = "idempotency";

const CLAIM: &str = "insert into idempotency (scope, key, request_hash, claimed_at) values ($1, $2, $3, $4) \
    on conflict (scope, key) do nothing";
const FIND: &str = "select request_hash, status, body from idempotency where scope = $1 and key = $2";
const FINISH: &str =
    "update idempotency set status = $3, body = $4, person = $5 where scope = $1 and key = $2 and status is null";
const FORGET_PERSON: &str = "delete from idempotency where person = $1";
const PURGE: &str = "delete from idempotency where claimed_at < $1";

/// What became of the claim of a key.
#[derive(Clone, PartialEq, Eq)]
pub enum Claim {
    /// The key is new: do what is asked, then [`finish`].
    Fresh,
    /// The same request was answered before: answer the same.
    Replay(StoredResponse),
    /// The key was used for another request.
    OtherRequest,
}

/// An answer, as it was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// HTTP status code.
    pub status: u16,
    /// The body. Not shown by `Debug`.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fresh => f.write_str("Fresh"),
            Self::Replay(response) => f.debug_tuple("Replay").field(response).finish(),
            Self::OtherRequest => f.write_str("OtherRequest"),
        }
    }
}

impl std::fmt::Debug for StoredResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

#[derive(FromRow)]
struct Row {
    request_hash: Digest,
    status: Option<Count>,
    body: Option<Vec<u8>>,
}

impl Row {
    fn claim(self, request_hash: &[u8; 32]) -> Result<Claim, StoreError> {
        if self.request_hash.0 != *request_hash {
            return Ok(Claim::OtherRequest);
        }
        let status = self.status.and_then(|status| u16::try_from(status.0).ok());
        match status.zip(self.body) {
            Some((status, body)) => Ok(Claim::Replay(StoredResponse { status, body })),
            None => Err(StoreError::corrupt(TABLE, "status")),
        }
    }
}

/// Claims a key for a request. While another transaction holds the same key, this waits for how that one ends.
///
/// # Errors
/// [`StoreError::Unavailable`] when the other one takes too long.
pub async fn claim(
    tx: &mut Tx,
    scope: &str,
    key: &str,
    request_hash: &[u8; 32],
    at: Timestamp,
) -> Result<Claim, StoreError> {
    if run!(tx, execute CLAIM, scope, key, request_hash.as_slice(), Time(at))? == 1 {
        return Ok(Claim::Fresh);
    }
    run!(tx, fetch_one Row in TABLE; FIND, scope, key)?.claim(request_hash)
}

/// What became of the key, without claiming it: `None` while nobody has.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, scope: &str, key: &str, request_hash: &[u8; 32]) -> Result<Option<Claim>, StoreError> {
    let Some(row) = run!(tx, fetch_optional Row in TABLE; FIND, scope, key)? else { return Ok(None) };
    row.claim(request_hash).map(Some)
}

/// Records the answer to the request that claimed the key, and whom it concerns.
///
/// # Errors
/// [`Constraint::IdempotencyKeyTaken`] when the key is not claimed, or answered already.
pub async fn finish(
    tx: &mut Tx,
    scope: &str,
    key: &str,
    response: &StoredResponse,
    person: Option<PersonId>,
) -> Result<(), StoreError> {
    let StoredResponse { status, body } = response;
    let person = person.map(|id| id.0);
    let changed = run!(tx, execute FINISH, scope, key, i64::from(*status), body.as_slice(), person)?;
    StoreError::unless_changed(changed, Constraint::IdempotencyKeyTaken)
}

/// Forgets the keys that were claimed before that instant, and says how many.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn purge_before(tx: &mut Tx, at: Timestamp) -> Result<u64, StoreError> {
    run!(tx, execute PURGE, Time(at))
}

/// Forgets the answers that concern a person, and says how many.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn forget_person(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    run!(tx, execute FORGET_PERSON, person.0)
}
