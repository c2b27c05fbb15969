//! Which of the detector's boxes are faces, and is there exactly one that could be the person's?

use super::analysis::{Timings, timed};
use super::detect::{Detector, Look, SAME_FACE};
use super::engine::EngineError;
use super::geometry::Rect;
use super::landmarks::{Landmarks, Mesh};
use super::workspace::Workspace;

/// Below this the landmark model looked at something else than a face. It is at 1.00 on all but 0.5 % of the faces of LFW,
/// NUAA, `deepface` and `faceapi`, and near 0 on the boxes that `BlazeFace` draws into corners.
const MIN_PRESENCE: f32 = 0.5;

/// A second face at least this wide, relative to the person's, could be meant as well: someone less than two thirds
/// further away.
const OTHER_FACE: f32 = 0.6;

/// Less of a box than this inside the frame, and the face is cut.
const MIN_INSIDE: f32 = 0.9;

/// Boxes that the landmark model is asked about in one look; a crowd must not take a worker's time.
const MAX_CANDIDATES: usize = 6;

/// Who is in the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sighting {
    Nobody,
    /// Something like a face, cut by the border.
    CutFace,
    /// One person. Its box is the first of the detector's, its mesh the workspace's.
    One,
    /// The same, with others too near.
    Several,
}

/// Looks ever closer until there is a face that the landmark model confirms.
pub(crate) fn find(
    detector: &Detector,
    landmarks: &Landmarks,
    w: &mut Workspace,
    timings: &mut Timings,
) -> Result<Sighting, EngineError> {
    let mut cut = false;
    for look in Look::ALL {
        detector.detect(&mut w.detector, &w.frame, look, timings)?;
        w.detector.faces.sort_by(|a, b| b.rect.width.total_cmp(&a.rect.width));
        w.detector.faces.truncate(MAX_CANDIDATES);
        if let Some(sighting) = timed(&mut timings.landmarks, || confirm(landmarks, w))? {
            return Ok(sighting);
        }
        let bounds = w.frame.bounds();
        cut |= w.detector.faces.iter().any(|face| face.rect.intersection(&bounds) < MIN_INSIDE * face.rect.area());
    }
    Ok(if cut { Sighting::CutFace } else { Sighting::Nobody })
}

/// The widest box that is a face, or, of several nearly as wide, the one in the middle. `None` when none is a face.
fn confirm(landmarks: &Landmarks, w: &mut Workspace) -> Result<Option<Sighting>, EngineError> {
    let bounds = w.frame.bounds();
    let faces = &mut w.detector.faces;
    let mut main = None;
    for (rank, face) in faces.iter().enumerate() {
        landmarks.fit(&mut w.landmarks, &w.frame, face, &mut w.mesh)?;
        if is_face(&w.mesh, &bounds) {
            main = Some(rank);
            break;
        }
    }
    let Some(main) = main else { return Ok(None) };
    faces.drain(..main);

    let person = Rect::around(w.mesh.points.iter().copied());
    let mut others = Vec::new();
    let near = faces.iter().enumerate().skip(1);
    for (rank, other) in near.take_while(|(_, other)| other.rect.width >= OTHER_FACE * faces[0].rect.width) {
        landmarks.fit(&mut w.landmarks, &w.frame, other, &mut w.other_mesh)?;
        // A second box on the same face leads the mesh to the same place.
        let place = Rect::around(w.other_mesh.points.iter().copied());
        if is_face(&w.other_mesh, &bounds) && place.overlap(&person) <= SAME_FACE {
            others.push(rank);
        }
    }
    if others.is_empty() {
        return Ok(Some(Sighting::One));
    }
    // Of several, whoever stands in the middle is meant, if anybody is.
    let middle = bounds.centre();
    let off = |rank: &usize| faces[*rank].rect.centre().distance(middle);
    let meant = others.into_iter().chain([0]).min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(0);
    if meant > 0 {
        faces.swap(0, meant);
        landmarks.fit(&mut w.landmarks, &w.frame, &faces[0], &mut w.mesh)?;
    }
    Ok(Some(Sighting::Several))
}

/// Is it a face of which everything that alignment rests on is in sight? Outside the frame the mesh makes it up.
fn is_face(mesh: &Mesh, bounds: &Rect) -> bool {
    mesh.presence >= MIN_PRESENCE && mesh.five_points().iter().all(|point| bounds.contains(*point))
}
