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
const SAME_BYTES: &str = "select frame from frame_mark where mark = $1 and source <> $2 limit 1";
const SAME_BYTES_OR_LOOK: &str = "select frame from (\
    select frame from frame_mark where mark = $1 and source <> $2 \
    union all \
    select frame from frame_mark where mark in ($3, $4, $5, $6, $7, $8, $9, $10) and source <> $2 \
    group by frame having count(*) >= $11) as seen limit 1";
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

#[derive(FromRow)]
struct Row {
    #[expect(dead_code, reason = "that there is one is all that is asked")]
    frame: Uuid,
}

/// Whether another session, or an enrolment, had the same picture: the same bytes, or `enough` of the same look.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn seen_elsewhere(tx: &mut Tx, marks: &FrameMarks, enough: usize) -> Result<bool, StoreError> {
    let (_, source) = marks.from.frame_and_source();
    let exact = marks.exact.as_slice();
    let Some(look) = &marks.look else {
        return Ok(run!(tx, fetch_optional Row in TABLE; SAME_BYTES, exact, source)?.is_some());
    };
    let found = run!(
        tx,
        fetch_optional Row in TABLE; SAME_BYTES_OR_LOOK,
        exact,
        source,
        look[0].as_slice(),
        look[1].as_slice(),
        look[2].as_slice(),
        look[3].as_slice(),
        look[4].as_slice(),
        look[5].as_slice(),
        look[6].as_slice(),
        look[7].as_slice(),
        i64::try_from(enough).unwrap_or(i64::MAX),
    )?;
    Ok(found.is_some())
}

/// Remembers pictures.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn insert(tx: &mut Tx, pictures: &[FrameMarks], at: Timestamp) -> Result<(), StoreError> {
    if pictures.is_empty() {
        return Ok(());
    }
    let all = pictures.iter().flat_map(|marks| {
        let of_picture = [marks.exact].into_iter().chain(marks.look.into_iter().flatten());
        of_picture.map(|mark| (mark, marks.from.frame_and_source()))
    });
    run_with_rows!(
        tx,
        INSERT,
        all,
        |row, given| {
            let (mark, (frame, source)) = given;
            row.push_bind(mark.to_vec()).push_bind(frame).push_bind(source).push_bind(Time(at));
        },
        " on conflict (mark, frame) do nothing"
    )?;
    Ok(())
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
