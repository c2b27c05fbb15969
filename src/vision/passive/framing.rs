//! Do straight edges frame the face: those of a sheet of paper, a telephone, a monitor?
//!
//! After Patel, Han and Jain, Secure Face Unlock: Spoof Detection on Smartphones (IEEE TIFS 11(10), 2016), who look for the
//! bezel of the attacker's display. What lies behind a living person has straight edges as well: doors, windows, pictures.
//! But no such edge runs across the chest, so the lower edge must be among those found.

use crate::vision::engine::InstructionSet;
use crate::vision::frame::Frame;
use crate::vision::geometry::Rect;
use crate::vision::manifest::{Channels, InputSpec};
use crate::vision::resize::{self, View};

/// Width of the face in the picture that edges are sought in: enough to see an edge, too little to see a hair.
const FACE_WIDTH: f32 = 48.0;

/// How many boxes are looked at, to each side and above, and from the upper border of the box down.
const ASIDE: f32 = 2.0;
const ABOVE: f32 = 1.5;
const DOWN: f32 = 3.0;

/// Heights over widths of boxes that are faces.
const SHAPES: std::ops::RangeInclusive<f32> = 0.5..=2.5;

/// Luma steps a pixel, and how many times the steps in the other direction: then a pixel lies on an edge.
const MIN_STEP: f32 = 6.0;
const MIN_DIRECTION: f32 = 2.0;

/// No camera sees a luma as low as this in daylight or indoors: a margin that software put there, and its edge is none.
const COMPUTED_BLACK: f32 = 4.0;

/// Slopes that are tried: about 11 degrees to both sides, an end of an edge moving by a pixel or so each time.
const STEEPEST: f32 = 0.2;
const SLOPES: usize = 17;

/// Pixels of an edge that must be in sight, so that a few do not make a side.
const MIN_LENGTH: usize = 24;

/// Reused buffers.
pub(crate) struct Scratch {
    letterbox: resize::Scratch,
    planes: Vec<f32>,
    luma: Vec<f32>,
    steps: Vec<i8>,
    upright: Edges,
    level: Edges,
    sums: Vec<i16>,
}

/// Where edges of one direction lie: the sign of the step, 0 where there is no clear one. Rows go across the edges, so that
/// places beside each other, which lines that are parallel cross, lie beside each other.
#[derive(Default)]
struct Edges {
    across: usize,
    signs: Vec<i8>,
}

/// For each side of a frame around the face: the share of its length that one straight edge covers, in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Framing {
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
}

impl Framing {
    /// Looks around the detector's box.
    pub(crate) fn of(frame: &Frame, face: &Rect, scratch: &mut Scratch) -> Self {
        let Some((view, scale)) = surroundings(frame, face) else { return Self::default() };
        let side = |pixels: usize| (pixels as f32 * scale).round().max(1.0) as usize;
        let (width, height) = (side(view.width), side(view.height));
        if width.min(height) < MIN_LENGTH {
            return Self::default();
        }
        let spec = InputSpec { width, height, channels: Channels::Rgb, mean: 0.0, scale: 1.0 };
        scratch.planes.resize(spec.len(), 0.0);
        resize::letterbox(frame, view, &spec, &mut scratch.letterbox, &mut scratch.planes);
        scratch.find_edges(width, height);

        let (x, y) = ((face.x - view.x as f32) * scale, (face.y - view.y as f32) * scale);
        let (w, h) = (face.width * scale, face.height * scale);
        let (beside, across) = ([y - 0.2 * h, y + 1.5 * h], [x - 0.4 * w, x + 1.4 * w]);
        let Scratch { upright, level, sums, .. } = scratch;
        Self {
            left: upright.straightest([x - 1.2 * w, x - 0.05 * w], beside, sums),
            right: upright.straightest([x + 1.05 * w, x + 2.2 * w], beside, sums),
            top: level.straightest([y - h, y - 0.1 * h], across, sums),
            bottom: level.straightest([y + 1.1 * h, y + 2.5 * h], across, sums),
        }
    }

    /// How well the face is framed by the lower edge and two others: the weakest of the three, in 0..=1.
    pub(crate) fn support(self) -> f32 {
        let mut others = [self.left, self.right, self.top];
        others.sort_by(f32::total_cmp);
        self.bottom.min(others[1])
    }
}

/// The part of the frame to look at, and the scale at which the face has its width; `None` for a box that is no face.
fn surroundings(frame: &Frame, face: &Rect) -> Option<(View, f32)> {
    let (w, h) = (face.width, face.height);
    if !(w >= 8.0 && SHAPES.contains(&(h / w))) {
        return None;
    }
    let within = |v: f32, side: usize| v.clamp(0.0, side as f32) as usize;
    let (left, right) = (within(face.x - ASIDE * w, frame.width), within(face.x + (1.0 + ASIDE) * w, frame.width));
    let (top, bottom) = (within(face.y - ABOVE * h, frame.height), within(face.y + DOWN * h, frame.height));
    let view = View { x: left, y: top, width: right - left, height: bottom - top, filled: 1.0 };
    (view.width >= 8 && view.height >= 8).then_some((view, FACE_WIDTH / w))
}

impl Scratch {
    pub(crate) fn new(set: InstructionSet) -> Self {
        Self {
            letterbox: resize::Scratch::new(set),
            planes: Vec::new(),
            luma: Vec::new(),
            steps: Vec::new(),
            upright: Edges::default(),
            level: Edges::default(),
            sums: Vec::new(),
        }
    }

    /// Where the luma steps, across (`upright`) and down (`level`).
    fn find_edges(&mut self, width: usize, height: usize) {
        let (red, rest) = self.planes.split_at(width * height);
        let (green, blue) = rest.split_at(width * height);
        self.luma.clear();
        self.luma.extend(red.iter().zip(green).zip(blue).map(|((r, g), b)| 0.299 * r + 0.587 * g + 0.114 * b));
        self.upright.clear(width, height);
        self.level.clear(height, width);
        let row = |y: usize| &self.luma[y * width..(y + 1) * width];
        let is_black = |v: &f32| *v <= COMPUTED_BLACK;
        let has_black = |y: usize| row(y).iter().fold(false, |found, v| found | is_black(v));
        for y in 2..height.saturating_sub(2) {
            steps(row(y - 1), row(y), row(y + 1), &mut self.steps);
            let black = (y - 2..=y + 2).any(has_black);
            for (x, step) in (2..width.saturating_sub(2)).zip(&self.steps[1..]).filter(|(_, step)| **step != 0) {
                let near = || (y - 2..=y + 2).flat_map(|y| &row(y)[x - 2..=x + 2]);
                if black && near().any(is_black) {
                    continue;
                }
                if step.abs() == UPRIGHT {
                    self.upright.signs[y * width + x] = step.signum();
                } else {
                    self.level.signs[x * height + y] = step.signum();
                }
            }
        }
    }
}

/// What a step across and a step down are called, each with its sign.
const UPRIGHT: i8 = 1;
const LEVEL: i8 = 2;

/// The clear steps around the middle one of three rows, but for its ends; 0 where there is none.
fn steps(above: &[f32], at: &[f32], below: &[f32], steps: &mut Vec<i8>) {
    let windows = above.windows(3).zip(at.windows(3)).zip(below.windows(3));
    steps.clear();
    steps.extend(windows.map(|((above, at), below)| {
        // Sobel's operator, as the mean step from one pixel to the next.
        let column = |x: usize| above[x] + 2.0 * at[x] + below[x];
        let line = |row: &[f32]| row[0] + 2.0 * row[1] + row[2];
        let (across, down) = ((column(2) - column(0)) / 8.0, (line(below) - line(above)) / 8.0);
        let clear = |step: f32, other: f32| (step.abs() > MIN_STEP) & (step.abs() > MIN_DIRECTION * other.abs());
        let direction = i8::from(clear(across, down)) * UPRIGHT + i8::from(clear(down, across)) * LEVEL;
        if across + down > 0.0 { direction } else { -direction }
    }));
}

/// As `f32::floor`, which is a call on most machines.
fn rounded_down(value: f32) -> isize {
    let cut_off = value as isize;
    cut_off - isize::from(cut_off as f32 > value)
}

impl Edges {
    fn clear(&mut self, across: usize, along: usize) {
        self.across = across;
        self.signs.clear();
        self.signs.resize(across * along, 0);
    }

    /// The largest share of the length `along` that a straight line covers with edges of one sign, of all lines that lie
    /// within `across` half-way.
    fn straightest(&self, across: [f32; 2], along: [f32; 2], sums: &mut Vec<i16>) -> f32 {
        let last_along = (self.signs.len() / self.across) as f32 - 1.0;
        let [first, last] = across.map(|v| v.clamp(1.0, self.across as f32 - 1.0) as usize);
        let [from, to] = along.map(|v| v.clamp(1.0, last_along) as usize);
        let length = to.saturating_sub(from);
        if length < MIN_LENGTH || first >= last {
            return 0.0;
        }
        let half_way = (from + to) as f32 / 2.0;
        let mut most = 0;
        for slope in (0..SLOPES).map(|i| STEEPEST * (2.0 * i as f32 / (SLOPES - 1) as f32 - 1.0)) {
            sums.clear();
            sums.resize(last - first, 0);
            for at in from..to {
                // All lines of a slope have moved as far there; the outermost cross no edge any more.
                let moved = rounded_down(slope * (at as f32 - half_way) + 0.5);
                let place = |middle: usize| middle.saturating_add_signed(moved).clamp(1, self.across - 1);
                let skipped = place(first).saturating_add_signed(-moved).saturating_sub(first);
                let signs = &self.signs[at * self.across..][place(first)..place(last)];
                for (sum, sign) in sums.iter_mut().skip(skipped).zip(signs) {
                    *sum += i16::from(*sign);
                }
            }
            most = sums.iter().fold(most, |most, sum| most.max(sum.abs()));
        }
        f32::from(most) / length as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Rect = Rect { x: 280.0, y: 180.0, width: 80.0, height: 100.0 };

    /// A grey wall with a sheet of paper, or a part of one, turned a little around the middle of the face.
    fn sheet(paper: impl Fn(f32, f32) -> bool, dark: f32) -> Frame {
        let (sin, cos) = 0.07_f32.sin_cos();
        let luma = (0..640 * 480).map(|at| {
            let (x, y) = ((at % 640) as f32 - 320.0, (at / 640) as f32 - 230.0);
            if paper(cos * x - sin * y, sin * x + cos * y) { 150.0 } else { dark }
        });
        Frame { width: 640, height: 480, rgb: luma.flat_map(|v| [v as u8; 3]).collect() }
    }

    fn support(frame: &Frame) -> f32 {
        Framing::of(frame, &FACE, &mut Scratch::new(InstructionSet::best())).support()
    }

    #[test]
    fn a_sheet_around_the_face_is_found() {
        let whole = |x: f32, y: f32| x.abs() < 90.0 && y.abs() < 110.0;
        assert!(support(&sheet(whole, 60.0)) > 0.9);
        assert!(
            support(&sheet(|x, y| x > -90.0 && y.abs() < 110.0, 60.0)) > 0.9,
            "held so that one side is out of sight"
        );
    }

    #[test]
    fn a_door_behind_a_person_is_none() {
        let door = |x: f32, y: f32| x.abs() < 90.0 && y > -110.0;
        assert!(support(&sheet(door, 60.0)) < 0.3);
    }

    #[test]
    fn the_black_margin_of_a_turned_picture_is_none() {
        assert!(support(&sheet(|x, y| x.abs() < 90.0 && y.abs() < 110.0, 0.0)) < 0.3);
    }

    #[test]
    fn a_disc_has_no_straight_edges() {
        assert!(support(&sheet(|x, y| x.hypot(y) < 110.0, 60.0)) < 0.5);
    }
}
