//! Passive presentation attack detection: does the picture show a living face, or a picture of one?
//!
//! The pack's attack detectors give a score; plain signals, which need no model, look for what a medium leaves and a face
//! does not have. A signal only ever lowers the score, and where it is beyond doubt it is a [`PassiveSign`] as well, so
//! that it counts with a pack that has no detector. What was measured: `docs/liveness.md`.

pub(crate) mod framing;
pub(crate) mod minifasnet;
pub(crate) mod moire;

use crate::domain::passive::PassiveSign;

use super::engine::InstructionSet;
use super::frame::Frame;
use super::geometry::Rect;
use framing::Framing;
use moire::Moire;

/// The plain signals of one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Signals {
    /// See [`Moire::prominence`].
    moire: f32,
    /// See [`Framing::support`].
    framing: f32,
}

/// Buffers of the signals.
pub(crate) struct Scratch {
    moire: moire::Scratch,
    framing: framing::Scratch,
}

/// What measures the plain signals; shared by all workers.
pub(crate) struct Detectors {
    moire: Moire,
}

/// Where a signal begins to lower the score, and where it is a sign.
struct Ramp {
    from: f32,
    sign: f32,
}

/// Natural logarithms. Of 626 bona fide pictures (LFW, CASIA-FaceV5, NUAA, `deepface`, `faceapi`, the demo photos) two, of
/// LFW, are beyond 3.6, and one of them beyond 4.
const MOIRE: Ramp = Ramp { from: 3.6, sign: 4.0 };

/// Shares of a side's length. Of the same 626 pictures two are beyond 0.55, the higher of which does show a portrait in a white
/// frame, and none is beyond 0.67.
const FRAMING: Ramp = Ramp { from: 0.55, sign: 0.7 };

impl Ramp {
    /// What is left of a score: all of it, down to nothing at the sign.
    fn remains(&self, signal: f32) -> f32 {
        1.0 - ((signal - self.from) / (self.sign - self.from)).clamp(0.0, 1.0)
    }
}

impl Scratch {
    pub(crate) fn new(set: InstructionSet) -> Self {
        Self { moire: moire::Scratch::default(), framing: framing::Scratch::new(set) }
    }
}

impl Detectors {
    pub(crate) fn new() -> Self {
        Self { moire: Moire::new() }
    }

    /// Measures the signals around the detector's box.
    pub(crate) fn look(&self, frame: &Frame, face: &Rect, scratch: &mut Scratch) -> Signals {
        Signals {
            moire: self.moire.prominence(frame, face, &mut scratch.moire),
            framing: Framing::of(frame, face, &mut scratch.framing).support(),
        }
    }
}

impl Signals {
    /// The detectors' mean score, as far as the signals leave it.
    pub(crate) fn fuse(self, bona_fide: f32) -> f32 {
        bona_fide * MOIRE.remains(self.moire) * FRAMING.remains(self.framing)
    }

    /// Those that are beyond doubt.
    pub(crate) fn signs(self) -> Vec<PassiveSign> {
        let named =
            [(self.moire >= MOIRE.sign, PassiveSign::Moire), (self.framing >= FRAMING.sign, PassiveSign::Framed)];
        named.into_iter().filter(|(seen, _)| *seen).map(|(_, sign)| sign).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_stronger_signal_never_raises_the_score(
            moire in 0.0f32..10.0, framing in 0.0f32..=1.0, more in 0.0f32..2.0, score in 0.0f32..=1.0,
        ) {
            let signals = Signals { moire, framing };
            let fused = signals.fuse(score);
            prop_assert!((0.0..=score).contains(&fused));
            let stronger = [Signals { moire: moire + more, framing }, Signals { moire, framing: framing + more }];
            prop_assert!(stronger.iter().all(|signals| signals.fuse(score) <= fused));
            prop_assert!(signals.signs().is_empty() || fused <= f32::EPSILON, "a sign leaves nothing of the score");
        }

        #[test]
        fn no_picture_and_no_box_makes_it_panic(
            width in 1usize..300, height in 1usize..300, grain in any::<u8>(),
            x in -500.0f32..800.0, y in -500.0f32..800.0, box_width in 0.0f32..900.0, box_height in 0.0f32..900.0,
        ) {
            let rgb = (0..width * height * 3).map(|at| (at % 251) as u8 ^ grain).collect();
            let frame = Frame { width, height, rgb };
            let face = Rect { x, y, width: box_width, height: box_height };
            let signals = Detectors::new().look(&frame, &face, &mut Scratch::new(InstructionSet::best()));
            prop_assert!(signals.moire.is_finite() && (0.0..=1.0).contains(&signals.framing));
        }
    }

    #[test]
    fn what_is_quiet_leaves_the_score_as_it_is() {
        let quiet = Signals { moire: 2.7, framing: 0.35 };
        assert!((quiet.fuse(0.83) - 0.83).abs() < f32::EPSILON);
        assert_eq!(quiet.signs(), []);
    }
}
