//! Is there a fine regular pattern over the face?
//!
//! A display's grid of pixels, sampled by a camera's, leaves a beat (moiré) that no skin has: a sharp peak of the spectrum.
//! After Garcia and de Queiroz, Face-spoofing 2D-detection based on Moiré-pattern analysis (IEEE TIFS 10(4), 2015), with
//! a tile of the face at the camera's own resolution, since any resampling would weaken it.

use std::sync::Arc;

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

use crate::vision::frame::Frame;
use crate::vision::geometry::Rect;

/// Pixels a side of the tile. A regular pattern gains on the grain with the area: tiles of 64 saw half as many of the made
/// screens. The mean over 4 or 9 tiles saw no more than the one in the middle.
const TILE: usize = 128;

/// Cycles a pixel. What is slower than this is the face itself.
const MIN_FREQUENCY: f32 = 0.06;

/// Added to the power, so that a surface without any grain has no peaks: about twice what rounding to whole numbers adds.
const FLOOR: f32 = 0.02 * (TILE * TILE) as f32;

/// The neighbourhood that a peak must stand out from: a square of `2 · OUTER + 1` cells without its inner `2 · INNER + 1`.
const OUTER: usize = 4;
const INNER: usize = 1;

/// JPEG works in blocks of 8 pixels: its traces lie on the axes of the spectrum at multiples of this many cells.
const JPEG_STEP: usize = TILE / 8;

/// Reused buffers.
#[derive(Default)]
pub(crate) struct Scratch {
    cells: Vec<Complex32>,
    column: Vec<Complex32>,
    fft: Vec<Complex32>,
    logs: Vec<f32>,
    across: Vec<f32>,
    inner: Vec<f32>,
    outer: Vec<f32>,
}

/// The plan of the transform and its window.
pub(crate) struct Moire {
    fft: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
}

impl Moire {
    pub(crate) fn new() -> Self {
        let turn = |i: usize| std::f32::consts::TAU * (i + 1) as f32 / (TILE + 1) as f32;
        Self {
            fft: FftPlanner::new().plan_fft_forward(TILE),
            window: (0..TILE).map(|i| 0.5 - 0.5 * turn(i).cos()).collect(),
        }
    }

    /// How far the highest peak of the spectrum at the middle of the face stands out from its surroundings: the natural
    /// logarithm of the ratio of powers. 0 when the frame is smaller than the tile.
    pub(crate) fn prominence(&self, frame: &Frame, face: &Rect, scratch: &mut Scratch) -> f32 {
        if frame.width < TILE || frame.height < TILE {
            return 0.0;
        }
        let centre = face.centre();
        let start = |middle: f32, side: usize| (middle - TILE as f32 / 2.0).clamp(0.0, (side - TILE) as f32) as usize;
        let (left, top) = (start(centre.x, frame.width), start(centre.y, frame.height));
        let Scratch { cells, column, fft, logs, .. } = scratch;
        cells.clear();
        for y in top..top + TILE {
            let row = frame.row(y)[left * 3..(left + TILE) * 3].as_chunks::<3>().0;
            cells.extend(row.iter().map(|[r, g, b]| {
                Complex32::from(0.299 * f32::from(*r) + 0.587 * f32::from(*g) + 0.114 * f32::from(*b))
            }));
        }
        let mean = cells.iter().sum::<Complex32>() / cells.len() as f32;
        for (row, across) in cells.chunks_exact_mut(TILE).zip(&self.window) {
            for (cell, along) in row.iter_mut().zip(&self.window) {
                *cell = (*cell - mean) * across * along;
            }
        }
        fft.resize(self.fft.get_inplace_scratch_len(), Complex32::ZERO);
        self.fft.process_with_scratch(cells, fft);
        logs.resize(TILE * TILE, 0.0);
        // The picture is real: half of the columns say everything.
        for x in 0..=TILE / 2 {
            column.clear();
            column.extend(cells.iter().skip(x).step_by(TILE));
            self.fft.process_with_scratch(column, fft);
            for (y, cell) in column.iter().enumerate() {
                let power = (cell.norm_sqr() + FLOOR).ln();
                logs[y * TILE + x] = power;
                logs[(TILE - y) % TILE * TILE + (TILE - x) % TILE] = power;
            }
        }
        highest_peak(scratch)
    }
}

fn highest_peak(Scratch { logs, across, inner, outer, .. }: &mut Scratch) -> f32 {
    box_sums(logs, OUTER, across, outer);
    box_sums(logs, INNER, across, inner);
    let cells = |reach: usize| (2 * reach + 1) * (2 * reach + 1);
    let ring = (cells(OUTER) - cells(INNER)) as f32;
    let mut highest = 0.0_f32;
    for y in 0..TILE {
        for x in 0..=TILE / 2 {
            let at = y * TILE + x;
            let height = logs[at] - (outer[at] - inner[at]) / ring;
            if height > highest && is_own(x, y) {
                highest = height;
            }
        }
    }
    highest
}

/// The sum of the square of `2 · reach + 1` cells around each cell, on a spectrum that goes on at the opposite border: first
/// along the rows, then along the columns.
fn box_sums(logs: &[f32], reach: usize, across: &mut Vec<f32>, sums: &mut Vec<f32>) {
    let near = |at: usize| (0..=2 * reach).map(move |step| (at + TILE + step - reach) % TILE);
    across.clear();
    for row in logs.chunks_exact(TILE) {
        let mut wrapped = [0.0; TILE + 2 * OUTER];
        for (cell, x) in wrapped.iter_mut().zip(TILE - reach..) {
            *cell = row[x % TILE];
        }
        across.extend((0..TILE).map(|x| wrapped[x..=x + 2 * reach].iter().sum::<f32>()));
    }
    sums.clear();
    sums.resize(TILE * TILE, 0.0);
    for (y, row) in sums.chunks_exact_mut(TILE).enumerate() {
        for y in near(y) {
            for (sum, cell) in row.iter_mut().zip(&across[y * TILE..]) {
                *sum += cell;
            }
        }
    }
}

/// Whether a cell is neither the face's nor JPEG's.
fn is_own(x: usize, y: usize) -> bool {
    let (x, y) = (x.min(TILE - x), y.min(TILE - y));
    let from_grid = |at: usize| (at % JPEG_STEP).min(JPEG_STEP - at % JPEG_STEP);
    let on_axis = |across: usize, along: usize| across <= 1 && from_grid(along) <= 1;
    let frequency = (x as f32).hypot(y as f32) / TILE as f32;
    frequency > MIN_FREQUENCY && !on_axis(x, y) && !on_axis(y, x)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Rect = Rect { x: 40.0, y: 30.0, width: 180.0, height: 200.0 };

    /// A slope with grain, and a wave over it.
    fn picture(wave: impl Fn(f32, f32) -> f32) -> Frame {
        // Marsaglia's xorshift: a congruential generator has a pattern of its own.
        let grain = std::iter::successors(Some(1_u32), |s| {
            let s = s ^ (s << 13);
            let s = s ^ (s >> 17);
            Some(s ^ (s << 5))
        });
        let places = (0..300 * 280).map(|at| ((at % 300) as f32, (at / 300) as f32));
        let luma = places.zip(grain).map(|((x, y), s)| 90.0 + 0.2 * x + (s >> 16) as f32 / 8192.0 + wave(x, y));
        Frame { width: 300, height: 280, rgb: luma.flat_map(|v| [v.round() as u8; 3]).collect() }
    }

    fn prominence(frame: &Frame) -> f32 {
        Moire::new().prominence(frame, &FACE, &mut Scratch::default())
    }

    #[test]
    fn a_faint_regular_pattern_stands_out_from_grain() {
        let plain = prominence(&picture(|_, _| 0.0));
        assert!(plain < 3.0, "{plain}");
        for (fx, fy) in [(0.21, 0.05), (0.1, -0.13), (0.3, 0.31)] {
            let wave = prominence(&picture(|x, y| 1.5 * (std::f32::consts::TAU * (fx * x + fy * y)).sin()));
            assert!(wave > 4.5, "{fx} {fy}: {wave}");
        }
    }

    #[test]
    fn the_grid_of_jpeg_is_no_pattern() {
        let step = |at: f32| if (at as u32).is_multiple_of(8) { 4.0 } else { 0.0 };
        let blocks = |x: f32, y: f32| step(x) + step(y);
        let seen = prominence(&picture(blocks));
        assert!(seen < 3.6, "{seen}");
    }

    #[test]
    fn sums_of_squares_go_on_at_the_opposite_border() {
        let logs: Vec<f32> = (0..TILE * TILE).map(|at| (at * 7919 % 613) as f32).collect();
        for reach in [INNER, OUTER] {
            let (mut across, mut sums) = (Vec::new(), Vec::new());
            box_sums(&logs, reach, &mut across, &mut sums);
            for (x, y) in [(0, 0), (127, 127), (5, 126), (64, 64), (2, 0)] {
                let near = |at: usize| (0..=2 * reach).map(move |step| (at + TILE + step - reach) % TILE);
                let plain: f32 =
                    near(y).flat_map(|y| near(x).map(move |x| (x, y))).map(|(x, y)| logs[y * TILE + x]).sum();
                assert!(
                    (sums[y * TILE + x] - plain).abs() < 0.5,
                    "{x}, {y}: {} instead of {plain}",
                    sums[y * TILE + x]
                );
            }
        }
    }

    #[test]
    fn a_picture_smaller_than_the_tile_has_no_pattern() {
        let small = Frame { width: 127, height: 400, rgb: vec![7; 127 * 400 * 3] };
        assert!(prominence(&small) < f32::EPSILON);
    }
}
