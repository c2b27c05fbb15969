//! An aligned face → a template.

use super::align::warp;
use super::cohort::Cohort;
use super::engine::{EngineError, Net, Session};
use super::frame::Frame;
use super::geometry::FivePoints;
use super::manifest::{Head, InputSpec};
use super::mapping::Mapping;
use super::pack::{Model, ModelError, PackDigest};
use super::template::Template;

/// A loaded embedder.
pub(crate) struct Embedder {
    pub(crate) net: Net,
    spec: InputSpec,
    template: FivePoints,
    mirrored: bool,
    cohort: Option<Cohort>,
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
        let cohort = match &model.cohort {
            Some(bytes) => Some(Cohort::from_bytes(bytes, length).ok_or_else(|| model.contract("its cohort is none"))?),
            None => None,
        };
        Ok(Self { net, spec, template, mirrored: model.entry.mirrored, cohort })
    }

    /// Warps the face into the model's input. `false` when the five points are one place.
    pub(crate) fn align(&self, session: &mut Session, frame: &Frame, five: &FivePoints) -> Result<bool, EngineError> {
        let Some(to_frame) = Mapping::fit(five, &self.template).and_then(|m| m.inverse()) else { return Ok(false) };
        warp(frame, &to_frame, &self.spec, session.input()?);
        Ok(true)
    }

    /// The face that was warped into the input as a template; `None` when the model's answer has no direction.
    ///
    /// Where the manifest says so, its mirror image is embedded as well, and the template is the direction between the two.
    pub(crate) fn embed(&self, session: &mut Session, pack: PackDigest) -> Result<Option<Template>, EngineError> {
        session.run()?;
        let Ok(mut template) = Template::from_embedding(session.output(0)?, pack) else { return Ok(None) };
        if self.mirrored {
            for row in session.input()?.chunks_exact_mut(self.spec.width) {
                row.reverse();
            }
            session.run()?;
            let Ok(mirrored) = Template::from_embedding(session.output(0)?, pack) else { return Ok(None) };
            let sum: Vec<f32> = template.values().iter().zip(mirrored.values()).map(|(a, b)| a + b).collect();
            let Ok(between) = Template::from_embedding(&sum, pack) else { return Ok(None) };
            template = between;
        }
        Ok(Some(match &self.cohort {
            Some(cohort) => template.among(cohort),
            None => template,
        }))
    }
}
