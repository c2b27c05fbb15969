//! Was the mouth opened?

use super::crop::Crop;
use super::homography::Homography;
use super::views::Views;

/// Height over width of an open mouth: surprised faces lie at 0.38 to 0.5, happy ones at 0.2, faces at rest at 0.1.
const MIN_OPENING: f64 = 0.3;
/// Further open than at rest. A smile adds 0.1.
const MIN_CHANGE: f64 = 0.17;
/// Upper and lower inner lip, image-left and image-right corner.
const MOUTH: [usize; 4] = [13, 14, 61, 291];

pub(super) fn opened(views: &Views<'_>, rest: usize, frames: &[usize]) -> bool {
    let still = views.crop(rest);
    let at_rest = opening(&still.points);
    frames.iter().any(|frame| {
        let now = straightened(views.crop(*frame), still).map_or(0.0, |points| opening(&points));
        now >= MIN_OPENING && now - at_rest >= MIN_CHANGE
    })
}

fn opening(points: &[[f64; 2]]) -> f64 {
    let distance = |a: usize, b: usize| (points[a][0] - points[b][0]).hypot(points[a][1] - points[b][1]);
    let [upper, lower, left, right] = MOUTH;
    distance(upper, lower) / distance(left, right).max(1e-6)
}

/// The mesh as if it were held as at rest: what a tilt does to the eyes and the nose is undone for the mouth too. Tilted by 55
/// degrees, a smile looks as if the mouth were opened.
fn straightened(face: &Crop, rest: &Crop) -> Option<Vec<[f64; 2]>> {
    let nose = rest.points[NOSE_BASE][1];
    let above = face.points.iter().zip(&rest.points).filter(|(_, at_rest)| at_rest[1] < nose);
    let back = Homography::fit(above)?;
    Some(face.points.iter().map(|place| back.apply(*place)).collect())
}

/// Under the nose: what is above does not move with the jaw.
const NOSE_BASE: usize = 2;
