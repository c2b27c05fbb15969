//! Weights in the order in which the kernels read them.

use crate::graph::Convolution;
use crate::tensor::Buffer;
use crate::{InstructionSet, LANES};

/// One value a channel, with zeros up to `length`.
pub(crate) fn channels(values: &[f32], length: usize) -> Buffer {
    let mut buffer = Buffer::zeros(length);
    buffer.values_mut()[..values.len()].copy_from_slice(values);
    buffer
}

/// By tap and channel, `pixel` channels of each.
pub(crate) fn depthwise(convolution: &Convolution, pixel: usize) -> Buffer {
    let taps = convolution.kernel[0] * convolution.kernel[1];
    let mut buffer = Buffer::zeros(taps * pixel);
    let packed = buffer.values_mut();
    for (channel, weights) in convolution.weights.chunks_exact(taps).enumerate() {
        for (tap, weight) in weights.iter().enumerate() {
            packed[tap * pixel + channel] = *weight;
        }
    }
    buffer
}

/// By panel of output channels, row, column, input channel, and output channel within the panel.
pub(crate) fn dense(convolution: &Convolution, set: InstructionSet) -> Buffer {
    let taps = convolution.kernel[0] * convolution.kernel[1];
    let outputs = convolution.bias.len();
    let inputs = convolution.weights.len() / (taps * outputs);
    let padded = outputs.next_multiple_of(LANES);
    let mut values = Vec::with_capacity(padded * inputs * taps);
    let mut first = 0;
    while first < padded {
        let panel = if padded - first >= set.panel() { set.panel() } else { set.panel() / 2 };
        for tap in 0..taps {
            for input in 0..inputs {
                for output in first..first + panel {
                    let weight =
                        (output < outputs).then(|| convolution.weights[(output * inputs + input) * taps + tap]);
                    values.push(weight.unwrap_or(0.0));
                }
            }
        }
        first += panel;
    }
    Buffer::of(&values)
}
