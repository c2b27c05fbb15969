//! Is the frame good enough, and if not, what can the person change?

use serde::Serialize;

use crate::domain::evidence::Finding;

use super::align::warp;
use super::frame::Frame;
use super::geometry::{FivePoints, Point, Rect};
use super::manifest::{Channels, InputSpec};
use super::mapping::Mapping;
use super::measures::Pose;

/// Where the five points lie in the crop that light and sharpness are measured on: the usual template at 96 pixels.
const TEMPLATE: FivePoints = [
    Point { x: 32.8239, y: 44.3111 },
    Point { x: 63.0273, y: 44.1441 },
    Point { x: 48.0219, y: 61.4885 },
    Point { x: 35.6137, y: 79.1703 },
    Point { x: 60.6256, y: 79.0321 },
];
const SIDE: usize = 96;
const CROP: InputSpec = InputSpec { width: SIDE, height: SIDE, channels: Channels::Rgb, mean: 0.0, scale: 1.0 };

/// Pixels between the eyes.
const MIN_EYE_DISTANCE: f32 = 24.0;
const MIN_BRIGHTNESS: f32 = 45.0;
const MAX_BRIGHTNESS: f32 = 215.0;
const MIN_CONTRAST: f32 = 14.0;
const MIN_SHARPNESS: f32 = 8.0;
const MAX_YAW: f32 = 35.0;
const MAX_PITCH: f32 = 30.0;
const MAX_ROLL: f32 = 35.0;
const MIN_INSIDE: f32 = 0.9;

/// What was measured about a face. Every number is ours; none of them is shown to a person.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quality {
    /// Pixels between the centres of the eyes.
    pub eye_distance: f32,
    /// Variance of the Laplacian of the aligned face's luma.
    pub sharpness: f32,
    /// Mean luma of the face, in 0..=255.
    pub brightness: f32,
    /// Standard deviation of the luma.
    pub contrast: f32,
    /// Darker over brighter half of the face, in 0..=1.
    pub balance: f32,
    /// Share of the face's points that lie in the frame.
    pub inside: f32,
}

/// Reused buffers.
#[derive(Default)]
pub(crate) struct Scratch {
    planes: Vec<f32>,
    luma: Vec<f32>,
}

impl Quality {
    /// Measures an aligned crop of the face.
    pub(crate) fn of(frame: &Frame, five: &FivePoints, points: &[Point], scratch: &mut Scratch) -> Self {
        if let Some(to_frame) = Mapping::fit(five, &TEMPLATE).and_then(|m| m.inverse()) {
            scratch.planes.resize(CROP.len(), 0.0);
            warp(frame, &to_frame, &CROP, &mut scratch.planes);
        }
        let (red, rest) = scratch.planes.split_at(SIDE * SIDE);
        let (green, blue) = rest.split_at(SIDE * SIDE);
        scratch.luma.clear();
        scratch.luma.extend(red.iter().zip(green).zip(blue).map(|((r, g), b)| 0.299 * r + 0.587 * g + 0.114 * b));
        let luma = &scratch.luma;
        let (brightness, variance) = mean_and_variance(luma.iter().copied());
        let half = |left: bool| {
            let rows = luma.chunks_exact(SIDE);
            let (mean, _) =
                mean_and_variance(rows.flat_map(|row| if left { &row[..SIDE / 2] } else { &row[SIDE / 2..] }).copied());
            mean
        };
        let (left, right) = (half(true), half(false));
        let bounds = Rect { x: 0.0, y: 0.0, width: frame.width as f32, height: frame.height as f32 };
        let inside = points.iter().filter(|p| bounds.contains(**p)).count();
        Self {
            eye_distance: five[0].distance(five[1]),
            sharpness: mean_and_variance(laplacian(luma)).1,
            brightness,
            contrast: variance.sqrt(),
            balance: left.min(right) / left.max(right).max(1.0),
            inside: inside as f32 / points.len().max(1) as f32,
        }
    }

    /// What a person can change about it.
    pub(crate) fn findings(&self, pose: &Pose, findings: &mut Vec<Finding>) {
        let checks = [
            (self.eye_distance < MIN_EYE_DISTANCE, Finding::TooFar),
            (self.inside < MIN_INSIDE, Finding::CutByBorder),
            (self.brightness < MIN_BRIGHTNESS, Finding::TooDark),
            (self.brightness > MAX_BRIGHTNESS, Finding::TooBright),
            (self.contrast < MIN_CONTRAST, Finding::LowContrast),
            (self.sharpness < MIN_SHARPNESS, Finding::Blurred),
            (pose.yaw.abs() > MAX_YAW, Finding::TurnedAside),
            (pose.pitch.abs() > MAX_PITCH, Finding::TiltedUpOrDown),
            (pose.roll.abs() > MAX_ROLL, Finding::Leaning),
        ];
        findings.extend(checks.into_iter().filter(|(wrong, _)| *wrong).map(|(_, finding)| finding));
    }
}

fn laplacian(luma: &[f32]) -> impl Iterator<Item = f32> + Clone {
    (1..SIDE - 1).flat_map(move |y| {
        (1..SIDE - 1).map(move |x| {
            let at = y * SIDE + x;
            luma[at - 1] + luma[at + 1] + luma[at - SIDE] + luma[at + SIDE] - 4.0 * luma[at]
        })
    })
}

fn mean_and_variance(values: impl Iterator<Item = f32> + Clone) -> (f32, f32) {
    let n = values.clone().count().max(1) as f32;
    let mean = values.clone().sum::<f32>() / n;
    (mean, values.map(|v| (v - mean) * (v - mean)).sum::<f32>() / n)
}
