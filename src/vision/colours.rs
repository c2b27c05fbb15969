//! How much red, green and blue light comes from a face, and from what is around it.

use std::sync::LazyLock;

use zeroize::Zeroize;

use super::frame::Frame;
use super::geometry::{Point, Rect};

/// Points of the mesh in the middle of bare skin that faces the camera: forehead, both cheeks, bridge of the nose, chin.
const FRONT: [usize; 5] = [151, 50, 280, 5, 199];

/// The same for skin that faces aside: before both ears.
const SIDES: [usize; 2] = [137, 366];

/// Radius of a patch of skin, in widths of the mesh.
const PATCH: f32 = 0.05;

/// How far from the mesh hair and ears end, in widths of the mesh.
const MARGIN: f32 = 0.35;

/// How many places around the face are looked at, along each side of the frame.
const RASTER: usize = 48;

/// Less than this share of the frame is not enough to say what is around the face.
const MIN_AROUND: f32 = 0.08;

/// Mean linear light (red, green, blue in 0..=1). What could not be seen is NaN.
#[derive(Debug, Clone, Copy, PartialEq, Zeroize)]
pub(crate) struct Colours {
    /// Skin that faces the camera.
    pub(crate) front: [f32; 3],
    /// Skin that faces aside.
    pub(crate) sides: [f32; 3],
    /// What is neither face, hair, neck nor breast.
    pub(crate) around: [f32; 3],
}

impl Colours {
    pub(crate) fn of(frame: &Frame, mesh: &[Point]) -> Self {
        let face = Rect::around(mesh.iter().copied());
        let patch = |places: &[usize]| {
            let mut mean = Mean::default();
            for place in places {
                add_disc(frame, mesh[*place], PATCH * face.width, &mut mean);
            }
            mean.get()
        };
        Self { front: patch(&FRONT), sides: patch(&SIDES), around: around(frame, &face) }
    }

    /// Nine numbers.
    pub(crate) fn to_floats(self) -> impl Iterator<Item = f32> {
        [self.front, self.sides, self.around].into_iter().flatten()
    }

    /// The inverse of [`Colours::to_floats`].
    pub(crate) fn from_floats(values: [f32; 9]) -> Self {
        let three = |at: usize| std::array::from_fn(|i| values[at + i]);
        Self { front: three(0), sides: three(3), around: three(6) }
    }
}

#[derive(Default)]
struct Mean {
    sum: [f32; 3],
    count: u32,
}

impl Mean {
    fn add(&mut self, frame: &Frame, x: usize, y: usize) {
        let at = (y * frame.width + x) * 3;
        for (sum, byte) in self.sum.iter_mut().zip(&frame.rgb[at..at + 3]) {
            *sum += LINEAR[usize::from(*byte)];
        }
        self.count += 1;
    }

    fn get(&self) -> [f32; 3] {
        self.sum.map(|sum| sum / self.count as f32)
    }
}

/// [`linear`] of each byte.
static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| std::array::from_fn(|byte| linear(byte as u8)));

/// The light behind a byte of a picture (IEC 61966-2-1, sRGB).
fn linear(byte: u8) -> f32 {
    let value = f32::from(byte) / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// Adds the pixels of a disc, at most some thousand of them.
fn add_disc(frame: &Frame, centre: Point, radius: f32, mean: &mut Mean) {
    let step = (radius / 16.0).max(1.0);
    let reach = (radius / step) as i32;
    for (column, row) in (-reach..=reach).flat_map(|row| (-reach..=reach).map(move |column| (column, row))) {
        let (x, y) = (centre.x + column as f32 * step, centre.y + row as f32 * step);
        let within = (column * column + row * row) as f32 <= (radius / step).powi(2).max(1.0);
        if within && x >= 0.0 && y >= 0.0 && (x as usize) < frame.width && (y as usize) < frame.height {
            mean.add(frame, x as usize, y as usize);
        }
    }
}

fn around(frame: &Frame, face: &Rect) -> [f32; 3] {
    let margin = MARGIN * face.width;
    let (left, right, top) = (face.x - margin, face.x + face.width + margin, face.y - margin);
    let mut mean = Mean::default();
    for (column, row) in (0..RASTER).flat_map(|row| (0..RASTER).map(move |column| (column, row))) {
        let (x, y) = ((2 * column + 1) * frame.width / (2 * RASTER), (2 * row + 1) * frame.height / (2 * RASTER));
        // Shoulders are wider than the head.
        let shoulders = if y as f32 > face.y + face.height { 2.0 * margin } else { 0.0 };
        let person = x as f32 > left - shoulders && (x as f32) < right + shoulders && y as f32 > top;
        if !person {
            mean.add(frame, x, y);
        }
    }
    if mean.count as f32 >= MIN_AROUND * (RASTER * RASTER) as f32 { mean.get() } else { [f32::NAN; 3] }
}
