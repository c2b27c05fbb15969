//! Is the face good enough, and if not, what can the person change?
//!
//! The thresholds refuse what makes two pictures of the same face unlike, and spare what does not. They were found by
//! spoiling bona fide pictures step by step (NUAA, CASIA-FaceV5, LFW and large portraits; 37 to 70 pictures a step) and
//! watching the similarity to the unspoilt picture. Figures in the comments are over both packs.

use serde::Serialize;

use crate::domain::evidence::Finding;

use super::align::warp;
use super::analysis::Face;
use super::frame::Frame;
use super::geometry::{FivePoints, Point};
use super::manifest::{Channels, InputSpec};
use super::mapping::Mapping;

/// Pixels between the eyes. Shrunk to 26, 20, 16, 12 pixels, a face keeps a median similarity of 0.98, 0.97, 0.94, 0.85 to
/// itself. LFW, the smallest bona fide faces at hand, lies above 25.
const MIN_EYE_DISTANCE: f32 = 24.0;

/// Share of the mesh in the frame. Whole faces have all of it, tight crops down to the brows still 0.96; without an ear it
/// is 0.90.
const MIN_INSIDE: f32 = 0.93;

/// See [`Quality::sharpness`]. Sharp pictures lie above 0.34, the worst of LFW at 0.29. Blurred by a sigma of 0.06, 0.08,
/// 0.10 eye distances the medians are 0.284, 0.273, 0.267 and the similarities 0.83, 0.65, 0.47.
const MIN_SHARPNESS: f32 = 0.285;

/// Mean luma. At a quarter of the light (20 to 42) the similarity is still 0.94; the next step down, 14 to 30, costs the
/// registry pack half of it on the worst pictures. Low on purpose: dark skin in fair light must pass.
const MIN_BRIGHTNESS: f32 = 25.0;

/// Share of burnt-out pixels. Bona fide pictures reach 0.27; at 0.35 the similarity is 0.90, at 0.6 it is 0.7.
const MAX_CLIPPED: f32 = 0.4;

/// Standard deviation of the luma. Bona fide pictures start at 19; at 14 similarities begin to fall under 0.85.
const MIN_CONTRAST: f32 = 13.0;

/// Darker over brighter half of the face. Bona fide pictures in side light go down to 0.26.
const MIN_BALANCE: f32 = 0.2;

/// Light on the eyes over light on the cheeks, for the brighter eye. All 17 faces of LFW under 0.38 wear dark glasses; no
/// face of the other sets is under 0.54.
const MIN_EYE_LIGHT: f32 = 0.38;

/// Height over width between the lids, for the wider eye. All 7 faces of LFW under 0.10 have their eyes shut; narrow eyes,
/// smiles and glasses stay above 0.12.
const MIN_LIDS: f32 = 0.1;

/// Degrees. Similarities of LFW pairs are flat up to 30 and fall by a tenth at 35 to 45.
const MAX_YAW: f32 = 35.0;

/// Degrees, flat up to 20 and falling by a tenth at 30; people look down at phones and up at kiosks.
const MAX_PITCH: f32 = 30.0;

/// Degrees. Alignment turns the face upright, so this is about mistaken points, not about likeness.
const MAX_ROLL: f32 = 40.0;

/// Where the five points lie in the crop that light and sharpness are measured on: the usual template at 96 pixels.
pub(crate) const TEMPLATE: FivePoints = [
    Point { x: 32.82, y: 44.31 },
    Point { x: 63.03, y: 44.14 },
    Point { x: 48.02, y: 61.49 },
    Point { x: 35.61, y: 79.17 },
    Point { x: 60.63, y: 79.03 },
];
/// Rows and columns of that crop.
pub(crate) const SIDE: usize = 96;
const CROP: InputSpec = InputSpec { width: SIDE, height: SIDE, channels: Channels::Rgb, mean: 0.0, scale: 1.0 };

/// Left, top, right and bottom of parts of the crop.
type Part = [usize; 4];
const ALL: Part = [0, 0, SIDE, SIDE];
const LEFT_HALF: Part = [0, 0, SIDE / 2, SIDE];
const RIGHT_HALF: Part = [SIDE / 2, 0, SIDE, SIDE];
/// From the brows to the chin, without hair and background.
const FEATURES: Part = [18, 30, 78, 88];
const EYES: [Part; 2] = [[25, 40, 42, 53], [55, 40, 72, 53]];
const CHEEKS: [Part; 2] = [[25, 60, 42, 70], [55, 60, 72, 70]];

/// What was measured about a face. These are for the machine; people are told a reason.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quality {
    /// Pixels between the centres of the eyes.
    pub eye_distance: f32,
    /// Share of the mesh that lies in the frame, in 0..=1.
    pub inside: f32,
    /// How much of the detail is fine: mean squared difference of pixels two apart over that of pixels four apart, in the
    /// direction that has less. 0.25 where there are only smooth slopes, 1 for noise; light and contrast cancel.
    pub sharpness: f32,
    /// Mean luma, in 0..=255.
    pub brightness: f32,
    /// Share of pixels that are burnt out, in 0..=1.
    pub clipped: f32,
    /// Standard deviation of the luma.
    pub contrast: f32,
    /// Darker over brighter half of the face, in 0..=1.
    pub balance: f32,
    /// Light on the eyes over light on the cheeks, for the brighter eye.
    pub eye_light: f32,
}

/// Reused buffers.
#[derive(Default)]
pub(crate) struct Scratch {
    planes: Vec<f32>,
    /// The luma of the crop that was measured last, `SIDE` × `SIDE`.
    pub(crate) luma: Vec<f32>,
}

impl Quality {
    /// Measures an upright crop of the face.
    pub(crate) fn of(frame: &Frame, five: &FivePoints, points: &[Point], scratch: &mut Scratch) -> Self {
        scratch.planes.resize(CROP.len(), 0.0);
        if let Some(to_frame) = Mapping::fit(five, &TEMPLATE).and_then(|m| m.inverse()) {
            warp(frame, &to_frame, &CROP, &mut scratch.planes);
        }
        let (red, rest) = scratch.planes.split_at(SIDE * SIDE);
        let (green, blue) = rest.split_at(SIDE * SIDE);
        scratch.luma.clear();
        scratch.luma.extend(red.iter().zip(green).zip(blue).map(|((r, g), b)| 0.299 * r + 0.587 * g + 0.114 * b));
        let luma = scratch.luma.as_slice();

        let bounds = frame.bounds();
        let inside = points.iter().filter(|p| bounds.contains(**p)).count();
        let (left, right) = (mean(luma, LEFT_HALF), mean(luma, RIGHT_HALF));
        let eye_light = |eye: usize| mean(luma, EYES[eye]) / mean(luma, CHEEKS[eye]).max(1.0);
        let brightness = mean(luma, ALL);
        let variance = part(luma, ALL).map(|v| (v - brightness) * (v - brightness)).sum::<f32>() / luma.len() as f32;
        Self {
            eye_distance: five[0].distance(five[1]),
            inside: inside as f32 / points.len().max(1) as f32,
            sharpness: fineness(luma, 1).min(fineness(luma, SIDE)),
            brightness,
            clipped: luma.iter().filter(|v| **v >= 250.0).count() as f32 / luma.len() as f32,
            contrast: variance.sqrt(),
            balance: left.min(right) / left.max(right).max(1.0),
            eye_light: eye_light(0).max(eye_light(1)),
        }
    }
}

impl Face {
    /// What a person can change about it.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let (quality, pose) = (&self.quality, &self.pose);
        let shut = self.measures.lids.is_some_and(|[left, right]| left.max(right) < MIN_LIDS);
        let checks = [
            (quality.eye_distance < MIN_EYE_DISTANCE, Finding::TooFar),
            (quality.inside < MIN_INSIDE, Finding::CutByBorder),
            (quality.brightness < MIN_BRIGHTNESS, Finding::TooDark),
            (quality.clipped > MAX_CLIPPED, Finding::TooBright),
            (quality.contrast < MIN_CONTRAST || quality.balance < MIN_BALANCE, Finding::LowContrast),
            (quality.sharpness < MIN_SHARPNESS, Finding::Blurred),
            (pose.yaw.abs() > MAX_YAW, Finding::TurnedAside),
            (pose.pitch.abs() > MAX_PITCH, Finding::TiltedUpOrDown),
            (pose.roll.abs() > MAX_ROLL, Finding::Leaning),
            (quality.eye_light < MIN_EYE_LIGHT || shut, Finding::EyesCovered),
        ];
        checks.into_iter().filter(|(wrong, _)| *wrong).map(|(_, finding)| finding).collect()
    }
}

/// The luma of a part of the crop.
fn part(luma: &[f32], [left, top, right, bottom]: Part) -> impl Iterator<Item = f32> {
    (top..bottom).flat_map(move |y| luma[y * SIDE + left..y * SIDE + right].iter().copied())
}

fn mean(luma: &[f32], within: Part) -> f32 {
    let [left, top, right, bottom] = within;
    part(luma, within).sum::<f32>() / ((right - left) * (bottom - top)) as f32
}

/// Squared differences of pixels two steps apart over those four steps apart; `step` is 1 for neighbours in a row and
/// [`SIDE`] for those in a column.
fn fineness(luma: &[f32], step: usize) -> f32 {
    let [left, top, right, bottom] = FEATURES;
    let (mut near, mut far) = (0.0, 0.0);
    for y in top..bottom {
        for at in y * SIDE + left..y * SIDE + right {
            let (two, four) = (luma[at + 2 * step] - luma[at], luma[at + 4 * step] - luma[at]);
            near += two * two;
            far += four * four;
        }
    }
    near / far.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crop(pixel: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        (0..SIDE * SIDE).map(|at| pixel(at % SIDE, at / SIDE)).collect()
    }

    #[test]
    fn a_slope_has_no_fine_detail_and_noise_has_nothing_else() {
        let slope = crop(|x, y| (x + 2 * y) as f32);
        let random =
            std::iter::successors(Some(1_u32), |s| Some(s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223)));
        let noise: Vec<f32> = random.take(SIDE * SIDE).map(|state| (state >> 24) as f32).collect();
        for step in [1, SIDE] {
            assert!((fineness(&slope, step) - 0.25).abs() < 1e-3);
            assert!((fineness(&noise, step) - 1.0).abs() < 0.2);
        }
    }

    #[test]
    fn parts_average_their_own_pixels() {
        let halves = crop(|x, _| if x < SIDE / 2 { 10.0 } else { 30.0 });
        assert!((mean(&halves, LEFT_HALF) - 10.0).abs() < 1e-4);
        assert!((mean(&halves, RIGHT_HALF) - 30.0).abs() < 1e-4);
        assert!((mean(&halves, ALL) - 20.0).abs() < 1e-3);
    }
}
