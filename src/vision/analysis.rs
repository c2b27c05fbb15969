//! What one picture gave.

use std::fmt;

use cpu_time::ThreadTime;
use serde::Serialize;

use crate::domain::evidence::{Finding, Liveness};
use crate::domain::passive::PassiveSign;

use super::detect::Detection;
use super::geometry::{FivePoints, Point};
use super::measures::{Measures, Pose};
use super::quality::Quality;
use super::template::Template;
use super::trace::Trace;

/// Milliseconds of the processor that each stage took, whatever else the machine did meanwhile; 0 for a stage that was not
/// reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Timings {
    /// Bytes to pixels.
    pub decode: f32,
    /// The frame into the detector's input.
    pub resize: f32,
    /// Finding boxes.
    pub detect: f32,
    /// The 468-point mesh of each box that could be the person.
    pub landmarks: f32,
    /// Light, sharpness, eyes.
    pub quality: f32,
    /// Passive attack detection.
    pub liveness: f32,
    /// The warp into the embedder's input.
    pub align: f32,
    /// The template.
    pub embed: f32,
}

impl Timings {
    /// All stages together.
    #[must_use]
    pub fn total(&self) -> f32 {
        self.stages().map(|(_, milliseconds)| milliseconds).iter().sum()
    }

    /// The stages by name, in their order.
    #[must_use]
    pub fn stages(&self) -> [(&'static str, f32); 8] {
        [
            ("decode", self.decode),
            ("resize", self.resize),
            ("detect", self.detect),
            ("landmarks", self.landmarks),
            ("quality", self.quality),
            ("liveness", self.liveness),
            ("align", self.align),
            ("embed", self.embed),
        ]
    }
}

impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stages = self.stages().map(|(name, milliseconds)| format!("{name} {milliseconds:.1}"));
        write!(f, "{:.0} ms ({})", self.total(), stages.join(", "))
    }
}

/// Runs a stage and adds the milliseconds of the processor that this thread spent in it.
pub(crate) fn timed<T>(milliseconds: &mut f32, stage: impl FnOnce() -> T) -> T {
    let start = ThreadTime::now();
    let result = stage();
    *milliseconds += start.elapsed().as_secs_f32() * 1000.0;
    result
}

/// What the pipeline saw, for those who look over its shoulder. Coordinates of the upright frame.
#[derive(Clone, Serialize)]
pub struct Seen {
    /// Of the upright frame, in pixels.
    pub width: usize,
    /// Of the upright frame, in pixels.
    pub height: usize,
    /// The person's box first, then other boxes by width; without a person, the boxes that turned out to be none.
    pub faces: Vec<Detection>,
    /// The person's face; `None` without one.
    pub face: Option<Face>,
}

/// The face that was looked at closely.
#[derive(Clone, Serialize)]
pub struct Face {
    /// Eyes, nose, corners of the mouth.
    pub five_points: FivePoints,
    /// All 468 points of the mesh.
    pub mesh: Vec<Point>,
    /// Depth of each of them in pixels, growing away from the camera.
    pub depths: Vec<f32>,
    /// How sure the landmark model is that this is a face, in 0..=1.
    pub presence: f32,
    /// How the head is held.
    pub pose: Pose,
    /// How open eyes and mouth are, by the mesh.
    pub measures: Measures,
    /// Light, sharpness, size.
    pub quality: Quality,
}

/// What one picture gave.
#[derive(Serialize)]
pub struct Analysis {
    /// What a person can change; empty when the picture is good.
    pub findings: Vec<Finding>,
    /// Whether a living person seems to stand there.
    pub liveness: Liveness,
    /// What looks like an attack; empty when nothing does.
    pub signs: Vec<PassiveSign>,
    /// The face, of several the one in the middle; never `None` without a finding. With findings it may be a poor one, or
    /// not the person's: the caller decides.
    #[serde(skip)]
    pub template: Option<Template>,
    /// What a burst remembers of it; there when the template is.
    #[serde(skip)]
    pub trace: Option<Trace>,
    /// Where the time went.
    pub timings: Timings,
    /// What was seen.
    pub seen: Seen,
}

impl fmt::Debug for Analysis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Analysis");
        shown.field("findings", &self.findings).field("timings", &self.timings).finish_non_exhaustive()
    }
}
