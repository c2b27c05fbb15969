//! Does the face move as a flat picture would?
//!
//! Two views of a plane differ by a homography, two views of a head do not. The mesh alone does not tell them apart: its model
//! knows what heads look like, and gives a tilted photo the depth of a head. So the homography starts from the 468 points and
//! is then fitted to the pixels; what it leaves unexplained is measured there.
//!
//! Measured as shares of the contrast (pack open). Photos tilted by 20 to 45 degrees, zoomed, turned in their plane and
//! compressed again (88 moves of 11 photos): 0.13 at most, all but one 0.10. Heads that turn by 14 degrees or nod by 9 and more
//! (made from three portraits): 0.23 to 0.50. Living people who sit still, seconds apart (NUAA, 515 pairs): 0.014 and more, median
//! 0.13; none of these pairs is flat, nor would one be with limits of 1.05 and 0.15. Of 310 pairs of its prints, many of which are
//! bent, 13 are.

use super::crop::Crop;
use super::follow::{Found, Place, follow};
use super::homography::Homography;

/// Squeezed by more than this in one direction, a flat picture is being tilted: by 21 degrees.
const MIN_TILT: f64 = 1.07;
/// With less than this left, a plane explains what is seen.
const FLAT: f64 = 0.12;
/// With more than this left, none does.
const RELIEF: f64 = 0.17;
/// Places that must be in both frames: so many, and this share of the face.
const MIN_PLACES: usize = 200;
const MIN_SHARED: f64 = 0.7;

/// How one view of a face became the other, as far as a plane explains it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    /// What no plane explains, as a share of the contrast of the face.
    pub(super) residual: f64,
    /// Longer over shorter axis of what a circle in the middle of the face became, from 1.
    pub(super) squeeze: f64,
}

impl Motion {
    pub(super) fn of(found: Found) -> Self {
        Self { residual: found.residual, squeeze: found.plane.squeeze() }
    }

    /// Whether more is left than a flat picture leaves when it is moved.
    pub(super) fn has_relief(self) -> bool {
        self.residual >= RELIEF
    }

    /// A tilted photo: squeezed, and nothing else.
    pub(super) fn is_flat(self) -> bool {
        self.squeeze >= MIN_TILT && self.residual <= FLAT
    }
}

/// Two views of a face, and the places that can be seen in both.
pub(super) struct Pair<'a> {
    pub(super) from: &'a Crop,
    pub(super) to: &'a Crop,
    pub(super) places: Vec<[f64; 2]>,
    by_mesh: Homography,
}

impl<'a> Pair<'a> {
    /// `None` when too little of the face is in both frames: at a border that cuts it, pictures differ by the border.
    pub(super) fn of(from: &'a Crop, to: &'a Crop) -> Option<Self> {
        let by_mesh = Homography::fit(from.points.iter().zip(&to.points))?;
        let own = from.places();
        let places: Vec<_> = own.iter().copied().filter(|place| to.is_in_frame(by_mesh.apply(*place))).collect();
        let enough = places.len() >= MIN_PLACES && places.len() as f64 >= MIN_SHARED * own.len() as f64;
        enough.then_some(Self { from, to, places, by_mesh })
    }

    /// The best plane, from where the mesh says it is, or from where it was.
    pub(super) fn plane(&self) -> Found {
        let places: Vec<Place> = self.places.iter().map(|place| (*place, 0.0)).collect();
        follow(self.from, self.to, &places, &[self.by_mesh, Homography::STILL])
    }
}
