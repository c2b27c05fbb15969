//! Did face and camera come closer?
//!
//! A head that comes closer grows more at the nose than at the ears; a picture that is zoomed, or held closer, grows everywhere
//! alike. The mesh does not follow that (its proportions stay within 2 % at two thirds of the distance), the pixels do.
//!
//! Measured (pack open): portraits made to come closer by a factor of 1.2, 1.4, 1.6 have a parallax of −0.026…−0.032,
//! −0.046…−0.057, −0.064…−0.092; photos zoomed by 0.75 to 1.5, also turned and tilted meanwhile, ±0.007 at most.

use crate::vision::geometry::{Point, Rect};
use crate::vision::trace::Trace;

use super::crop::{Crop, FACE};
use super::follow::{Place, follow};
use super::plane::plane_between;

/// As many times wider in the frame as at rest.
const MIN_GROWTH: f32 = 1.3;
/// Less parallax than this is that of a flat picture; a head at two thirds of the distance has twice as much.
const MAX_PARALLAX: f64 = -0.02;
/// Places further from every point of the mesh are not on the face, in distances of the eyes.
const NEAR: f64 = 0.17;

pub(super) fn came_closer(rest: &Trace, frames: &[&Trace]) -> bool {
    let size = |trace: &Trace| {
        let points = trace.mesh.iter().map(|[x, y, _]| Point { x: *x, y: *y });
        // Of the frame's longer side, so that a camera that changes its resolution does not come closer.
        Rect::around(points).width / trace.sides[0].max(trace.sides[1])
    };
    let at_rest = size(rest);
    frames.iter().any(|frame| size(frame) >= MIN_GROWTH * at_rest && parallax(rest, frame) <= MAX_PARALLAX)
}

/// How much each distance of the eyes in depth shrinks a place's distance from the middle.
pub(super) fn parallax(rest: &Trace, closer: &Trace) -> f64 {
    let (from, to) = (Crop::of(rest), Crop::of(closer));
    let places: Vec<Place> =
        Crop::grid(FACE).into_iter().filter_map(|place| Some((place, depth(&from, place)?))).collect();
    let mean = places.iter().map(|(_, depth)| depth).sum::<f64>() / places.len().max(1) as f64;
    let places: Vec<Place> = places.into_iter().map(|(place, depth)| (place, depth - mean)).collect();
    follow(&from, &to, &places, plane_between(&from, &to).plane).parallax
}

/// Depth of the face at a place, between the points of the mesh (Shepard 1968); `None` outside.
fn depth(face: &Crop, [x, y]: [f64; 2]) -> Option<f64> {
    let (mut sum, mut weights, mut nearest) = (0.0, 0.0, f64::INFINITY);
    for ([px, py], depth) in face.points.iter().zip(&face.depths) {
        let squared = (px - x).powi(2) + (py - y).powi(2);
        let weight = (squared + 0.004).powi(-2);
        (sum, weights, nearest) = (sum + weight * depth, weights + weight, nearest.min(squared));
    }
    (nearest <= NEAR * NEAR).then(|| sum / weights)
}
