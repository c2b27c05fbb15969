//! A graph becomes fewer steps: what follows a convolution is done before its result is stored.

use crate::graph::{Activation, Convolution, Graph, Layer, Node, Value};
use crate::step::{Factor, Finish, Operation, Program, Readout, Step};

/// Each step begins with a node and takes in the next one as long as nobody else reads what lies between.
pub(crate) fn fuse(graph: &Graph) -> Program {
    let chains = Chains::of(graph);
    let mut taken = vec![false; graph.nodes.len()];
    let mut steps = Vec::new();
    for first in 0..graph.nodes.len() {
        if taken[first] || chains.sigmoid_of_an_output(first) {
            continue;
        }
        let mut operation = alone(&graph.nodes[first]);
        let mut last = first;
        while let Some(next) = chains.next(last) {
            // The sum of two belongs to the first of them.
            if taken[next] || !take_in(&mut operation, Value(last), &graph.nodes[next]) {
                break;
            }
            taken[next] = true;
            last = next;
        }
        steps.push(Step { operation, output: Value(last) });
    }
    // In the place of its last node, all that a step reads has been computed.
    steps.sort_by_key(|step| step.output);
    let outputs = graph.outputs.iter().map(|(value, order)| {
        let sigmoid = chains.sigmoid_of_an_output(value.0);
        let read = if sigmoid { graph.nodes[value.0].inputs[0] } else { *value };
        Readout { value: read, first: 0, channels: graph.shape(*value)[2], order: *order, sigmoid }
    });
    let outputs = outputs.collect();
    Program { steps, shapes: graph.nodes.iter().map(|node| node.shape).collect(), outputs }
}

struct Chains<'a> {
    graph: &'a Graph,
    /// The nodes that read each node.
    readers: Vec<Vec<usize>>,
}

impl<'a> Chains<'a> {
    fn of(graph: &'a Graph) -> Self {
        let mut readers = vec![Vec::new(); graph.nodes.len()];
        for (index, node) in graph.nodes.iter().enumerate() {
            for input in &node.inputs {
                readers[input.0].push(index);
            }
        }
        Self { graph, readers }
    }

    fn is_output(&self, node: usize) -> bool {
        self.graph.outputs.iter().any(|(value, _)| value.0 == node)
    }

    /// The only reader of a node that is no output, unless its work is done when the output is read.
    fn next(&self, node: usize) -> Option<usize> {
        match self.readers[node][..] {
            [next] if !self.is_output(node) && !self.sigmoid_of_an_output(next) => Some(next),
            _ => None,
        }
    }

    /// Whether a node is a sigmoid that nothing but the caller reads: it is computed for the channels that are read.
    fn sigmoid_of_an_output(&self, node: usize) -> bool {
        matches!(self.graph.nodes[node].layer, Layer::Activation(Activation::Sigmoid))
            && self.is_output(node)
            && self.readers[node].is_empty()
    }
}

fn alone(node: &Node) -> Operation {
    let input = |index: usize| node.inputs[index];
    let finish = Finish::default();
    match &node.layer {
        Layer::Input => Operation::Input { scale: vec![1.0; node.shape[2]], shift: vec![0.0; node.shape[2]] },
        Layer::Constant(values) => Operation::Constant(values.clone()),
        Layer::Convolution(convolution) => {
            Operation::Convolution { x: input(0), convolution: convolution.clone(), finish }
        }
        Layer::Scale { scale, shift } => {
            let factor = Factor::Constant { scale: scale.clone(), shift: shift.clone() };
            Operation::Scale { x: input(0), factor, finish }
        }
        Layer::Activation(activation) => {
            let finish = Finish { activation: Some(activation.clone()), ..finish };
            Operation::Scale { x: input(0), factor: Factor::One, finish }
        }
        Layer::Add => {
            let finish = Finish { residual: Some(input(1)), ..finish };
            Operation::Scale { x: input(0), factor: Factor::One, finish }
        }
        Layer::Gate => Operation::Scale { x: input(0), factor: Factor::Gate(input(1)), finish },
        Layer::MaxPool { kernel, stride } => Operation::MaxPool { x: input(0), kernel: *kernel, stride: *stride },
        Layer::PadChannels => Operation::MaxPool { x: input(0), kernel: [1, 1], stride: [1, 1] },
        Layer::PixelSum => Operation::PixelSum(input(0)),
        Layer::ChannelSum => Operation::ChannelSum(input(0)),
        Layer::Upsample { factor } => Operation::Upsample { x: input(0), factor: *factor, high: None },
        Layer::Concat => Operation::Concat(node.inputs.clone()),
        Layer::Unary(function) => Operation::Unary(input(0), *function),
        Layer::Binary(function) => Operation::Binary(input(0), input(1), *function),
    }
}

/// Adds the work of `node`, which alone reads `result`, to the operation. `false` when it cannot be.
fn take_in(operation: &mut Operation, result: Value, node: &Node) -> bool {
    let other = || node.inputs.iter().copied().find(|input| *input != result);
    match (operation, &node.layer) {
        (Operation::Input { scale, shift }, Layer::Scale { scale: by, shift: plus }) => {
            compose(scale, shift, by, plus);
            true
        }
        (Operation::Convolution { convolution, finish, .. }, Layer::Scale { scale, shift }) if finish.is_empty() => {
            scale_outputs(convolution, scale, shift);
            true
        }
        (Operation::Scale { factor, finish, .. }, Layer::Scale { scale: by, shift: plus }) if finish.is_empty() => {
            let Factor::Constant { scale, shift } = factor else { return false };
            compose(scale, shift, by, plus);
            true
        }
        (Operation::Convolution { convolution, .. }, Layer::Add) if convolution.depthwise => false,
        (Operation::Convolution { finish, .. } | Operation::Scale { finish, .. }, Layer::Add) if finish.is_empty() => {
            finish.residual = other();
            finish.residual.is_some()
        }
        (Operation::Convolution { finish, .. } | Operation::Scale { finish, .. }, Layer::Activation(activation))
            if finish.activation.is_none() =>
        {
            finish.activation = Some(activation.clone());
            true
        }
        (
            Operation::Convolution { finish, .. } | Operation::Scale { finish, .. },
            Layer::Activation(clipped @ Activation::Clipped(_)),
        ) => {
            let rectified =
                matches!(&finish.activation, Some(Activation::Leaky(slopes)) if slopes.iter().all(|s| *s == 0.0));
            if rectified {
                finish.activation = Some(clipped.clone());
            }
            rectified
        }
        (Operation::Upsample { high, .. }, Layer::Add) if high.is_none() => {
            *high = other();
            high.is_some()
        }
        (Operation::MaxPool { .. }, Layer::PadChannels) => true,
        _ => false,
    }
}

/// First `scale` and `shift`, then `by` and `plus`.
fn compose(scale: &mut [f32], shift: &mut [f32], by: &[f32], plus: &[f32]) {
    for (((scale, shift), by), plus) in scale.iter_mut().zip(shift).zip(by).zip(plus) {
        *scale *= by;
        *shift = *shift * by + plus;
    }
}

fn scale_outputs(convolution: &mut Convolution, scale: &[f32], shift: &[f32]) {
    let each = convolution.weights.len() / convolution.bias.len();
    for (weights, scale) in convolution.weights.chunks_exact_mut(each).zip(scale) {
        for weight in weights {
            *weight *= scale;
        }
    }
    for ((bias, scale), shift) in convolution.bias.iter_mut().zip(scale).zip(shift) {
        *bias = *bias * scale + shift;
    }
}
