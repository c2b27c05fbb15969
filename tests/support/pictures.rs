//! Pictures that tests make themselves, mostly by spoiling a good one.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
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

/// As JPEG of a quality of 1..=100.
pub(crate) fn jpeg(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).unwrap();
    bytes
}

/// The same picture with every channel changed.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
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

/// A PNG with any size in its header and any compressed data behind it.
pub(crate) fn png_of(width: u32, height: u32, deflated: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(*b"IHDR", &header), chunk(*b"IDAT", deflated)].concat()
}

fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [&name[..], data].concat();
    let bit = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    let crc = named.iter().fold(!0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| bit(crc)));
    [&u32::try_from(data.len()).unwrap().to_be_bytes()[..], &named, &(!crc).to_be_bytes()].concat()
}

/// A zlib stream of so many zeros, a thousandth of their size: one zero, then "the 258 bytes before" over and over.
pub(crate) fn deflated_zeros(count: usize) -> Vec<u8> {
    let repeats = count / 258;
    let code = |bits: &'static str| bits.bytes().map(|bit| bit == b'1');
    let bits = code("110")
        .chain(code("00110000"))
        .chain((0..repeats).flat_map(|_| code("1100010100000")))
        .chain(code("0000000"));
    let mut bytes = vec![0x78, 0x01];
    for (place, bit) in bits.enumerate() {
        if place % 8 == 0 {
            bytes.push(0);
        }
        *bytes.last_mut().unwrap() |= u8::from(bit) << (place % 8);
    }
    // Adler-32 of zeros: the first sum stays 1, the second counts them.
    let counted = u16::try_from((repeats * 258 + 1) % 65_521).unwrap();
    bytes.extend(counted.to_be_bytes());
    bytes.extend([0, 1]);
    bytes
}
