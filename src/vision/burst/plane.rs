//! Does the face move as a flat picture would?
//!
//! Two views of a plane differ by a homography, two views of a head do not. The mesh alone does not tell them apart: its model
//! knows what heads look like, and gives a tilted photo the depth of a head. So the homography starts from the 468 points and
//! is then fitted to the pixels; what it leaves unexplained is measured there.
//!
//! Measured as shares of the contrast (pack open). Photos tilted by 20 to 45 degrees, zoomed, turned in their plane and
//! compressed again: 0.02 to 0.11. Heads that turn or nod by 10 degrees or more (made from portraits): 0.18 to 0.53. Living
//! people who sit still, seconds apart (NUAA, 781 pairs): 0.02 to 0.64, median 0.18.

use crate::vision::trace::Trace;

use super::crop::{Crop, FEATURES};
use super::follow::{Found, Place, follow};
use super::homography::Homography;

/// Squeezed by more than this in one direction, a flat picture is being tilted: by 21 degrees.
const MIN_TILT: f64 = 1.07;
/// With less than this left, a plane explains what is seen.
const FLAT: f64 = 0.12;

/// How one view of a face became the other, as far as a plane explains it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    /// What no plane explains, as a share of the contrast of the face.
    pub(super) residual: f64,
    /// Longer over shorter axis of what a circle in the middle of the face became, from 1.
    pub(super) squeeze: f64,
}

impl Motion {
    /// From one frame to another.
    pub(super) fn between(one: &Trace, other: &Trace) -> Self {
        let (from, to) = (Crop::of(one), Crop::of(other));
        let found = plane_between(&from, &to);
        Self { residual: found.residual, squeeze: found.plane.squeeze() }
    }

    /// A tilted photo: squeezed, and nothing else. None of 781 pairs of frames of NUAA's living people is (nor would one be at
    /// a tilt of 1.05 and 0.15 left); 4 % of 478 pairs of its prints are, many of which are bent, and rightly not called flat.
    pub(super) fn is_flat(self) -> bool {
        self.squeeze >= MIN_TILT && self.residual <= FLAT
    }
}

/// The best plane, from where the mesh says it is, or from where it was.
pub(super) fn plane_between(from: &Crop, to: &Crop) -> Found {
    let places: Vec<Place> = Crop::grid(FEATURES).into_iter().map(|place| (place, 0.0)).collect();
    let by_mesh = Homography::fit(from.points.iter().zip(&to.points)).unwrap_or(Homography::STILL);
    let [one, other] = [by_mesh, Homography::STILL].map(|start| follow(from, to, &places, start));
    if one.residual <= other.residual { one } else { other }
}
