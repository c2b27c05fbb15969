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
mod views;

use crate::domain::burst::{BurstDoubt, BurstEvidence, StepEvidence};
use crate::domain::capture::Step;
use crate::domain::challenge::Colour;

use super::trace::Trace;
use light::Reflection;
use plane::Motion;
use views::Views;

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
    let views = Views::of(frames);
    let rest = frames.iter().position(|frame| frame.step == Step::LookStraight);
    let lit: Vec<BurstFrame<'_>> = views.of_step(Step::WatchLight).into_iter().map(|at| frames[at]).collect();
    let reflection = light::reflection(&lit, light);
    let steps = challenge.iter().map(|step| {
        let own = views.of_step(*step);
        let shown = rest.is_some_and(|rest| match step {
            Step::LookStraight => true,
            Step::TurnLeft => turn::left(&views, rest, &own),
            Step::TurnRight => turn::right(&views, rest, &own),
            Step::OpenMouth => mouth::opened(&views, rest, &own),
            Step::Nod => nod::nodded(&views, rest, &own),
            Step::ComeCloser => nearness::came_closer(&views, rest, &own),
            Step::WatchLight => reflection == Reflection::Shown,
        });
        StepEvidence { step: *step, shown }
    });
    let against_rest = |doubt: &dyn Fn(usize, usize) -> bool| {
        rest.is_some_and(|rest| (0..frames.len()).any(|at| at != rest && doubt(rest, at)))
    };
    let doubts = [
        (against_rest(&|rest, at| views.motion(rest, at).is_some_and(Motion::is_flat)), BurstDoubt::FlatMotion),
        (motion::is_still(&views), BurstDoubt::NoMotion),
        (repeats::repeated(&views), BurstDoubt::RepeatedFrame),
        (against_rest(&|rest, at| person::is_another(&views, rest, at)), BurstDoubt::OtherPerson),
        (motion::jumps(&views), BurstDoubt::Spliced),
        (reflection == Reflection::Other, BurstDoubt::WrongLight),
        (motion::times_are_impossible(frames), BurstDoubt::ImplausibleTiming),
    ];
    BurstEvidence {
        steps: steps.collect(),
        doubts: doubts.into_iter().filter(|(raised, _)| *raised).map(|(_, doubt)| doubt).collect(),
    }
}
