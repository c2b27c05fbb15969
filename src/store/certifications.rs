//! Certifications 资格认证: the record of proofs of life. Append-only.

use jiff_sqlx::ToSqlx;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Name, Time};
use super::error::StoreError;
use super::tx::{Tx, run};
use crate::domain::certification::{Certification, Method};
use crate::domain::id::{BeneficiaryId, CertificationId, SessionId, StaffId};

const TABLE: &str = "certification";

const INSERT: &str = "insert into certification \
    (beneficiary, id, session, method, certified_at, valid_until, policy, pack, reviewer) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const FIND: &str = "select beneficiary, id, session, method, certified_at, valid_until, policy, pack, reviewer \
    from certification where id = $1";
const OF_SESSION: &str = "select beneficiary, id, session, method, certified_at, valid_until, policy, pack, reviewer \
    from certification where session = $1";
const OF_BENEFICIARY: &str = "select beneficiary, id, session, method, certified_at, valid_until, policy, pack, reviewer \
    from certification where beneficiary = $1 order by certified_at desc, id desc";

#[derive(FromRow)]
struct Row {
    beneficiary: Uuid,
    id: Uuid,
    session: Uuid,
    method: Name<Method>,
    certified_at: Time,
    valid_until: jiff_sqlx::Date,
    policy: String,
    pack: String,
    reviewer: Option<Uuid>,
}

impl From<Row> for Certification {
    fn from(row: Row) -> Self {
        Self {
            id: CertificationId(row.id),
            beneficiary: BeneficiaryId(row.beneficiary),
            session: SessionId(row.session),
            method: row.method.0,
            certified_at: row.certified_at.0,
            valid_until: row.valid_until.to_jiff(),
            policy: row.policy,
            pack: row.pack,
            reviewer: row.reviewer.map(StaffId),
        }
    }
}

/// Records a proof of life.
///
/// # Errors
/// [`Constraint::SessionCertified`](super::Constraint::SessionCertified) when the session has certified already,
/// [`Constraint::ParentMissing`](super::Constraint::ParentMissing) when the policy is not recorded, or the session not
/// for this beneficiary.
pub async fn insert(tx: &mut Tx, certification: &Certification) -> Result<(), StoreError> {
    run!(
        tx,
        later INSERT,
        certification.beneficiary.0,
        certification.id.0,
        certification.session.0,
        Name(certification.method),
        Time(certification.certified_at),
        certification.valid_until.to_sqlx(),
        &certification.policy,
        &certification.pack,
        certification.reviewer.map(|reviewer| reviewer.0),
    )
}

/// The certification of that identifier.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: CertificationId) -> Result<Option<Certification>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(Certification::from))
}

/// What a session certified, if it did.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of_session(tx: &mut Tx, session: SessionId) -> Result<Option<Certification>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; OF_SESSION, session.0)?.map(Certification::from))
}

/// All certifications of a beneficiary, the newest first.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of_beneficiary(tx: &mut Tx, beneficiary: BeneficiaryId) -> Result<Vec<Certification>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; OF_BENEFICIARY, beneficiary.0)?;
    Ok(rows.into_iter().map(Certification::from).collect())
}
