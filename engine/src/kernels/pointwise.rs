//! What is done pixel by pixel: scaling and adding, upsampling, pooling.

use super::lanes::{add, larger, leaky, load, multiply_add, smaller, store};
use super::{Finish, compiled};
use crate::tensor::{Layout, Walk};

/// `x · scale + shift`, and what [`Finish`] says.
pub(crate) struct Scaled<'a> {
    pub(crate) input: &'a [f32],
    pub(crate) inputs: Walk,
    /// `None`: one.
    pub(crate) scale: Option<&'a [f32]>,
    /// `None`: zero.
    pub(crate) shift: Option<&'a [f32]>,
    pub(crate) finish: Finish<'a>,
    pub(crate) pixels: usize,
    pub(crate) outputs: Walk,
    /// Padded.
    pub(crate) channels: usize,
}

compiled! {
    /// Scales into `output`.
    scale(scaled: &Scaled<'_>, output: &mut [f32]) = scale_with
}

#[inline(always)]
fn scale_with<const L: usize, const ROWS: usize, const FUSED: bool>(scaled: &Scaled<'_>, output: &mut [f32]) {
    let (mut inputs, mut outputs, mut residual) = (scaled.inputs, scaled.outputs, scaled.finish.residual);
    for _ in 0..scaled.pixels {
        let (read, written) = (inputs.next(), outputs.next());
        let residual = residual.as_mut().map(|(values, walk)| (*values, walk.next()));
        for channel in (0..scaled.channels).step_by(L) {
            let mut value: [f32; L] = load(scaled.input, read + channel);
            if let Some(scale) = scaled.scale {
                let shift = scaled.shift.map_or([0.0; L], |shift| load(shift, channel));
                value = multiply_add::<L, FUSED>(value, load(scale, channel), shift);
            }
            if let Some((values, at)) = residual {
                value = add(value, load(values, at + channel));
            }
            if let Some(slopes) = scaled.finish.slopes {
                value = leaky::<L, FUSED>(value, load(slopes, channel));
            }
            if let Some(ceiling) = scaled.finish.ceiling {
                value = smaller(larger(value, [0.0; L]), [ceiling; L]);
            }
            store(output, written + channel, value);
        }
    }
}

/// Each pixel of a tensor many times, and another tensor added.
pub(crate) struct Upsampled<'a> {
    pub(crate) low: &'a [f32],
    pub(crate) low_layout: Layout,
    pub(crate) factor: usize,
    pub(crate) high: Option<(&'a [f32], Walk)>,
    pub(crate) output_layout: Layout,
}

compiled! {
    /// Upsamples into `output`.
    upsample(upsampled: &Upsampled<'_>, output: &mut [f32]) = upsample_with
}

#[inline(always)]
fn upsample_with<const L: usize, const ROWS: usize, const FUSED: bool>(upsampled: &Upsampled<'_>, output: &mut [f32]) {
    let (low, high) = (&upsampled.low_layout, &upsampled.output_layout);
    let (mut outputs, mut added) = (high.walk(), upsampled.high);
    for y in 0..high.rows {
        let row = low.origin() + y / upsampled.factor * low.row();
        for x in 0..high.columns {
            let (read, written) = (row + x / upsampled.factor * low.pixel, outputs.next());
            let added = added.as_mut().map(|(values, walk)| (*values, walk.next()));
            for channel in (0..high.pixel).step_by(L) {
                let mut value: [f32; L] = load(upsampled.low, read + channel);
                if let Some((values, at)) = added {
                    value = add(value, load(values, at + channel));
                }
                store(output, written + channel, value);
            }
        }
    }
}

/// The largest of each window. The output may have more channels, which become zero.
pub(crate) struct Pooled<'a> {
    pub(crate) input: &'a [f32],
    pub(crate) layout: Layout,
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) output_layout: Layout,
}

compiled! {
    /// Pools into `output`.
    pool(pooled: &Pooled<'_>, output: &mut [f32]) = pool_with
}

#[inline(always)]
fn pool_with<const L: usize, const ROWS: usize, const FUSED: bool>(pooled: &Pooled<'_>, output: &mut [f32]) {
    let (input, out) = (&pooled.layout, &pooled.output_layout);
    let mut windows =
        Walk::new(input.origin(), out.columns, pooled.stride[1] * input.pixel, pooled.stride[0] * input.row());
    let mut outputs = out.walk();
    for _ in 0..out.pixels() {
        let (window, written) = (windows.next(), outputs.next());
        for channel in (0..input.pixel).step_by(L) {
            let mut largest: [f32; L] = load(pooled.input, window + channel);
            for y in 0..pooled.kernel[0] {
                for x in 0..pooled.kernel[1] {
                    let at = window + y * input.row() + x * input.pixel + channel;
                    largest = larger(load(pooled.input, at), largest);
                }
            }
            store(output, written + channel, largest);
        }
        output[written + input.pixel..written + out.pixel].fill(0.0);
    }
}

compiled! {
    /// The sum over all pixels, by channel, into `output`.
    sum_pixels(input: &[f32], layout: &Layout, output: &mut [f32]) = sum_pixels_with
}

/// Pixels added up side by side: sums that do not wait for one another.
const CHAINS: usize = 4;

#[inline(always)]
fn sum_pixels_with<const L: usize, const ROWS: usize, const FUSED: bool>(
    input: &[f32],
    layout: &Layout,
    output: &mut [f32],
) {
    for channel in (0..layout.pixel).step_by(L) {
        let mut sums = [[0.0; L]; CHAINS];
        for y in 0..layout.rows {
            let row = &input[layout.origin() + y * layout.row() + channel..];
            let whole = layout.columns - layout.columns % CHAINS;
            for x in (0..whole).step_by(CHAINS) {
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = add(*sum, load(row, (x + i) * layout.pixel));
                }
            }
            for x in whole..layout.columns {
                sums[0] = add(sums[0], load(row, x * layout.pixel));
            }
        }
        store(output, channel, add(add(sums[0], sums[1]), add(sums[2], sums[3])));
    }
}
