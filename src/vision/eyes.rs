//! Are the eyes to be seen? From a small model that looks at each of them.

use super::align::warp;
use super::engine::{EngineError, Net, Session};
use super::frame::Frame;
use super::landmarks::Mesh;
use super::manifest::{Head, InputSpec};
use super::mapping::Mapping;
use super::pack::{Model, ModelError};

/// Corners of each eye in the mesh, left to right in the image.
const CORNERS: [[usize; 2]; 2] = [[33, 133], [362, 263]];

/// The class of open-closed-eye-0001 that stands for open (its page says the other one; its own demo and our check agree on this).
const OPEN: usize = 1;

/// Values of an iris output before the iris itself: 71 contour points of x, y, z.
const CONTOUR: usize = 71 * 3;

/// A loaded eye model.
pub(crate) struct EyeState {
    pub(crate) net: Net,
    spec: InputSpec,
    crop: f32,
    head: EyeHead,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EyeHead {
    /// Probability of open.
    OpenClosed,
    /// Contour of lids, trained on the person's left eye.
    Iris,
}

impl EyeState {
    pub(crate) fn load(model: &Model) -> Result<Self, ModelError> {
        let (head, values) = match model.entry.head {
            Head::OpenClosedEye => (EyeHead::OpenClosed, 2),
            Head::Iris => (EyeHead::Iris, CONTOUR),
            _ => return Err(model.contract("it cannot be an eye model with this head")),
        };
        let spec = model.entry.input;
        let crop = model.entry.crop.ok_or_else(|| model.contract("the crop factor is missing"))?;
        let net = model.load_net(&spec)?;
        if net.output_shapes().first().is_none_or(|shape| shape.iter().product::<usize>() < values) {
            return Err(model.contract("its output is too short"));
        }
        Ok(Self { net, spec, crop, head })
    }

    /// How open each eye is, image-left first: a probability or a height over width, by the model.
    pub(crate) fn openness(&self, session: &mut Session, frame: &Frame, mesh: &Mesh) -> Result<[f32; 2], EngineError> {
        let mut open = [0.0; 2];
        for (eye, open) in open.iter_mut().enumerate() {
            let [left, right] = CORNERS[eye].map(|i| mesh.points[i]);
            let centre = super::geometry::Point::centre(&[left, right]);
            let side = self.crop * left.distance(right);
            let to_frame = Mapping::from_crop(centre, side, left.angle_to(right), self.spec.width);
            let planes = session.input()?;
            warp(frame, &to_frame, &self.spec, planes);
            if eye == 0 && self.head == EyeHead::Iris {
                planes.chunks_exact_mut(self.spec.width).for_each(<[f32]>::reverse);
            }
            session.run()?;
            let output = session.output(0)?;
            *open = match self.head {
                EyeHead::OpenClosed => output[OPEN],
                EyeHead::Iris => contour_openness(&output[..CONTOUR]),
            };
        }
        Ok(open)
    }
}

/// Mean distance of seven pairs of lid points over the distance of the corners.
fn contour_openness(contour: &[f32]) -> f32 {
    let points = contour.as_chunks::<3>().0;
    let distance = |a: usize, b: usize| (points[a][0] - points[b][0]).hypot(points[a][1] - points[b][1]);
    let height: f32 = (1..8).map(|i| distance(i, i + 8)).sum::<f32>() / 7.0;
    height / distance(0, 8).max(f32::EPSILON)
}
