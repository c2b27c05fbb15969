//! Finds each place of a face again in another frame, as places of a plane or of a relief move.
//!
//! Gauss–Newton on the brightness (Lucas and Kanade 1981; Baker and Matthews 2004), with a gain and an offset of the light. A
//! relief that comes nearer differs from a plane by a parallax that grows with depth and with the distance from the middle
//! ("plane and parallax", Irani and Anandan 1996): one more number.

use super::crop::Crop;
use super::homography::Homography;
use super::linear::Equations;

/// Steps of the fit, at most; most stand still after six to ten.
const STEPS: usize = 12;
/// Steps shorter than this change nothing that anybody looks at.
const STILL: f64 = 1e-7;
/// Makes steps a little shorter, and keeps them finite where the picture does not say in which direction to go.
const DAMPING: [f64; 2] = [1.01, 1e-6];

/// How places move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) plane: Homography,
    /// How much each unit of depth adds to the distance from the middle; 0 for a plane.
    pub(super) parallax: f64,
    /// What is left, as a share of the contrast.
    pub(super) residual: f64,
}

/// A place, and its depth behind the plane.
pub(super) type Place = ([f64; 2], f64);

/// The best motion of `places` from one frame to the other, near one of `starts`. Depths of 0 make it a plane.
pub(super) fn follow(from: &Crop, to: &Crop, places: &[Place], starts: &[Homography]) -> Found {
    let fit = Fit::of(from, to, places);
    let found = starts.iter().map(|start| fit.near(*start));
    let better = |one: Found, other: Found| if other.residual < one.residual { other } else { one };
    found.reduce(better).unwrap_or(Found::nothing(Homography::STILL))
}

impl Found {
    fn nothing(plane: Homography) -> Self {
        Self { plane, parallax: 0.0, residual: f64::INFINITY }
    }
}

/// What is to be found again, and where.
struct Fit<'a> {
    to: &'a Crop,
    places: &'a [Place],
    /// Brightness of the places, without their mean.
    own: Vec<f64>,
    contrast: f64,
}

/// A place in the other frame.
struct Seen {
    /// Before the plane moves it.
    moved: [f64; 2],
    brightness: f64,
    slope: [f64; 2],
}

impl<'a> Fit<'a> {
    fn of(from: &Crop, to: &'a Crop, places: &'a [Place]) -> Self {
        let mut own: Vec<f64> = places.iter().map(|(place, _)| from.sample(*place).0).collect();
        let mean = own.iter().sum::<f64>() / own.len().max(1) as f64;
        for value in &mut own {
            *value -= mean;
        }
        let contrast = own.iter().map(|value| value * value).sum::<f64>().sqrt().max(1.0);
        Self { to, places, own, contrast }
    }

    fn near(&self, start: Homography) -> Found {
        let mut now = Found::nothing(start);
        let mut best = now;
        let mut seen = Vec::with_capacity(self.places.len());
        let mut changes = Vec::with_capacity(self.places.len());
        for _ in 0..=STEPS {
            self.look(&now, &mut seen);
            let gain = self.gain(&seen);
            let left = || self.own.iter().zip(&seen).map(|(own, seen)| own - gain * seen.brightness);
            now.residual = left().map(|left| left * left).sum::<f64>().sqrt() / self.contrast;
            if now.residual < best.residual {
                best = now;
            }
            changes.clear();
            changes
                .extend(self.places.iter().zip(&seen).map(|(place, seen)| changes_of(&now.plane, *place, seen, gain)));
            let Some(step) = step(&changes, left()) else { break };
            now.plane = Homography(std::array::from_fn(|i| now.plane.0[i] + step[i]));
            now.parallax += step[8];
            if step.iter().all(|change| change.abs() < STILL) {
                break;
            }
        }
        best
    }

    /// The places in the other frame, brightness without its mean.
    fn look(&self, now: &Found, seen: &mut Vec<Seen>) {
        seen.clear();
        let mut sum = 0.0;
        for (place, depth) in self.places {
            let nearer = 1.0 + now.parallax * depth;
            let moved = [place[0] * nearer, place[1] * nearer];
            let (brightness, slope) = self.to.sample(now.plane.apply(moved));
            sum += brightness;
            seen.push(Seen { moved, brightness, slope });
        }
        let mean = sum / seen.len().max(1) as f64;
        for place in seen {
            place.brightness -= mean;
        }
    }

    /// How much stronger the light is in the first frame.
    fn gain(&self, seen: &[Seen]) -> f64 {
        let (mut shared, mut other) = (0.0, 0.0);
        for (own, seen) in self.own.iter().zip(seen) {
            shared += own * seen.brightness;
            other += seen.brightness * seen.brightness;
        }
        shared / other.max(1e-6)
    }
}

/// How the brightness of a place changes with each number of the plane, and with the parallax.
fn changes_of(plane: &Homography, (at, depth): Place, seen: &Seen, gain: f64) -> [f64; 9] {
    let slope = [gain * seen.slope[0], gain * seen.slope[1]];
    let mut changes = [0.0; 9];
    changes[..8].copy_from_slice(&plane.changes(seen.moved, slope));
    if depth != 0.0 {
        let [across, down] = plane.slope(seen.moved, slope);
        changes[8] = depth * (across * at[0] + down * at[1]);
    }
    changes
}

/// The change of the nine numbers that explains most of the differences, apart from an offset.
fn step(changes: &[[f64; 9]], differences: impl Iterator<Item = f64>) -> Option<[f64; 9]> {
    let mut means = [0.0; 9];
    for row in changes {
        for (sum, change) in means.iter_mut().zip(row) {
            *sum += change;
        }
    }
    let means = means.map(|sum: f64| sum / changes.len() as f64);
    let mut normal = Equations::new();
    for (row, difference) in changes.iter().zip(differences) {
        let mut row = *row;
        for (change, mean) in row.iter_mut().zip(&means) {
            *change -= mean;
        }
        normal.observe(&row, difference);
    }
    let size = (0..9).map(|i| normal.left[i][i]).sum::<f64>();
    (0..9).for_each(|i| normal.left[i][i] = DAMPING[0] * normal.left[i][i] + DAMPING[1] * size);
    normal.least_squares()
}
