//! At which sizes does a detector look, and which of them suits a picture?

use std::sync::OnceLock;

use super::engine::{EngineError, InstructionSet, Net, Session};
use super::manifest::InputSpec;
use super::pack::Model;
use super::resize::View;

/// One model at a closed set of input sizes, the smallest first.
///
/// A size is planned when the first picture comes that it suits: a node sees two or three of them.
pub(crate) struct Shapes {
    onnx: Vec<u8>,
    instructions: InstructionSet,
    sizes: Vec<(InputSpec, OnceLock<Net>)>,
}

impl Shapes {
    /// The sizes as width and height; `net` is the model at the last of them.
    pub(crate) fn new(model: &Model, sizes: &[(usize, usize)], net: Net) -> Self {
        let sized = |&(width, height): &(usize, usize)| InputSpec { width, height, ..model.entry.input };
        let mut sizes: Vec<_> = sizes.iter().map(|size| (sized(size), OnceLock::new())).collect();
        if let Some(last) = sizes.last_mut() {
            last.1 = OnceLock::from(net);
        }
        Self { onnx: model.bytes.clone(), instructions: model.instructions, sizes }
    }

    /// No sessions yet, but a place for each.
    pub(crate) fn sessions(&self) -> Vec<Option<Session>> {
        self.sizes.iter().map(|_| None).collect()
    }

    /// The smallest size that shows the view as large as any does, and the worker's session of it.
    pub(crate) fn suit<'a>(
        &self,
        view: &View,
        sessions: &'a mut [Option<Session>],
    ) -> Result<(InputSpec, &'a mut Session), EngineError> {
        let largest = self.sizes.iter().map(|(spec, _)| view.ratio(spec)).fold(0.0, f32::max);
        let at = self.sizes.iter().position(|(spec, _)| view.ratio(spec) >= largest).unwrap_or_default();
        let (spec, net) = &self.sizes[at];
        let session = match &mut sessions[at] {
            Some(session) => session,
            none => none.insert(self.planned(spec, net)?.session()?),
        };
        Ok((*spec, session))
    }

    fn planned<'a>(&self, spec: &InputSpec, net: &'a OnceLock<Net>) -> Result<&'a Net, EngineError> {
        if let Some(net) = net.get() {
            return Ok(net);
        }
        // Two workers may plan it at the same time, once; the first is kept.
        let planned = Net::load(&self.onnx, spec.width, spec.height, self.instructions)?;
        Ok(net.get_or_init(|| planned))
    }
}
