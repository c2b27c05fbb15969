//! Draws triangles of one picture at other places, the nearest in front.

use image::{Rgb, RgbImage};

/// A corner of a triangle: where it was, where it goes, how far away it is there, and the light on it.
#[derive(Clone, Copy)]
pub(crate) struct Corner {
    pub(crate) from: [f32; 2],
    pub(crate) to: [f32; 2],
    pub(crate) depth: f32,
    pub(crate) light: [f32; 3],
}

/// A picture in the making, in linear light.
pub(crate) struct Canvas {
    width: u32,
    height: u32,
    colours: Vec<[f32; 3]>,
    depths: Vec<f32>,
}

impl Canvas {
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let pixels = (width * height) as usize;
        Self { width, height, colours: vec![[0.2; 3]; pixels], depths: vec![f32::INFINITY; pixels] }
    }

    /// `source` in linear light; `paint` overrides it.
    pub(crate) fn triangle(&mut self, source: &Linear, corners: [Corner; 3], paint: Option<[f32; 3]>) {
        let [a, b, c] = corners.map(|corner| corner.to);
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        if area.abs() < 1e-6 {
            return;
        }
        let low = |i: usize| a[i].min(b[i]).min(c[i]).floor().max(0.0) as u32;
        let high = |i: usize, end: u32| (a[i].max(b[i]).max(c[i]).ceil().max(0.0) as u32).min(end - 1);
        for y in low(1)..=high(1, self.height) {
            for x in low(0)..=high(0, self.width) {
                let (px, py) = (x as f32 - a[0], y as f32 - a[1]);
                let v = (px * (c[1] - a[1]) - py * (c[0] - a[0])) / area;
                let w = ((b[0] - a[0]) * py - (b[1] - a[1]) * px) / area;
                let u = 1.0 - v - w;
                if u < -1e-4 || v < -1e-4 || w < -1e-4 {
                    continue;
                }
                let depth = u * corners[0].depth + v * corners[1].depth + w * corners[2].depth;
                let at = (y * self.width + x) as usize;
                if depth < self.depths[at] {
                    let [p, q, r] = corners;
                    let from: [f32; 2] = std::array::from_fn(|i| u * p.from[i] + v * q.from[i] + w * r.from[i]);
                    let colour = paint.unwrap_or_else(|| source.at(from[0], from[1]));
                    self.depths[at] = depth;
                    self.colours[at] =
                        std::array::from_fn(|i| colour[i] * (u * p.light[i] + v * q.light[i] + w * r.light[i]));
                }
            }
        }
    }

    pub(crate) fn picture(&self) -> RgbImage {
        let table: Vec<u8> = (0..=4095).map(|i| (encoded(i as f32 / 4095.0) * 255.0).round() as u8).collect();
        RgbImage::from_fn(self.width, self.height, |x, y| {
            Rgb(self.colours[(y * self.width + x) as usize].map(|light| table[(light.min(1.0) * 4095.0) as usize]))
        })
    }
}

/// A picture in linear light.
pub(crate) struct Linear {
    width: usize,
    height: usize,
    light: Vec<[f32; 3]>,
}

impl Linear {
    pub(crate) fn of(picture: &RgbImage) -> Self {
        let table: Vec<f32> = (0..=255u8).map(|byte| decoded(f32::from(byte) / 255.0)).collect();
        let light = picture.pixels().map(|pixel| pixel.0.map(|byte| table[usize::from(byte)])).collect();
        Self { width: picture.width() as usize, height: picture.height() as usize, light }
    }

    /// Between four pixels; the border goes on outside.
    pub(crate) fn at(&self, x: f32, y: f32) -> [f32; 3] {
        let (x, y) = (x.clamp(0.0, (self.width - 1) as f32), y.clamp(0.0, (self.height - 1) as f32));
        let (left, top) = ((x as usize).min(self.width - 2), (y as usize).min(self.height - 2));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let at = top * self.width + left;
        let [p, q, r, s] = [at, at + 1, at + self.width, at + self.width + 1].map(|at| self.light[at]);
        std::array::from_fn(|i| (p[i] * (1.0 - fx) + q[i] * fx) * (1.0 - fy) + (r[i] * (1.0 - fx) + s[i] * fx) * fy)
    }
}

/// IEC 61966-2-1, from linear light to what a picture holds, and back.
pub(crate) fn encoded(light: f32) -> f32 {
    let light = light.clamp(0.0, 1.0);
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

pub(crate) fn decoded(value: f32) -> f32 {
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}
