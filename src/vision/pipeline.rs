//! The whole way from bytes to evidence.

use std::path::Path;

use rayon::prelude::*;

use crate::domain::evidence::{Finding, Liveness};
use crate::domain::passive::PassiveSign;

use super::analysis::{Analysis, Face, Seen, Timings, timed};
use super::decode::{self, DecodeError};
use super::detect::Detector;
use super::embed::Embedder;
use super::engine::{Arena, EngineError, InstructionSet};
use super::faces::{self, Sighting};
use super::frame::Frame;
use super::geometry::FivePoints;
use super::iris::Iris;
use super::landmarks::{Landmarks, Mesh};
use super::manifest::{Head, Role};
use super::measures::{Measures, Pose};
use super::pack::{ModelError, Pack, PackInfo};
use super::pack_choice::PackChoice;
use super::passive::{self, minifasnet::Pad};
use super::quality::{self, Quality};
use super::template::Template;
use super::trace::Trace;
use super::workspace::Workspace;

/// The loaded models of one pack. Immutable: any number of workers share it, each with a [`Workspace`] of its own.
pub struct Pipeline {
    info: PackInfo,
    instructions: InstructionSet,
    detector: Detector,
    landmarks: Landmarks,
    embedder: Embedder,
    signals: passive::Detectors,
    pads: Vec<Pad>,
    iris: Option<Iris>,
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

impl Pipeline {
    /// Loads the chosen pack from a models folder, after checking every file against the manifest.
    ///
    /// # Errors
    /// [`ModelError`] says which file is missing, altered or unusable, and what to do.
    pub fn load(models_dir: &Path, choice: PackChoice) -> Result<Self, ModelError> {
        Self::load_for(models_dir, choice, InstructionSet::best())
    }

    /// As [`Pipeline::load`], to run with the instructions that are given rather than with the fastest.
    ///
    /// # Errors
    /// As [`Pipeline::load`].
    pub fn load_for(models_dir: &Path, choice: PackChoice, instructions: InstructionSet) -> Result<Self, ModelError> {
        let pack = Pack::open(models_dir, choice, instructions)?;
        let (detector, landmarks, embedder) =
            (pack.one(Role::Detector)?, pack.one(Role::Landmarks)?, pack.one(Role::Embedder)?);
        let pads: Vec<_> = pack.all(Role::Pad).collect();
        let iris = pack.all(Role::EyeState).find(|model| model.entry.head == Head::Iris);
        // Reading the graphs is the whole start-up time, so they share the cores.
        let ((detector, landmarks), (embedder, (pads, iris))) = rayon::join(
            || rayon::join(|| Detector::load(detector), || Landmarks::load(landmarks)),
            || {
                rayon::join(
                    || Embedder::load(embedder),
                    || {
                        rayon::join(
                            || pads.into_par_iter().map(Pad::load).collect::<Result<Vec<_>, _>>(),
                            || iris.map(Iris::load).transpose(),
                        )
                    },
                )
            },
        );
        Ok(Self {
            info: pack.info,
            instructions,
            detector: detector?,
            landmarks: landmarks?,
            embedder: embedder?,
            signals: passive::Detectors::new(),
            pads: pads?,
            iris: iris?,
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
        let arena = Arena::default();
        Ok(Workspace {
            pack: self.info.digest,
            frame: Frame::default(),
            spare: Vec::new(),
            mesh: Mesh::default(),
            other_mesh: Mesh::default(),
            quality: quality::Scratch::default(),
            signals: passive::Scratch::new(self.instructions),
            detector: self.detector.desk(&arena),
            landmarks: self.landmarks.net.session(&arena)?,
            embedder: self.embedder.net.session(&arena)?,
            pads: self.pads.iter().map(|pad| pad.net.session(&arena)).collect::<Result<_, _>>()?,
            iris: self.iris.as_ref().map(|iris| iris.net.session(&arena)).transpose()?,
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
        let sighting = faces::find(&self.detector, &self.landmarks, w, &mut timings)?;
        let mut analysis = Analysis {
            findings: Vec::new(),
            liveness: Liveness::NotAssessed,
            signs: Vec::new(),
            template: None,
            trace: None,
            timings,
            seen: Seen { width: w.frame.width, height: w.frame.height, faces: w.detector.faces.clone(), face: None },
        };
        match sighting {
            Sighting::Nobody => analysis.findings.push(Finding::NoFace),
            Sighting::CutFace => analysis.findings.push(Finding::CutByBorder),
            Sighting::Several => {
                let face = self.measure(w, &mut analysis.timings)?;
                analysis.findings.push(Finding::SeveralFaces);
                analysis.template = self.template(w, &face.five_points, &mut analysis.timings)?;
                analysis.seen.face = Some(face);
            }
            Sighting::One => {
                let face = self.measure(w, &mut analysis.timings)?;
                analysis.findings = face.findings();
                (analysis.liveness, analysis.signs) = timed(&mut analysis.timings.liveness, || self.liveness(w))?;
                analysis.template = self.template(w, &face.five_points, &mut analysis.timings)?;
                let template = analysis.template.clone();
                analysis.trace = template.map(|own| Trace::of(&w.frame, &w.mesh, &w.quality.luma, own));
                analysis.seen.face = Some(face);
                if analysis.template.is_none() && analysis.findings.is_empty() {
                    // Points that span nothing: whatever it was, it is no face to be compared.
                    analysis.findings.push(Finding::NoFace);
                }
            }
        }
        Ok(analysis)
    }

    /// Measures the face that the workspace's mesh lies on.
    fn measure(&self, w: &mut Workspace, timings: &mut Timings) -> Result<Face, EngineError> {
        timed(&mut timings.quality, || {
            let five_points = w.mesh.five_points();
            let quality = Quality::of(&w.frame, &five_points, &w.mesh.points, &mut w.quality);
            let iris = match (&self.iris, &mut w.iris) {
                (Some(model), Some(session)) => Some(model.openness(session, &w.frame, &w.mesh)?),
                _ => None,
            };
            Ok(Face {
                five_points,
                mesh: w.mesh.points.clone(),
                depths: w.mesh.depths.clone(),
                presence: w.mesh.presence,
                pose: Pose::of(&w.mesh),
                measures: Measures { lids: iris, ..Measures::of(&w.mesh) },
                quality,
            })
        })
    }

    /// What the plain signals leave of the mean of the pack's attack detectors, each of which looks at a crop of another
    /// width; and the signals that are beyond doubt.
    fn liveness(&self, w: &mut Workspace) -> Result<(Liveness, Vec<PassiveSign>), EngineError> {
        let Some(face) = w.detector.faces.first() else { return Ok((Liveness::NotAssessed, Vec::new())) };
        let signals = self.signals.look(&w.frame, &face.rect, &mut w.signals);
        if self.pads.is_empty() {
            return Ok((Liveness::NotAssessed, signals.signs()));
        }
        let mut sum = 0.0;
        for (pad, session) in self.pads.iter().zip(&mut w.pads) {
            sum += pad.score(session, &w.frame, &face.rect)?;
        }
        let bona_fide = signals.fuse(sum / self.pads.len() as f32);
        Ok((Liveness::Passive { bona_fide }, signals.signs()))
    }

    /// The face as a template; `None` when its points or the model's answer have no extent.
    fn template(
        &self,
        w: &mut Workspace,
        five_points: &FivePoints,
        timings: &mut Timings,
    ) -> Result<Option<Template>, EngineError> {
        if !timed(&mut timings.align, || self.embedder.align(&mut w.embedder, &w.frame, five_points))? {
            return Ok(None);
        }
        timed(&mut timings.embed, || self.embedder.embed(&mut w.embedder, self.info.digest))
    }
}
