//! Subjects of foreign identity providers, linked to accounts of staff.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Digest, Time};
use super::error::{Constraint, StoreError};
use super::tx::{Tx, run};
use crate::domain::id::{StaffId, StaffLinkId};

const TABLE: &str = "staff_link";

/// Conflicts change nothing and are counted: a violated constraint would undo the transaction.
const INSERT: &str = "insert into staff_link (id, staff, subject, linked_at) values ($1, $2, $3, $4) \
    on conflict (subject) where unlinked_at is null do nothing";
const FIND: &str = "select id, staff, subject, unlinked_at from staff_link where id = $1";
const FIND_GOOD: &str =
    "select id, staff, subject, unlinked_at from staff_link where subject = $1 and unlinked_at is null";
const UNLINK: &str = "update staff_link set unlinked_at = $2 where id = $1 and unlinked_at is null";

/// A link as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffLink {
    /// Ours.
    pub id: StaffLinkId,
    /// Whose account.
    pub staff: StaffId,
    /// Blind index of issuer and subject.
    pub subject: [u8; 32],
    /// Since when it opens nothing; `None` while it does.
    pub unlinked_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    staff: Uuid,
    subject: Digest,
    unlinked_at: Option<Time>,
}

impl From<Row> for StaffLink {
    fn from(row: Row) -> Self {
        Self {
            id: StaffLinkId(row.id),
            staff: StaffId(row.staff),
            subject: row.subject.0,
            unlinked_at: row.unlinked_at.map(|at| at.0),
        }
    }
}

/// Links a subject to an account.
///
/// # Errors
/// [`Constraint::SubjectLinked`] when it opens an account already, be it the same.
pub async fn insert(tx: &mut Tx, link: &StaffLink, at: Timestamp) -> Result<(), StoreError> {
    let inserted = run!(tx, execute INSERT, link.id.0, link.staff.0, link.subject.as_slice(), Time(at))?;
    StoreError::unless_changed(inserted, Constraint::SubjectLinked)
}

/// The link, be it undone.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: StaffLinkId) -> Result<Option<StaffLink>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(StaffLink::from))
}

/// The link of this subject that opens an account.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find_good(tx: &mut Tx, subject: &[u8; 32]) -> Result<Option<StaffLink>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND_GOOD, subject.as_slice())?.map(StaffLink::from))
}

/// Undoes a link, and says whether there was one to undo.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn unlink(tx: &mut Tx, id: StaffLinkId, at: Timestamp) -> Result<bool, StoreError> {
    Ok(run!(tx, execute UNLINK, id.0, Time(at))? == 1)
}
