//! Was the head bent down and raised again?

use crate::vision::trace::Trace;

/// Degrees between the lowest and the highest.
const MIN_NOD: f32 = 8.0;

pub(super) fn nodded(rest: &Trace, frames: &[&Trace]) -> bool {
    let pitches = frames.iter().map(|frame| frame.pose().pitch - rest.pose().pitch);
    pitches.fold(0.0, f32::max) >= MIN_NOD
}
