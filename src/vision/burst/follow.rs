//! Finds each place of a face again in another frame, as places of a plane or of a relief move.
//!
//! Gauss–Newton on the brightness (Lucas and Kanade 1981; Baker and Matthews 2004), with a gain and an offset of the light. A
//! relief that comes nearer differs from a plane by a parallax that grows with depth and with the distance from the middle
//! ("plane and parallax", Irani and Anandan 1996): one more number.

use super::crop::Crop;
use super::homography::Homography;
use super::linear::Equations;

/// Steps of the fit; it stands still after six to ten.
const STEPS: usize = 12;
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

/// The best motion of `places` from one frame to the other, near `start`. Depths of 0 make it a plane.
pub(super) fn follow(from: &Crop, to: &Crop, places: &[Place], start: Homography) -> Found {
    let own: Vec<f64> = places.iter().map(|(place, _)| from.sample(*place).0).collect();
    let mean = mean(&own);
    let contrast = own.iter().map(|v| (v - mean).powi(2)).sum::<f64>().sqrt().max(1.0);
    let mut now = Found { plane: start, parallax: 0.0, residual: f64::INFINITY };
    let mut best = now;
    for _ in 0..=STEPS {
        let moved: Vec<[f64; 2]> = places.iter().map(|(p, z)| p.map(|v| v * (1.0 + now.parallax * z))).collect();
        let seen: Vec<_> = moved.iter().map(|place| to.sample(now.plane.apply(*place))).collect();
        let seen_mean = seen.iter().map(|(v, _)| v).sum::<f64>() / seen.len().max(1) as f64;
        let pairs = || own.iter().zip(&seen).map(|(own, (seen, _))| (own - mean, seen - seen_mean));
        let gain = pairs().map(|(t, u)| t * u).sum::<f64>() / pairs().map(|(_, u)| u * u).sum::<f64>().max(1e-6);
        now.residual = pairs().map(|(t, u)| (t - gain * u).powi(2)).sum::<f64>().sqrt() / contrast;
        if now.residual < best.residual {
            best = now;
        }
        let changes: Vec<[f64; 9]> = places
            .iter()
            .zip(moved.iter().zip(&seen))
            .map(|((place, depth), (moved, (_, slope)))| {
                let slope = slope.map(|slope| gain * slope);
                let by_plane = now.plane.changes(*moved, slope);
                let [across, down] = now.plane.slope(*moved, slope);
                let by_depth = depth * (across * place[0] + down * place[1]);
                std::array::from_fn(|i| by_plane.get(i).copied().unwrap_or(by_depth))
            })
            .collect();
        let Some(step) = step(&changes, pairs().map(|(t, u)| t - gain * u)) else { break };
        now.plane = Homography(std::array::from_fn(|i| now.plane.0[i] + step[i]));
        now.parallax += step[8];
    }
    best
}

/// The change of the nine numbers that explains most of the differences, apart from an offset.
fn step(changes: &[[f64; 9]], differences: impl Iterator<Item = f64>) -> Option<[f64; 9]> {
    let means: [f64; 9] = std::array::from_fn(|i| changes.iter().map(|row| row[i]).sum::<f64>() / changes.len() as f64);
    let mut normal = Equations::new();
    for (row, difference) in changes.iter().zip(differences) {
        normal.observe(&std::array::from_fn(|i| row[i] - means[i]), difference);
    }
    let size = (0..9).map(|i| normal.left[i][i]).sum::<f64>();
    (0..9).for_each(|i| normal.left[i][i] = DAMPING[0] * normal.left[i][i] + DAMPING[1] * size);
    normal.solve()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
