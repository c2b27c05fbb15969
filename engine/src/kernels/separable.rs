//! A depthwise-separable convolution (Howard et al. 2017): a depthwise one and the pointwise one that alone
//! reads it. What lies between stays in the cache.
//!
//! A pointwise convolution needs all channels of a pixel and no other pixel. So a strip of rows goes through both before the
//! next one begins, and the strip is all there ever is of the tensor between.

use super::convolution::{self, Dense, Places};
use super::depthwise::{self, Depthwise};
use super::{STRIP, compiled};
use crate::tensor::{Layout, Walk};

/// A depthwise convolution, then a pointwise one.
pub(crate) struct Separable<'a> {
    /// Where it would write is not looked at. It has the channels of a pixel of what lies between, padded.
    pub(crate) depthwise: Depthwise<'a>,
    /// Its `input`, `windows` and `pixels` are not looked at.
    pub(crate) dense: Dense<'a>,
}

impl Separable<'_> {
    /// How many rows a strip has at most, of so many values and so many rows.
    fn rows_of_strip(row: usize, rows: usize) -> usize {
        (STRIP / row).clamp(1, rows)
    }

    /// How many values the strip has.
    pub(crate) fn scratch(between: &Layout) -> usize {
        let row = between.columns * between.pixel;
        row * Self::rows_of_strip(row, between.rows)
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
    let most = Separable::rows_of_strip(columns * pixel, depthwise.rows);
    let mut places = Places {
        ahead: dense.ahead::<L, ROWS>(depthwise.rows * columns),
        windows: dense.windows,
        outputs: dense.outputs,
        residual: dense.finish.residual,
    };
    let mut y = 0;
    while y < depthwise.rows {
        let rows = most.min(depthwise.rows - y);
        let part = Depthwise {
            origin: depthwise.origin + y * depthwise.stride[0] * depthwise.row,
            rows,
            output_origin: 0,
            output_pixel: pixel,
            output_row: columns * pixel,
            ..*depthwise
        };
        depthwise::any::<L, ROWS, FUSED>(&part, scratch);
        let pixels = rows * columns;
        places.windows = Walk::new(0, pixels, pixel, pixels * pixel);
        convolution::all_panels::<L, ROWS, FUSED>(&Dense { input: scratch, ..*dense }, pixels, &mut places, output);
        y += rows;
    }
}
