//! The decision: what the machine may say, and how it comes to say it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::burst::BurstDoubt;
use super::capture::Step;
use super::evidence::{Evidence, Finding, InjectionSign, Liveness};
use super::policy::{Consequence, Policy};
use super::score::Similarity;

/// What the machine says of one attempt. There is no "denied": no pension is stopped by a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "reasons")]
pub enum Decision {
    /// Alive, and the right person.
    Certified,
    /// Nothing could be said: please try again, and here is what to change.
    Retake(Reasons<Finding>),
    /// A person of the office will decide.
    Refer(Reasons<ReferReason>),
}

impl Decision {
    /// For counters and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Certified => "certified",
            Self::Retake(_) => "retake",
            Self::Refer(_) => "referred",
        }
    }
}

/// Why a machine passes a session on to people. For the office only: to the public they would tell who is enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReferReason {
    /// The face is not similar enough to any reference.
    NoMatch,
    /// There is nothing to compare with: the number is unknown, or nothing is enrolled, or by another model pack.
    NoReference,
    /// The liveness score is below the policy's limit, or there are signs of an attack: perhaps a photo or a screen.
    LivenessDoubtful,
    /// Nothing assessed liveness, and nobody of the office was in sight.
    LivenessNotAssessed,
    /// A passive score alone does not certify on this channel.
    LivenessPassiveOnly,
    /// The installed models have no calibration for the population and the false match rate of the policy.
    NotCalibrated,
    /// The attempts are used up without a usable frame, or without a step that was asked for: those of the session, or of
    /// the person.
    AttemptsExhausted,
    /// The person cannot show as many steps as the policy wants.
    CannotShowSteps,
    /// Steps that were asked for were not seen in the last attempt.
    StepsNotShown,
    /// The face moves as a flat picture does.
    FlatMotion,
    /// Nothing moves that moves in a living face.
    NoMotion,
    /// A picture is there twice.
    RepeatedFrame,
    /// More than one face in the frames of an attempt, one after another.
    OtherPerson,
    /// The frames do not follow one another as those of one recording do.
    Spliced,
    /// The face reflects other colours than those that were shown.
    WrongLight,
    /// A picture of an earlier session, or of an enrolment.
    SeenBefore,
    /// The times of the frames cannot be true.
    Timing,
    /// The camera calls itself by the name of software that is none.
    VirtualCamera,
}

/// At least one reason, each once, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reasons<T>(Vec<T>);

impl<T: Ord> Reasons<T> {
    /// `None` when there is no reason.
    #[must_use]
    pub fn new(mut reasons: Vec<T>) -> Option<Self> {
        reasons.sort_unstable();
        reasons.dedup();
        (!reasons.is_empty()).then_some(Self(reasons))
    }

    /// The only reason.
    #[must_use]
    pub fn one(reason: T) -> Self {
        Self(vec![reason])
    }

    /// These reasons and more.
    #[must_use]
    pub fn and(mut self, more: impl IntoIterator<Item = T>) -> Self {
        self.0.extend(more);
        self.0.sort_unstable();
        self.0.dedup();
        self
    }

    /// The reasons.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

/// What happened before: in the same session, and to the same person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Failures that the person has left, this attempt included, before there is a pause.
    pub failures_left: u32,
}

/// Decides one attempt.
///
/// Frames without a usable face, and steps that are not seen, ask for a retake, until the attempts are used up: the last
/// one is referred, not lost. Otherwise every doubt is a reason to refer, and only the absence of all doubts certifies.
/// Better evidence never gives a worse outcome, in the order retake < refer < certified.
#[must_use]
pub fn decide(policy: &Policy, evidence: &Evidence, history: History) -> Decision {
    let not_shown: Vec<_> = evidence.burst.not_shown().filter_map(Step::not_shown).collect();
    if let Some(findings) = Reasons::new([evidence.findings.as_slice(), &not_shown].concat()) {
        if history.attempt < policy.max_attempts && history.failures_left > 1 {
            return Decision::Retake(findings);
        }
        let steps = (!not_shown.is_empty()).then_some(ReferReason::StepsNotShown);
        let more = steps.into_iter().chain(recording_doubts(evidence));
        return Decision::Refer(Reasons::one(ReferReason::AttemptsExhausted).and(more));
    }
    let liveness = evidence.liveness.iter().filter_map(|seen| liveness_doubt(policy, evidence, *seen));
    let signs = evidence.signs.iter().map(|_| ReferReason::LivenessDoubtful);
    let steps = steps_doubt(policy, evidence);
    let doubts = comparison_doubt(evidence).into_iter().chain(liveness).chain(signs).chain(steps);
    let doubts = doubts.chain(recording_doubts(evidence)).collect();
    Reasons::new(doubts).map_or(Decision::Certified, Decision::Refer)
}

fn comparison_doubt(evidence: &Evidence) -> Option<ReferReason> {
    let Some(point) = evidence.operating_point else { return Some(ReferReason::NotCalibrated) };
    match evidence.similarity.map(Similarity::get) {
        None => Some(ReferReason::NoReference),
        Some(similarity) if similarity >= point.threshold => None,
        Some(_) => Some(ReferReason::NoMatch),
    }
}

fn liveness_doubt(policy: &Policy, evidence: &Evidence, seen: Liveness) -> Option<ReferReason> {
    let rule = policy.rule(evidence.channel);
    match seen {
        Liveness::NotAssessed => (rule.not_assessed == Consequence::Refer).then_some(ReferReason::LivenessNotAssessed),
        Liveness::Passive { bona_fide } if bona_fide >= rule.bona_fide_min => {
            let alone = evidence.active_steps() == 0;
            (alone && rule.passive_only == Consequence::Refer).then_some(ReferReason::LivenessPassiveOnly)
        }
        Liveness::Passive { .. } => Some(ReferReason::LivenessDoubtful),
    }
}

fn steps_doubt(policy: &Policy, evidence: &Evidence) -> Option<ReferReason> {
    let wanted = policy.rule(evidence.channel).active_steps as usize;
    (evidence.active_steps() < wanted).then_some(ReferReason::CannotShowSteps)
}

/// What speaks for a recording, or for a picture, whatever the face.
fn recording_doubts(evidence: &Evidence) -> impl Iterator<Item = ReferReason> {
    let of_burst = evidence.burst.doubts.iter().map(|doubt| match doubt {
        BurstDoubt::FlatMotion => ReferReason::FlatMotion,
        BurstDoubt::NoMotion => ReferReason::NoMotion,
        BurstDoubt::RepeatedFrame => ReferReason::RepeatedFrame,
        BurstDoubt::OtherPerson => ReferReason::OtherPerson,
        BurstDoubt::Spliced => ReferReason::Spliced,
        BurstDoubt::WrongLight => ReferReason::WrongLight,
        BurstDoubt::ImplausibleTiming => ReferReason::Timing,
    });
    let of_signs = evidence.injection.iter().map(|sign| match sign {
        InjectionSign::SeenBefore => ReferReason::SeenBefore,
        InjectionSign::Timing => ReferReason::Timing,
        InjectionSign::VirtualCamera => ReferReason::VirtualCamera,
    });
    of_burst.chain(of_signs)
}
