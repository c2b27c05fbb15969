//! An aligned face → a template.

use super::align::warp;
use super::engine::{EngineError, Net, Session};
use super::frame::Frame;
use super::geometry::FivePoints;
use super::manifest::{Head, InputSpec};
use super::mapping::Mapping;
use super::pack::{Model, ModelError};

/// A loaded embedder.
pub(crate) struct Embedder {
    pub(crate) net: Net,
    spec: InputSpec,
    template: FivePoints,
}

impl Embedder {
    pub(crate) fn load(model: &Model) -> Result<Self, ModelError> {
        if model.entry.head != Head::Embedding {
            return Err(model.contract("it cannot be an embedder with this head"));
        }
        let spec = model.entry.input;
        let template = model.entry.template.ok_or_else(|| model.contract("the template is missing"))?;
        let net = model.load_net(&spec)?;
        let length: usize = net.output_shapes().first().map_or(0, |shape| shape.iter().product());
        if model.entry.dimension != Some(length) {
            return Err(model.contract("the dimension is not that of its output"));
        }
        Ok(Self { net, spec, template })
    }

    /// Warps the face into the model's input. `false` when the five points are one place.
    pub(crate) fn align(&self, session: &mut Session, frame: &Frame, five: &FivePoints) -> Result<bool, EngineError> {
        let Some(to_frame) = Mapping::fit(five, &self.template).and_then(|m| m.inverse()) else { return Ok(false) };
        warp(frame, &to_frame, &self.spec, session.input()?);
        Ok(true)
    }
}
