//! Reads the outputs of `YuNet` 2023mar: a box, a face score and five points for each cell of three grids.

use super::detect::Detection;
use super::engine::{EngineError, Net, Session};
use super::geometry::{Point, Rect};
use super::manifest::InputSpec;
use super::square::Square;

const STRIDES: [usize; 3] = [8, 16, 32];

/// Where the five points lie, as [`Square::by_points`] wants it: the eyes, the nose and the corners of the mouth. Of 3,800 faces
/// of LFW the means of each person's means.
const MEAN_POINTS: [Point; 5] = [
    Point { x: -0.185, y: -0.188 },
    Point { x: 0.193, y: -0.184 },
    Point { x: -0.002, y: 0.040 },
    Point { x: -0.167, y: 0.209 },
    Point { x: 0.161, y: 0.213 },
];

/// Indices of the outputs, and the grid they belong to.
pub(crate) struct Outputs {
    grids: [Grid; 3],
}

struct Grid {
    stride: usize,
    class: usize,
    object: usize,
    boxes: usize,
    points: usize,
}

impl Outputs {
    /// `None` when the net's outputs are not in the published order: class, object, box and points, each at three strides.
    pub(crate) fn of(net: &Net, spec: &InputSpec) -> Option<Self> {
        let grids =
            std::array::from_fn(|i| Grid { stride: STRIDES[i], class: i, object: 3 + i, boxes: 6 + i, points: 9 + i });
        let fits = grids.iter().all(|grid| {
            let cells = (spec.width / grid.stride) * (spec.height / grid.stride);
            [(grid.class, 1), (grid.object, 1), (grid.boxes, 4), (grid.points, 10)]
                .iter()
                .all(|(output, length)| net.output_shapes().get(*output).is_some_and(|s| s[..] == [1, cells, *length]))
        });
        fits.then_some(Self { grids })
    }

    /// Appends every cell that scores at least `min_score`, in pixels of an input so wide.
    pub(crate) fn read(
        &self,
        session: &Session,
        width: usize,
        min_score: f32,
        faces: &mut Vec<Detection>,
    ) -> Result<(), EngineError> {
        for grid in &self.grids {
            let (columns, stride) = (width / grid.stride, grid.stride as f32);
            let class = session.output(grid.class)?;
            let object = session.output(grid.object)?;
            let boxes = session.output(grid.boxes)?.as_chunks::<4>().0;
            let points = session.output(grid.points)?.as_chunks::<10>().0;
            for (cell, (class, object)) in class.iter().zip(object).enumerate() {
                let score = (class * object).sqrt();
                if score.is_nan() || score < min_score {
                    continue;
                }
                let (x, y) = ((cell % columns) as f32, (cell / columns) as f32);
                let [dx, dy, log_width, log_height] = boxes[cell];
                let (width, height) = (log_width.exp() * stride, log_height.exp() * stride);
                let rect =
                    Rect { x: (x + dx) * stride - width / 2.0, y: (y + dy) * stride - height / 2.0, width, height };
                let points: [Point; 5] = std::array::from_fn(|i| Point {
                    x: (points[cell][2 * i] + x) * stride,
                    y: (points[cell][2 * i + 1] + y) * stride,
                });
                faces.push(Detection { rect, score, square: Square::by_points(&rect, &points, &MEAN_POINTS) });
            }
        }
        Ok(())
    }
}
