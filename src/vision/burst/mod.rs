//! What the frames of an attempt show together: were the steps done, by one living head in front of one camera?

mod mouth;
mod nod;
pub mod print;
mod turn;

use crate::domain::burst::{BurstEvidence, StepEvidence};
use crate::domain::capture::Step;
use crate::domain::challenge::Colour;

use super::trace::Trace;

/// One frame of an attempt.
#[derive(Debug, Clone, Copy)]
pub struct BurstFrame<'a> {
    /// What the person was asked to do while it was taken.
    pub step: Step,
    /// Since the first frame of the attempt, by the device's clock.
    pub seconds: f64,
    /// Which of the colours of [`Step::WatchLight`] the screen showed, from 0.
    pub light: Option<usize>,
    /// What was seen in it.
    pub trace: &'a Trace,
}

/// Looks at all frames of an attempt, in the order in which they were taken. `challenge` is what was asked, `light` the
/// colours of [`Step::WatchLight`].
///
/// A step is shown against the first frame in which the person looked straight; without one, none is.
#[must_use]
pub fn assess(frames: &[BurstFrame<'_>], challenge: &[Step], light: &[Colour]) -> BurstEvidence {
    let _ = light;
    let rest = frames.iter().find(|frame| frame.step == Step::LookStraight);
    let steps = challenge.iter().map(|step| {
        let of_step: Vec<&Trace> = frames.iter().filter(|frame| frame.step == *step).map(|frame| frame.trace).collect();
        StepEvidence { step: *step, shown: rest.is_some_and(|rest| shown(*step, rest.trace, &of_step)) }
    });
    BurstEvidence { steps: steps.collect(), doubts: Vec::new() }
}

fn shown(step: Step, rest: &Trace, frames: &[&Trace]) -> bool {
    match step {
        Step::LookStraight => true,
        Step::TurnLeft => turn::left(rest, frames),
        Step::TurnRight => turn::right(rest, frames),
        Step::OpenMouth => mouth::opened(rest, frames),
        Step::Nod => nod::nodded(rest, frames),
        Step::ComeCloser | Step::WatchLight => false,
    }
}
