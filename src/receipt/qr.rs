//! The QR code of a receipt, as a drawing of lines.
//!
//! The largest receipt (three schemes, an agency of twelve digits, a long name of the server) makes a code of version 24:
//! 113 modules, 121 with the margin. At 0.4 mm a module, which phones read, it is 48 mm wide and fits on a till roll of
//! 58 mm; on a screen it needs 3 pixels a module, 363 in all.

use std::fmt::Write;

use qrcode::{EcLevel, QrCode};

/// Modules of a side, at most: version 27, 53 mm wide with its margin.
pub const MAX_MODULES: usize = 125;
/// White modules around the code that readers need.
const MARGIN: usize = 4;

/// The content does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the content does not fit into a QR code that a phone reads")]
pub struct TooLong;

/// A code of level M: it is read when 15 % of it are dirty.
fn code(content: &str) -> Result<QrCode, TooLong> {
    let code = QrCode::with_error_correction_level(content, EcLevel::M).map_err(|_| TooLong)?;
    if code.width() <= MAX_MODULES { Ok(code) } else { Err(TooLong) }
}

/// The code as SVG, one unit a module, margin included. Runs of dark modules are one stroke each.
///
/// # Errors
/// [`TooLong`].
pub fn svg(content: &str) -> Result<String, TooLong> {
    let code = code(content)?;
    let (width, colours) = (code.width(), code.to_colors());
    let side = width + 2 * MARGIN;
    let mut strokes = String::new();
    for (row, modules) in colours.chunks(width).enumerate() {
        let (mut at, mut drawn) = (0, None);
        for run in modules.chunk_by(|left, right| left == right) {
            if run[0] == qrcode::Color::Dark {
                // Writing to a text does not fail.
                let _ = match drawn {
                    None => write!(strokes, "M{} {}.5h{}", at + MARGIN, row + MARGIN, run.len()),
                    Some(end) => write!(strokes, "m{} 0h{}", at - end, run.len()),
                };
                drawn = Some(at + run.len());
            }
            at += run.len();
        }
    }
    Ok(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path stroke="#000" d="{strokes}"/></svg>"##
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::claims::address;
    use crate::receipt::claims::examples::{claims, key};

    /// Draws the strokes of the SVG as a screen does, at so many pixels a module.
    fn drawn(svg: &str, pixels: usize) -> (usize, Vec<bool>) {
        let between = |before: &str| svg.split(before).nth(1).unwrap().split('"').next().unwrap();
        let side: usize = between("viewBox=\"0 0 ").split(' ').next().unwrap().parse().unwrap();
        let mut dark = vec![false; side * side];
        let (mut x, mut y) = (0, 0);
        let strokes = between("stroke=\"#000\" d=\"");
        for part in strokes
            .replace('M', " M")
            .replace('m', " m")
            .replace('h', " h")
            .split_whitespace()
            .collect::<Vec<_>>()
            .chunks(3)
        {
            let [to, height, run] = part else { panic!("a move and a run: {part:?}") };
            let number = |text: &str| text[1..].parse::<usize>().unwrap();
            if to.starts_with('M') {
                (x, y) = (number(to), height.strip_suffix(".5").unwrap().parse().unwrap());
            } else {
                x += number(to);
            }
            dark[y * side + x..][..number(run)].fill(true);
            x += number(run);
        }
        let width = side * pixels;
        (width, (0..width * width).map(|at| dark[at / width / pixels * side + at % width / pixels]).collect())
    }

    #[test]
    fn the_largest_receipt_is_read_at_three_pixels_a_module() {
        let content = address(&claims().iss, &claims().sign(&key()).unwrap());
        let svg = svg(&content).unwrap();
        let (width, dark) = drawn(&svg, 3);
        let mut picture =
            rqrr::PreparedImage::prepare_from_greyscale(width, width, |x, y| if dark[y * width + x] { 0 } else { 255 });
        let grids = picture.detect_grids();
        let (meta, read) = grids.first().expect("a code in the picture").decode().unwrap();
        assert_eq!(read, content);
        // 899 bytes: 48 mm wide at 0.4 mm a module.
        assert_eq!((content.len(), meta.version.0, width / 3 - 2 * MARGIN), (899, 24, 113));
        assert!(svg.len() < 24 * 1024, "{} bytes of SVG", svg.len());
    }

    #[test]
    fn what_a_phone_would_not_read_is_refused() {
        assert_eq!(svg(&"x".repeat(1200)), Err(TooLong));
        assert_eq!(svg(&"x".repeat(3000)), Err(TooLong));
    }
}
