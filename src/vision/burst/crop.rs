//! The upright crop of a frame as a surface of brightness, and the mesh in it.
//!
//! Coordinates are of about 1: the origin is the middle of the face, the unit the distance between its eyes.

use std::cell::OnceCell;

use crate::vision::geometry::Point;
use crate::vision::mapping::Mapping;
use crate::vision::quality::{SIDE, TEMPLATE};
use crate::vision::trace::Trace;

const MIDDLE: [f64; 2] = [48.0, 60.0];
const UNIT: f64 = 30.0;

/// Rows and columns where the face can be.
const PART: [[usize; 2]; 2] = [[24, 94], [10, 87]];
/// Every second pixel of them: the crop is smoothed.
const STRIDE: usize = 2;

/// What is this near to the border of the frame is smoothed with what is outside of it: pixels of the crop.
const MARGIN: f32 = 3.0;
/// The outline of the face: points of the mesh, around it.
const OUTLINE: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];

/// One frame's face.
pub(super) struct Crop {
    luma: Vec<f32>,
    to_frame: Option<Mapping>,
    sides: [f32; 2],
    /// The mesh.
    pub(super) points: Vec<[f64; 2]>,
    /// Its depths, in the same unit.
    pub(super) depths: Vec<f64>,
    places: OnceCell<Vec<[f64; 2]>>,
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
            to_frame: to_crop.and_then(|mapping| mapping.inverse()),
            sides: trace.sides,
            points: mesh.points.iter().map(place).collect(),
            depths: mesh.depths.iter().map(|depth| f64::from(*depth) * scale).collect(),
            places: OnceCell::new(),
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

    /// Places of the face, row by row: within its outline and within the frame.
    pub(super) fn places(&self) -> &[[f64; 2]] {
        self.places.get_or_init(|| self.find_places())
    }

    fn find_places(&self) -> Vec<[f64; 2]> {
        let [[top, bottom], [left, right]] = PART;
        let place = |x: usize, y: usize| [(x as f64 - MIDDLE[0]) / UNIT, (y as f64 - MIDDLE[1]) / UNIT];
        let row = |y: usize| (left..right).step_by(STRIDE).map(move |x| place(x, y));
        let all = (top..bottom).step_by(STRIDE).flat_map(row);
        all.filter(|place| self.is_face(*place) && self.is_in_frame(*place)).collect()
    }

    /// Whether the crop shows the frame there, and not the black around it.
    pub(super) fn is_in_frame(&self, place: [f64; 2]) -> bool {
        let [x, y] = [0, 1].map(|i| (place[i] * UNIT + MIDDLE[i]) as f32);
        self.to_frame.is_some_and(|mapping| {
            let (in_frame, margin) = (mapping.apply(Point { x, y }), MARGIN * mapping.scale());
            let within = |at: f32, side: f32| at >= margin && at < side - margin;
            within(in_frame.x, self.sides[0]) && within(in_frame.y, self.sides[1])
        })
    }

    /// Whether a ray from the place crosses the outline an odd number of times.
    fn is_face(&self, [x, y]: [f64; 2]) -> bool {
        let corners = OUTLINE.map(|i| self.points[i]);
        let edges = corners.iter().zip(corners.iter().cycle().skip(1));
        let crossed = edges.filter(|(from, to)| {
            (from[1] > y) != (to[1] > y) && x < from[0] + (to[0] - from[0]) * (y - from[1]) / (to[1] - from[1])
        });
        crossed.count() % 2 == 1
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
