//! Reads the outputs of `YuNet` 2023mar: a box, a face score and five points for each cell of three grids.

use super::detect::Detection;
use super::engine::{EngineError, Net, Session};
use super::geometry::{Point, Rect};
use super::manifest::InputSpec;

const STRIDES: [usize; 3] = [8, 16, 32];

/// Indices of the outputs, and the grid they belong to.
pub(crate) struct Outputs {
    grids: [Grid; 3],
}

struct Grid {
    stride: f32,
    columns: usize,
    class: usize,
    object: usize,
    boxes: usize,
    points: usize,
}

impl Outputs {
    /// `None` when the net's outputs are not in the published order: class, object, box and points, each at three strides.
    pub(crate) fn of(net: &Net, spec: &InputSpec) -> Option<Self> {
        let grids = std::array::from_fn(|i| Grid {
            stride: STRIDES[i] as f32,
            columns: spec.width / STRIDES[i],
            class: i,
            object: 3 + i,
            boxes: 6 + i,
            points: 9 + i,
        });
        let fits = grids.iter().zip(STRIDES).all(|(grid, stride)| {
            let cells = (spec.width / stride) * (spec.height / stride);
            [(grid.class, 1), (grid.object, 1), (grid.boxes, 4), (grid.points, 10)]
                .iter()
                .all(|(output, length)| net.output_shapes().get(*output).is_some_and(|s| s[..] == [1, cells, *length]))
        });
        fits.then_some(Self { grids })
    }

    /// Appends every cell that scores at least `min_score`, in input pixels.
    pub(crate) fn read(
        &self,
        session: &Session,
        min_score: f32,
        faces: &mut Vec<Detection>,
    ) -> Result<(), EngineError> {
        for grid in &self.grids {
            let class = session.output(grid.class)?;
            let object = session.output(grid.object)?;
            let boxes = session.output(grid.boxes)?.as_chunks::<4>().0;
            let points = session.output(grid.points)?.as_chunks::<10>().0;
            for (cell, (class, object)) in class.iter().zip(object).enumerate() {
                let score = (class * object).sqrt();
                if score.is_nan() || score < min_score {
                    continue;
                }
                let (x, y) = ((cell % grid.columns) as f32, (cell / grid.columns) as f32);
                let [dx, dy, log_width, log_height] = boxes[cell];
                let (width, height) = (log_width.exp() * grid.stride, log_height.exp() * grid.stride);
                let eye = |i: usize| Point {
                    x: (points[cell][2 * i] + x) * grid.stride,
                    y: (points[cell][2 * i + 1] + y) * grid.stride,
                };
                faces.push(Detection {
                    rect: Rect {
                        x: (x + dx) * grid.stride - width / 2.0,
                        y: (y + dy) * grid.stride - height / 2.0,
                        width,
                        height,
                    },
                    score,
                    eyes: [eye(0), eye(1)],
                });
            }
        }
        Ok(())
    }
}
