//! Depthwise convolution: each channel by itself, a register of channels at a time.

use std::array;

use super::lanes::{larger, leaky, load, multiply_add, smaller, store};
use super::{Finish, compiled};

/// A depthwise convolution of one tensor.
pub(crate) struct Depthwise<'a> {
    pub(crate) input: &'a [f32],
    /// Where the window of the first output pixel begins.
    pub(crate) origin: usize,
    /// From pixel to pixel and from row to row of the input.
    pub(crate) pixel: usize,
    pub(crate) row: usize,
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) dilation: [usize; 2],
    /// By tap and channel.
    pub(crate) weights: &'a [f32],
    /// From tap to tap.
    pub(crate) tap: usize,
    pub(crate) bias: &'a [f32],
    pub(crate) finish: Finish<'a>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// How many channels are computed, padded.
    pub(crate) channels: usize,
    pub(crate) output_origin: usize,
    /// From pixel to pixel and from row to row of the output.
    pub(crate) output_pixel: usize,
    pub(crate) output_row: usize,
}

compiled! {
    /// Convolves into `output`. A residual is not looked at.
    run(depthwise: &Depthwise<'_>, output: &mut [f32]) = any
}

#[inline(always)]
pub(super) fn any<const L: usize, const ROWS: usize, const FUSED: bool>(depthwise: &Depthwise<'_>, output: &mut [f32]) {
    match (depthwise.kernel, depthwise.stride, depthwise.dilation) {
        ([3, 3], [1, 1], [1, 1]) => three::<L, 1, 6, FUSED>(depthwise, output),
        ([3, 3], [2, 2], [1, 1]) => three::<L, 2, 9, FUSED>(depthwise, output),
        _ => general::<L, FUSED>(depthwise, output),
    }
}

#[inline(always)]
fn finish<const L: usize, const FUSED: bool>(sum: [f32; L], slopes: [f32; L], finish: &Finish<'_>) -> [f32; L] {
    let sum = if finish.slopes.is_some() { leaky::<L, FUSED>(sum, slopes) } else { sum };
    match finish.ceiling {
        Some(ceiling) => smaller(larger(sum, [0.0; L]), [ceiling; L]),
        None => sum,
    }
}

/// Output pixels computed side by side, so that each input value is loaded once a row of the kernel.
const SIDE: usize = 4;

/// 3 × 3 with the nine weights in registers. `SPAN` input columns make [`SIDE`] output columns. A register of channels goes
/// over the whole picture, so that a row that was read is still in the cache when the next one needs it.
#[inline(always)]
fn three<const L: usize, const STRIDE: usize, const SPAN: usize, const FUSED: bool>(
    depthwise: &Depthwise<'_>,
    output: &mut [f32],
) {
    let pixel = depthwise.pixel;
    for channel in (0..depthwise.channels).step_by(L) {
        let weights: [[f32; L]; 9] = array::from_fn(|tap| load(depthwise.weights, tap * depthwise.tap + channel));
        let bias: [f32; L] = load(depthwise.bias, channel);
        let slopes = depthwise.finish.slopes.map_or([0.0; L], |slopes| load(slopes, channel));
        for y in 0..depthwise.rows {
            let input = depthwise.origin + y * STRIDE * depthwise.row + channel;
            let written = depthwise.output_origin + y * depthwise.output_row + channel;
            let whole = depthwise.columns - depthwise.columns % SIDE;
            for x in (0..whole).step_by(SIDE) {
                let mut sums = [bias; SIDE];
                for ky in 0..3 {
                    let row = &depthwise.input[input + ky * depthwise.row + x * STRIDE * pixel..];
                    for column in 0..SPAN {
                        let value: [f32; L] = load(row, column * pixel);
                        for kx in 0..3 {
                            if column >= kx && (column - kx) % STRIDE == 0 && (column - kx) / STRIDE < SIDE {
                                let side = (column - kx) / STRIDE;
                                sums[side] = multiply_add::<L, FUSED>(value, weights[3 * ky + kx], sums[side]);
                            }
                        }
                    }
                }
                for (side, sum) in sums.into_iter().enumerate() {
                    let sum = finish::<L, FUSED>(sum, slopes, &depthwise.finish);
                    store(output, written + (x + side) * depthwise.output_pixel, sum);
                }
            }
            for x in whole..depthwise.columns {
                let mut sum = bias;
                for ky in 0..3 {
                    let row = &depthwise.input[input + ky * depthwise.row + x * STRIDE * pixel..];
                    for kx in 0..3 {
                        sum = multiply_add::<L, FUSED>(load(row, kx * pixel), weights[3 * ky + kx], sum);
                    }
                }
                store(output, written + x * depthwise.output_pixel, finish::<L, FUSED>(sum, slopes, &depthwise.finish));
            }
        }
    }
}

#[inline(always)]
fn general<const L: usize, const FUSED: bool>(depthwise: &Depthwise<'_>, output: &mut [f32]) {
    let pixel = depthwise.pixel;
    let [down, right] = depthwise.dilation;
    for y in 0..depthwise.rows {
        for x in 0..depthwise.columns {
            let corner = depthwise.origin + y * depthwise.stride[0] * depthwise.row + x * depthwise.stride[1] * pixel;
            for channel in (0..depthwise.channels).step_by(L) {
                let mut sum: [f32; L] = load(depthwise.bias, channel);
                for ky in 0..depthwise.kernel[0] {
                    for kx in 0..depthwise.kernel[1] {
                        let at = corner + ky * down * depthwise.row + kx * right * pixel + channel;
                        let weight = load(depthwise.weights, (ky * depthwise.kernel[1] + kx) * depthwise.tap + channel);
                        sum = multiply_add::<L, FUSED>(load(depthwise.input, at), weight, sum);
                    }
                }
                let slopes = depthwise.finish.slopes.map_or([0.0; L], |slopes| load(slopes, channel));
                let at = depthwise.output_origin + y * depthwise.output_row + x * depthwise.output_pixel + channel;
                store(output, at, finish::<L, FUSED>(sum, slopes, &depthwise.finish));
            }
        }
    }
}
