//! Accounts of staff. Who they are is sealed.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Digest, Time};
use super::error::{Constraint, StoreError};
use super::tx::{Tx, run};
use crate::domain::id::StaffId;

const TABLE: &str = "staff";

/// Conflicts change nothing and are counted: a violated constraint would undo the transaction.
const INSERT: &str = "insert into staff (id, login, number, profile, created_at, disabled_at) \
    values ($1, $2, $3, $4, $5, $6) on conflict (login) do nothing";
const FIND: &str = "select id, login, number, profile, created_at, disabled_at from staff where id = $1";
const FIND_BY_LOGIN: &str = "select id, login, number, profile, created_at, disabled_at from staff where login = $1";
const LIST: &str = "select id, login, number, profile, created_at, disabled_at from staff order by id";
const SET_DISABLED: &str = "update staff set disabled_at = $2 where id = $1 and (disabled_at is null) <> ($2 is null)";
const IS_GOOD: &str = "select id from staff where id = $1 and disabled_at is null";

/// An account as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredStaff {
    /// Ours.
    pub id: StaffId,
    /// Blind index of the login.
    pub login: [u8; 32],
    /// Blind index of the staff number.
    pub number: [u8; 32],
    /// Login, number and name, sealed.
    pub profile: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it opens nothing; `None` while it is good.
    pub disabled_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    login: Digest,
    number: Digest,
    profile: Vec<u8>,
    created_at: Time,
    disabled_at: Option<Time>,
}

#[derive(FromRow)]
struct IdRow {
    id: Uuid,
}

impl From<Row> for StoredStaff {
    fn from(row: Row) -> Self {
        Self {
            id: StaffId(row.id),
            login: row.login.0,
            number: row.number.0,
            profile: row.profile,
            created_at: row.created_at.0,
            disabled_at: row.disabled_at.map(|at| at.0),
        }
    }
}

/// Records an account.
///
/// # Errors
/// [`Constraint::LoginTaken`] when somebody signs in under that name already, be it with a disabled account.
pub async fn insert(tx: &mut Tx, staff: &StoredStaff) -> Result<(), StoreError> {
    let inserted = run!(
        tx,
        execute INSERT,
        staff.id.0,
        staff.login.as_slice(),
        staff.number.as_slice(),
        staff.profile.as_slice(),
        Time(staff.created_at),
        staff.disabled_at.map(Time),
    )?;
    StoreError::unless_changed(inserted, Constraint::LoginTaken)
}

/// The account, disabled ones included.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: StaffId) -> Result<Option<StoredStaff>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(StoredStaff::from))
}

/// The account of that login, disabled ones included.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find_by_login(tx: &mut Tx, login: &[u8; 32]) -> Result<Option<StoredStaff>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND_BY_LOGIN, login.as_slice())?.map(StoredStaff::from))
}

/// Whether the account is there and not disabled.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn is_good(tx: &mut Tx, id: StaffId) -> Result<bool, StoreError> {
    Ok(run!(tx, fetch_optional IdRow in TABLE; IS_GOOD, id.0)?.is_some_and(|row| row.id == id.0))
}

/// All accounts, disabled ones included, in the order in which they were made.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn list(tx: &mut Tx) -> Result<Vec<StoredStaff>, StoreError> {
    Ok(run!(tx, fetch_all Row in TABLE; LIST)?.into_iter().map(StoredStaff::from).collect())
}

/// Disables an account, or (`None`) enables it again, and says whether that changed anything.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn set_disabled(tx: &mut Tx, id: StaffId, at: Option<Timestamp>) -> Result<bool, StoreError> {
    Ok(run!(tx, execute SET_DISABLED, id.0, at.map(Time))? == 1)
}
