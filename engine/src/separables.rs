//! A depthwise convolution and the pointwise one after it become one step, so that what lies between is never written out.

use crate::LANES;
use crate::graph::Activation;
use crate::step::{Operation, Program, Separable};

/// With fewer values, what lies between stays in the second cache anyway, and strips would only read the weights more often
/// (docs/performance.md).
const LARGE: usize = 160 * 1024;

/// Joins all that pairs have left.
pub(crate) fn join(program: &mut Program) {
    program.join(|program, index| {
        let (reader, separable) = separable(program, index)?;
        Some((reader, Operation::Separable(Box::new(separable))))
    });
}

/// The step that alone reads the depthwise convolution of step `index`, and both, if it is pointwise.
fn separable(program: &Program, index: usize) -> Option<(usize, Separable)> {
    let Operation::Convolution { x, convolution: depthwise, finish } = &program.steps[index].operation else {
        return None;
    };
    let between = program.steps[index].output;
    let [rows, columns, channels] = program.shapes[between.0];
    let large = rows * columns * channels.next_multiple_of(LANES) > LARGE;
    if !depthwise.depthwise || !finish.is_simple() || !large {
        return None;
    }
    let reader = program.only_reader(between)?;
    let Operation::Convolution { x: read, convolution: dense, finish: last } = &program.steps[reader].operation else {
        return None;
    };
    let pointwise = !dense.depthwise
        && (dense.kernel, dense.stride, dense.before, dense.after) == ([1, 1], [1, 1], [0, 0], [0, 0])
        && last.activation != Some(Activation::Sigmoid);
    if !pointwise || *read != between {
        return None;
    }
    let (depthwise, dense) = ((depthwise.clone(), finish.clone()), (dense.clone(), last.clone()));
    Some((reader, Separable { x: *x, depthwise, between, dense }))
}
