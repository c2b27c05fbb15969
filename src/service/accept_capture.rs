//! Frames arrive. What is answered as accepted is on the disk, with what the machine saw in it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Service;
use super::answer::{Answer, RequestKey, begin};
use super::append_log::{Who, append};
use super::error::ServiceError;
use super::frame_history::follow;
use super::instruction::Instruction;
use super::persons::key_of;
use super::sealed;
use crate::domain::attendant::Caller;
use crate::domain::camera::Camera;
use crate::domain::capture::{Capture, Circumstances, Step};
use crate::domain::challenge::Challenge;
use crate::domain::evidence::{Finding, FrameEvidence};
use crate::domain::id::{BeneficiaryId, CaptureId, PersonId, SessionId};
use crate::domain::policy::Policy;
use crate::domain::score::Similarity;
use crate::domain::session::{Nonce, Session};
use crate::images::Picture;
use crate::log::entry::{self, Act};
use crate::log::hash::Hash;
use crate::log::record::Record;
use crate::store::references::StoredReference;
use crate::store::{Tx, captures, challenges, persons, references, sessions};
use crate::vault::DataKey;
use crate::vision::{Analysis, Template, Trace};
use crate::words::{self, Text};

/// Frames of one step, as they were sent.
pub struct Submission {
    /// What the person was asked to do.
    pub step: Step,
    /// What came with the instruction; the first step needs none.
    pub ticket: Option<String>,
    /// The camera, where the device says which.
    pub camera: Option<Camera>,
    /// In the order in which they were taken.
    pub frames: Vec<Frame>,
}

/// One frame as it was sent.
pub struct Frame {
    /// JPEG, PNG or WebP.
    picture: Arc<[u8]>,
    /// SHA-256 of it.
    digest: [u8; 32],
    /// When the device says it was taken.
    taken_at: Timestamp,
    /// Which colour of the step the screen showed, from 0.
    light: Option<u32>,
}

impl Frame {
    /// Takes the digest of the picture, once.
    #[must_use]
    pub fn new(picture: Arc<[u8]>, taken_at: Timestamp, light: Option<u32>) -> Self {
        Self { digest: Sha256::digest(&picture).into(), picture, taken_at, light }
    }

    /// What makes two frames the same.
    #[must_use]
    pub fn content(&self) -> (Option<u32>, Timestamp, &[u8; 32]) {
        (self.light, self.taken_at, &self.digest)
    }
}

/// Accepted frames. They will not be lost.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CapturesAccepted {
    /// One for each frame, in the order sent.
    pub captures: Vec<CaptureAccepted>,
    /// Frames of this attempt so far.
    pub frames: u32,
    /// What to do next; `null` when everything was asked for, and the decision may be.
    pub next: Option<Instruction>,
}

/// One accepted frame, and what to tell the person about it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaptureAccepted {
    /// Ours.
    pub id: Uuid,
    /// Whether the frame can prove anything.
    pub usable: bool,
    /// What to change; empty when the frame is usable.
    pub guidance: Vec<Advice>,
}

/// One thing to change, in words for the person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Advice {
    /// A stable code.
    pub code: Finding,
    /// What was wrong.
    pub message: Text,
    /// What to do now.
    pub action: Text,
}

impl From<Finding> for Advice {
    fn from(code: Finding) -> Self {
        Self { code, message: words::problem_of(code), action: words::remedy_for(code) }
    }
}

impl Service {
    /// Takes frames of the present step, all or none.
    ///
    /// # Errors
    /// [`ServiceError::Session`] when the session takes nothing, [`ServiceError::Challenge`] when it does not take this
    /// step, [`ServiceError::Frame`] for frames that are not new or not in order, [`ServiceError::Image`] for bytes that are
    /// no picture, [`ServiceError::TooManyFrames`], [`ServiceError::Busy`].
    pub async fn accept_captures(
        &self,
        session: SessionId,
        nonce: &Nonce,
        caller: Caller,
        sent: Submission,
        key: Option<RequestKey>,
    ) -> Result<Answer<CapturesAccepted>, ServiceError> {
        if let Some(answered) = self.replay(key.as_ref()).await? {
            return Ok(Answer::Replay(answered));
        }
        let Known { person, key: key_of_person, references, admitted } =
            self.admit_before_work(session, nonce, caller, &sent).await?;
        let pictures: Vec<_> = sent.frames.iter().map(|frame| Arc::clone(&frame.picture)).collect();
        let analyses = self.inference.analyse_all(&pictures).await?;
        let received_at = self.clock.now();
        let ids = CaptureId::together(received_at, &mut rand::rng());
        let captures = ids.zip(sent.frames.iter().zip(analyses)).map(|(id, (frame, mut seen))| {
            let trace = seen.trace.take();
            let evidence = self.evidence_of(seen, &references)?;
            Ok((capture(id, received_at, session, &sent, frame, evidence), trace))
        });
        let (mut captures, traces): (Vec<_>, Vec<_>) =
            captures.collect::<Result<Vec<_>, ServiceError>>()?.into_iter().unzip();
        // Before the rows: what is accepted is there. Should the rows not follow, a sweep finds the pictures.
        let kept = captures.iter().zip(&pictures).map(|(capture, picture)| {
            let sealed = key_of_person.seal(&sealed::picture::probe(capture.id, person), picture);
            (Picture::Probe(capture.id), sealed)
        });
        self.images.put(kept.collect()).await?;
        let mut work = begin!(self, key);
        let found = sessions::find_for_update(&mut work.tx, session).await?;
        let open = found.ok_or(ServiceError::NotFound("session"))?.admit(nonce, caller, self.clock.now())?;
        let open = open.session();
        if !persons::hold(&mut work.tx, person).await? {
            return Err(ServiceError::NotFound("session"));
        }
        work.person = Some(person);
        let Admitted { policy, mut challenge, position, frames, .. } =
            self.admit_again(&mut work.tx, open, &sent, &key_of_person, admitted).await?;
        self.mark_seen_before(&mut work.tx, &mut captures, &traces).await?;
        let stored = captures.iter_mut().zip(&traces).map(|(capture, trace)| {
            capture.attempt = open.attempt;
            let trace = trace.as_ref().map(Trace::to_bytes);
            sealed::capture::seal(capture, trace.as_deref().map(Vec::as_slice), person, &key_of_person)
        });
        captures::insert(&mut work.tx, &stored.collect::<Result<Vec<_>, _>>()?).await?;
        append(&mut work.tx, self.clock.now(), Who::from(open.attendant), &key_of_person, |salt| {
            Act::CapturesAccepted {
                session,
                attempt: open.attempt,
                captures: captures.iter().map(entry::CaptureAccepted::from).collect(),
                record: Record::Captures(&captures).commit(salt),
            }
        })
        .await?;
        challenge.answer(position, self.clock.now());
        let content = sealed::challenge::seal(&challenge, open, &key_of_person)?;
        challenges::update(&mut work.tx, session, open.attempt, &content).await?;
        let next = self.instruction(open, &challenge, &policy);
        let accepted = captures.iter().map(CaptureAccepted::from).collect();
        work.finish(CapturesAccepted { captures: accepted, frames, next }).await
    }

    /// Whether the session takes these frames now.
    async fn admit_frames(
        &self,
        tx: &mut Tx,
        session: &Session,
        sent: &Submission,
        key: &DataKey,
    ) -> Result<Admitted, ServiceError> {
        let policy = self.policy(tx).await?;
        let sealed = sealed::challenge::find_sealed(tx, session).await?;
        let challenge = sealed::challenge::open(&sealed, session, key)?;
        let position = challenge.admit(sent.step, policy.step_seconds, self.clock.now())?;
        let asked = &challenge.steps()[position];
        self.check_ticket(session, (position, asked), sent.ticket.as_deref())?;
        sent.frames.iter().try_for_each(|frame| asked.check_light(frame.light))?;
        let before = captures::sent(tx, session.id).await?;
        let of_attempt = before.iter().filter(|frame| frame.attempt == session.attempt).count();
        let frames = u32::try_from(of_attempt.saturating_add(sent.frames.len())).unwrap_or(u32::MAX);
        if frames > policy.max_frames || sent.frames.len() > CaptureId::MOST_TOGETHER {
            return Err(ServiceError::TooManyFrames);
        }
        let taken = sent.frames.iter().map(|frame| (frame.taken_at, frame.digest));
        follow(&before, taken)?;
        Ok(Admitted { policy, sealed, challenge, position, frames })
    }

    /// Whether it still takes frames that it took before the work on them: whatever else was accepted or declined since then has
    /// changed its challenge. That the work took its time is no reason to refuse them.
    async fn admit_again(
        &self,
        tx: &mut Tx,
        session: &Session,
        sent: &Submission,
        key: &DataKey,
        before: Admitted,
    ) -> Result<Admitted, ServiceError> {
        if sealed::challenge::find_sealed(tx, session).await? == before.sealed {
            return Ok(before);
        }
        self.admit_frames(tx, session, sent, key).await
    }

    /// Whether frames are worth looking at, and whom they are compared with.
    async fn admit_before_work(
        &self,
        session: SessionId,
        nonce: &Nonce,
        caller: Caller,
        sent: &Submission,
    ) -> Result<Known, ServiceError> {
        let mut tx = self.store.read().await?;
        let found = sessions::find(&mut tx, session).await?.ok_or(ServiceError::NotFound("session"))?;
        let person = found.applicant.person;
        // Of somebody who was erased, it is not told that they were here.
        let key = key_of(&mut tx, &self.vault, person).await?.ok_or(ServiceError::NotFound("session"))?;
        let open = found.admit(nonce, caller, self.clock.now())?;
        let admitted = self.admit_frames(&mut tx, open.session(), sent, &key).await?;
        // Nobody's references are looked up for an unknown number, so that it takes the same way and the same time.
        let nobody = BeneficiaryId(Uuid::nil());
        let enrolled = references::compared(&mut tx, open.session().applicant.beneficiary.unwrap_or(nobody)).await?;
        let references = enrolled.into_iter().filter_map(|reference| self.template_of(reference, &key)).collect();
        Ok(Known { person, key, references, admitted })
    }

    /// `None` for a reference that cannot be compared, by another pack or damaged: the case then goes to people.
    fn template_of(&self, stored: StoredReference, key: &DataKey) -> Option<Template> {
        let pack = self.inference.pipeline().pack();
        if stored.pack != pack.digest.to_string() {
            return None;
        }
        let id = stored.id;
        let opened = sealed::reference::open(stored, key).ok();
        let template = opened.and_then(|reference| Template::from_bytes(&reference.template.0, pack.digest).ok());
        if template.is_none() {
            tracing::error!(reference = %id, "a stored template is damaged");
        }
        template
    }

    fn evidence_of(&self, analysis: Analysis, references: &[Template]) -> Result<FrameEvidence, ServiceError> {
        let mut similarity: Option<Similarity> = None;
        if let Some(probe) = &analysis.template {
            for reference in references {
                let this = probe.compare(reference).map_err(|error| ServiceError::Vision(Box::new(error)))?;
                similarity = Some(similarity.filter(|best| *best >= this).unwrap_or(this));
            }
        }
        let pack = self.inference.pipeline().pack().digest.to_string();
        let Analysis { findings, liveness, signs, .. } = analysis;
        Ok(FrameEvidence { findings, liveness, signs, similarity, pack })
    }
}

/// A capture whose attempt is not known yet.
fn capture(
    id: CaptureId,
    received_at: Timestamp,
    session: SessionId,
    sent: &Submission,
    frame: &Frame,
    evidence: FrameEvidence,
) -> Capture {
    Capture {
        id,
        session,
        attempt: 0,
        step: sent.step,
        taken_at: frame.taken_at,
        received_at,
        digest: frame.digest,
        evidence,
        circumstances: Circumstances { light: frame.light, camera: sent.camera.clone(), seen_before: false },
    }
}

/// Whose session it is.
struct Known {
    person: PersonId,
    key: DataKey,
    references: Vec<Template>,
    admitted: Admitted,
}

/// Frames that the session takes.
struct Admitted {
    policy: Arc<Policy>,
    /// The challenge as it was stored.
    sealed: Vec<u8>,
    challenge: Challenge,
    /// Of the step in the challenge.
    position: usize,
    /// Of the attempt, with these.
    frames: u32,
}

impl From<&Capture> for entry::CaptureAccepted {
    fn from(capture: &Capture) -> Self {
        Self { id: capture.id, sha256: Hash(capture.digest) }
    }
}

impl From<&Capture> for CaptureAccepted {
    fn from(capture: &Capture) -> Self {
        let findings = capture.evidence.findings.iter().copied().filter(|finding| capture.step.minds(*finding));
        let guidance: Vec<_> = findings.map(Advice::from).collect();
        Self { id: capture.id.0, usable: guidance.is_empty(), guidance }
    }
}
