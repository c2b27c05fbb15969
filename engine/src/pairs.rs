//! A pointwise convolution, the depthwise one after it and the pooling after both become one step, so that what lies
//! between is never written out.

use crate::graph::Convolution;
use crate::step::{Operation, Pair, Program, Step};

/// Joins all pairs, and each with the pooling after it.
pub(crate) fn join(program: &mut Program) {
    program.join(|program, index| {
        let (reader, pair) = pair(program, index).or_else(|| pooled(program, index))?;
        Some((reader, Operation::Pair(Box::new(pair))))
    });
}

/// The step that alone reads the pointwise convolution of step `index`, and both, if they are a pair. Larger kernels are
/// left alone: a picture's first convolution is slower by strips (docs/performance.md).
fn pair(program: &Program, index: usize) -> Option<(usize, Pair)> {
    let Operation::Convolution { x, convolution: dense, finish } = &program.steps[index].operation else { return None };
    let between = program.steps[index].output;
    if dense.depthwise || dense.kernel != [1, 1] || !finish.is_simple() {
        return None;
    }
    let reader = program.only_reader(between)?;
    match &program.steps[reader].operation {
        Operation::Convolution { convolution, finish: last, .. } if is_three(convolution) && last.is_simple() => {
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
    let reader = program.only_reader(value)?;
    let Step { operation: Operation::MaxPool { kernel: [2, 2], stride: [2, 2], .. }, output } = &program.steps[reader]
    else {
        return None;
    };
    let same = program.shapes[value.0][2] == program.shapes[output.0][2];
    (same && pair.pooled.is_none()).then(|| (reader, Pair { pooled: Some(value), ..Pair::clone(pair) }))
}

fn is_three(convolution: &Convolution) -> bool {
    convolution.depthwise
        && convolution.kernel == [3, 3]
        && convolution.dilation == [1, 1]
        && [[1, 1], [2, 2]].contains(&convolution.stride)
}
