//! What is computed in one go: several nodes of a [`Graph`](crate::Graph), fused.

use crate::graph::{Activation, Binary, Convolution, Order, Unary, Value};

/// What happens to a result before it is stored.
#[derive(Debug, Clone, Default)]
pub(crate) struct Finish {
    pub(crate) residual: Option<Value>,
    pub(crate) activation: Option<Activation>,
}

impl Finish {
    pub(crate) fn is_empty(&self) -> bool {
        self.residual.is_none() && self.activation.is_none()
    }

    /// Whether a kernel does it while the sum is in a register.
    pub(crate) fn is_simple(&self) -> bool {
        self.residual.is_none() && self.activation != Some(Activation::Sigmoid)
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Factor {
    One,
    Constant { scale: Vec<f32>, shift: Vec<f32> },
    Gate(Value),
}

#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Input { scale: Vec<f32>, shift: Vec<f32> },
    Constant(Vec<f32>),
    Convolution { x: Value, convolution: Convolution, finish: Finish },
    Pair(Box<Pair>),
    Separable(Box<Separable>),
    Scale { x: Value, factor: Factor, finish: Finish },
    MaxPool { x: Value, kernel: [usize; 2], stride: [usize; 2] },
    Upsample { x: Value, factor: usize, high: Option<Value> },
    PixelSum(Value),
    ChannelSum(Value),
    Concat(Vec<Value>),
    Unary(Value, Unary),
    Binary(Value, Value, Binary),
}

impl Operation {
    /// The values that it reads.
    pub(crate) fn reads(&self) -> Vec<Value> {
        match self {
            Self::Input { .. } | Self::Constant(_) => vec![],
            Self::Convolution { x, finish, .. } => [Some(*x), finish.residual].into_iter().flatten().collect(),
            Self::Pair(pair) => vec![pair.x],
            Self::Separable(parts) => [Some(parts.x), parts.dense.1.residual].into_iter().flatten().collect(),
            Self::Scale { x, factor, finish } => {
                let gate = if let Factor::Gate(gate) = factor { Some(*gate) } else { None };
                [Some(*x), gate, finish.residual].into_iter().flatten().collect()
            }
            Self::Upsample { x, high, .. } => [Some(*x), *high].into_iter().flatten().collect(),
            Self::MaxPool { x, .. } | Self::PixelSum(x) | Self::ChannelSum(x) | Self::Unary(x, _) => vec![*x],
            Self::Concat(values) => values.clone(),
            Self::Binary(a, b, _) => vec![*a, *b],
        }
    }
}

/// A dense convolution and the depthwise one that alone reads it; neither has a residual. Then the largest of each 2 × 2
/// pixels, if nothing else is read of them.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) x: Value,
    pub(crate) dense: (Convolution, Finish),
    pub(crate) between: Value,
    pub(crate) depthwise: (Convolution, Finish),
    /// What is pooled.
    pub(crate) pooled: Option<Value>,
}

/// A depthwise convolution and the pointwise one that alone reads it; the first has no residual.
#[derive(Debug, Clone)]
pub(crate) struct Separable {
    pub(crate) x: Value,
    pub(crate) depthwise: (Convolution, Finish),
    pub(crate) between: Value,
    pub(crate) dense: (Convolution, Finish),
}

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) operation: Operation,
    pub(crate) output: Value,
}

/// Some channels of a value, as an output of the network.
#[derive(Debug, Clone)]
pub(crate) struct Readout {
    pub(crate) value: Value,
    pub(crate) first: usize,
    pub(crate) channels: usize,
    pub(crate) order: Order,
    pub(crate) sigmoid: bool,
}

/// A network as steps, in the order in which they are taken.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) steps: Vec<Step>,
    /// Rows, columns, channels of each value.
    pub(crate) shapes: Vec<[usize; 3]>,
    pub(crate) outputs: Vec<Readout>,
}

impl Program {
    /// Puts steps into those that alone read them: `find` says of the step of an index into which one it goes, and what both
    /// become.
    pub(crate) fn join(&mut self, find: impl Fn(&Self, usize) -> Option<(usize, Operation)>) {
        let mut index = 0;
        while index < self.steps.len() {
            if let Some((reader, both)) = find(self, index) {
                self.steps[reader].operation = both;
                self.steps.remove(index);
            } else {
                index += 1;
            }
        }
    }

    /// The steps that read a value: each as often as it does.
    pub(crate) fn readers(&self, value: Value) -> impl Iterator<Item = usize> {
        self.steps.iter().enumerate().flat_map(move |(index, step)| {
            let reads = step.operation.reads().into_iter();
            reads.filter(move |read| *read == value).map(move |_| index)
        })
    }

    /// The step that alone reads a value, and once, unless the caller does too.
    pub(crate) fn only_reader(&self, value: Value) -> Option<usize> {
        let mut readers = self.readers(value);
        let (reader, None) = (readers.next()?, readers.next()) else { return None };
        self.outputs.iter().all(|output| output.value != value).then_some(reader)
    }
}
