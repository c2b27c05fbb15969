//! Did face and camera come closer?
//!
//! A head that comes closer grows more at the nose than at the ears; a picture that is zoomed, or held closer, grows everywhere
//! alike. The mesh does not follow that (its proportions stay within 2 % at two thirds of the distance), the pixels do.
//!
//! Measured (pack open): portraits made to come closer by a factor of 1.2, 1.4, 1.6 have a parallax of −0.027…−0.031,
//! −0.046…−0.058, −0.065…−0.093; 56 photos of LFW, CASIA-FaceV5 and NUAA, zoomed by 1.3 to 1.6 and turned and tilted by up to ten
//! degrees meanwhile, −0.007 at most.

use crate::vision::geometry::{Point, Rect};

use super::crop::Crop;
use super::follow::{Place, follow};
use super::views::Views;

/// As many times wider in the frame as at rest.
const MIN_GROWTH: f32 = 1.3;
/// Less parallax than this is that of a flat picture; a head at two thirds of the distance has twice as much.
const MAX_PARALLAX: f64 = -0.02;

pub(super) fn came_closer(views: &Views<'_>, rest: usize, frames: &[usize]) -> bool {
    let size = |at: usize| {
        let trace = views.frames[at].trace;
        let points = trace.mesh.iter().map(|[x, y, _]| Point { x: *x, y: *y });
        // Of the frame's longer side, so that a camera that changes its resolution does not come closer.
        Rect::around(points).width / trace.sides[0].max(trace.sides[1])
    };
    let at_rest = size(rest);
    frames.iter().any(|frame| {
        size(*frame) >= MIN_GROWTH * at_rest
            && parallax(views, rest, *frame).is_some_and(|parallax| parallax <= MAX_PARALLAX)
    })
}

/// How much each distance of the eyes in depth adds to a place's distance from the middle; `None` when too little of the face is
/// in both frames.
fn parallax(views: &Views<'_>, rest: usize, closer: usize) -> Option<f64> {
    let (pair, found) = (views.pair(rest, closer)?, views.plane(rest, closer)?);
    let depths: Vec<f64> = pair.places.iter().map(|place| depth(pair.from, *place)).collect();
    let mean = depths.iter().sum::<f64>() / depths.len() as f64;
    let places: Vec<Place> = pair.places.iter().zip(depths).map(|(place, depth)| (*place, depth - mean)).collect();
    Some(follow(pair.from, pair.to, &places, &[found.plane]).parallax)
}

/// Depth of the face at a place, between the points of the mesh (Shepard 1968).
fn depth(face: &Crop, [x, y]: [f64; 2]) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (point, depth) in face.points.iter().zip(&face.depths) {
        let weight = ((point[0] - x).powi(2) + (point[1] - y).powi(2) + 0.004).powi(-2);
        (sum, weights) = (sum + weight * depth, weights + weight);
    }
    sum / weights
}
