//! What accounts of staff sign in with, sealed.

use jiff::Timestamp;
use sqlx::FromRow;

use super::column::{Count, Large, Time};
use super::error::StoreError;
use super::tx::{Tx, run};
use crate::domain::id::StaffId;

const TABLE: &str = "staff_credential";

const SET: &str = "insert into staff_credential (staff, sealed, issued, last_step, set_at) values ($1, $2, $3, $4, $5) \
    on conflict (staff) do update set sealed = excluded.sealed, issued = excluded.issued, \
        last_step = excluded.last_step, set_at = excluded.set_at";
const FIND: &str = "select sealed, issued, last_step, set_at from staff_credential where staff = $1";
const USE_STEP: &str = "update staff_credential set last_step = $2 where staff = $1 and last_step < $2 and set_at = $3";

/// Credentials as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCredential {
    /// Hash of the password, and secret of the codes.
    pub sealed: Vec<u8>,
    /// Whether the password is the one that was issued.
    pub issued: bool,
    /// The time step of the last code that signed in.
    pub last_step: u64,
    /// Since when they hold.
    pub set_at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    sealed: Vec<u8>,
    issued: Count,
    last_step: Large,
    set_at: Time,
}

impl From<Row> for StoredCredential {
    fn from(row: Row) -> Self {
        Self { sealed: row.sealed, issued: row.issued.0 == 1, last_step: row.last_step.0, set_at: row.set_at.0 }
    }
}

/// Sets the credentials of an account; those that it had are gone.
///
/// # Errors
/// [`Constraint::ParentMissing`](super::Constraint::ParentMissing) without the account.
pub async fn set(tx: &mut Tx, staff: StaffId, credential: &StoredCredential) -> Result<(), StoreError> {
    let StoredCredential { sealed, issued, last_step, set_at } = credential;
    run!(
        tx,
        execute SET,
        staff.0,
        sealed.as_slice(),
        i64::from(*issued),
        Large::written(*last_step),
        Time(*set_at),
    )?;
    Ok(())
}

/// The credentials of an account.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, staff: StaffId) -> Result<Option<StoredCredential>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, staff.0)?.map(StoredCredential::from))
}

/// Uses up a code of the credentials that hold since `set_at`, and says whether it was good: of two requests with the same
/// code one gets through, and of codes only later ones.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn use_step(tx: &mut Tx, staff: StaffId, step: u64, set_at: Timestamp) -> Result<bool, StoreError> {
    Ok(run!(tx, execute USE_STEP, staff.0, Large::written(step), Time(set_at))? == 1)
}
