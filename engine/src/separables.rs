//! A depthwise convolution and the pointwise one after it become one step, so that what lies between is never written out.

use crate::LANES;
use crate::graph::Activation;
use crate::pairs::{is_simple, only_reader};
use crate::step::{Operation, Program, Separable};

/// Values between, from which on strips pay: what is smaller stays in the second cache, and weights come once.
const LARGE: usize = 160 * 1024;

/// Joins all that pairs have left.
pub(crate) fn join(program: &mut Program) {
    let mut index = 0;
    while index < program.steps.len() {
        if let Some((reader, separable)) = separable(program, index) {
            program.steps[reader].operation = Operation::Separable(Box::new(separable));
            program.steps.remove(index);
        } else {
            index += 1;
        }
    }
}

/// The step that alone reads the depthwise convolution of step `index`, and both, if it is pointwise.
fn separable(program: &Program, index: usize) -> Option<(usize, Separable)> {
    let Operation::Convolution { x, convolution: depthwise, finish } = &program.steps[index].operation else {
        return None;
    };
    let between = program.steps[index].output;
    let [rows, columns, channels] = program.shapes[between.0];
    let large = rows * columns * channels.next_multiple_of(LANES) > LARGE;
    if !depthwise.depthwise || !is_simple(finish) || !large {
        return None;
    }
    let reader = only_reader(program, between)?;
    let Operation::Convolution { x: read, convolution: dense, finish: last } = &program.steps[reader].operation else {
        return None;
    };
    let pointwise = !dense.depthwise
        && (dense.kernel, dense.stride, dense.before, dense.after) == ([1, 1], [1, 1], [0, 0], [0, 0])
        && last.activation != Some(Activation::Sigmoid);
    // The sum of both needs what lies between whole.
    if !pointwise || *read != between || last.residual == Some(between) {
        return None;
    }
    let (depthwise, dense) = ((depthwise.clone(), finish.clone()), (dense.clone(), last.clone()));
    Some((reader, Separable { x: *x, depthwise, between, dense }))
}
