//! Pictures that tests make themselves, mostly by spoiling a good one.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage, imageops};

use super::server::photo;

/// A demo photo, decoded.
pub(crate) fn portrait(name: &str) -> RgbImage {
    image::load_from_memory(&photo(name)).unwrap().into_rgb8()
}

/// The bytes of a picture in some format.
pub(crate) fn encode(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture.clone()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// As PNG, without loss.
pub(crate) fn png(picture: &RgbImage) -> Vec<u8> {
    encode(picture, ImageFormat::Png)
}

/// The same picture with every channel changed.
pub(crate) fn recoloured(picture: &RgbImage, change: impl Fn(f32) -> f32) -> RgbImage {
    let mut changed = picture.clone();
    for channel in changed.iter_mut() {
        *channel = change(f32::from(*channel)).clamp(0.0, 255.0) as u8;
    }
    changed
}

/// Two pictures of the same height beside each other.
pub(crate) fn beside(left: &RgbImage, right: &RgbImage) -> RgbImage {
    let height = left.height().min(right.height());
    let scaled = |picture: &RgbImage| {
        let width = picture.width() * height / picture.height();
        imageops::resize(picture, width, height, imageops::FilterType::Triangle)
    };
    let (left, right) = (scaled(left), scaled(right));
    let mut both = RgbImage::new(left.width() + right.width(), height);
    imageops::replace(&mut both, &left, 0, 0);
    imageops::replace(&mut both, &right, left.width().into(), 0);
    both
}

/// A JPEG with an EXIF orientation tag put behind its first marker.
pub(crate) fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let tiff = [b'M', b'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
    let length = u16::try_from(2 + 6 + tiff.len()).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, b"Exif\0\0", &tiff, &jpeg[2..]].concat()
}
