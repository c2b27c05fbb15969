//! A depthwise-separable convolution (Howard et al. 2017): a depthwise one and the pointwise one that alone
//! reads it. What lies between stays in the cache.
//!
//! A pointwise convolution needs all channels of a pixel and no other pixel. So a strip of rows goes through both before the
//! next one begins, and the strip is all there ever is of the tensor between.

use super::compiled;
use super::convolution::{self, Dense, Places};
use super::depthwise::{self, Depthwise};
use crate::tensor::{Layout, Walk};

/// A depthwise convolution, then a pointwise one.
pub(crate) struct Separable<'a> {
    /// Where it would write is not looked at.
    pub(crate) depthwise: Depthwise<'a>,
    /// Its `input`, `windows` and `pixels` are not looked at.
    pub(crate) dense: Dense<'a>,
}

/// Values of a strip, about half of the first-level cache, unless a row has more: the rest is for weights and input.
const STRIP: usize = 6 * 1024;

impl Separable<'_> {
    /// How many rows a strip has at most.
    fn rows(row: usize, rows: usize) -> usize {
        (STRIP / row).clamp(1, rows)
    }

    /// How many values the strip has.
    pub(crate) fn scratch(between: &Layout) -> usize {
        let row = between.columns * between.pixel;
        row * Self::rows(row, between.rows)
    }
}

compiled! {
    /// Computes into `output`, with the strip in `scratch`.
    run(separable: &Separable<'_>, scratch: &mut [f32], output: &mut [f32]) = all_strips
}

#[inline(always)]
fn all_strips<const L: usize, const ROWS: usize, const FUSED: bool>(
    separable: &Separable<'_>,
    scratch: &mut [f32],
    output: &mut [f32],
) {
    let Separable { depthwise, dense } = separable;
    let (columns, pixel) = (depthwise.columns, depthwise.channels);
    let strip = Separable::rows(columns * pixel, depthwise.rows);
    let (mut outputs, mut residual) = (dense.outputs, dense.finish.residual);
    let mut ahead = dense.ahead::<L, ROWS>(depthwise.rows * columns);
    let mut y = 0;
    while y < depthwise.rows {
        let rows = strip.min(depthwise.rows - y);
        let part = Depthwise {
            origin: depthwise.origin + y * depthwise.stride[0] * depthwise.row,
            rows,
            output_origin: 0,
            output_pixel: pixel,
            output_row: columns * pixel,
            ..*depthwise
        };
        depthwise::any::<L, ROWS, FUSED>(&part, scratch);
        let dense = Dense { input: scratch, ..*dense };
        let (first_outputs, first_residual) = (outputs, residual);
        let mut column = 0;
        while column < dense.channels {
            let panel = dense.panel::<L>(column);
            let mut places = Places {
                ahead,
                windows: Walk::new(0, rows * columns, pixel, rows * columns * pixel),
                outputs: first_outputs.at_channel(column),
                residual: first_residual.map(|(values, walk)| (values, walk.at_channel(column))),
            };
            convolution::convolve::<L, ROWS, FUSED>(&dense, &panel, rows * columns, &mut places, output);
            ahead = places.ahead;
            if column == 0 {
                (outputs, residual) = (places.outputs, places.residual);
            }
            column += panel.width;
        }
        y += rows;
    }
}
