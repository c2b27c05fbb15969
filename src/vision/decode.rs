//! Bytes of strangers → an upright RGB frame, within limits that are checked before anything is decoded.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::frame::Frame;

/// Longest file.
pub(crate) const MAX_BYTES: usize = 10 << 20;
/// Longest side, in pixels.
pub(crate) const MAX_SIDE: u32 = 12_000;
/// Largest width × height: the biggest phone cameras in use.
pub(crate) const MAX_PIXELS: u64 = 50_000_000;
/// Shortest side: below it no face has enough pixels.
pub(crate) const MIN_SIDE: u32 = 64;
/// What a decoder may allocate: the largest image with an alpha channel, and room to work.
const MAX_ALLOC: u64 = 256 << 20;

/// What cameras and browsers send. Other decoders are there for the tools of the command line, out of reach of strangers.
const FORMATS: [ImageFormat; 3] = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP];

/// Why bytes are not a picture that Vivat reads. The text says what to do and may be shown to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// No bytes at all.
    #[error("The file is empty. Take the picture again.")]
    Empty,
    /// More than 10 MiB.
    #[error("The file is larger than 10 MB. Send a smaller picture.")]
    TooManyBytes,
    /// Neither JPEG nor PNG nor WebP, whatever its name says.
    #[error("The file is not a picture that can be read. Send a JPEG, PNG or WebP picture.")]
    NotAnImage,
    /// More than 50 million pixels, a side past 12,000, or more memory than that would take.
    #[error("The picture has too many pixels. Send one of at most 50 megapixels and 12,000 pixels a side.")]
    TooManyPixels,
    /// A side below 64 pixels.
    #[error("The picture is too small. Send one of at least 64 pixels a side.")]
    TooSmall,
    /// The file ends before the picture does.
    #[error("The picture is incomplete. Send it again, or take it again.")]
    Truncated,
    /// The file contradicts itself.
    #[error("The picture is damaged. Take it again.")]
    Corrupt,
}

impl DecodeError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "image_empty",
            Self::TooManyBytes => "image_too_many_bytes",
            Self::NotAnImage => "image_not_readable",
            Self::TooManyPixels => "image_too_many_pixels",
            Self::TooSmall => "image_too_small",
            Self::Truncated => "image_truncated",
            Self::Corrupt => "image_corrupt",
        }
    }
}

/// The media type of a picture, by content; `application/octet-stream` for anything else.
#[must_use]
pub fn media_type(bytes: &[u8]) -> &'static str {
    image::guess_format(bytes).map_or("application/octet-stream", |format| format.to_mime_type())
}

/// Decodes by content, whatever the file is called, and turns the picture upright by its EXIF orientation; all other
/// metadata is dropped. `spare` is the buffer that a turned picture is written to.
pub(crate) fn decode(bytes: &[u8], frame: &mut Frame, spare: &mut Vec<u8>) -> Result<(), DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(DecodeError::TooManyBytes);
    }
    let mut reader = ImageReader::new(Cursor::new(bytes));
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_ALLOC);
    reader.limits(limits);
    let reader = reader.with_guessed_format().map_err(|_| DecodeError::NotAnImage)?;
    if !reader.format().is_some_and(|format| FORMATS.contains(&format)) {
        return Err(DecodeError::NotAnImage);
    }
    let mut decoder = reader.into_decoder().map_err(|e| cause(&e))?;

    let (width, height) = decoder.dimensions();
    if width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(DecodeError::TooManyPixels);
    }
    if width.min(height) < MIN_SIDE {
        return Err(DecodeError::TooSmall);
    }
    if decoder.total_bytes() > MAX_ALLOC {
        return Err(DecodeError::TooManyPixels);
    }
    if is_cut_off_jpeg(bytes) {
        return Err(DecodeError::Truncated);
    }

    // A strange orientation tag is no reason to refuse a face.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    (frame.width, frame.height) = (width as usize, height as usize);
    if decoder.color_type() == ColorType::Rgb8 {
        frame.rgb.resize(frame.width * frame.height * 3, 0);
        decoder.read_image(&mut frame.rgb).map_err(|e| cause(&e))?;
    } else {
        frame.rgb = DynamicImage::from_decoder(decoder).map_err(|e| cause(&e))?.into_rgb8().into_raw();
    }
    turn(frame, orientation, spare);
    Ok(())
}

/// The JPEG decoder fills what is missing with grey. Inside a scan, 0xFF is always escaped, so a picture that is whole has
/// an end marker after the start of its last scan.
fn is_cut_off_jpeg(bytes: &[u8]) -> bool {
    let last = bytes.windows(2).rev().find(|pair| matches!(pair, [0xFF, 0xDA | 0xD9]));
    bytes.starts_with(&[0xFF, 0xD8]) && last.is_some_and(|pair| pair[1] == 0xDA)
}

fn cause(error: &ImageError) -> DecodeError {
    match error {
        ImageError::Limits(_) => DecodeError::TooManyPixels,
        ImageError::Unsupported(_) => DecodeError::NotAnImage,
        ImageError::IoError(_) => DecodeError::Truncated,
        ImageError::Decoding(_) | ImageError::Encoding(_) | ImageError::Parameter(_) => DecodeError::Corrupt,
    }
}

/// Turns the frame as the camera was held.
fn turn(frame: &mut Frame, orientation: Orientation, spare: &mut Vec<u8>) {
    let (width, height) = (frame.width, frame.height);
    let source: fn(usize, usize, usize, usize) -> (usize, usize) = match orientation {
        Orientation::NoTransforms => return,
        Orientation::FlipHorizontal => |x, y, w, _| (w - 1 - x, y),
        Orientation::FlipVertical => |x, y, _, h| (x, h - 1 - y),
        Orientation::Rotate180 => |x, y, w, h| (w - 1 - x, h - 1 - y),
        Orientation::Rotate90 => |x, y, _, h| (y, h - 1 - x),
        Orientation::Rotate270 => |x, y, w, _| (w - 1 - y, x),
        Orientation::Rotate90FlipH => |x, y, _, _| (y, x),
        Orientation::Rotate270FlipH => |x, y, w, h| (w - 1 - y, h - 1 - x),
    };
    let sideways = matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    );
    let (new_width, new_height) = if sideways { (height, width) } else { (width, height) };
    spare.resize(frame.rgb.len(), 0);
    for (y, row) in spare.chunks_exact_mut(new_width * 3).enumerate() {
        for (x, pixel) in row.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let (x, y) = source(x, y, width, height);
            let at = (y * width + x) * 3;
            pixel.copy_from_slice(&frame.rgb[at..at + 3]);
        }
    }
    std::mem::swap(&mut frame.rgb, spare);
    (frame.width, frame.height) = (new_width, new_height);
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, RgbImage};
    use proptest::prelude::*;

    fn picture() -> RgbImage {
        RgbImage::from_fn(80, 64, |x, y| image::Rgb([(x * 3) as u8, (y * 4) as u8, (x ^ y) as u8]))
    }

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn decoded(bytes: &[u8]) -> Result<Frame, DecodeError> {
        let mut frame = Frame::default();
        decode(bytes, &mut frame, &mut Vec::new())?;
        assert_eq!(frame.rgb.len(), frame.width * frame.height * 3);
        Ok(frame)
    }

    fn format() -> impl Strategy<Value = ImageFormat> {
        prop_oneof![Just(ImageFormat::Jpeg), Just(ImageFormat::Png), Just(ImageFormat::WebP)]
    }

    proptest! {
        #[test]
        fn changed_bytes_never_panic(
            format in format(),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        ) {
            let mut bytes = encoded(format);
            for (place, value) in changes {
                let place = place.index(bytes.len());
                bytes[place] = value;
            }
            let _ = decoded(&bytes);
        }

        #[test]
        fn a_file_cut_short_is_told(format in format(), length in any::<prop::sample::Index>()) {
            let bytes = encoded(format);
            // The last bytes of a PNG are its end mark: nothing of the picture is missing without it.
            let cut = length.index(bytes.len() - 16);
            prop_assert!(decoded(&bytes[..cut]).is_err());
        }

        #[test]
        fn noise_is_not_a_picture(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(decoded(&bytes).is_err());
        }
    }

    #[test]
    fn what_is_lossless_comes_back_as_it_was() {
        for format in [ImageFormat::Png, ImageFormat::WebP] {
            let frame = decoded(&encoded(format)).unwrap();
            assert_eq!((frame.width, frame.height), (80, 64));
            assert_eq!(frame.rgb, picture().into_raw());
        }
    }

    #[test]
    fn the_buffer_of_a_larger_picture_is_reused() {
        let mut frame = Frame { width: 200, height: 200, rgb: vec![9; 200 * 200 * 3] };
        decode(&encoded(ImageFormat::Png), &mut frame, &mut Vec::new()).unwrap();
        assert_eq!(frame.rgb, picture().into_raw());
    }

    #[test]
    fn other_pixel_layouts_become_rgb() {
        let grey = DynamicImage::ImageRgb8(picture());
        for layout in [
            DynamicImage::ImageLuma8(grey.to_luma8()),
            DynamicImage::ImageLuma16(grey.to_luma16()),
            DynamicImage::ImageRgba8(grey.to_rgba8()),
        ] {
            let mut bytes = Cursor::new(Vec::new());
            layout.write_to(&mut bytes, ImageFormat::Png).unwrap();
            assert_eq!(decoded(bytes.get_ref()).unwrap().rgb, layout.into_rgb8().into_raw());
        }
    }

    #[test]
    fn turning_agrees_with_the_image_library() {
        for exif in 1..=8 {
            let orientation = Orientation::from_exif(exif).unwrap();
            let mut expected = DynamicImage::ImageRgb8(picture());
            expected.apply_orientation(orientation);
            let mut frame = Frame { width: 80, height: 64, rgb: picture().into_raw() };
            turn(&mut frame, orientation, &mut Vec::new());
            assert_eq!((frame.width as u32, frame.height as u32), (expected.width(), expected.height()), "{exif}");
            assert_eq!(frame.rgb, expected.into_rgb8().into_raw(), "{exif}");
        }
    }
}
