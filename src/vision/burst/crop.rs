//! The upright crop of a frame as a surface of brightness, and the mesh in it.
//!
//! Coordinates are of about 1: the origin is the middle of the face, the unit the distance between its eyes.

use crate::vision::geometry::Point;
use crate::vision::mapping::Mapping;
use crate::vision::quality::{SIDE, TEMPLATE};
use crate::vision::trace::Trace;

const MIDDLE: [f64; 2] = [48.0, 60.0];
const UNIT: f64 = 30.0;

/// First and last rows and columns of a part of the crop.
pub(super) type Part = [[usize; 2]; 2];
/// From the brows to the chin, without hair and background.
pub(super) const FEATURES: Part = [[28, 90], [16, 81]];
/// Where the face can be.
pub(super) const FACE: Part = [[24, 94], [10, 87]];
/// Every second pixel of them: the crop is smoothed.
const STRIDE: usize = 2;

/// One frame's face.
pub(super) struct Crop {
    luma: Vec<f32>,
    /// The mesh.
    pub(super) points: Vec<[f64; 2]>,
    /// Its depths, in the same unit.
    pub(super) depths: Vec<f64>,
}

impl Crop {
    pub(super) fn of(trace: &Trace) -> Self {
        let mesh = trace.as_mesh();
        let to_crop = Mapping::fit(&mesh.five_points(), &TEMPLATE);
        let place = |p: &Point| {
            let p = to_crop.map_or(*p, |mapping| mapping.apply(*p));
            [(f64::from(p.x) - MIDDLE[0]) / UNIT, (f64::from(p.y) - MIDDLE[1]) / UNIT]
        };
        let scale = to_crop.map_or(1.0, |mapping| f64::from(mapping.scale())) / UNIT;
        Self {
            luma: smoothed(&trace.face),
            points: mesh.points.iter().map(place).collect(),
            depths: mesh.depths.iter().map(|depth| f64::from(*depth) * scale).collect(),
        }
    }

    /// Brightness at a place, and how it changes to the right and down. The border goes on outside.
    pub(super) fn sample(&self, place: [f64; 2]) -> (f64, [f64; 2]) {
        let most = (SIDE - 1) as f64 - 1e-3;
        let [across, down] = [0, 1].map(|i| (place[i] * UNIT + MIDDLE[i]).clamp(0.0, most).max(0.0));
        let (left, top) = (across as usize, down as usize);
        let (right_share, low_share) = (across - left as f64, down - top as f64);
        let at = top * SIDE + left;
        let row = |at: usize| [f64::from(self.luma[at]), f64::from(self.luma[at + 1])];
        let (upper, lower) = (row(at), row(at + SIDE));
        let along = |[left, right]: [f64; 2]| left + right_share * (right - left);
        let (high, low) = (along(upper), along(lower));
        let (slope, slope_below) = (upper[1] - upper[0], lower[1] - lower[0]);
        (high + low_share * (low - high), [(slope + low_share * (slope_below - slope)) * UNIT, (low - high) * UNIT])
    }

    /// Places of a part, row by row.
    pub(super) fn grid([[top, bottom], [left, right]]: Part) -> Vec<[f64; 2]> {
        let place = |x: usize, y: usize| [(x as f64 - MIDDLE[0]) / UNIT, (y as f64 - MIDDLE[1]) / UNIT];
        let row = |y: usize| (left..right).step_by(STRIDE).map(move |x| place(x, y));
        (top..bottom).step_by(STRIDE).flat_map(row).collect()
    }
}

/// Binomial over five pixels each way: noise and the edges of JPEG's blocks go.
fn smoothed(face: &[u8]) -> Vec<f32> {
    const WEIGHTS: [f32; 5] = [0.0625, 0.25, 0.375, 0.25, 0.0625];
    let at = |place: usize, offset: usize| (place + offset).saturating_sub(2).min(SIDE - 1);
    let mut across = vec![0.0; SIDE * SIDE];
    for (i, value) in across.iter_mut().enumerate() {
        let (x, y) = (i % SIDE, i / SIDE);
        *value = (0..5).map(|k| WEIGHTS[k] * f32::from(face[y * SIDE + at(x, k)])).sum();
    }
    let down = |i: usize| (0..5).map(|k| WEIGHTS[k] * across[at(i / SIDE, k) * SIDE + i % SIDE]).sum();
    (0..SIDE * SIDE).map(down).collect()
}
