//! Is it the same face in all frames?

use super::views::Views;

/// Degrees from the straight frame, up to which a face keeps its likeness.
const STRAIGHT: f32 = 12.0;
/// Least cosine with the straight frame, held alike and held otherwise. Within a minute and before one camera, likeness is
/// far above that of two days: 0.93 to 1.00 held alike, 0.77 and more turned or bent by 25 degrees (portraits made to move).
const ALIKE: f32 = 0.6;
const TURNED: f32 = 0.4;

pub(super) fn is_another(views: &Views<'_>, rest: usize, frame: usize) -> bool {
    let (one, other) = (views.pose(rest), views.pose(frame));
    let turned = (one.yaw - other.yaw).abs().max((one.pitch - other.pitch).abs()) > STRAIGHT;
    let least = if turned { TURNED } else { ALIKE };
    // Templates of two packs do not compare: then nobody knows, and that is a doubt too.
    let [rest, frame] = [rest, frame].map(|at| &views.frames[at].trace.template);
    rest.cosine(frame).map_or(true, |cosine| cosine < least)
}
