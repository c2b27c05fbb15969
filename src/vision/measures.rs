//! What the mesh says about a head: where it is turned, whether mouth and eyes are open.

use serde::Serialize;

use super::landmarks::Mesh;

/// How a head is held, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pose {
    /// Positive when turned to the image's left: the person's own right.
    pub yaw: f32,
    /// Positive when bent down.
    pub pitch: f32,
    /// Positive when leaning to the image's right.
    pub roll: f32,
}

/// Openings, as shares of a width.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measures {
    /// Height over width of the image-left and image-right eye, by the mesh. It follows closed eyes badly.
    pub eyes: [f32; 2],
    /// The same by a model of lids and iris, where the pack has one.
    pub lids: Option<[f32; 2]>,
    /// Height over width of the mouth: about 0.1 at rest, 0.5 when surprised.
    pub mouth: f32,
}

/// Six points around an eye: two corners (first and fourth) and two pairs of lids (second–sixth, third–fifth).
const EYES: [[usize; 6]; 2] = [[33, 160, 158, 133, 153, 144], [362, 385, 387, 263, 373, 380]];
/// Upper and lower lip, image-left and image-right corner.
const MOUTH: [usize; 4] = [13, 14, 61, 291];
/// Sides of the face at the ears, image-left and image-right.
const SIDES: [usize; 2] = [234, 454];
/// Top of the forehead and tip of the chin.
const UPRIGHT: [usize; 2] = [10, 152];

impl Measures {
    pub(crate) fn of(mesh: &Mesh) -> Self {
        let distance = |a: usize, b: usize| mesh.points[a].distance(mesh.points[b]);
        let eye = |[outer, up, upper, inner, lower, low]: [usize; 6]| {
            (distance(up, low) + distance(upper, lower)) / (2.0 * distance(outer, inner)).max(f32::EPSILON)
        };
        let [upper, lower, left, right] = MOUTH;
        Self {
            eyes: EYES.map(eye),
            lids: None,
            mouth: distance(upper, lower) / distance(left, right).max(f32::EPSILON),
        }
    }
}

impl Pose {
    /// From three directions of the mesh: ear to ear, forehead to chin, and what stands upright on both.
    pub(crate) fn of(mesh: &Mesh) -> Self {
        let across = normalised(mesh.direction(SIDES));
        let down = mesh.direction(UPRIGHT);
        let shared = dot(across, down);
        let down = normalised(std::array::from_fn(|i| down[i] - shared * across[i]));
        let inward = cross(across, down);
        Self {
            yaw: (-across[2]).atan2(across[0].hypot(across[1])).to_degrees(),
            pitch: (-inward[1]).atan2(inward[2]).to_degrees(),
            roll: across[1].atan2(across[0]).to_degrees(),
        }
    }
}

impl Mesh {
    fn direction(&self, [from, to]: [usize; 2]) -> [f32; 3] {
        let (p, q) = (self.points[from], self.points[to]);
        [q.x - p.x, q.y - p.y, self.depths[to] - self.depths[from]]
    }
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn normalised(a: [f32; 3]) -> [f32; 3] {
    let length = dot(a, a).sqrt().max(f32::EPSILON);
    a.map(|v| v / length)
}
