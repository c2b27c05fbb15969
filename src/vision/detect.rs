//! Finds the faces of a frame, whichever detector the pack has.

use serde::Serialize;

use super::analysis::{Timings, timed};
use super::engine::{Arena, EngineError};
use super::frame::Frame;
use super::geometry::{Point, Rect};
use super::manifest::{Head, InputSpec};
use super::mapping::Mapping;
use super::pack::{Model, ModelError};
use super::resize::{Scratch, View, letterbox};
use super::shapes::{Sessions, Shapes};
use super::square::Square;
use super::{blazeface, nms, yunet};

/// A box further than this into a better one is the same face.
pub(crate) const SAME_FACE: f32 = 0.3;

/// Below this a candidate is not a face. The publishers' own demos take 0.6 for `YuNet` and 0.5 for `BlazeFace`.
const MIN_SCORE: f32 = 0.6;

/// A face that a detector found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Detection {
    /// Around the face, from brow to chin; may reach past the frame.
    pub rect: Rect,
    /// 0..=1, comparable within one detector only.
    pub score: f32,
    /// Where the mesh is fitted first.
    #[serde(skip)]
    pub(crate) square: Square,
}

impl Detection {
    fn mapped(&self, to_frame: &Mapping) -> Self {
        let scale = to_frame.a;
        let corner = to_frame.apply(Point { x: self.rect.x, y: self.rect.y });
        Self {
            rect: Rect { x: corner.x, y: corner.y, width: self.rect.width * scale, height: self.rect.height * scale },
            score: self.score,
            square: self.square.mapped(to_frame),
        }
    }
}

/// How the frame is shown to the detector. One look after the other, until there is a face: the first is enough for a
/// person in front of a camera, and only frames without one pay for the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// All of it, as large as fits.
    Whole,
    /// All of it at half the size: a face that fills the frame, which `BlazeFace` does not see.
    FromAfar,
    /// Overlapping parts, one by one: a small face in a large photo.
    Parts,
}

impl Look {
    /// In the order of their use.
    pub(crate) const ALL: [Self; 3] = [Self::Whole, Self::FromAfar, Self::Parts];

    /// What is shown of a frame to a detector of so many pixels.
    fn views(self, frame: &Frame, pixels: usize) -> Vec<View> {
        let whole = View { x: 0, y: 0, width: frame.width, height: frame.height, filled: 1.0 };
        match self {
            Self::Whole => vec![whole],
            Self::FromAfar => vec![View { filled: 0.5, ..whole }],
            Self::Parts if frame.width.max(frame.height) > pixels => {
                // Quarters that overlap: a face up to a fifth of the frame lies whole in one of them.
                let (width, height) = ((frame.width * 3).div_ceil(5), (frame.height * 3).div_ceil(5));
                let (right, bottom) = (frame.width - width, frame.height - height);
                let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)];
                corners.map(|(x, y)| View { x, y, width, height, ..whole }).to_vec()
            }
            Self::Parts => Vec::new(),
        }
    }
}

/// How a detector's outputs are read.
enum Reader {
    Yunet(yunet::Outputs),
    Blazeface(blazeface::Outputs),
}

/// A loaded detector.
pub(crate) struct Detector {
    shapes: Shapes,
    /// Of the longer side of what it looks at.
    pixels: usize,
    reader: Reader,
}

/// Width and height of what `YuNet` looks at: a quarter of the published 640 or less, with the longer side at 320 whatever
/// the picture's shape, so that none is wasted on a border. Faces of LFW, NUAA and CASIA are all found at this size; for what
/// is smaller there is [`Look::Parts`]. In steps of 64, so that a picture in the middle lies on cells of 32 as it would in
/// the square.
pub(super) const YUNET_SIZES: [(usize, usize); 5] = [(320, 192), (192, 320), (320, 256), (256, 320), (320, 320)];

impl Detector {
    pub(crate) fn load(model: &Model) -> Result<Self, ModelError> {
        let published = [(model.entry.input.width, model.entry.input.height)];
        let sizes: &[_] = if model.entry.head == Head::Yunet { &YUNET_SIZES } else { &published };
        let (width, height) = sizes[sizes.len() - 1];
        let square = InputSpec { width, height, ..model.entry.input };
        let net = model.load_net(&square)?;
        let reader = match model.entry.head {
            Head::Yunet => yunet::Outputs::of(&net, &square).map(Reader::Yunet),
            Head::Blazeface => blazeface::Outputs::of(&net, &square).map(Reader::Blazeface),
            _ => None,
        };
        let reader = reader.ok_or_else(|| model.contract("its outputs are not those of its head"))?;
        Ok(Self { shapes: Shapes::new(model, sizes, net), pixels: width, reader })
    }

    /// What one worker needs to look at frames.
    pub(crate) fn desk(&self, arena: &Arena) -> Desk {
        Desk { sessions: self.shapes.sessions(arena), rows: Scratch::new(self.shapes.instructions), faces: Vec::new() }
    }

    /// Fills the desk's faces with the boxes that one kind of look gives, the best score first.
    pub(crate) fn detect(
        &self,
        desk: &mut Desk,
        frame: &Frame,
        look: Look,
        timings: &mut Timings,
    ) -> Result<(), EngineError> {
        let Desk { sessions, rows, faces } = desk;
        faces.clear();
        for view in look.views(frame, self.pixels) {
            let (spec, session) = self.shapes.suit(&view, sessions)?;
            let to_frame = timed(&mut timings.resize, || {
                Ok::<_, EngineError>(letterbox(frame, view, &spec, rows, session.input()?))
            })?;
            timed(&mut timings.detect, || {
                session.run()?;
                let before = faces.len();
                match &self.reader {
                    Reader::Yunet(outputs) => outputs.read(session, spec.width, MIN_SCORE, faces)?,
                    Reader::Blazeface(outputs) => outputs.read(session, MIN_SCORE, faces)?,
                }
                faces[before..].iter_mut().for_each(|face| *face = face.mapped(&to_frame));
                Ok::<_, EngineError>(())
            })?;
        }
        nms::suppress(faces, SAME_FACE);
        Ok(())
    }
}

/// One worker's sessions of the detector, and what it found last.
pub(crate) struct Desk {
    sessions: Sessions,
    rows: Scratch,
    pub(crate) faces: Vec<Detection>,
}
