//! What the frames of an attempt say together: the input of its decision.

use super::Service;
use super::error::ServiceError;
use super::inference::aside;
use super::sealed;
use crate::domain::camera::Camera;
use crate::domain::capture::{Capture, Step};
use crate::domain::challenge::Challenge;
use crate::domain::evidence::{Evidence, FrameEvidence, InjectionSign};
use crate::domain::frame_times::{FrameTimes, fit_one_clock};
use crate::domain::id::PersonId;
use crate::domain::policy::Policy;
use crate::domain::session::Session;
use crate::store::captures::StoredCapture;
use crate::store::{Tx, captures};
use crate::vault::DataKey;
use crate::vision::Trace;
use crate::vision::burst::{BurstFrame, assess};

impl Service {
    /// Everything about the present attempt that its decision may look at; `None` before its first frame.
    pub(super) async fn evidence_of_attempt(
        &self,
        tx: &mut Tx,
        session: &Session,
        challenge: &Challenge,
        policy: &Policy,
        key: &DataKey,
    ) -> Result<Option<Evidence>, ServiceError> {
        let person = session.applicant.person;
        let mut frames = Vec::new();
        for stored in captures::of_session(tx, session.id).await? {
            frames.push((sealed::capture::open(&stored, person, key)?, stored));
        }
        let mut injection = signs_of_session(frames.iter().map(|(capture, _)| capture));
        frames.retain(|(capture, _)| capture.attempt == session.attempt);
        if frames.is_empty() {
            return Ok(None);
        }
        // Several may have one time; then they came in their order.
        frames.sort_by_key(|(capture, _)| capture.taken_at);
        if !fit_one_clock(&times(&frames, challenge)) {
            injection.push(InjectionSign::Timing);
        }
        let straight = frames.iter().filter(|(capture, _)| capture.step == Step::LookStraight);
        let straight: Vec<FrameEvidence> = straight.map(|(capture, _)| capture.evidence.clone()).collect();
        let pack = self.inference.pipeline().pack();
        let point = self.calibrations().at(&policy.population, policy.fmr);
        let fused = Evidence::fuse(session.channel, &straight, &pack.digest.to_string(), point);
        let traced = traced(&frames, person, key)?;
        let steps: Vec<_> = challenge.steps().iter().map(|asked| asked.step).collect();
        let colours = challenge.colours().to_vec();
        let assessed = move || assess(&traced.iter().map(Traced::in_burst).collect::<Vec<_>>(), &steps, &colours);
        let burst = aside(assessed).await?;
        Ok(Some(Evidence { burst, injection, ..fused }))
    }
}

/// A frame whose trace is opened.
struct Traced {
    step: Step,
    seconds: f64,
    light: Option<usize>,
    trace: Trace,
}

impl Traced {
    fn in_burst(&self) -> BurstFrame<'_> {
        let Self { step, seconds, light, ref trace } = *self;
        BurstFrame { step, seconds, light, trace }
    }
}

/// The frames that have a trace. One of another version is as good as none: the step is then not shown.
fn traced(frames: &[(Capture, StoredCapture)], person: PersonId, key: &DataKey) -> Result<Vec<Traced>, ServiceError> {
    let begin = frames.first().map(|(capture, _)| capture.taken_at).unwrap_or_default();
    let mut traced = Vec::new();
    for (capture, stored) in frames {
        let bytes = sealed::capture::open_trace(stored, person, key)?;
        let Some(Ok(trace)) = bytes.map(|bytes| Trace::from_bytes(&bytes)) else { continue };
        let seconds = capture.taken_at.duration_since(begin).as_secs_f64();
        let light = capture.circumstances.light.map(|index| index as usize);
        traced.push(Traced { step: capture.step, seconds, light, trace });
    }
    Ok(traced)
}

/// What speaks for a recording in any attempt of the session: a good attempt does not excuse the one before.
fn signs_of_session<'a>(mut captures: impl Iterator<Item = &'a Capture> + Clone) -> Vec<InjectionSign> {
    let seen = captures.clone().any(|capture| capture.circumstances.seen_before);
    let is_virtual = |capture: &Capture| capture.circumstances.camera.as_ref().is_some_and(Camera::is_virtual);
    let no_camera = captures.any(is_virtual);
    let signs = [(seen, InjectionSign::SeenBefore), (no_camera, InjectionSign::VirtualCamera)];
    signs.into_iter().filter_map(|(there, sign)| there.then_some(sign)).collect()
}

fn times(frames: &[(Capture, StoredCapture)], challenge: &Challenge) -> Vec<FrameTimes> {
    let told_at = |step| challenge.told().iter().find(|asked| asked.step == step).and_then(|asked| asked.told_at);
    let times = frames.iter().filter_map(|(capture, _)| {
        let Capture { taken_at, received_at, .. } = *capture;
        Some(FrameTimes { told_at: told_at(capture.step)?, taken_at, received_at })
    });
    times.collect()
}
