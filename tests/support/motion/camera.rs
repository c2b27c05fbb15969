//! What a camera adds to a picture: noise, and compression.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, RgbImage};

/// A camera.
#[derive(Clone, Copy)]
pub(crate) struct Camera {
    /// Standard deviation of a pixel's noise, in levels of 255.
    pub(crate) noise: f32,
    /// Of the JPEG, in 1..=100.
    pub(crate) quality: u8,
}

impl Camera {
    /// The front camera of a phone in a room.
    pub(crate) const PHONE: Self = Self { noise: 2.0, quality: 88 };

    /// The picture as it is sent.
    pub(crate) fn take(self, picture: &RgbImage, seed: u64) -> Vec<u8> {
        let mut noisy = picture.clone();
        let mut state = seed;
        for value in noisy.iter_mut() {
            // The sum of three even numbers is nearly normal, and has a standard deviation of 1.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let sum = ((state >> 24) & 0xFF) + ((state >> 40) & 0xFF) + ((state >> 56) & 0xFF);
            let normal = sum as f32 / 127.5 - 3.0;
            *value = (f32::from(*value) + self.noise * normal).round().clamp(0.0, 255.0) as u8;
        }
        jpeg(&noisy, self.quality)
    }
}

/// As JPEG.
pub(crate) fn jpeg(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    encoder.encode(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8).unwrap();
    bytes
}
