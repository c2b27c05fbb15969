//! What an attacker can do with a photo: move it before the camera, show it on a screen, send it again.

use image::{Rgb, RgbImage, imageops};

use super::raster::Linear;

pub(crate) use super::camera::jpeg;

/// How a flat picture is held before the camera. The default is square to it, as large as the frame.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    /// Degrees about the upright axis.
    pub(crate) yaw: f32,
    /// Degrees about the level axis.
    pub(crate) pitch: f32,
    /// Degrees in its own plane.
    pub(crate) roll: f32,
    /// How much larger it looks.
    pub(crate) zoom: f32,
    /// In shares of the frame.
    pub(crate) shift: [f32; 2],
    /// Distance of the camera, in widths of the picture: the nearer, the more perspective.
    pub(crate) distance: f32,
}

impl Default for Held {
    fn default() -> Self {
        Self { yaw: 0.0, pitch: 0.0, roll: 0.0, zoom: 1.0, shift: [0.0; 2], distance: 1.5 }
    }
}

/// The picture as a flat sheet, held so, before a grey wall; turned about the middle of `picture`.
pub(crate) fn sheet(picture: &RgbImage, held: &Held) -> RgbImage {
    let (width, height) = picture.dimensions();
    let (w, h) = (width as f32, height as f32);
    let source = Linear::of(picture);
    let (sin_yaw, cos_yaw) = held.yaw.to_radians().sin_cos();
    let (sin_pitch, cos_pitch) = held.pitch.to_radians().sin_cos();
    let (sin_roll, cos_roll) = held.roll.to_radians().sin_cos();
    // Two directions of the sheet in space, and where its middle is.
    let turned = |x: f32, y: f32| {
        let (x, y) = (x * cos_roll - y * sin_roll, x * sin_roll + y * cos_roll);
        let (y, z) = (y * cos_pitch, y * sin_pitch);
        [x * cos_yaw - z * sin_yaw, y, x * sin_yaw + z * cos_yaw]
    };
    let (across, down) = (turned(1.0, 0.0), turned(0.0, 1.0));
    let focus = held.distance * w;
    let middle = [held.shift[0] * w, held.shift[1] * h, focus / held.zoom];
    RgbImage::from_fn(width, height, |x, y| {
        // The ray (rx, ry, 1) meets the sheet where u·across + v·down + middle lies on it.
        let (rx, ry) = ((x as f32 - w / 2.0) / focus, (y as f32 - h / 2.0) / focus);
        let row = |i: usize, r: f32| [across[i] - r * across[2], down[i] - r * down[2], r * middle[2] - middle[i]];
        let ([a, b, e], [c, d, f]) = (row(0, rx), row(1, ry));
        let det = a * d - b * c;
        let (u, v) = ((e * d - b * f) / det + w / 2.0, (a * f - e * c) / det + h / 2.0);
        if det.abs() < 1e-6 || u < 0.0 || v < 0.0 || u >= w || v >= h {
            return Rgb([120, 120, 118]);
        }
        Rgb(source.at(u, v).map(|light| (super::raster::encoded(light) * 255.0).round() as u8))
    })
}

/// The picture on a screen that a camera looks at: dark bezel, stripes of the pixel grid, another gamma, a little blur.
pub(crate) fn on_screen(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let inner = imageops::resize(picture, width * 9 / 10, height * 9 / 10, imageops::FilterType::Triangle);
    let mut shown = RgbImage::from_pixel(width, height, Rgb([14, 14, 16]));
    imageops::replace(&mut shown, &inner, i64::from(width / 20), i64::from(height / 20));
    for (x, y, pixel) in shown.enumerate_pixels_mut() {
        let grid =
            1.0 + 0.05 * (x as f32 * 2.21).sin() * (y as f32 * 2.17).cos() + 0.03 * ((x + y) as f32 * 0.11).sin();
        let tint = [0.95, 1.0, 1.05];
        pixel.0 = std::array::from_fn(|i| {
            let value = (f32::from(pixel.0[i]) / 255.0).powf(1.15) * grid * tint[i];
            (value * 255.0).round().clamp(0.0, 255.0) as u8
        });
    }
    imageops::blur(&shown, 0.8)
}

/// The same bytes through another compression.
pub(crate) fn again(bytes: &[u8], quality: u8) -> Vec<u8> {
    jpeg(&image::load_from_memory(bytes).unwrap().into_rgb8(), quality)
}
