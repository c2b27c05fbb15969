//! Frames arrive. What is answered as accepted is on the disk, with what the machine saw in it.

use std::sync::Arc;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Service;
use super::answer::{Answer, RequestKey, begin};
use super::append_log::{Who, append};
use super::error::ServiceError;
use super::sealed;
use crate::domain::attendant::Caller;
use crate::domain::capture::{Capture, Step};
use crate::domain::evidence::{Finding, FrameEvidence};
use crate::domain::id::{BeneficiaryId, CaptureId, SessionId};
use crate::domain::score::Similarity;
use crate::domain::session::{Nonce, Session};
use crate::images::Picture;
use crate::log::entry::{self, Act};
use crate::log::hash::Hash;
use crate::log::record::Record;
use crate::store::references::StoredReference;
use crate::store::{Tx, captures, persons, references, sessions};
use crate::vault::DataKey;
use crate::vision::{Analysis, Template};
use crate::words::{self, Text};

/// One frame as it was sent.
pub struct Frame {
    /// JPEG, PNG or WebP.
    pub picture: Arc<[u8]>,
    /// What the person was asked to do.
    pub step: Step,
    /// When the device says it was taken.
    pub taken_at: Timestamp,
}

/// Accepted frames. They will not be lost.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CapturesAccepted {
    /// One for each frame, in the order sent.
    pub captures: Vec<CaptureAccepted>,
    /// Frames of this attempt so far.
    pub frames: u32,
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
    /// Takes the frames of the present attempt, all or none.
    ///
    /// # Errors
    /// [`ServiceError::Session`] when the session takes nothing, [`ServiceError::Image`] for bytes that are no picture,
    /// [`ServiceError::TooManyFrames`], [`ServiceError::Busy`].
    pub async fn accept_captures(
        &self,
        session: SessionId,
        nonce: &Nonce,
        caller: Caller,
        frames: Vec<Frame>,
        key: Option<RequestKey>,
    ) -> Result<Answer<CapturesAccepted>, ServiceError> {
        if let Some(answered) = self.replay(key.as_ref()).await? {
            return Ok(Answer::Replay(answered));
        }
        let (person, key_of_person) = self.key_of_session(session).await?;
        let references = self.references_for(session, nonce, caller, frames.len(), &key_of_person).await?;
        let pictures: Vec<_> = frames.iter().map(|frame| Arc::clone(&frame.picture)).collect();
        let analyses = self.inference.analyse_all(&pictures).await?;
        let captures = frames.iter().zip(analyses).map(|(frame, seen)| {
            let evidence = self.evidence_of(seen, &references)?;
            Ok(self.capture(session, frame, evidence))
        });
        let mut captures = captures.collect::<Result<Vec<_>, ServiceError>>()?;
        // Before the rows: what is accepted is there. Should the rows not follow, a sweep finds the pictures.
        let kept = captures.iter().zip(&frames).map(|(capture, frame)| {
            let sealed = key_of_person.seal(&sealed::picture::probe(capture.id, person), &frame.picture);
            self.images.put(Picture::Probe(capture.id), sealed)
        });
        try_join_all(kept).await?;
        let mut work = begin!(self, key);
        let found = sessions::find_for_update(&mut work.tx, session).await?;
        let open = found.ok_or(ServiceError::NotFound("session"))?.admit(nonce, caller, self.clock.now())?;
        if !persons::hold(&mut work.tx, person).await? {
            return Err(ServiceError::NotFound("session"));
        }
        work.person = Some(person);
        let (attempt, who) = (open.session().attempt, Who::from(open.session().attendant));
        let count = self.room_for(&mut work.tx, open.session(), frames.len()).await?;
        for capture in &mut captures {
            capture.attempt = attempt;
            captures::insert(&mut work.tx, &sealed::capture::seal(capture, person, &key_of_person)?).await?;
        }
        append(&mut work.tx, self.clock.now(), who, &key_of_person, |salt| Act::CapturesAccepted {
            session,
            attempt,
            captures: captures.iter().map(entry::CaptureAccepted::from).collect(),
            record: Record::Captures(&captures).commit(salt),
        })
        .await?;
        let accepted = captures.iter().map(CaptureAccepted::from).collect();
        work.finish(CapturesAccepted { captures: accepted, frames: count }).await
    }

    /// Frames of the attempt with these, before any work is done on them.
    async fn room_for(&self, tx: &mut Tx, session: &Session, more: usize) -> Result<u32, ServiceError> {
        let count = captures::count(tx, session.id, session.attempt).await?;
        let with_these = count.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        let policy = self.policy(tx).await?;
        if with_these > policy.max_frames { Err(ServiceError::TooManyFrames) } else { Ok(with_these) }
    }

    async fn references_for(
        &self,
        session: SessionId,
        nonce: &Nonce,
        caller: Caller,
        frames: usize,
        key: &DataKey,
    ) -> Result<Vec<Template>, ServiceError> {
        let mut tx = self.store.read().await?;
        let found = sessions::find(&mut tx, session).await?.ok_or(ServiceError::NotFound("session"))?;
        let open = found.admit(nonce, caller, self.clock.now())?;
        self.room_for(&mut tx, open.session(), frames).await?;
        // Nobody's references are looked up for an unknown number, so that it takes the same way and the same time.
        let nobody = BeneficiaryId(Uuid::nil());
        let enrolled = references::compared(&mut tx, open.session().applicant.beneficiary.unwrap_or(nobody)).await?;
        Ok(enrolled.into_iter().filter_map(|reference| self.template_of(reference, key)).collect())
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

    /// A capture whose attempt is not known yet.
    fn capture(&self, session: SessionId, frame: &Frame, evidence: FrameEvidence) -> Capture {
        let received_at = self.clock.now();
        Capture {
            id: CaptureId::new(received_at, &mut rand::rng()),
            session,
            attempt: 0,
            step: frame.step,
            taken_at: frame.taken_at,
            received_at,
            digest: Sha256::digest(&frame.picture).into(),
            evidence,
        }
    }
}

impl From<&Capture> for entry::CaptureAccepted {
    fn from(capture: &Capture) -> Self {
        Self { id: capture.id, sha256: Hash(capture.digest) }
    }
}

impl From<&Capture> for CaptureAccepted {
    fn from(capture: &Capture) -> Self {
        let findings = &capture.evidence.findings;
        Self {
            id: capture.id.0,
            usable: findings.is_empty(),
            guidance: findings.iter().copied().map(Advice::from).collect(),
        }
    }
}
