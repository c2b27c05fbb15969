//! A photo that moves as a head does.

use image::{RgbImage, imageops};
use vivat::domain::challenge::Colour;
use vivat::vision::Pipeline;

use super::raster::{Canvas, Corner, Linear, decoded};
use super::relief::{Place, Relief, smooth};
use crate::support::models::analyse;
use crate::support::pictures::{png, portrait};

/// How the head is held and lit. The default is as in the photo.
#[derive(Clone, Copy)]
pub(crate) struct Act {
    /// Degrees, positive to the person's own left (the image's right).
    pub(crate) yaw: f32,
    /// Degrees, positive down.
    pub(crate) pitch: f32,
    /// Degrees, positive to the image's right.
    pub(crate) roll: f32,
    /// In widths of the face.
    pub(crate) shift: [f32; 2],
    /// How much nearer the camera is: 1 as in the photo, 2 at half the distance.
    pub(crate) nearness: f32,
    /// Height over width of the opening that is added to the mouth.
    pub(crate) mouth: f32,
    /// How far the lids are closed further, in 0..=1.
    pub(crate) lids: f32,
    pub(crate) light: Option<Light>,
}

impl Default for Act {
    fn default() -> Self {
        Self { yaw: 0.0, pitch: 0.0, roll: 0.0, shift: [0.0; 2], nearness: 1.0, mouth: 0.0, lids: 0.0, light: None }
    }
}

/// What a screen adds to the light of the room, which counts as 1.
#[derive(Clone, Copy)]
pub(crate) struct Light(pub(crate) [f32; 3]);

impl Light {
    /// A colour that fills the screen, `strength` for white.
    pub(crate) fn of(colour: Colour, strength: f32) -> Self {
        Self(colour.srgb().map(|byte| strength * decoded(f32::from(byte) / 255.0)))
    }
}

/// Pixels of a made frame.
const SIDE: u32 = 400;
/// Distance of the camera, in widths of the face: half a metre.
const DISTANCE: f32 = 3.3;
/// Where the head turns: this far behind the middle of the face, in its widths.
const AXIS: f32 = 0.45;
/// Corners of the mouth, and the inner lower lip: teeth that show stay with the upper one.
const MOUTH: [usize; 3] = [61, 291, 14];
/// Upper and lower lid and both corners, image-left and image-right.
const EYES: [[usize; 4]; 2] = [[159, 145, 33, 133], [386, 374, 362, 263]];

/// A photo with the relief of its face.
pub(crate) struct Sitter {
    pub(crate) picture: RgbImage,
    light: Linear,
    relief: Relief,
    mesh: Vec<[f32; 3]>,
}

impl Sitter {
    /// Head and shoulders of a demo photo, on a picture of `SIDE` pixels a side.
    pub(crate) fn of(pipeline: &Pipeline, name: &str) -> Self {
        let whole = portrait(name);
        let seen = analyse(pipeline, &png(&whole)).seen;
        let rect = seen.faces.first().expect("a face").rect;
        let (x, y) = (rect.x + rect.width / 2.0, rect.y + rect.height / 2.0);
        let side = (2.6 * rect.width.max(rect.height)).min(whole.width().min(whole.height()) as f32);
        let corner = |centre: f32, length: u32| (centre - side / 2.0).clamp(0.0, length as f32 - side) as u32;
        let (left, top) = (corner(x, whole.width()), corner(y, whole.height()));
        let cut = imageops::crop_imm(&whole, left, top, side as u32, side as u32).to_image();
        Self::new(pipeline, imageops::resize(&cut, SIDE, SIDE, imageops::FilterType::Triangle))
    }

    /// Any photo with one face.
    pub(crate) fn new(pipeline: &Pipeline, picture: RgbImage) -> Self {
        let face = analyse(pipeline, &png(&picture)).seen.face.expect("a face");
        let mesh: Vec<_> = face.mesh.iter().zip(&face.depths).map(|(p, depth)| [p.x, p.y, *depth]).collect();
        let relief = Relief::of(&mesh, [picture.width(), picture.height()]);
        Self { light: Linear::of(&picture), relief, mesh, picture }
    }

    /// The photo as the camera would see the head now.
    pub(crate) fn render(&self, act: &Act) -> RgbImage {
        let mut canvas = Canvas::new(self.picture.width(), self.picture.height());
        let corners: Vec<Corner> = self.relief.places.iter().map(|place| self.corner(place, act)).collect();
        let columns = self.relief.columns;
        let rows = corners.len() / columns;
        for (column, row) in (0..rows - 1).flat_map(|row| (0..columns - 1).map(move |column| (column, row))) {
            let at = row * columns + column;
            let cell = [at, at + 1, at + columns, at + columns + 1].map(|at| corners[at]);
            let gap = act.mouth > 0.05 && self.in_mouth(&cell);
            let paint = gap.then_some([0.02, 0.006, 0.006]);
            canvas.triangle(&self.light, [cell[0], cell[1], cell[2]], paint);
            canvas.triangle(&self.light, [cell[1], cell[3], cell[2]], paint);
        }
        canvas.picture()
    }

    fn corner(&self, place: &Place, act: &Act) -> Corner {
        let Relief { width, centre, .. } = self.relief;
        let [mut x, mut y] = place.at;
        y += self.jaw(place.at, act.mouth) + self.lids(place.at, act.lids);
        (x, y) = (x - centre[0], y - centre[1]);
        let turned = turn([x, y, place.depth - AXIS * width], act);
        let moved = [turned[0] + act.shift[0] * width, turned[1] + act.shift[1] * width, turned[2] + AXIS * width];
        let blended = |still: f32, moved: f32| still + place.head * (moved - still);
        let (x, y, z) = (blended(x, moved[0]), blended(y, moved[1]), blended(place.depth, moved[2]));
        // The photo is as from `DISTANCE`: what comes nearer grows, and what is in front grows more.
        let distance = DISTANCE * width;
        let grown = (distance + place.depth) / (distance / act.nearness + z);
        let lit = act.light.map_or([0.0; 3], |Light(light)| {
            // A room's wall is three times as far from the screen as the face, and gets a ninth of its light.
            light.map(|light| light * (place.head * place.facing + (1.0 - place.head) / 9.0) * act.nearness.powi(2))
        });
        Corner {
            from: place.at,
            to: [centre[0] + x * grown, centre[1] + y * grown],
            depth: z,
            light: lit.map(|l| 1.0 + l),
        }
    }

    /// Along the mouth from −1 to 1 between its corners, and down from the lips in its half widths.
    fn by_mouth(&self, at: [f32; 2]) -> ([f32; 2], f32) {
        let [left, right, lower] = MOUTH.map(|i| self.mesh[i]);
        let half = (right[0] - left[0]).hypot(right[1] - left[1]) / 2.0;
        let middle = [f32::midpoint(left[0], right[0]), lower[1]];
        ([(at[0] - middle[0]) / half, (at[1] - middle[1]) / half], half)
    }

    /// How far down a place goes when the jaw drops.
    fn jaw(&self, at: [f32; 2], mouth: f32) -> f32 {
        let ([along, down], half) = self.by_mouth(at);
        if down <= 0.0 {
            return 0.0;
        }
        2.0 * half * mouth * (1.0 - along * along).max(0.0) * (1.0 - smooth((down - 1.2) / 1.5))
    }

    fn in_mouth(&self, cell: &[Corner; 4]) -> bool {
        let places = cell.map(|corner| self.by_mouth(corner.from).0);
        let (above, below) = (places.iter().any(|[_, down]| *down <= 0.0), places.iter().any(|[_, down]| *down > 0.0));
        above && below && places.iter().all(|[along, _]| along.abs() < 1.0)
    }

    fn lids(&self, at: [f32; 2], closed: f32) -> f32 {
        EYES.iter()
            .map(|eye| {
                let [upper, lower, outer, inner] = eye.map(|i| self.mesh[i]);
                let (open, wide) = (lower[1] - upper[1], (outer[0] - inner[0]).abs() / 2.0);
                let (dx, dy) = ((at[0] - f32::midpoint(outer[0], inner[0])) / wide, (at[1] - upper[1]) / open.max(1.0));
                closed * open * (-dx * dx - dy * dy).exp()
            })
            .sum()
    }
}

/// Rolled, then bent, then turned.
fn turn([x, y, z]: [f32; 3], act: &Act) -> [f32; 3] {
    let (roll, pitch, yaw) = (act.roll.to_radians(), act.pitch.to_radians(), act.yaw.to_radians());
    let (x, y) = (x * roll.cos() - y * roll.sin(), x * roll.sin() + y * roll.cos());
    // The nose has the smallest depth: down and towards the image's right are where it goes.
    let (y, z) = (y * pitch.cos() - z * pitch.sin(), y * pitch.sin() + z * pitch.cos());
    let (x, z) = (x * yaw.cos() - z * yaw.sin(), x * yaw.sin() + z * yaw.cos());
    [x, y, z]
}
