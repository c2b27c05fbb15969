//! The pack's attack detectors: does the face look like skin, or like paper and screens?

use crate::vision::align;
use crate::vision::engine::{EngineError, Net, Session};
use crate::vision::frame::Frame;
use crate::vision::geometry::Rect;
use crate::vision::manifest::{Head, InputSpec};
use crate::vision::pack::{Model, ModelError};

/// The class of a `MiniFASNet` that stands for a living face; the other two are attacks.
const LIVE: usize = 1;

/// One loaded detector; a pack may have several that look at crops of different width.
pub(crate) struct Pad {
    pub(crate) net: Net,
    spec: InputSpec,
    crop: f32,
}

impl Pad {
    pub(crate) fn load(model: &Model) -> Result<Self, ModelError> {
        if model.entry.head != Head::Minifasnet {
            return Err(model.contract("it cannot detect attacks with this head"));
        }
        let spec = model.entry.input;
        let crop = model.entry.crop.ok_or_else(|| model.contract("the crop factor is missing"))?;
        let net = model.load_net(&spec)?;
        if net.output_of_shape(&[1, 3]) != Some(0) {
            return Err(model.contract("its output is not three classes"));
        }
        Ok(Self { net, spec, crop })
    }

    /// How alive the face in the detector's box looks, in 0..=1.
    pub(crate) fn score(&self, session: &mut Session, frame: &Frame, face: &Rect) -> Result<f32, EngineError> {
        let crop = widened(face, self.crop, frame);
        align::stretch(frame, &crop, &self.spec, session.input()?);
        session.run()?;
        Ok(softmax(session.output(0)?, LIVE))
    }
}

/// The box, `factor` times as wide and high or as far as the frame allows, shifted to lie inside it.
fn widened(face: &Rect, factor: f32, frame: &Frame) -> Rect {
    let (frame_width, frame_height) = (frame.width as f32, frame.height as f32);
    let room = (frame_width / face.width.max(1.0)).min(frame_height / face.height.max(1.0));
    let factor = factor.min(room);
    let (width, height) = (face.width.max(1.0) * factor, face.height.max(1.0) * factor);
    let centre = face.centre();
    Rect {
        x: (centre.x - width / 2.0).clamp(0.0, (frame_width - width).max(0.0)),
        y: (centre.y - height / 2.0).clamp(0.0, (frame_height - height).max(0.0)),
        width,
        height,
    }
}

fn softmax(logits: &[f32], class: usize) -> f32 {
    let highest = logits.iter().copied().fold(f32::MIN, f32::max);
    let sum: f32 = logits.iter().map(|v| (v - highest).exp()).sum();
    (logits[class] - highest).exp() / sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_crop_lies_in_the_frame(
            x in -200.0f32..2000.0, y in -200.0f32..2000.0, side in 0.0f32..1500.0, factor in 1.0f32..5.0,
        ) {
            let frame = Frame { width: 1280, height: 720, rgb: Vec::new() };
            let crop = widened(&Rect { x, y, width: side, height: side * 1.3 }, factor, &frame);
            prop_assert!(crop.x >= 0.0 && crop.y >= 0.0 && crop.width > 0.0 && crop.height > 0.0);
            prop_assert!(crop.x + crop.width <= 1280.01 && crop.y + crop.height <= 720.01);
        }
    }

    #[test]
    fn classes_share_one() {
        let logits = [1.0, 3.0, -200.0];
        assert!(((0..3).map(|class| softmax(&logits, class)).sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(softmax(&logits, 1) > 0.8);
    }
}
