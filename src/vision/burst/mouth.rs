//! Was the mouth opened?

use crate::vision::trace::Trace;

/// Height over width of an open mouth: surprised faces lie at 0.5, happy ones at 0.2, faces at rest at 0.1.
const MIN_OPENING: f32 = 0.35;

/// Further open than at rest.
const MIN_CHANGE: f32 = 0.2;

pub(super) fn opened(rest: &Trace, frames: &[&Trace]) -> bool {
    let at_rest = rest.measures().mouth;
    frames.iter().map(|frame| frame.measures().mouth).any(|now| now >= MIN_OPENING && now - at_rest >= MIN_CHANGE)
}
