//! Reads the outputs of `BlazeFace` (back camera): a box and six points for each of 896 anchors.

use super::detect::Detection;
use super::engine::{EngineError, Net, Session};
use super::geometry::{Point, Rect};
use super::manifest::InputSpec;
use super::square::Square;

/// Cells a side and anchors a cell of the two grids.
const GRIDS: [(usize, usize); 2] = [(16, 2), (8, 6)];

/// Values of an anchor: box centre, box size, six points.
const VALUES: usize = 16;

/// Indices of the outputs, and the anchors' centres.
pub(crate) struct Outputs {
    layers: [Layer; 2],
}

struct Layer {
    scores: usize,
    values: usize,
    anchors: Vec<Point>,
}

impl Outputs {
    /// `None` when an output is missing.
    pub(crate) fn of(net: &Net, spec: &InputSpec) -> Option<Self> {
        let layer = |(side, repeat): (usize, usize)| {
            let cells = side * side * repeat;
            let stride = spec.width as f32 / side as f32;
            let anchors = (0..side * side).flat_map(|cell| {
                let centre =
                    Point { x: ((cell % side) as f32 + 0.5) * stride, y: ((cell / side) as f32 + 0.5) * stride };
                std::iter::repeat_n(centre, repeat)
            });
            Some(Layer {
                scores: net.output_of_shape(&[1, cells, 1])?,
                values: net.output_of_shape(&[1, cells, VALUES])?,
                anchors: anchors.collect(),
            })
        };
        Some(Self { layers: [layer(GRIDS[0])?, layer(GRIDS[1])?] })
    }

    /// Appends every anchor that scores at least `min_score`, in input pixels.
    pub(crate) fn read(
        &self,
        session: &Session,
        min_score: f32,
        faces: &mut Vec<Detection>,
    ) -> Result<(), EngineError> {
        for layer in &self.layers {
            let scores = session.output(layer.scores)?;
            let values = session.output(layer.values)?.as_chunks::<VALUES>().0;
            for ((logit, value), anchor) in scores.iter().zip(values).zip(&layer.anchors) {
                let score = 1.0 / (1.0 + (-logit).exp());
                if score.is_nan() || score < min_score {
                    continue;
                }
                let at = |i: usize| Point { x: value[i] + anchor.x, y: value[i + 1] + anchor.y };
                let (centre, width, height) = (at(0), value[2].max(0.0), value[3].max(0.0));
                let rect = Rect { x: centre.x - width / 2.0, y: centre.y - height / 2.0, width, height };
                // By its points a first crop would be as good for most faces, and far off for those that are turned.
                let square = Square::around(&rect, at(4).angle_to(at(6)));
                faces.push(Detection { rect, score, square });
            }
        }
        Ok(())
    }
}
