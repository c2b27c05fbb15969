//! The same arithmetic as slowly and plainly as it can be written: planes, no padding of channels, no fusing.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "sums are rounded once, noise is 24 bits"
)]

use vivat_engine::Convolution;

/// Planes of rows of values.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) shape: [usize; 3],
    pub(crate) values: Vec<f32>,
}

impl Picture {
    /// Pseudo-random values between -1 and 1.
    pub(crate) fn noise(shape: [usize; 3], seed: u32) -> Self {
        Self { shape, values: noise(shape.iter().product(), seed) }
    }

    fn at(&self, channel: usize, y: usize, x: usize) -> f32 {
        self.values[(channel * self.shape[0] + y) * self.shape[1] + x]
    }

    /// A picture of another shape, each value from its channel, row and column.
    pub(crate) fn made(shape: [usize; 3], value: impl Fn(usize, usize, usize) -> f32) -> Self {
        let [rows, columns, channels] = shape;
        let planes = (0..channels).flat_map(|c| (0..rows).flat_map(move |y| (0..columns).map(move |x| (c, y, x))));
        Self { shape, values: planes.map(|(c, y, x)| value(c, y, x)).collect() }
    }

    /// Each value by itself.
    pub(crate) fn map(&self, value: impl Fn(usize, f32) -> f32) -> Self {
        Self::made(self.shape, |c, y, x| value(c, self.at(c, y, x)))
    }

    /// The values of another picture added.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self::made(self.shape, |c, y, x| self.at(c, y, x) + other.at(c, y, x))
    }

    /// Zeros outside.
    pub(crate) fn convolved(&self, layer: &Convolution, shape: [usize; 3]) -> Self {
        let inputs = if layer.depthwise { 1 } else { self.shape[2] };
        Self::made(shape, |c, y, x| {
            let mut sum = f64::from(layer.bias[c]);
            for i in 0..inputs {
                for ky in 0..layer.kernel[0] {
                    for kx in 0..layer.kernel[1] {
                        let row = (y * layer.stride[0] + ky * layer.dilation[0]).checked_sub(layer.before[0]);
                        let column = (x * layer.stride[1] + kx * layer.dilation[1]).checked_sub(layer.before[1]);
                        if let (Some(row), Some(column)) = (row, column)
                            && row < self.shape[0]
                            && column < self.shape[1]
                        {
                            let weight =
                                layer.weights[((c * inputs + i) * layer.kernel[0] + ky) * layer.kernel[1] + kx];
                            let channel = if layer.depthwise { c } else { i };
                            sum += f64::from(weight) * f64::from(self.at(channel, row, column));
                        }
                    }
                }
            }
            sum as f32
        })
    }

    /// The largest of each window.
    pub(crate) fn pooled(&self, kernel: usize, stride: usize) -> Self {
        let shape = [(self.shape[0] - kernel) / stride + 1, (self.shape[1] - kernel) / stride + 1, self.shape[2]];
        Self::made(shape, |c, y, x| {
            let window = (0..kernel * kernel).map(|i| self.at(c, y * stride + i / kernel, x * stride + i % kernel));
            window.fold(f32::NEG_INFINITY, f32::max)
        })
    }

    /// Each pixel `factor × factor` times.
    pub(crate) fn upsampled(&self, factor: usize) -> Self {
        let shape = [self.shape[0] * factor, self.shape[1] * factor, self.shape[2]];
        Self::made(shape, |c, y, x| self.at(c, y / factor, x / factor))
    }

    /// Zeros in channels that were not there.
    pub(crate) fn widened(&self, channels: usize) -> Self {
        let shape = [self.shape[0], self.shape[1], channels];
        Self::made(shape, |c, y, x| if c < self.shape[2] { self.at(c, y, x) } else { 0.0 })
    }
}

/// Pseudo-random values between -1 and 1.
pub(crate) fn noise(count: usize, seed: u32) -> Vec<f32> {
    let step = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let states = std::iter::successors(Some(seed), step).skip(1).take(count);
    states.map(|state| (state >> 8) as f32 / 8_388_608.0 - 1.0).collect()
}
