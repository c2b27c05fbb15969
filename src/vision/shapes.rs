//! At which sizes does a detector look, and which of them suits a picture?

use std::sync::OnceLock;

use super::engine::{Arena, EngineError, InstructionSet, Net, Session};
use super::manifest::InputSpec;
use super::pack::Model;
use super::resize::View;

/// One model at a closed set of input sizes, the smallest first.
///
/// A size is planned when the first picture comes that it suits: a node sees two or three of them.
pub(crate) struct Shapes {
    onnx: Vec<u8>,
    pub(super) instructions: InstructionSet,
    sizes: Vec<(InputSpec, OnceLock<Net>)>,
}

/// One worker's sessions of the model: one for each size that a picture has asked for.
pub(crate) struct Sessions {
    arena: Arena,
    by_size: Vec<Option<Session>>,
}

impl Shapes {
    /// The sizes as width and height; `net` is the model at the last of them.
    pub(crate) fn new(model: &Model, sizes: &[(usize, usize)], net: Net) -> Self {
        let published = model.entry.input;
        let input = |&(width, height): &(usize, usize)| InputSpec { width, height, ..published };
        let mut sizes: Vec<_> = sizes.iter().map(|size| (input(size), OnceLock::new())).collect();
        if let Some(last) = sizes.last_mut() {
            last.1 = OnceLock::from(net);
        }
        Self { onnx: model.bytes.clone(), instructions: model.instructions, sizes }
    }

    /// No sessions yet, but a place for each.
    pub(crate) fn sessions(&self, arena: &Arena) -> Sessions {
        Sessions { arena: arena.clone(), by_size: self.sizes.iter().map(|_| None).collect() }
    }

    /// The smallest size that shows the view as large as any does, and the worker's session of it.
    pub(crate) fn suit<'a>(
        &self,
        view: &View,
        sessions: &'a mut Sessions,
    ) -> Result<(InputSpec, &'a mut Session), EngineError> {
        let at = smallest(self.sizes.iter().map(|(spec, _)| view.ratio(spec)));
        let (spec, net) = &self.sizes[at];
        let session = match &mut sessions.by_size[at] {
            Some(session) => session,
            none => none.insert(self.planned(spec, net)?.session(&sessions.arena)?),
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

/// The first that shows a view as large as any does.
fn smallest(mut ratios: impl Iterator<Item = f32> + Clone) -> usize {
    let largest = ratios.clone().fold(0.0, f32::max);
    ratios.position(|ratio| ratio >= largest).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::detect::YUNET_SIZES;
    use crate::vision::manifest::Channels;

    #[test]
    fn a_picture_is_looked_at_in_its_own_shape() {
        for (width, height, size) in [
            (1280, 720, (320, 192)),
            (720, 1280, (192, 320)),
            (2340, 1080, (320, 192)),
            (640, 480, (320, 256)),
            (4032, 3024, (320, 256)),
            (3024, 4032, (256, 320)),
            (1200, 1800, (256, 320)),
            (168, 193, (320, 320)),
            (250, 250, (320, 320)),
        ] {
            let view = View { x: 0, y: 0, width, height, filled: 1.0 };
            let inputs = YUNET_SIZES.map(|(width, height)| InputSpec {
                width,
                height,
                channels: Channels::Bgr,
                mean: 0.0,
                scale: 1.0,
            });
            let at = smallest(inputs.iter().map(|input| view.ratio(input)));
            assert_eq!(YUNET_SIZES[at], size, "{width} × {height}");
        }
    }
}
