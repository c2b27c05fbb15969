//! Draws what was seen into the photo.

use image::{Rgb, RgbImage};

use crate::vision::{Analysis, Point, Rect};

use super::glyphs::{self, glyph};

const FACE: Rgb<u8> = Rgb([64, 220, 96]);
const OTHER_FACE: Rgb<u8> = Rgb([255, 176, 32]);
const MESH: Rgb<u8> = Rgb([96, 200, 255]);
const FIVE_POINTS: Rgb<u8> = Rgb([255, 64, 64]);
const INK: Rgb<u8> = Rgb([255, 255, 255]);
const PAPER: Rgb<u8> = Rgb([16, 16, 16]);

/// Boxes, mesh and five points over the photo, and what was found in words below it.
pub(super) fn overlay((width, height, rgb): (usize, usize, &[u8]), analysis: &Analysis) -> RgbImage {
    let seen = &analysis.seen;
    let mut lines = vec![format!("{width} x {height}, {} face(s)", seen.faces.len())];
    if let Some(face) = &seen.face {
        let pose = &face.pose;
        lines.push(format!("yaw {:+.0} pitch {:+.0} roll {:+.0}", pose.yaw, pose.pitch, pose.roll));
        let quality = &face.quality;
        lines.push(format!(
            "eyes {:.0} px, sharp {:.0}, light {:.0}, contrast {:.0}",
            quality.eye_distance, quality.sharpness, quality.brightness, quality.contrast
        ));
    }
    lines.extend(analysis.findings.iter().map(|finding| format!("! {finding:?}")));

    let dot = (width / 320).max(1);
    let line = (glyphs::HEIGHT + 2) * dot;
    let mut canvas = Canvas(RgbImage::from_pixel(width as u32, (height + lines.len() * line + 2 * dot) as u32, PAPER));
    canvas.0[..rgb.len()].copy_from_slice(rgb);
    for (rank, face) in seen.faces.iter().enumerate() {
        let colour = if rank == 0 { FACE } else { OTHER_FACE };
        canvas.frame(&face.rect, dot, colour);
        canvas.text(face.rect.x as i64, face.rect.y as i64 - line as i64, dot, &format!("{:.2}", face.score), colour);
    }
    if let Some(face) = &seen.face {
        for point in &face.mesh {
            canvas.dot(*point, dot as f32 * 0.6, MESH);
        }
        for point in &face.five_points {
            canvas.dot(*point, dot as f32 * 2.5, FIVE_POINTS);
        }
    }
    for (number, text) in lines.iter().enumerate() {
        canvas.text(2 * dot as i64, (height + number * line + 2 * dot) as i64, dot, text, INK);
    }
    canvas.0
}

struct Canvas(RgbImage);

impl Canvas {
    fn fill(&mut self, x: i64, y: i64, width: i64, height: i64, colour: Rgb<u8>) {
        for y in y.max(0)..(y + height).min(self.0.height().into()) {
            for x in x.max(0)..(x + width).min(self.0.width().into()) {
                self.0.put_pixel(x as u32, y as u32, colour);
            }
        }
    }

    fn frame(&mut self, rect: &Rect, thickness: usize, colour: Rgb<u8>) {
        let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(|v| v as i64);
        let thickness = thickness as i64;
        self.fill(x, y, width, thickness, colour);
        self.fill(x, y + height - thickness, width, thickness, colour);
        self.fill(x, y, thickness, height, colour);
        self.fill(x + width - thickness, y, thickness, height, colour);
    }

    fn dot(&mut self, centre: Point, radius: f32, colour: Rgb<u8>) {
        let reach = radius.ceil() as i64;
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                if (dx as f32).hypot(dy as f32) <= radius {
                    self.fill(centre.x.round() as i64 + dx, centre.y.round() as i64 + dy, 1, 1, colour);
                }
            }
        }
    }

    fn text(&mut self, x: i64, y: i64, dot: usize, text: &str, colour: Rgb<u8>) {
        let dot = dot as i64;
        let advance = (glyphs::WIDTH as i64 + 1) * dot;
        for (place, character) in (0..).zip(text.chars()) {
            for (row, bits) in (0..).zip(glyph(character)) {
                for column in (0..glyphs::WIDTH as i64).filter(|column| bits >> (glyphs::WIDTH as i64 - 1 - column) & 1 == 1) {
                    self.fill(x + place * advance + column * dot, y + row * dot, dot, dot, colour);
                }
            }
        }
    }
}
