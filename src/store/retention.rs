//! Pictures whose time is over: what is still kept of whom, and what is not.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Count, Time};
use super::error::StoreError;
use super::tx::{Tx, run, run_with_rows};
use crate::domain::id::{CaptureId, ReferenceId, SessionId};

/// Frames that are kept are few: there is an index of them alone. This is asked after every decision.
const DUE: &str = "select c.id, c.session, cast(case when p.erased_at is null then 0 else 1 end as bigint) as erased \
    from capture c join session s on s.id = c.session join person p on p.id = s.person \
    left join review_case r on r.session = c.session \
    where c.image_deleted_at is null and (p.erased_at is not null \
        or (s.outcome = 'certified' and s.ended_at <= $1) \
        or (r.state = 'certified' and (select max(judged_at) from judgement j where j.review_case = r.id) <= $2) \
        or (r.state = 'investigation' and (select max(judged_at) from judgement j where j.review_case = r.id) <= $3) \
        or (s.outcome is null and s.expires_at <= $4)) \
    order by c.session, c.id limit $5";
const DUE_REFERENCES: &str = "select r.id from person p join reference r on r.beneficiary = p.id \
    where p.erased_at is not null and r.image_deleted_at is null order by p.id, r.id limit $1";
const DELETED: &str = "with given (id, at) as (";
const DELETED_UNTIL_NOW: &str = ") update capture set image_deleted_at = given.at from given \
    where capture.id = given.id and capture.image_deleted_at is null returning capture.id";
const DELETED_REFERENCE: &str = "update reference set image_deleted_at = $2 where id = $1 and image_deleted_at is null";
const KEPT: &str = "select id from capture where id = $1 and image_deleted_at is null";
const KEPT_REFERENCE: &str = "select id from reference where id = $1 and image_deleted_at is null";

/// What ended before these instants is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Sessions that the machine certified.
    pub certified: Timestamp,
    /// Cases in which the person was recognised.
    pub recognised: Timestamp,
    /// Cases that became an investigation.
    pub investigated: Timestamp,
    /// Sessions that expired without a decision.
    pub expired: Timestamp,
}

/// A frame that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueFrame {
    /// Which.
    pub id: CaptureId,
    /// Of which session.
    pub session: SessionId,
    /// Whether because the person was erased.
    pub erased: bool,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    session: Uuid,
    erased: Count,
}

#[derive(FromRow)]
struct IdRow {
    id: Uuid,
}

/// Frames that are due, those of a session one after another, at most `limit`.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn due(tx: &mut Tx, due: &Due, limit: u32) -> Result<Vec<DueFrame>, StoreError> {
    let Due { certified, recognised, investigated, expired } = *due;
    let rows = run!(
        tx,
        fetch_all Row in "capture"; DUE,
        Time(certified),
        Time(recognised),
        Time(investigated),
        Time(expired),
        i64::from(limit),
    )?;
    let frame =
        |row: Row| DueFrame { id: CaptureId(row.id), session: SessionId(row.session), erased: row.erased.0 == 1 };
    Ok(rows.into_iter().map(frame).collect())
}

/// References of persons who were erased, whose photos are still kept, at most `limit`.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn due_references(tx: &mut Tx, limit: u32) -> Result<Vec<ReferenceId>, StoreError> {
    let rows = run!(tx, fetch_all IdRow in "reference"; DUE_REFERENCES, i64::from(limit))?;
    Ok(rows.into_iter().map(|row| ReferenceId(row.id)).collect())
}

/// Records that pictures of frames are not kept any more, and says which of them were until now, in no order.
///
/// # Errors
/// Any [`StoreError`] of writing; [`StoreError::Unavailable`] also when two nodes delete the same frames in another order, and
/// PostgreSQL has ended one of them.
pub async fn deleted(tx: &mut Tx, frames: &[CaptureId], at: Timestamp) -> Result<Vec<CaptureId>, StoreError> {
    if frames.is_empty() {
        return Ok(Vec::new());
    }
    let rows = run_with_rows!(
        tx,
        fetch_all IdRow in "capture"; DELETED,
        frames,
        |id| [id.0, Time(at)],
        DELETED_UNTIL_NOW
    )?;
    Ok(rows.into_iter().map(|row| CaptureId(row.id)).collect())
}

/// Records that the photo of a reference is not kept any more, and says whether it was until now.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn deleted_reference(tx: &mut Tx, id: ReferenceId, at: Timestamp) -> Result<bool, StoreError> {
    Ok(run!(tx, execute DELETED_REFERENCE, id.0, Time(at))? == 1)
}

/// Whether the record has this frame, and its picture is to be kept.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn is_kept(tx: &mut Tx, id: CaptureId) -> Result<bool, StoreError> {
    Ok(run!(tx, fetch_optional IdRow in "capture"; KEPT, id.0)?.is_some())
}

/// Whether the record has this reference, and its photo is to be kept.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn is_kept_reference(tx: &mut Tx, id: ReferenceId) -> Result<bool, StoreError> {
    Ok(run!(tx, fetch_optional IdRow in "reference"; KEPT_REFERENCE, id.0)?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::query_plan::plan;

    /// What grows with the years: asked each second, it must not be read from end to end.
    #[tokio::test]
    async fn what_is_due_is_found_without_reading_everything() {
        for statement in [DUE, DUE_REFERENCES] {
            let plan = plan(statement).await;
            let whole =
                |step: &&String| step.starts_with("SCAN") && !step.contains("_kept") && !step.contains("_erased");
            assert_eq!(plan.iter().find(whole), None, "{plan:?}");
        }
    }
}
