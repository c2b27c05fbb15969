//! A pointwise convolution, the depthwise one after it and the pooling after both become one step, so that what lies
//! between is never written out.

use crate::graph::{Activation, Convolution, Value};
use crate::step::{Finish, Operation, Pair, Program, Step};

/// Joins all pairs, and each with the pooling after it.
pub(crate) fn join(program: &mut Program) {
    let mut index = 0;
    while index < program.steps.len() {
        if let Some((reader, pair)) = pair(program, index).or_else(|| pooled(program, index)) {
            program.steps[reader].operation = Operation::Pair(Box::new(pair));
            program.steps.remove(index);
        } else {
            index += 1;
        }
    }
}

/// The step that alone reads the pointwise convolution of step `index`, and both, if they are a pair. Larger kernels are
/// left alone: a picture's first convolution is slower by strips (docs/performance.md).
fn pair(program: &Program, index: usize) -> Option<(usize, Pair)> {
    let Operation::Convolution { x, convolution: dense, finish } = &program.steps[index].operation else { return None };
    let between = program.steps[index].output;
    if dense.depthwise || dense.kernel != [1, 1] || !is_simple(finish) {
        return None;
    }
    let reader = only_reader(program, between)?;
    match &program.steps[reader].operation {
        Operation::Convolution { convolution, finish: last, .. } if is_three(convolution) && is_simple(last) => {
            let (dense, depthwise) = ((dense.clone(), finish.clone()), (convolution.clone(), last.clone()));
            Some((reader, Pair { x: *x, dense, between, depthwise, pooled: None }))
        }
        _ => None,
    }
}

/// The step that pools the pair of step `index`, and the pair with it, if nothing else reads what is pooled.
fn pooled(program: &Program, index: usize) -> Option<(usize, Pair)> {
    let Operation::Pair(pair) = &program.steps[index].operation else { return None };
    let value = program.steps[index].output;
    let reader = only_reader(program, value)?;
    let Step { operation: Operation::MaxPool { kernel: [2, 2], stride: [2, 2], .. }, output } = &program.steps[reader]
    else {
        return None;
    };
    let same = program.shapes[value.0][2] == program.shapes[output.0][2];
    (same && pair.pooled.is_none()).then(|| (reader, Pair { pooled: Some(value), ..Pair::clone(pair) }))
}

/// The step that alone reads a value, unless the caller does too.
pub(crate) fn only_reader(program: &Program, value: Value) -> Option<usize> {
    let mut readers = (0..program.steps.len()).filter(|step| program.steps[*step].operation.reads().contains(&value));
    let (reader, None) = (readers.next()?, readers.next()) else { return None };
    program.outputs.iter().all(|output| output.value != value).then_some(reader)
}

/// What a kernel does while the sum is in a register.
pub(crate) fn is_simple(finish: &Finish) -> bool {
    finish.residual.is_none() && finish.activation != Some(Activation::Sigmoid)
}

fn is_three(convolution: &Convolution) -> bool {
    convolution.depthwise
        && convolution.kernel == [3, 3]
        && convolution.dilation == [1, 1]
        && [[1, 1], [2, 2]].contains(&convolution.stride)
}
