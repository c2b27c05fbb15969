//! Was the head bent down?
//!
//! Measured: photos tilted by up to 55 degrees look bent by 6 (95 % of 316) and 13 (most), and a plane explains all but 0.13 of the
//! contrast; heads that bend by 9 degrees leave 0.22 and more.

use super::plane::Motion;
use super::views::Views;

/// Degrees lower than at rest; the pose follows a nod to 4 degrees.
const MIN_NOD: f32 = 9.0;

pub(super) fn nodded(views: &Views<'_>, rest: usize, frames: &[usize]) -> bool {
    let at_rest = views.pose(rest).pitch;
    let mut low = frames.iter().filter(|frame| views.pose(**frame).pitch - at_rest >= MIN_NOD);
    low.any(|frame| views.motion(rest, *frame).is_some_and(Motion::has_relief))
}
