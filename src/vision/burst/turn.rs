//! Was the head turned to the side that was asked?

use crate::vision::trace::Trace;

/// Degrees further than at rest. A flat picture that is tilted by 20 to 55 degrees looks turned by 0 to 10.
const MIN_TURN: f32 = 15.0;

/// To the person's own left: the image's right.
pub(super) fn left(rest: &Trace, frames: &[&Trace]) -> bool {
    turned(rest, frames, 1.0)
}

/// To the person's own right: the image's left.
pub(super) fn right(rest: &Trace, frames: &[&Trace]) -> bool {
    turned(rest, frames, -1.0)
}

fn turned(rest: &Trace, frames: &[&Trace], side: f32) -> bool {
    frames.iter().any(|frame| side * (frame.pose().yaw - rest.pose().yaw) >= MIN_TURN)
}
