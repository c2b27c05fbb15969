//! Draws what was seen into the photo.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "drawing: sides are at most 12,000, and every float is clamped to the canvas before it is an index"
)]

use image::{Rgb, RgbImage};

use crate::vision::{Analysis, Point, Rect};
use crate::words;

use super::glyphs::{self, glyph};

const FACE: Rgb<u8> = Rgb([64, 220, 96]);
const OTHER_FACE: Rgb<u8> = Rgb([255, 176, 32]);
const MESH: Rgb<u8> = Rgb([96, 200, 255]);
const FIVE_POINTS: Rgb<u8> = Rgb([255, 64, 64]);
const INK: Rgb<u8> = Rgb([255, 255, 255]);
const PAPER: Rgb<u8> = Rgb([16, 16, 16]);

/// Boxes, mesh and five points over the photo, and what was found in words below it.
pub(super) fn overlay((width, height, rgb): (usize, usize, &[u8]), analysis: &Analysis) -> RgbImage {
    // One dot of a letter; legible when the picture is shown 600 pixels wide.
    let dot = (width as f32 / 320.0).floor().max(1.0);
    let line = (glyphs::HEIGHT + 2) as f32 * dot;
    let legend = legend(analysis);
    let legend_height = (legend.len() as f32 * line + 2.0 * dot) as u32;
    let mut canvas = Canvas(RgbImage::from_pixel(width as u32, height as u32 + legend_height, PAPER));
    for (painted, byte) in canvas.0.iter_mut().zip(rgb) {
        *painted = *byte;
    }
    for (rank, face) in analysis.seen.faces.iter().enumerate() {
        let colour = if rank == 0 { FACE } else { OTHER_FACE };
        canvas.outline(&face.rect, dot, colour);
        canvas.text(Point { x: face.rect.x, y: face.rect.y - line }, dot, &format!("{:.2}", face.score), colour);
    }
    if let Some(face) = &analysis.seen.face {
        for point in &face.mesh {
            canvas.disc(*point, dot * 0.7, MESH);
        }
        for point in &face.five_points {
            canvas.disc(*point, dot * 2.5, FIVE_POINTS);
        }
    }
    for (number, text) in legend.iter().enumerate() {
        let y = height as f32 + number as f32 * line + 2.0 * dot;
        canvas.text(Point { x: 2.0 * dot, y }, dot, text, INK);
    }
    canvas.0
}

fn legend(analysis: &Analysis) -> Vec<String> {
    let seen = &analysis.seen;
    let mut lines = vec![format!("{} x {}, faces: {}", seen.width, seen.height, seen.faces.len())];
    if let Some(face) = &seen.face {
        let (pose, quality) = (&face.pose, &face.quality);
        lines.push(format!("yaw {:+.0} pitch {:+.0} roll {:+.0}", pose.yaw, pose.pitch, pose.roll));
        lines.push(format!(
            "eyes {:.0} px sharp {:.2} light {:.0} contrast {:.0}",
            quality.eye_distance, quality.sharpness, quality.brightness, quality.contrast
        ));
    }
    lines.extend(analysis.findings.iter().map(|finding| format!("! {}", words::problem_of(*finding).en)));
    lines
}

struct Canvas(RgbImage);

impl Canvas {
    fn fill(&mut self, area: Rect, colour: Rgb<u8>) {
        let (right, bottom) = (area.x + area.width, area.y + area.height);
        for y in area.y.max(0.0) as u32..(bottom.max(0.0) as u32).min(self.0.height()) {
            for x in area.x.max(0.0) as u32..(right.max(0.0) as u32).min(self.0.width()) {
                self.0.put_pixel(x, y, colour);
            }
        }
    }

    fn outline(&mut self, area: &Rect, thickness: f32, colour: Rgb<u8>) {
        let (right, bottom) = (area.x + area.width - thickness, area.y + area.height - thickness);
        self.fill(Rect { height: thickness, ..*area }, colour);
        self.fill(Rect { y: bottom, height: thickness, ..*area }, colour);
        self.fill(Rect { width: thickness, ..*area }, colour);
        self.fill(Rect { x: right, width: thickness, ..*area }, colour);
    }

    fn disc(&mut self, centre: Point, radius: f32, colour: Rgb<u8>) {
        let reach = radius.ceil() as i16;
        for dy in (-reach..=reach).map(f32::from) {
            let half = (radius * radius - dy * dy).max(0.0).sqrt();
            let (x, y) = ((centre.x - half).round(), (centre.y + dy).round());
            self.fill(Rect { x, y, width: (2.0 * half).round().max(1.0), height: 1.0 }, colour);
        }
    }

    fn text(&mut self, corner: Point, dot: f32, text: &str, colour: Rgb<u8>) {
        for (place, character) in text.chars().enumerate() {
            let left = corner.x.round() + (place * (glyphs::WIDTH + 1)) as f32 * dot;
            for (row, bits) in glyph(character).into_iter().enumerate() {
                for column in (0..glyphs::WIDTH).filter(|column| bits >> (glyphs::WIDTH - 1 - column) & 1 == 1) {
                    let (x, y) = (left + column as f32 * dot, corner.y.round() + row as f32 * dot);
                    self.fill(Rect { x, y, width: dot, height: dot }, colour);
                }
            }
        }
    }
}
