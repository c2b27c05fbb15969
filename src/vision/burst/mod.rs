//! What the frames of an attempt show together: were the steps done, by one living head in front of one camera?

mod crop;
mod follow;
mod homography;
mod light;
mod linear;
mod motion;
mod mouth;
mod nearness;
mod nod;
mod person;
mod plane;
pub mod print;
mod repeats;
mod turn;

use crate::domain::burst::{BurstDoubt, BurstEvidence, StepEvidence};
use crate::domain::capture::Step;
use crate::domain::challenge::Colour;

use super::trace::Trace;
use light::Reflection;
use plane::Motion;

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
/// A step is shown against the first frame in which the person looked straight; without one, none is. One frame alone raises
/// no doubt.
#[must_use]
pub fn assess(frames: &[BurstFrame<'_>], challenge: &[Step], light: &[Colour]) -> BurstEvidence {
    let rest = frames.iter().find(|frame| frame.step == Step::LookStraight).map(|frame| frame.trace);
    let lit: Vec<BurstFrame<'_>> = of_step(frames, Step::WatchLight).collect();
    let reflection = light::reflection(&lit, light);
    let steps = challenge.iter().map(|step| {
        let own: Vec<&Trace> = of_step(frames, *step).map(|frame| frame.trace).collect();
        let shown = rest.is_some_and(|rest| match step {
            Step::LookStraight => true,
            Step::TurnLeft => turn::left(rest, &own),
            Step::TurnRight => turn::right(rest, &own),
            Step::OpenMouth => mouth::opened(rest, &own),
            Step::Nod => nod::nodded(rest, &own),
            Step::ComeCloser => nearness::came_closer(rest, &own),
            Step::WatchLight => reflection == Reflection::Shown,
        });
        StepEvidence { step: *step, shown }
    });
    let against_rest = |doubt: fn(&Trace, &Trace) -> bool| {
        rest.is_some_and(|rest| frames.iter().any(|frame| doubt(rest, frame.trace)))
    };
    let doubts = [
        (against_rest(|rest, frame| Motion::between(rest, frame).is_some_and(Motion::is_flat)), BurstDoubt::FlatMotion),
        (motion::is_still(frames), BurstDoubt::NoMotion),
        (repeats::repeated(frames), BurstDoubt::RepeatedFrame),
        (against_rest(person::is_another), BurstDoubt::OtherPerson),
        (motion::jumps(frames), BurstDoubt::Spliced),
        (reflection == Reflection::Other, BurstDoubt::WrongLight),
        (motion::times_are_impossible(frames), BurstDoubt::ImplausibleTiming),
    ];
    BurstEvidence {
        steps: steps.collect(),
        doubts: doubts.into_iter().filter(|(raised, _)| *raised).map(|(_, doubt)| doubt).collect(),
    }
}

fn of_step<'a>(frames: &[BurstFrame<'a>], step: Step) -> impl Iterator<Item = BurstFrame<'a>> {
    frames.iter().copied().filter(move |frame| frame.step == step)
}
