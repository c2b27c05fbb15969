//! A network, ready to run: its steps with packed weights, and where each value lies.

use std::sync::Arc;

use crate::fuse::fuse;
use crate::graph::{Activation, Binary, Convolution, Graph, Unary, Unsupported, Value};
use crate::memory::Memory;
use crate::step::{Factor, Finish, Operation, Program, Readout};
use crate::tensor::{Border, Buffer, Layout};
use crate::{Arena, InstructionSet, LANES, Session, pack, pairs, separables, siblings};

/// A network for one input size and one instruction set: immutable, shared between workers.
#[derive(Debug)]
pub struct Plan {
    pub(crate) set: InstructionSet,
    pub(crate) operators: Vec<Operator>,
    pub(crate) layouts: Vec<Layout>,
    pub(crate) memory: Memory,
    pub(crate) outputs: Vec<Readout>,
    pub(crate) input: Value,
}

#[derive(Debug)]
pub(crate) struct Operator {
    pub(crate) kind: Kind,
    pub(crate) output: Value,
}

impl Operator {
    /// Its dense convolution, if it has one.
    pub(crate) fn dense(&self) -> Option<&Dense> {
        match &self.kind {
            Kind::Dense(dense) => Some(dense),
            Kind::Pair(pair) => Some(&pair.dense),
            Kind::Separable(parts) => Some(&parts.dense),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(crate) enum Kind {
    Input { scale: Vec<f32>, shift: Vec<f32> },
    Constant(Vec<f32>),
    Dense(Dense),
    Depthwise(Depthwise),
    Pair(Box<Pair>),
    Separable(Box<Separable>),
    Scale { x: Value, scale: Option<Buffer>, shift: Option<Buffer>, gate: Option<Value>, finish: Packed },
    MaxPool { x: Value, kernel: [usize; 2], stride: [usize; 2] },
    Upsample { x: Value, factor: usize, high: Option<Value> },
    PixelSum(Value),
    ChannelSum(Value),
    Concat(Vec<Value>),
    Unary(Value, Unary),
    Binary(Value, Value, Binary),
}

#[derive(Debug)]
pub(crate) struct Dense {
    pub(crate) x: Value,
    pub(crate) window: Window,
    pub(crate) taps: Vec<usize>,
    pub(crate) depth: usize,
    pub(crate) weights: Buffer,
    pub(crate) bias: Buffer,
    pub(crate) finish: Packed,
}

#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) dense: Dense,
    pub(crate) between: Value,
    pub(crate) depthwise: Depthwise,
    /// What is pooled.
    pub(crate) pooled: Option<Value>,
}

#[derive(Debug)]
pub(crate) struct Separable {
    pub(crate) depthwise: Depthwise,
    pub(crate) between: Value,
    pub(crate) dense: Dense,
}

#[derive(Debug)]
pub(crate) struct Depthwise {
    pub(crate) x: Value,
    pub(crate) window: Window,
    pub(crate) weights: Buffer,
    pub(crate) bias: Buffer,
    pub(crate) finish: Packed,
}

/// Where a convolution reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) dilation: [usize; 2],
    /// Where the first window begins in the input, its border included.
    pub(crate) origin: usize,
}

/// A [`Finish`] as the kernels take it.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    pub(crate) residual: Option<Value>,
    pub(crate) slopes: Option<Buffer>,
    pub(crate) ceiling: Option<f32>,
    /// In a pass of its own: it is seen on single pixels only.
    pub(crate) sigmoid: bool,
}

impl Plan {
    /// Fuses, packs and lays out.
    ///
    /// # Errors
    /// When the graph has no input or several.
    pub fn new(graph: &Graph, set: InstructionSet) -> Result<Self, Unsupported> {
        let mut program = fuse(graph);
        siblings::merge(&mut program);
        pairs::join(&mut program);
        separables::join(&mut program);
        let mut inputs = program.steps.iter().filter(|step| matches!(step.operation, Operation::Input { .. }));
        let (Some(input), None) = (inputs.next().map(|step| step.output), inputs.next()) else {
            return Unsupported::because("a network without an input, or with several");
        };
        let layouts = layouts(&program, input);
        let memory = Memory::plan(&program, &layouts);
        let operators = program.steps.iter().map(|step| {
            let kind = packed(&step.operation, step.output, &layouts, set);
            Operator { kind, output: step.output }
        });
        Ok(Self { set, operators: operators.collect(), layouts, memory, outputs: program.outputs, input })
    }

    /// The instruction set that it was packed for.
    #[must_use]
    pub fn instruction_set(&self) -> InstructionSet {
        self.set
    }

    /// How many operators run.
    #[must_use]
    pub fn operators(&self) -> usize {
        self.operators.len()
    }

    /// Multiplications that the convolutions do for one input, padding not counted.
    #[must_use]
    pub fn multiplications(&self) -> usize {
        let each = self.operators.iter().map(|operator| {
            let values = |value: Value| self.layouts[value.0].pixels() * self.layouts[value.0].channels;
            let dense = |dense: &Dense| dense.taps.len() * dense.depth;
            let depthwise = |depthwise: &Depthwise| depthwise.window.kernel.iter().product::<usize>();
            match &operator.kind {
                Kind::Dense(part) => values(operator.output) * dense(part),
                Kind::Depthwise(part) => values(operator.output) * depthwise(part),
                Kind::Pair(pair) => {
                    values(pair.between) * dense(&pair.dense)
                        + values(pair.pooled.unwrap_or(operator.output)) * depthwise(&pair.depthwise)
                }
                Kind::Separable(parts) => {
                    values(parts.between) * depthwise(&parts.depthwise) + values(operator.output) * dense(&parts.dense)
                }
                _ => 0,
            }
        });
        each.sum()
    }

    /// What one worker needs to run it: it computes in the arena, when no other session does.
    #[must_use]
    pub fn session(self: &Arc<Self>, arena: &Arena) -> Session {
        Session::new(Arc::clone(self), arena.clone())
    }
}

/// Pads channels, and gives each tensor the border that its readers want.
fn layouts(program: &Program, input: Value) -> Vec<Layout> {
    let dense = |operation: &Operation| {
        matches!(operation, Operation::Convolution { convolution, finish, .. }
        if !convolution.depthwise && finish.residual != Some(input))
    };
    // Three channels read by dense convolutions only are not padded: a row of a window is then one run.
    let whole = program.steps.iter().all(|step| !step.operation.reads().contains(&input) || dense(&step.operation))
        && program.outputs.iter().all(|output| output.value != input);
    let shapes = program.shapes.iter().enumerate();
    let mut layouts: Vec<Layout> = shapes
        .map(|(value, &[rows, columns, channels])| {
            let pixel = if whole && Value(value) == input { channels } else { channels.next_multiple_of(LANES) };
            Layout { rows, columns, channels, pixel, border: Border::default() }
        })
        .collect();
    for step in &program.steps {
        match &step.operation {
            Operation::Convolution { x, convolution, .. } => widen(&mut layouts, *x, convolution, step.output),
            Operation::Pair(pair) => {
                widen(&mut layouts, pair.x, &pair.dense.0, pair.between);
                widen(&mut layouts, pair.between, &pair.depthwise.0, pair.pooled.unwrap_or(step.output));
            }
            Operation::Separable(parts) => widen(&mut layouts, parts.x, &parts.depthwise.0, parts.between),
            _ => {}
        }
    }
    layouts
}

/// Gives `x` the border that a convolution reads.
fn widen(layouts: &mut [Layout], x: Value, convolution: &Convolution, output: Value) {
    let (output, input) = (layouts[output.0], &mut layouts[x.0]);
    let beyond = |axis: usize, outputs: usize, inputs: usize| {
        let span = (convolution.kernel[axis] - 1) * convolution.dilation[axis] + 1;
        ((outputs - 1) * convolution.stride[axis] + span).saturating_sub(convolution.before[axis] + inputs)
    };
    input.border = input.border.with(Border {
        top: convolution.before[0],
        left: convolution.before[1],
        bottom: beyond(0, output.rows, input.rows),
        right: beyond(1, output.columns, input.columns),
    });
}

fn packed(operation: &Operation, output: Value, layouts: &[Layout], set: InstructionSet) -> Kind {
    let pixel = layouts[output.0].pixel;
    match operation.clone() {
        Operation::Input { scale, shift } => Kind::Input { scale, shift },
        Operation::Constant(values) => Kind::Constant(values),
        Operation::Convolution { x, convolution, finish } if convolution.depthwise => {
            Kind::Depthwise(depthwise(x, &convolution, &finish, &layouts[x.0]))
        }
        Operation::Convolution { x, convolution, finish } => {
            Kind::Dense(dense(x, &convolution, &finish, &layouts[x.0], set))
        }
        Operation::Pair(pair) => Kind::Pair(Box::new(Pair {
            dense: dense(pair.x, &pair.dense.0, &pair.dense.1, &layouts[pair.x.0], set),
            between: pair.between,
            depthwise: depthwise(pair.between, &pair.depthwise.0, &pair.depthwise.1, &layouts[pair.between.0]),
            pooled: pair.pooled,
        })),
        Operation::Separable(parts) => Kind::Separable(Box::new(Separable {
            depthwise: depthwise(parts.x, &parts.depthwise.0, &parts.depthwise.1, &layouts[parts.x.0]),
            between: parts.between,
            dense: dense(parts.between, &parts.dense.0, &parts.dense.1, &layouts[parts.between.0], set),
        })),
        Operation::Scale { x, factor, finish } => {
            let finish = packed_finish(&finish, pixel);
            let (scale, shift, gate) = match factor {
                Factor::One => (None, None, None),
                Factor::Constant { scale, shift } => {
                    (Some(pack::channels(&scale, pixel)), Some(pack::channels(&shift, pixel)), None)
                }
                Factor::Gate(gate) => (None, None, Some(gate)),
            };
            Kind::Scale { x, scale, shift, gate, finish }
        }
        Operation::MaxPool { x, kernel, stride } => Kind::MaxPool { x, kernel, stride },
        Operation::Upsample { x, factor, high } => Kind::Upsample { x, factor, high },
        Operation::PixelSum(x) => Kind::PixelSum(x),
        Operation::ChannelSum(x) => Kind::ChannelSum(x),
        Operation::Concat(values) => Kind::Concat(values),
        Operation::Unary(x, function) => Kind::Unary(x, function),
        Operation::Binary(a, b, function) => Kind::Binary(a, b, function),
    }
}

fn dense(x: Value, convolution: &Convolution, finish: &Finish, input: &Layout, set: InstructionSet) -> Dense {
    let pixel = convolution.bias.len().next_multiple_of(LANES);
    let window = window(convolution, input);
    let (taps, depth) = runs(&window, input);
    let (bias, finish) = (pack::channels(&convolution.bias, pixel), packed_finish(finish, pixel));
    Dense { x, window, taps, depth, weights: pack::dense(convolution, set), bias, finish }
}

fn depthwise(x: Value, convolution: &Convolution, finish: &Finish, input: &Layout) -> Depthwise {
    let (window, weights) = (window(convolution, input), pack::depthwise(convolution, input.pixel));
    let (bias, finish) = (pack::channels(&convolution.bias, input.pixel), packed_finish(finish, input.pixel));
    Depthwise { x, window, weights, bias, finish }
}

fn window(convolution: &Convolution, input: &Layout) -> Window {
    let origin = (input.border.top - convolution.before[0]) * input.row()
        + (input.border.left - convolution.before[1]) * input.pixel;
    Window { kernel: convolution.kernel, stride: convolution.stride, dilation: convolution.dilation, origin }
}

/// The contiguous runs of a window, and their length: a pixel each, or a whole row where pixels touch.
fn runs(window: &Window, input: &Layout) -> (Vec<usize>, usize) {
    let rows = (0..window.kernel[0]).map(|y| y * window.dilation[0] * input.row());
    if input.pixel == input.channels && window.dilation[1] == 1 {
        (rows.collect(), window.kernel[1] * input.channels)
    } else {
        let columns = || (0..window.kernel[1]).map(|x| x * window.dilation[1] * input.pixel);
        (rows.flat_map(|row| columns().map(move |column| row + column)).collect(), input.channels)
    }
}

fn packed_finish(finish: &Finish, pixel: usize) -> Packed {
    let none = Packed { residual: finish.residual, ..Packed::default() };
    match &finish.activation {
        None => none,
        Some(Activation::Leaky(slopes)) => Packed { slopes: Some(pack::channels(slopes, pixel)), ..none },
        Some(Activation::Clipped(ceiling)) => Packed { ceiling: Some(*ceiling), ..none },
        Some(Activation::Sigmoid) => Packed { sigmoid: true, ..none },
    }
}
