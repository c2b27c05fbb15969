//! Warps a face straight from the decoded frame into a model's input.

use super::frame::Frame;
use super::geometry::Rect;
use super::manifest::InputSpec;
use super::mapping::Mapping;

/// Fills the planes: input pixel `p` shows what lies at `mapping(p)` in the frame, bilinear, black outside.
///
/// Bilinear also where a large face shrinks. Averaging first was tried on portraits with 70 to 340 pixels between the eyes:
/// genuine and impostor similarities came no further apart (d' 7.99 instead of 8.02 with pack open, 6.87 instead of 7.14
/// with pack registry).
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
    let mix = |a: [f32; 3], b: [f32; 3], share: f32| std::array::from_fn(|c| a[c] + share * (b[c] - a[c]));
    if left >= 0.0 && top >= 0.0 && left as usize + 1 < frame.width && top as usize + 1 < frame.height {
        let at = (top as usize * frame.width + left as usize) * 3;
        let pair = |at: usize| {
            let bytes = &frame.rgb[at..at + 6];
            let [a, b] = [0, 3].map(|i| std::array::from_fn(|c| f32::from(bytes[i + c])));
            mix(a, b, fx)
        };
        return mix(pair(at), pair(at + frame.width * 3), fy);
    }
    let pixel = |dx: f32, dy: f32| {
        let (x, y) = (left + dx, top + dy);
        if x < 0.0 || y < 0.0 || x >= frame.width as f32 || y >= frame.height as f32 {
            return [0.0; 3];
        }
        let at = (y as usize * frame.width + x as usize) * 3;
        std::array::from_fn(|c| f32::from(frame.rgb[at + c]))
    };
    mix(mix(pixel(0.0, 0.0), pixel(1.0, 0.0), fx), mix(pixel(0.0, 1.0), pixel(1.0, 1.0), fx), fy)
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
