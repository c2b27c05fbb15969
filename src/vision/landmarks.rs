//! 468 points of a face, from a turned crop around what the detector found.

use super::align::warp;
use super::detect::Detection;
use super::engine::{EngineError, Net, Session};
use super::frame::Frame;
use super::geometry::{FivePoints, Point};
use super::manifest::{Head, InputSpec};
use super::mapping::Mapping;
use super::pack::{Model, ModelError};
use super::square::Square;

/// Number of points of the mesh.
pub(crate) const POINTS: usize = 468;

/// A face's points in the frame, and their depth.
#[derive(Default)]
pub(crate) struct Mesh {
    /// `POINTS` places in the frame.
    pub(crate) points: Vec<Point>,
    /// Depth of each point in frame pixels, growing away from the camera.
    pub(crate) depths: Vec<f32>,
    /// How sure the model is that it looked at a face, in 0..=1.
    pub(crate) presence: f32,
}

impl Mesh {
    /// The five points that faces are aligned by.
    pub(crate) fn five_points(&self) -> FivePoints {
        let mean = |points: [usize; 4]| Point::centre(&points.map(|i| self.points[i]));
        [mean([33, 133, 159, 145]), mean([362, 263, 386, 374]), self.points[1], self.points[61], self.points[291]]
    }
}

/// A loaded landmark model.
pub(crate) struct Landmarks {
    pub(crate) net: Net,
    spec: InputSpec,
    crop: f32,
    /// The flag is before the sigmoid.
    logit: bool,
    mesh_output: usize,
    flag_output: usize,
}

impl Landmarks {
    pub(crate) fn load(model: &Model) -> Result<Self, ModelError> {
        let logit = match model.entry.head {
            Head::Facemesh => false,
            Head::FacemeshLogit => true,
            _ => return Err(model.contract("it cannot be a landmark model with this head")),
        };
        let spec = model.entry.input;
        let net = model.load_net(&spec)?;
        let outputs = (net.output_of_shape(&[1, 3 * POINTS]), net.output_of_shape(&[1, 1]));
        let (Some(mesh_output), Some(flag_output)) = outputs else {
            return Err(model.contract("its outputs are not 468 points and a flag"));
        };
        let crop = model.entry.crop.ok_or_else(|| model.contract("the crop factor is missing"))?;
        Ok(Self { net, spec, crop, logit, mesh_output, flag_output })
    }

    /// Fits the mesh to a detected face; once more in a crop that follows it, unless the detector's was as good.
    pub(crate) fn fit(
        &self,
        session: &mut Session,
        frame: &Frame,
        face: &Detection,
        mesh: &mut Mesh,
    ) -> Result<(), EngineError> {
        let mut square = face.square;
        loop {
            let to_frame = Mapping::from_crop(square.centre, self.crop * square.side, square.angle, self.spec.width);
            warp(frame, &to_frame, &self.spec, session.input()?);
            session.run()?;
            self.read(session, &to_frame, mesh)?;
            if square.settled {
                return Ok(());
            }
            square = Square::of_mesh(&mesh.points);
        }
    }

    fn read(&self, session: &Session, to_frame: &Mapping, mesh: &mut Mesh) -> Result<(), EngineError> {
        let scale = to_frame.scale();
        let values = session.output(self.mesh_output)?.as_chunks::<3>().0;
        mesh.points.clear();
        mesh.depths.clear();
        for [x, y, z] in values {
            mesh.points.push(to_frame.apply(Point { x: *x, y: *y }));
            mesh.depths.push(z * scale);
        }
        let flag = session.output(self.flag_output)?[0];
        mesh.presence = if self.logit { 1.0 / (1.0 + (-flag).exp()) } else { flag };
        Ok(())
    }
}
