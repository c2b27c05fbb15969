//! The whole way from bytes to evidence.

use std::fmt;
use std::path::Path;
use std::time::Instant;

use rayon::prelude::*;
use serde::Serialize;

use crate::domain::evidence::{Finding, Liveness};

use super::decode::{self, DecodeError};
use super::detect::{Detection, Detector};
use super::embed::Embedder;
use super::engine::{EngineError, Session};
use super::eyes::EyeState;
use super::frame::Frame;
use super::geometry::{FivePoints, Point};
use super::landmarks::{Landmarks, Mesh};
use super::liveness::Pad;
use super::manifest::Role;
use super::measures::{Measures, Pose};
use super::pack::{ModelError, Pack, PackChoice, PackInfo};
use super::quality::{self, Quality};
use super::template::Template;
use super::workspace::Workspace;

/// A second face at least this wide, relative to the widest, could be the person's.
const OTHER_FACE: f32 = 0.5;

/// Below this the landmark model looked at something else than a face.
const MIN_PRESENCE: f32 = 0.5;

/// The loaded models of one pack. Immutable: any number of workers share it, each with a [`Workspace`] of its own.
pub struct Pipeline {
    info: PackInfo,
    detector: Detector,
    landmarks: Landmarks,
    embedder: Embedder,
    pads: Vec<Pad>,
    eyes: Option<EyeState>,
}

/// Why a picture gave no analysis at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VisionError {
    /// The bytes are not a picture: the sender's fault.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The inference engine failed: ours.
    #[error("the models could not be run: {0}")]
    Engine(#[from] EngineError),
    /// The workspace was made by a pipeline with other models: ours.
    #[error("the workspace belongs to other models")]
    ForeignWorkspace,
}

/// Milliseconds spent in each stage; 0 for a stage that was not reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Timings {
    /// Bytes to pixels.
    pub decode: f32,
    /// Finding faces, the resize into the detector's input included.
    pub detect: f32,
    /// The 468-point mesh, two passes.
    pub landmarks: f32,
    /// The warp into the embedder's input.
    pub align: f32,
    /// Light, sharpness, pose, eyes.
    pub quality: f32,
    /// Passive attack detection.
    pub liveness: f32,
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
    pub fn stages(&self) -> [(&'static str, f32); 7] {
        [
            ("decode", self.decode),
            ("detect", self.detect),
            ("landmarks", self.landmarks),
            ("align", self.align),
            ("quality", self.quality),
            ("liveness", self.liveness),
            ("embed", self.embed),
        ]
    }
}

impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { decode, detect, landmarks, align, quality, liveness, embed } = self;
        write!(
            f,
            "{:.0} ms (decode {decode:.1}, detect {detect:.1}, landmarks {landmarks:.1}, align {align:.1}, \
             quality {quality:.1}, liveness {liveness:.1}, embed {embed:.1})",
            self.total()
        )
    }
}

/// What the pipeline saw, for those who look over its shoulder. Frame coordinates.
#[derive(Clone, Serialize)]
pub struct Seen {
    /// Of the upright frame, in pixels.
    pub width: usize,
    /// Of the upright frame, in pixels.
    pub height: usize,
    /// All faces, the widest first.
    pub faces: Vec<Detection>,
    /// The widest one.
    pub face: Option<Face>,
}

/// The face that was looked at closely.
#[derive(Clone, Serialize)]
pub struct Face {
    /// Eyes, nose, corners of the mouth.
    pub five_points: FivePoints,
    /// All 468 points of the mesh.
    pub mesh: Vec<Point>,
    /// How sure the landmark model is that this is a face, in 0..=1.
    pub presence: f32,
    /// How the head is held.
    pub pose: Pose,
    /// How open eyes and mouth are.
    pub measures: Measures,
    /// How open an eye model finds the eyes, image-left first; the scale is the model's.
    pub eyes: Option<[f32; 2]>,
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
    /// The face; `None` unless there is exactly one. With findings it may be a poor one: the caller decides.
    #[serde(skip)]
    pub template: Option<Template>,
    /// Where the time went.
    pub timings: Timings,
    /// What was seen.
    pub seen: Seen,
}

impl fmt::Debug for Analysis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Analysis")
            .field("findings", &self.findings)
            .field("timings", &self.timings)
            .finish_non_exhaustive()
    }
}

impl Pipeline {
    /// Loads the chosen pack from a models folder, after checking every file against the manifest.
    ///
    /// # Errors
    /// [`ModelError`] says which file is missing, altered or unusable, and what to do.
    pub fn load(models_dir: &Path, choice: PackChoice) -> Result<Self, ModelError> {
        let pack = Pack::open(models_dir, choice)?;
        let (detector, landmarks, embedder) =
            (pack.one(Role::Detector)?, pack.one(Role::Landmarks)?, pack.one(Role::Embedder)?);
        let pads: Vec<_> = pack.all(Role::Pad).collect();
        let eyes = pack.all(Role::EyeState).next();
        // Optimising the graphs is the whole start-up time, so they share the cores.
        let ((detector, landmarks), (embedder, (pads, eyes))) = rayon::join(
            || rayon::join(|| Detector::load(detector), || Landmarks::load(landmarks)),
            || {
                rayon::join(
                    || Embedder::load(embedder),
                    || {
                        rayon::join(
                            || pads.into_par_iter().map(Pad::load).collect::<Result<Vec<_>, _>>(),
                            || eyes.map(EyeState::load).transpose(),
                        )
                    },
                )
            },
        );
        Ok(Self {
            info: pack.info,
            detector: detector?,
            landmarks: landmarks?,
            embedder: embedder?,
            pads: pads?,
            eyes: eyes?,
        })
    }

    /// Which models these are, and what their similarities mean.
    #[must_use]
    pub fn pack(&self) -> &PackInfo {
        &self.info
    }

    /// The buffers and sessions of one worker.
    ///
    /// # Errors
    /// [`VisionError::Engine`] when the engine cannot set a model up.
    pub fn workspace(&self) -> Result<Workspace, VisionError> {
        Ok(Workspace {
            pack: self.info.digest,
            frame: Frame::default(),
            spare: Vec::new(),
            resize: Vec::new(),
            faces: Vec::new(),
            mesh: Mesh::default(),
            quality: quality::Scratch::default(),
            detector: self.detector.net.session()?,
            landmarks: self.landmarks.net.session()?,
            embedder: self.embedder.net.session()?,
            pads: self.pads.iter().map(|pad| pad.net.session()).collect::<Result<_, _>>()?,
            eyes: self.eyes.as_ref().map(|eyes| eyes.net.session()).transpose()?,
        })
    }

    /// Looks at one picture.
    ///
    /// # Errors
    /// [`VisionError::Decode`] when the bytes are not a picture within the limits; the others are faults of the installation.
    pub fn analyse(&self, workspace: &mut Workspace, bytes: &[u8]) -> Result<Analysis, VisionError> {
        if workspace.pack != self.info.digest {
            return Err(VisionError::ForeignWorkspace);
        }
        let w = workspace;
        let mut timings = Timings::default();

        timed(&mut timings.decode, || decode::decode(bytes, &mut w.frame, &mut w.spare))?;
        timed(&mut timings.detect, || self.detector.detect(&mut w.detector, &w.frame, &mut w.resize, &mut w.faces))?;
        w.faces.sort_by(|a, b| b.rect.width.total_cmp(&a.rect.width));
        let mut seen = Seen { width: w.frame.width, height: w.frame.height, faces: w.faces.clone(), face: None };
        let analysis = |findings, seen, timings| Analysis {
            findings,
            liveness: Liveness::NotAssessed,
            template: None,
            timings,
            seen,
        };
        let Some(face) = w.faces.first().copied() else {
            return Ok(analysis(vec![Finding::NoFace], seen, timings));
        };

        timed(&mut timings.landmarks, || self.landmarks.fit(&mut w.landmarks, &w.frame, &face, &mut w.mesh))?;
        let five_points = w.mesh.five_points();
        let pose = Pose::of(&w.mesh);
        let (quality, eyes) = timed(&mut timings.quality, || {
            let quality = Quality::of(&w.frame, &five_points, &w.mesh.points, &mut w.quality);
            let eyes = match (&self.eyes, &mut w.eyes) {
                (Some(model), Some(session)) => Some(model.openness(session, &w.frame, &w.mesh)?),
                _ => None,
            };
            Ok::<_, EngineError>((quality, eyes))
        })?;
        let presence = w.mesh.presence;
        let measures = Measures::of(&w.mesh);
        seen.face = Some(Face { five_points, mesh: w.mesh.points.clone(), presence, pose, measures, eyes, quality });
        if presence < MIN_PRESENCE {
            return Ok(analysis(vec![Finding::NoFace], seen, timings));
        }
        if w.faces.iter().skip(1).any(|other| other.rect.width >= OTHER_FACE * face.rect.width) {
            return Ok(analysis(vec![Finding::SeveralFaces], seen, timings));
        }
        let mut findings = Vec::new();
        quality.findings(&pose, &mut findings);

        let liveness = timed(&mut timings.liveness, || self.liveness(&mut w.pads, &w.frame, &face))?;
        let aligned = timed(&mut timings.align, || self.embedder.align(&mut w.embedder, &w.frame, &five_points))?;
        let template = timed(&mut timings.embed, || {
            if !aligned {
                return Ok::<_, EngineError>(None);
            }
            w.embedder.run()?;
            Ok(Template::from_embedding(w.embedder.output(0)?, self.info.digest).ok())
        })?;
        Ok(Analysis { findings, liveness, template, timings, seen })
    }

    /// The mean of the pack's detectors, each of which looks at a crop of another width.
    fn liveness(&self, sessions: &mut [Session], frame: &Frame, face: &Detection) -> Result<Liveness, EngineError> {
        if self.pads.is_empty() {
            return Ok(Liveness::NotAssessed);
        }
        let mut sum = 0.0;
        for (pad, session) in self.pads.iter().zip(sessions) {
            sum += pad.score(session, frame, &face.rect)?;
        }
        Ok(Liveness::Passive { bona_fide: sum / self.pads.len() as f32 })
    }
}

/// Runs a stage and notes its milliseconds.
fn timed<T>(milliseconds: &mut f32, stage: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = stage();
    *milliseconds = start.elapsed().as_secs_f32() * 1000.0;
    result
}
