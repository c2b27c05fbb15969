//! A pointwise convolution and the depthwise one after it become one step, so that what lies between is never written out.

use crate::graph::{Activation, Convolution};
use crate::step::{Finish, Operation, Pair, Program};

/// Joins all pairs.
pub(crate) fn join(program: &mut Program) {
    let mut index = 0;
    while index < program.steps.len() {
        if let Some((reader, pair)) = pair(program, index) {
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
    if dense.depthwise
        || dense.kernel != [1, 1]
        || !is_simple(finish)
        || program.outputs.iter().any(|output| output.value == between)
    {
        return None;
    }
    let mut readers = program.steps.iter().enumerate().filter(|(_, step)| step.operation.reads().contains(&between));
    let ((reader, step), None) = (readers.next()?, readers.next()) else { return None };
    match &step.operation {
        Operation::Convolution { convolution, finish: last, .. } if is_three(convolution) && is_simple(last) => {
            let (dense, depthwise) = ((dense.clone(), finish.clone()), (convolution.clone(), last.clone()));
            Some((reader, Pair { x: *x, dense, between, depthwise }))
        }
        _ => None,
    }
}

/// What a kernel does while the sum is in a register.
fn is_simple(finish: &Finish) -> bool {
    finish.residual.is_none() && finish.activation != Some(Activation::Sigmoid)
}

fn is_three(convolution: &Convolution) -> bool {
    convolution.depthwise
        && convolution.kernel == [3, 3]
        && convolution.dilation == [1, 1]
        && [[1, 1], [2, 2]].contains(&convolution.stride)
}
