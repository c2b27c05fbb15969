//! Marks by which a picture is known again: keyed digests, which tell nothing to whoever does not have the picture.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::Time;
use super::error::StoreError;
use super::tx::{Tx, run, run_with_rows};
use crate::domain::id::{BeneficiaryId, CaptureId, PersonId, ReferenceId, SessionId};

const TABLE: &str = "frame_mark";

const INSERT: &str = "insert into frame_mark (mark, frame, source, marked_at) ";
/// Which of the pictures asked about somebody else had. The first of the same bytes settles it, however many there are, and the look
/// is asked only where there is none.
const SEEN: &str = "with given (asked, mark, source, is_exact, enough) as (";
const SEEN_ELSEWHERE: &str = "), same (asked) as (select asked from given where is_exact = 1 and exists (\
        select 1 from frame_mark where frame_mark.mark = given.mark and frame_mark.source <> given.source)) \
    select asked from same \
    union \
    select given.asked from given join frame_mark on frame_mark.mark = given.mark and frame_mark.source <> given.source \
    where given.is_exact = 0 and given.asked not in (select asked from same) \
    group by given.asked, frame_mark.frame having count(*) >= max(given.enough)";
const FORGET: &str = "delete from frame_mark where source in (select id from session where person = $1) \
    or source in (select id from reference where beneficiary = $2)";
const PURGE: &str = "delete from frame_mark where marked_at < $1";

/// A keyed digest.
pub type Mark = [u8; 32];

/// Where a picture comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A frame of a session.
    Session(SessionId, CaptureId),
    /// A photo that was enrolled.
    Enrolment(ReferenceId),
}

impl Source {
    fn frame_and_source(self) -> (Uuid, Uuid) {
        match self {
            Self::Session(session, capture) => (capture.0, session.0),
            Self::Enrolment(reference) => (reference.0, reference.0),
        }
    }
}

/// The marks of one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameMarks {
    /// Where it comes from.
    pub from: Source,
    /// Of its bytes.
    pub exact: Mark,
    /// Of what it looks like, where there is a face; each of them alone is no proof.
    pub look: Option<[Mark; 8]>,
}

impl FrameMarks {
    /// All of them; the first is that of its bytes.
    fn all(&self) -> impl Iterator<Item = Mark> {
        [self.exact].into_iter().chain(self.look.into_iter().flatten())
    }
}

#[derive(FromRow)]
struct Row {
    asked: i64,
}

/// Of each picture, whether another session, or an enrolment, had the same: the same bytes, or `enough` of the same look.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn seen_elsewhere(tx: &mut Tx, pictures: &[FrameMarks], enough: usize) -> Result<Vec<bool>, StoreError> {
    if pictures.is_empty() {
        return Ok(Vec::new());
    }
    let enough = i64::try_from(enough).unwrap_or(i64::MAX);
    let given = (0_i64..).zip(pictures).flat_map(|(asked, marks)| {
        let (_, source) = marks.from.frame_and_source();
        let is_exact = [1_i64].into_iter().chain(std::iter::repeat(0));
        marks.all().zip(is_exact).map(move |(mark, is_exact)| (asked, mark, source, is_exact))
    });
    let seen = run_with_rows!(
        tx,
        fetch_all Row in TABLE; SEEN,
        given,
        |(asked, mark, source, is_exact)| [asked, mark.to_vec(), source, is_exact, enough],
        SEEN_ELSEWHERE
    )?;
    Ok((0..).zip(pictures).map(|(asked, _)| seen.iter().any(|row| row.asked == asked)).collect())
}

/// Remembers pictures.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn insert(tx: &mut Tx, pictures: &[FrameMarks], at: Timestamp) -> Result<(), StoreError> {
    if pictures.is_empty() {
        return Ok(());
    }
    let all = pictures.iter().flat_map(|marks| marks.all().map(|mark| (mark, marks.from.frame_and_source())));
    run_with_rows!(
        tx,
        later INSERT,
        all,
        |(mark, (frame, source))| [mark.to_vec(), frame, source, Time(at)],
        " on conflict (mark, frame) do nothing"
    )
}

/// Forgets the pictures of a person who is erased.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn forget_person(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    run!(tx, execute FORGET, person.0, BeneficiaryId(person.0).0)?;
    Ok(())
}

/// Forgets the pictures from before that instant, and says how many marks went.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn purge_before(tx: &mut Tx, at: Timestamp) -> Result<u64, StoreError> {
    run!(tx, execute PURGE, Time(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::query_plan::plan;

    #[tokio::test]
    async fn marks_are_found_without_reading_all_of_them() {
        let plan = plan(&format!("{SEEN}values ($1, $2, $3, $4, $5), ($6, $7, $8, $9, $10){SEEN_ELSEWHERE}")).await;
        let of_marks: Vec<_> = plan.iter().filter(|step| step.contains("frame_mark")).collect();
        assert!(!of_marks.is_empty() && of_marks.iter().all(|step| step.starts_with("SEARCH")), "{plan:?}");
    }
}
