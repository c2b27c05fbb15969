//! Roles that were granted to staff.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Name, Parsed, Time};
use super::error::StoreError;
use super::tx::{Tx, run};
use crate::domain::beneficiary::AgencyCode;
use crate::domain::id::{GrantId, StaffId};
use crate::domain::permission::Role;
use crate::domain::staff::Grant;

const TABLE: &str = "staff_grant";

const INSERT: &str = "insert into staff_grant (id, staff, role, agency, granted_at) values ($1, $2, $3, $4, $5)";
const FIND: &str = "select id, staff, role, agency, revoked_at from staff_grant where id = $1";
const OF: &str =
    "select id, staff, role, agency, revoked_at from staff_grant where staff = $1 and revoked_at is null order by id";
const OF_GOOD_STAFF: &str = "select g.id, g.staff, g.role, g.agency, g.revoked_at \
    from staff_grant g join staff s on s.id = g.staff \
    where g.role = $1 and g.revoked_at is null and s.disabled_at is null order by g.id";
const REVOKE: &str = "update staff_grant set revoked_at = $2 where id = $1 and revoked_at is null";

#[derive(FromRow)]
struct Row {
    id: Uuid,
    staff: Uuid,
    role: Name<Role>,
    agency: Parsed<AgencyCode>,
    revoked_at: Option<Time>,
}

/// A grant as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedGrant {
    /// Whose.
    pub staff: StaffId,
    /// What.
    pub grant: Grant,
    /// Since when not any more.
    pub revoked_at: Option<Timestamp>,
}

impl From<Row> for RecordedGrant {
    fn from(row: Row) -> Self {
        let grant = Grant { id: GrantId(row.id), role: row.role.0, agency: row.agency.0 };
        Self { staff: StaffId(row.staff), grant, revoked_at: row.revoked_at.map(|at| at.0) }
    }
}

/// Grants a role.
///
/// # Errors
/// [`Constraint::RoleGranted`](super::Constraint::RoleGranted) when the account has it at that agency already.
pub async fn insert(tx: &mut Tx, staff: StaffId, grant: &Grant, at: Timestamp) -> Result<(), StoreError> {
    run!(tx, execute INSERT, grant.id.0, staff.0, Name(grant.role), grant.agency.as_str(), Time(at))?;
    Ok(())
}

/// The grant, be it revoked.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: GrantId) -> Result<Option<RecordedGrant>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(RecordedGrant::from))
}

/// What an account has, without what was revoked.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of(tx: &mut Tx, staff: StaffId) -> Result<Vec<Grant>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; OF, staff.0)?;
    Ok(rows.into_iter().map(|row| RecordedGrant::from(row).grant).collect())
}

/// Who has a role, anywhere, with an account that is not disabled.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of_role(tx: &mut Tx, role: Role) -> Result<Vec<RecordedGrant>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; OF_GOOD_STAFF, Name(role))?;
    Ok(rows.into_iter().map(RecordedGrant::from).collect())
}

/// Revokes a role, and says whether there was one to revoke.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn revoke(tx: &mut Tx, id: GrantId, at: Timestamp) -> Result<bool, StoreError> {
    Ok(run!(tx, execute REVOKE, id.0, Time(at))? == 1)
}
