//! How open the eyes are, from a model of lids and iris that looks at each of them.

use super::align::warp;
use super::engine::{EngineError, Net, Session};
use super::frame::Frame;
use super::geometry::Point;
use super::landmarks::Mesh;
use super::manifest::InputSpec;
use super::mapping::Mapping;
use super::pack::{Model, ModelError};

/// Corners of each eye in the mesh, left to right in the image.
const CORNERS: [[usize; 2]; 2] = [[33, 133], [362, 263]];

/// Values of an iris output before the iris itself: 71 contour points of x, y, z.
const CONTOUR: usize = 71 * 3;

/// A loaded lid and iris model.
pub(crate) struct Iris {
    pub(crate) net: Net,
    spec: InputSpec,
    crop: f32,
}

impl Iris {
    pub(crate) fn load(model: &Model) -> Result<Self, ModelError> {
        let spec = model.entry.input;
        let crop = model.entry.crop.ok_or_else(|| model.contract("the crop factor is missing"))?;
        let net = model.load_net(&spec)?;
        if net.output_shapes().first().is_none_or(|shape| shape.iter().product::<usize>() < CONTOUR) {
            return Err(model.contract("its output is too short for a contour"));
        }
        Ok(Self { net, spec, crop })
    }

    /// Height over width between the lids of each eye, image-left first.
    pub(crate) fn openness(&self, session: &mut Session, frame: &Frame, mesh: &Mesh) -> Result<[f32; 2], EngineError> {
        let mut open = [0.0; 2];
        for (eye, (corners, open)) in CORNERS.iter().zip(&mut open).enumerate() {
            let [left, right] = corners.map(|i| mesh.points[i]);
            let side = self.crop * left.distance(right);
            let centre = Point::centre(&[left, right]);
            let to_frame = Mapping::from_crop(centre, side, left.angle_to(right), self.spec.width);
            let planes = session.input()?;
            warp(frame, &to_frame, &self.spec, planes);
            if eye == 0 {
                // The model knows the image-right eye only: it is shown the other one in a mirror.
                planes.chunks_exact_mut(self.spec.width).for_each(<[f32]>::reverse);
            }
            session.run()?;
            *open = contour_openness(&session.output(0)?[..CONTOUR]);
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
