//! A dense convolution, the depthwise one that alone reads it, and the pooling that alone reads both, if there is one: what
//! lies between stays in the cache.
//!
//! A depthwise convolution needs no channel but its own. So a panel of output channels goes through both before the next
//! one begins, a strip of rows at a time, and the strip is all there ever is of the tensor between.

use super::ahead::Ahead;
use super::convolution::{self, Dense, Panel, Places};
use super::depthwise::{self, Depthwise};
use super::lanes::{larger, load, store};
use super::{Finish, STRIP, compiled};
use crate::tensor::{Layout, Walk};

/// A dense convolution, then a depthwise one of 3 × 3 that goes one or two pixels at a time.
pub(crate) struct Pair<'a> {
    /// Its `outputs` and `pixels` are not looked at, and it has no residual.
    pub(crate) dense: Dense<'a>,
    /// The tensor between.
    pub(crate) between: Layout,
    /// Its `input`, `origin`, `pixel` and `row` are not looked at.
    pub(crate) depthwise: Depthwise<'a>,
    /// The output, if it is the largest of each 2 × 2 pixels: then where the depthwise convolution would write is not
    /// looked at, and it has twice as many rows.
    pub(crate) pooled: Option<Layout>,
}

/// However wide they are: else a strip has more rows of the one before than new ones.
const LEAST_ROWS: usize = 8;

impl Pair<'_> {
    /// How many values the strip has.
    fn strip(between: &Layout) -> usize {
        let widest = Layout { pixel: 32, ..*between };
        STRIP.max(LEAST_ROWS * widest.row()).min(widest.len())
    }

    /// How many values the strip has, and the one behind it of what is pooled, which is no larger.
    pub(crate) fn scratch(between: &Layout, pooled: bool) -> usize {
        Self::strip(between) * if pooled { 2 } else { 1 }
    }
}

compiled! {
    /// Computes into `output`, with the strips in `scratch`.
    run(pair: &Pair<'_>, scratch: &mut [f32], output: &mut [f32]) = all_panels
}

#[inline(always)]
fn all_panels<const L: usize, const ROWS: usize, const FUSED: bool>(
    pair: &Pair<'_>,
    scratch: &mut [f32],
    output: &mut [f32],
) {
    let mut column = 0;
    let mut ahead = pair.dense.ahead::<L, ROWS>(pair.between.pixels());
    while column < pair.dense.channels {
        let panel = pair.dense.panel::<L>(column);
        one_panel::<L, ROWS, FUSED>(pair, &panel, &mut ahead, scratch, output);
        column += panel.width;
    }
}

#[inline(always)]
fn one_panel<const L: usize, const ROWS: usize, const FUSED: bool>(
    pair: &Pair<'_>,
    panel: &Panel<'_>,
    ahead: &mut Ahead<'_>,
    scratch: &mut [f32],
    output: &mut [f32],
) {
    let (scratch, deep) = scratch.split_at_mut(Pair::strip(&pair.between));
    let column = panel.column;
    let between = Layout { pixel: panel.width, ..pair.between };
    let row = between.row();
    let inside = between.border.left * between.pixel..(between.border.left + between.columns) * between.pixel;
    for row in scratch.chunks_exact_mut(row) {
        row[..inside.start].fill(0.0);
        row[inside.end..].fill(0.0);
    }
    let strip = scratch.len() / row;
    let down = pair.depthwise.stride[0];
    let outputs = (strip - 3) / down + 1;
    let outputs = if pair.pooled.is_some() { outputs - outputs % 2 } else { outputs };
    let kept = 3 - down;
    let mut windows = pair.dense.windows;
    let finish =
        Finish { slopes: pair.depthwise.finish.slopes.map(|slopes| &slopes[column..]), ..pair.depthwise.finish };
    let mut y = 0;
    while y < pair.depthwise.rows {
        let rows = outputs.min(pair.depthwise.rows - y);
        // By rows of the tensor between with its border: those from `y · down` on are in the strip.
        let last = (rows - 1) * down + 3;
        let mut first = 0;
        if y > 0 {
            scratch.copy_within(outputs * down * row..(outputs * down + kept) * row, 0);
            first = kept;
        }
        while first < last && y * down + first < between.border.top {
            scratch[first * row..][..row].fill(0.0);
            first += 1;
        }
        let end = last.min(between.border.top + between.rows - y * down);
        if end > first {
            let written = Walk::new(first * row + inside.start, between.columns, between.pixel, row);
            let mut places = Places { windows, outputs: written, residual: None, ahead: *ahead };
            convolution::convolve::<L, ROWS, FUSED>(
                &pair.dense,
                panel,
                (end - first) * between.columns,
                &mut places,
                scratch,
            );
            windows = places.windows;
            *ahead = places.ahead;
        }
        for outside in end.max(first)..last {
            scratch[outside * row..][..row].fill(0.0);
        }
        let depthwise = Depthwise {
            input: scratch,
            origin: 0,
            pixel: between.pixel,
            row,
            weights: &pair.depthwise.weights[column..],
            bias: &pair.depthwise.bias[column..],
            finish,
            rows,
            channels: panel.width,
            output_origin: pair.depthwise.output_origin + y * pair.depthwise.output_row + column,
            ..pair.depthwise
        };
        if let Some(layout) = &pair.pooled {
            let (pixel, row) = (panel.width, depthwise.columns * panel.width);
            let depthwise = Depthwise { output_origin: 0, output_pixel: pixel, output_row: row, ..depthwise };
            depthwise::any::<L, ROWS, FUSED>(&depthwise, deep);
            let written = Layout { rows: rows / 2, ..*layout };
            let origin = layout.origin() + y / 2 * layout.row() + column;
            pool::<L>(deep, pixel, row, &written, &mut output[origin..]);
        } else {
            depthwise::any::<L, ROWS, FUSED>(&depthwise, output);
        }
        y += rows;
    }
}

/// The largest of each 2 × 2 pixels of the channels of a panel, to the beginning of `output`.
#[inline(always)]
fn pool<const L: usize>(deep: &[f32], pixel: usize, row: usize, layout: &Layout, output: &mut [f32]) {
    for y in 0..layout.rows {
        for x in 0..layout.columns {
            let corner = &deep[2 * (y * row + x * pixel)..];
            let written = y * layout.row() + x * layout.pixel;
            for channel in (0..pixel).step_by(L) {
                let at = |offset: usize| load::<L>(corner, offset + channel);
                let largest = larger(larger(at(0), at(pixel)), larger(at(row), at(row + pixel)));
                store(output, written + channel, largest);
            }
        }
    }
}
