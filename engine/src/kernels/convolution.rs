//! Dense convolution: a matrix product whose rows are read in place.
//!
//! A tile is up to `ROWS` output pixels times one or two registers of output channels, all in registers until the sum is
//! complete. Its windows follow one another in a row of the input, which is the whole picture where there is nothing between
//! rows; its pixels may be written anywhere.

use super::ahead::Ahead;
use super::lanes::{add, larger, leaky, load, multiply_add, smaller, store};
use super::{Finish, compiled};
use crate::tensor::Walk;

/// A dense convolution of one tensor.
pub(crate) struct Dense<'a> {
    pub(crate) input: &'a [f32],
    /// Where the window of each output pixel begins.
    pub(crate) windows: Walk,
    /// Runs of contiguous values in a window, by their offset from its beginning.
    pub(crate) taps: &'a [usize],
    /// Values in a run.
    pub(crate) depth: usize,
    /// By panel, tap, value of the run, and output channel of the panel.
    pub(crate) weights: &'a [f32],
    pub(crate) bias: &'a [f32],
    pub(crate) finish: Finish<'a>,
    pub(crate) pixels: usize,
    pub(crate) outputs: Walk,
    /// Padded.
    pub(crate) channels: usize,
    /// Those of the dense convolution after this one.
    pub(crate) next_weights: &'a [f32],
}

compiled! {
    /// Convolves into `output`.
    run(dense: &Dense<'_>, output: &mut [f32]) = whole
}

#[inline(always)]
fn whole<const L: usize, const ROWS: usize, const FUSED: bool>(dense: &Dense<'_>, output: &mut [f32]) {
    let mut places = Places {
        ahead: dense.ahead::<L, ROWS>(dense.pixels),
        windows: dense.windows,
        outputs: dense.outputs,
        residual: dense.finish.residual,
    };
    all_panels::<L, ROWS, FUSED>(dense, dense.pixels, &mut places, output);
}

/// Convolves the next `pixels` into all channels; the places are those after them then.
#[inline(always)]
pub(super) fn all_panels<const L: usize, const ROWS: usize, const FUSED: bool>(
    dense: &Dense<'_>,
    pixels: usize,
    places: &mut Places<'_>,
    output: &mut [f32],
) {
    let first = *places;
    let mut column = 0;
    while column < dense.channels {
        let panel = dense.panel::<L>(column);
        let mut of_panel = Places {
            ahead: places.ahead,
            outputs: first.outputs.at_channel(column),
            residual: first.residual.map(|(values, walk)| (values, walk.at_channel(column))),
            ..first
        };
        convolve::<L, ROWS, FUSED>(dense, &panel, pixels, &mut of_panel, output);
        if column == 0 {
            *places = of_panel;
        }
        places.ahead = of_panel.ahead;
        column += panel.width;
    }
}

/// The output channels that are computed at once.
pub(super) struct Panel<'a> {
    weights: &'a [f32],
    /// The first of them.
    pub(super) column: usize,
    /// How many: one or two registers.
    pub(super) width: usize,
}

impl<'a> Dense<'a> {
    /// The panel that begins with the output channel `column`.
    #[inline(always)]
    pub(super) fn panel<const L: usize>(&self, column: usize) -> Panel<'a> {
        let width = if self.channels - column >= 2 * L { 2 * L } else { L };
        let each = self.taps.len() * self.depth;
        Panel { weights: &self.weights[each * column..][..each * width], column, width }
    }

    /// The weights of the next convolution, fetched by the tiles of so many pixels.
    #[inline(always)]
    pub(super) fn ahead<const L: usize, const ROWS: usize>(&self, pixels: usize) -> Ahead<'a> {
        Ahead::within(self.channels.div_ceil(2 * L) * pixels.div_ceil(ROWS), self.next_weights)
    }
}

/// Where the next pixels are read, written, and found in the residual.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) ahead: Ahead<'a>,
    pub(super) windows: Walk,
    pub(super) outputs: Walk,
    pub(super) residual: Option<(&'a [f32], Walk)>,
}

/// Convolves the next `pixels` into the channels of a panel.
#[inline(always)]
pub(super) fn convolve<const L: usize, const ROWS: usize, const FUSED: bool>(
    dense: &Dense<'_>,
    panel: &Panel<'_>,
    pixels: usize,
    places: &mut Places<'_>,
    output: &mut [f32],
) {
    if panel.width == 2 * L {
        all_tiles::<L, ROWS, 2, FUSED>(dense, panel, pixels, places, output);
    } else {
        all_tiles::<L, ROWS, 1, FUSED>(dense, panel, pixels, places, output);
    }
}

#[inline(always)]
fn all_tiles<const L: usize, const ROWS: usize, const V: usize, const FUSED: bool>(
    dense: &Dense<'_>,
    panel: &Panel<'_>,
    pixels: usize,
    places: &mut Places<'_>,
    output: &mut [f32],
) {
    let mut left = pixels;
    while left > 0 {
        let run = left.min(places.windows.left());
        left -= run;
        // Evenly, rather than full tiles and a small rest: a tile of one pixel takes as long as one of four.
        let tiles = run.div_ceil(ROWS);
        let (rows, larger) = (run / tiles, run % tiles);
        for index in 0..tiles {
            places.ahead.step();
            match rows + usize::from(index < larger) {
                8 if ROWS >= 8 => tile::<L, 8, V, FUSED>(dense, panel, places, output),
                7 if ROWS >= 7 => tile::<L, 7, V, FUSED>(dense, panel, places, output),
                6 if ROWS >= 6 => tile::<L, 6, V, FUSED>(dense, panel, places, output),
                5 if ROWS >= 5 => tile::<L, 5, V, FUSED>(dense, panel, places, output),
                4 => tile::<L, 4, V, FUSED>(dense, panel, places, output),
                3 => tile::<L, 3, V, FUSED>(dense, panel, places, output),
                2 => tile::<L, 2, V, FUSED>(dense, panel, places, output),
                _ => tile::<L, 1, V, FUSED>(dense, panel, places, output),
            }
        }
    }
}

#[inline(always)]
fn tile<const L: usize, const R: usize, const V: usize, const FUSED: bool>(
    dense: &Dense<'_>,
    panel: &Panel<'_>,
    places: &mut Places<'_>,
    output: &mut [f32],
) {
    let mut sums = products::<L, R, V, FUSED>(dense, panel, places.windows.take(R), places.windows.step());
    if let Some((residual, walk)) = &mut places.residual {
        for row in &mut sums {
            let values = &residual[walk.next()..][..V * L];
            for (v, sum) in row.iter_mut().enumerate() {
                *sum = add(*sum, load(values, v * L));
            }
        }
    }
    let mut slopes = [[0.0; L]; V];
    if let Some(values) = dense.finish.slopes {
        for (v, slopes) in slopes.iter_mut().enumerate() {
            *slopes = load(values, panel.column + v * L);
        }
    }
    for row in sums {
        let values = &mut output[places.outputs.next()..][..V * L];
        for (v, mut sum) in row.into_iter().enumerate() {
            if dense.finish.slopes.is_some() {
                sum = leaky::<L, FUSED>(sum, slopes[v]);
            }
            if let Some(ceiling) = dense.finish.ceiling {
                sum = smaller(larger(sum, [0.0; L]), [ceiling; L]);
            }
            store(values, v * L, sum);
        }
    }
}

/// The sums of a tile, which live in registers here: nothing else may touch the array, or it has to be in memory.
#[inline(always)]
fn products<const L: usize, const R: usize, const V: usize, const FUSED: bool>(
    dense: &Dense<'_>,
    panel: &Panel<'_>,
    window: usize,
    step: usize,
) -> [[[f32; L]; V]; R] {
    let mut bias = [[0.0; L]; V];
    for (v, bias) in bias.iter_mut().enumerate() {
        *bias = load(dense.bias, panel.column + v * L);
    }
    let mut sums = [bias; R];
    let weights = panel.weights.as_chunks::<L>().0.as_chunks::<V>().0;
    let depth = dense.depth;
    for (tap, weights) in dense.taps.iter().zip(weights.chunks_exact(depth)) {
        // Slices of one known length: no index below has to be checked.
        let mut rows: [&[f32]; R] = [&[]; R];
        let mut rest = &dense.input[window + tap..];
        for (r, row) in rows.iter_mut().enumerate() {
            if r > 0 {
                rest = &rest[step..];
            }
            *row = &rest[..depth];
        }
        let weights = &weights[..depth];
        for k in 0..depth {
            for r in 0..R {
                let value = [rows[r][k]; L];
                for v in 0..V {
                    sums[r][v] = multiply_add::<L, FUSED>(value, weights[k][v], sums[r][v]);
                }
            }
        }
    }
    sums
}
