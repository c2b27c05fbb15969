//! Warps a face straight from the decoded frame into a model's input.

use super::frame::Frame;
use super::geometry::{Mapping, Rect};
use super::manifest::InputSpec;

/// Fills the planes: input pixel `p` shows what lies at `mapping(p)` in the frame, bilinear, black outside.
pub(crate) fn warp(frame: &Frame, mapping: &Mapping, spec: &InputSpec, planes: &mut [f32]) {
    let area = spec.width * spec.height;
    let order = spec.planes();
    let (gain, offset) = (1.0 / spec.scale, -spec.mean / spec.scale);
    for row in 0..spec.height {
        let (x0, y0) = (mapping.dx - mapping.b * row as f32, mapping.dy + mapping.a * row as f32);
        for column in 0..spec.width {
            let rgb = bilinear(frame, x0 + mapping.a * column as f32, y0 + mapping.b * column as f32);
            for (plane, value) in order.iter().zip(rgb) {
                planes[plane * area + row * spec.width + column] = value * gain + offset;
            }
        }
    }
}

/// The colour between four pixels; a neighbour outside the frame is black.
fn bilinear(frame: &Frame, x: f32, y: f32) -> [f32; 3] {
    let (left, top) = (x.floor(), y.floor());
    if !(left >= -1.0 && top >= -1.0 && left < frame.width as f32 && top < frame.height as f32) {
        return [0.0; 3];
    }
    let (fx, fy) = (x - left, y - top);
    let (left, top) = (left as isize, top as isize);
    let inside = left >= 0 && top >= 0 && left + 1 < frame.width as isize && top + 1 < frame.height as isize;
    if inside {
        let at = (top as usize * frame.width + left as usize) * 3;
        let (upper, lower) = (&frame.rgb[at..at + 6], &frame.rgb[at + frame.width * 3..at + frame.width * 3 + 6]);
        return std::array::from_fn(|c| {
            let over = f32::from(upper[c]) + fx * (f32::from(upper[c + 3]) - f32::from(upper[c]));
            let under = f32::from(lower[c]) + fx * (f32::from(lower[c + 3]) - f32::from(lower[c]));
            over + fy * (under - over)
        });
    }
    let mut rgb = [0.0; 3];
    for (dx, dy, weight) in
        [(0, 0, (1.0 - fx) * (1.0 - fy)), (1, 0, fx * (1.0 - fy)), (0, 1, (1.0 - fx) * fy), (1, 1, fx * fy)]
    {
        let (x, y) = (left + dx, top + dy);
        if x >= 0 && y >= 0 && x < frame.width as isize && y < frame.height as isize {
            let at = (y as usize * frame.width + x as usize) * 3;
            for (sum, byte) in rgb.iter_mut().zip(&frame.rgb[at..at + 3]) {
                *sum += weight * f32::from(*byte);
            }
        }
    }
    rgb
}

/// Fills the planes with a box of the frame, stretched to the input's sides without averaging: attack detectors were
/// trained on crops made so, and live on what aliasing leaves.
pub(crate) fn stretch(frame: &Frame, crop: &Rect, spec: &InputSpec, planes: &mut [f32]) {
    let area = spec.width * spec.height;
    let order = spec.planes();
    let (gain, offset) = (1.0 / spec.scale, -spec.mean / spec.scale);
    let (step_x, step_y) = (crop.width / spec.width as f32, crop.height / spec.height as f32);
    for row in 0..spec.height {
        let y = (crop.y + (row as f32 + 0.5) * step_y - 0.5).clamp(0.0, (frame.height - 1) as f32);
        for column in 0..spec.width {
            let x = (crop.x + (column as f32 + 0.5) * step_x - 0.5).clamp(0.0, (frame.width - 1) as f32);
            for (plane, value) in order.iter().zip(bilinear(frame, x, y)) {
                planes[plane * area + row * spec.width + column] = value * gain + offset;
            }
        }
    }
}
