//! What the frames of an attempt show together that no single frame can.

use serde::{Deserialize, Serialize};

use super::capture::Step;

/// What the frames of one attempt show together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BurstEvidence {
    /// The steps of the challenge in their order, each once for each time it was asked.
    pub steps: Vec<StepEvidence>,
    /// What a living person in front of one camera does not do; each once, in order.
    pub doubts: Vec<BurstDoubt>,
}

impl BurstEvidence {
    /// The steps that were asked and not shown.
    pub fn not_shown(&self) -> impl Iterator<Item = Step> {
        self.steps.iter().filter(|evidence| !evidence.shown).map(|evidence| evidence.step)
    }
}

/// Whether a step was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEvidence {
    /// What was asked.
    pub step: Step,
    /// Whether its frames show it.
    pub shown: bool,
}

/// Something that a living person in front of one camera does not do. A doubt refers; it proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BurstDoubt {
    /// The face moves as a flat picture would.
    FlatMotion,
    /// Nothing moves that moves in a living face.
    NoMotion,
    /// The same picture comes again.
    RepeatedFrame,
    /// Not the same face in all frames.
    OtherPerson,
    /// The frames do not follow one another: a jump that no head makes, or the way back the same as the way there.
    Spliced,
    /// The face reflects other colours than those shown.
    WrongLight,
    /// The device's times cannot be true.
    ImplausibleTiming,
}
