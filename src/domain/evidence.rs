//! What the machine saw: the input of a decision.

use serde::{Deserialize, Serialize};

use utoipa::ToSchema;

use super::burst::BurstEvidence;
use super::capture::{Channel, Step};
use super::passive::PassiveSign;
use super::score::{OperatingPoint, Similarity};

/// Something about a frame that a person can change. Each one has words for it in every language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// No face in the frame.
    NoFace,
    /// More than one face of a size that could be the person's.
    SeveralFaces,
    /// The face is too small: too few pixels between the eyes.
    TooFar,
    /// The face is cut by the border of the frame.
    CutByBorder,
    /// Too little light on the face.
    TooDark,
    /// Too much light on the face.
    TooBright,
    /// One side of the face is much darker, or everything is grey: no contrast.
    LowContrast,
    /// Movement, a dirty lens, or out of focus.
    Blurred,
    /// The head is turned to the left or to the right.
    TurnedAside,
    /// The head is bent up or down.
    TiltedUpOrDown,
    /// The head leans towards a shoulder.
    Leaning,
    /// Hair, hand, mask, or dark glasses cover the eyes.
    EyesCovered,
    /// The head was to be turned, and the frames do not show it.
    TurnNotShown,
    /// The mouth was to be opened, and the frames do not show it.
    OpenMouthNotShown,
    /// The head was to nod, and the frames do not show it.
    NodNotShown,
    /// The face was to come closer, and the frames do not show it.
    ComeCloserNotShown,
    /// The colours of the screen are not seen on the face.
    LightNotShown,
}

/// Something about how frames came here that speaks for a recording. It proves nothing, and refers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InjectionSign {
    /// A picture of an earlier session, or of an enrolment.
    SeenBefore,
    /// Times that no clock gives.
    Timing,
    /// Software that shows something as a camera.
    VirtualCamera,
}

/// Presentation attack detection (ISO/IEC 30107-3) on one frame or several.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Liveness {
    /// The installed pack has no usable detector, or the frame had no single face.
    NotAssessed,
    /// A passive detector gave a score.
    Passive {
        /// 0 attack … 1 bona fide. A signal, not a probability.
        bona_fide: f32,
    },
}

impl std::fmt::Debug for Liveness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotAssessed => "NotAssessed",
            Self::Passive { .. } => "Passive(…)",
        })
    }
}

/// What one frame gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameEvidence {
    /// What is wrong with the frame; empty when it is usable.
    pub findings: Vec<Finding>,
    /// Whether a living person seems to stand there.
    pub liveness: Liveness,
    /// What looks like an attack; empty when nothing does.
    pub signs: Vec<PassiveSign>,
    /// Highest similarity to a reference of the person; `None` without references or without a usable face.
    pub similarity: Option<Similarity>,
    /// Digest of the model pack that looked: another pack's thresholds say nothing about this similarity.
    pub pack: String,
}

/// Everything about one attempt that the decision may look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Where the frames were taken.
    pub channel: Channel,
    /// What is wrong with the best frame; empty when at least one frame is usable.
    pub findings: Vec<Finding>,
    /// Liveness of each usable frame. Every one of them may raise a doubt: a good frame does not excuse an attack.
    pub liveness: Vec<Liveness>,
    /// Signs of an attack in any of the usable frames.
    pub signs: Vec<PassiveSign>,
    /// The weakest similarity over the usable frames: a second person in one of them must not pass.
    pub similarity: Option<Similarity>,
    /// The operating point that the policy's false match rate has for the installed models.
    pub operating_point: Option<OperatingPoint>,
    /// What the frames show together.
    pub burst: BurstEvidence,
    /// What speaks for frames that no camera took.
    pub injection: Vec<InjectionSign>,
}

impl Evidence {
    /// Active steps that were asked for.
    #[must_use]
    pub fn active_steps(&self) -> usize {
        self.burst.steps.iter().filter(|asked| asked.step != Step::LookStraight).count()
    }

    /// Fuses the frames of one attempt. Frames with findings count only when there is no other; among the usable ones
    /// the weakest speaks for all. Without any frame the finding is that there is no face. `operating_point` is the one of
    /// `pack`; where another pack looked at a usable frame, there is none. What the frames show together is not looked at
    /// here.
    #[must_use]
    pub fn fuse(
        channel: Channel,
        frames: &[FrameEvidence],
        pack: &str,
        operating_point: Option<OperatingPoint>,
    ) -> Self {
        let usable: Vec<_> = frames.iter().filter(|frame| frame.findings.is_empty()).collect();
        let findings = if usable.is_empty() {
            // "No face" tells a person less than anything else does.
            let best =
                frames.iter().min_by_key(|frame| (frame.findings.contains(&Finding::NoFace), frame.findings.len()));
            best.map_or_else(|| vec![Finding::NoFace], |frame| frame.findings.clone())
        } else {
            Vec::new()
        };
        let similarity = usable.iter().map(|frame| frame.similarity).reduce(weaker_similarity);
        Self {
            channel,
            findings,
            liveness: usable.iter().map(|frame| frame.liveness).collect(),
            signs: usable.iter().flat_map(|frame| frame.signs.iter().copied()).collect(),
            similarity: similarity.flatten(),
            operating_point: operating_point.filter(|_| usable.iter().all(|frame| frame.pack == pack)),
            burst: BurstEvidence::default(),
            injection: Vec::new(),
        }
    }
}

fn weaker_similarity(a: Option<Similarity>, b: Option<Similarity>) -> Option<Similarity> {
    let (a, b) = (a?, b?);
    Some(if a < b { a } else { b })
}
