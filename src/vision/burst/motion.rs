//! Does anything move that moves in a living face, and no faster than a head can?

use crate::vision::burst::BurstFrame;
use crate::vision::geometry::{Point, Rect};

use super::views::Views;

/// So many frames over so many seconds show whether a face lives.
const MIN_FRAMES: usize = 4;
const MIN_SECONDS: f64 = 1.5;
/// With nothing more than this left in any frame after the best plane, all frames are one still picture, panned or zoomed at most.
/// Of 85 runs of four frames of NUAA's living people who sit still, the stillest leaves 0.053; of eight frames, 0.085.
const STILL: f64 = 0.035;

/// Degrees a second: quick turns of the head reach 300 (Grossman et al. 1988).
const MAX_TURN: f64 = 500.0;
/// Widths of the face a second.
const MAX_SHIFT: f64 = 8.0;
/// Faster than any camera gives frames one by one.
const MIN_INTERVAL: f64 = 0.01;

/// Nothing moves.
pub(super) fn is_still(views: &Views<'_>) -> bool {
    let (Some(first), Some(last)) = (views.frames.first(), views.frames.last()) else { return false };
    let count = views.frames.len();
    count >= MIN_FRAMES
        && last.seconds - first.seconds >= MIN_SECONDS
        && (1..count).all(|at| views.motion(0, at).is_some_and(|motion| motion.residual <= STILL))
}

/// Two frames that no head connects.
pub(super) fn jumps(views: &Views<'_>) -> bool {
    (1..views.frames.len()).any(|at| {
        let [from, to] = [at - 1, at].map(|at| &views.frames[at]);
        let seconds = (to.seconds - from.seconds).max(MIN_INTERVAL);
        let (one, other) = (from.trace, to.trace);
        let place = |points: &[[f32; 3]]| Rect::around(points.iter().map(|[x, y, _]| Point { x: *x, y: *y }));
        let (from, to) = (place(&one.mesh), place(&other.mesh));
        let shift = f64::from(from.centre().distance(to.centre()) / from.width.max(to.width).max(1.0));
        let turn = f64::from((views.pose(at - 1).yaw - views.pose(at).yaw).abs());
        let same_camera = one.sides.map(f32::to_bits) == other.sides.map(f32::to_bits);
        same_camera && (shift / seconds > MAX_SHIFT || turn / seconds > MAX_TURN)
    })
}

/// Times that go back, or frames closer than a camera takes them.
pub(super) fn times_are_impossible(frames: &[BurstFrame<'_>]) -> bool {
    frames.iter().any(|frame| !frame.seconds.is_finite())
        || frames.windows(2).any(|pair| pair[1].seconds - pair[0].seconds < MIN_INTERVAL)
}
