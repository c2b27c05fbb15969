//! Runs a plan, in the arena of a worker.

use std::mem;
use std::sync::Arc;

use crate::arena::{Arena, Buffers};
use crate::graph::Value;
use crate::kernels::convolution::Dense;
use crate::kernels::depthwise::Depthwise;
use crate::kernels::pair::Pair;
use crate::kernels::pointwise::{Pooled, Scaled, Upsampled};
use crate::kernels::separable::Separable;
use crate::kernels::{Finish, convolution, depthwise, pair, planes, pointwise, separable, vector};
use crate::plan::{self, Kind, Operator, Packed, Plan, Window};
use crate::tensor::{Buffer, Layout, Walk};

/// One worker's state of a [`Plan`]: its input and its last outputs, and where it computes. Running it allocates nothing.
#[derive(Debug)]
pub struct Session {
    plan: Arc<Plan>,
    arena: Arena,
    planes: Vec<f32>,
    outputs: Vec<Vec<f32>>,
}

impl Session {
    pub(crate) fn new(plan: Arc<Plan>, arena: Arena) -> Self {
        let input = &plan.layouts[plan.input.0];
        let planes = vec![0.0; input.pixels() * input.channels];
        let outputs = plan.outputs.iter().map(|output| {
            let layout = &plan.layouts[output.value.0];
            vec![0.0; layout.pixels() * output.channels]
        });
        let outputs = outputs.collect();
        // Now, so that a run allocates nothing.
        drop(arena.buffers(&plan.memory));
        Self { plan, arena, planes, outputs }
    }

    /// The input planes (NCHW), to be filled before [`Session::run`]; they keep what was written last.
    pub fn input(&mut self) -> &mut [f32] {
        &mut self.planes
    }

    /// Runs the network on the input.
    pub fn run(&mut self) {
        let plan = &*self.plan;
        let mut buffers = self.arena.buffers(&plan.memory);
        let Buffers { values, strip } = &mut *buffers;
        for (buffer, layout) in &plan.memory.bordered {
            layout.clear_border(values[*buffer].values_mut());
        }
        for (index, operator) in plan.operators.iter().enumerate() {
            let next = plan.operators[index + 1..].iter().find_map(Operator::dense);
            let next_weights = next.map_or(&[][..], |dense| dense.weights.values());
            let Some(buffer) = plan.memory.buffer[operator.output.0] else { continue };
            // Taken out while it is written, so that the others can be read.
            let mut output = mem::take(&mut values[buffer]);
            let reader = Reader { plan, buffers: values, next_weights };
            reader.compute(operator, &self.planes, strip.values_mut(), output.values_mut());
            values[buffer] = output;
        }
        let reader = Reader { plan, buffers: values, next_weights: &[] };
        for (readout, output) in plan.outputs.iter().zip(&mut self.outputs) {
            planes::read(
                reader.values(readout.value),
                reader.layout(readout.value),
                readout.first,
                readout.order,
                output,
            );
            if readout.sigmoid {
                vector::sigmoid(output);
            }
        }
    }

    /// An output of the last run, row-major.
    #[must_use]
    pub fn output(&self, index: usize) -> Option<&[f32]> {
        self.outputs.get(index).map(Vec::as_slice)
    }
}

/// What an operator may read.
struct Reader<'a> {
    plan: &'a Plan,
    buffers: &'a [Buffer],
    /// Those of the dense convolution after this one.
    next_weights: &'a [f32],
}

impl<'a> Reader<'a> {
    fn layout(&self, value: Value) -> &'a Layout {
        &self.plan.layouts[value.0]
    }

    fn values(&self, value: Value) -> &'a [f32] {
        self.plan.memory.buffer[value.0].map_or(&[], |buffer| self.buffers[buffer].values())
    }

    /// The channels of the only pixel.
    fn pixel(&self, value: Value) -> &'a [f32] {
        let layout = self.layout(value);
        &self.values(value)[layout.origin()..][..layout.channels]
    }

    fn compute(&self, operator: &Operator, planes: &[f32], strip: &mut [f32], output: &mut [f32]) {
        let layout = self.layout(operator.output);
        match &operator.kind {
            Kind::Input { scale, shift } => planes::interleave(planes, scale, shift, layout, output),
            Kind::Dense(dense) => {
                convolution::run(self.plan.set, &self.dense(dense, layout), output);
                finish_alone(&dense.finish, layout, output);
            }
            Kind::Depthwise(depthwise) => {
                depthwise::run(self.plan.set, &self.depthwise(depthwise, layout), output);
                finish_alone(&depthwise.finish, layout, output);
            }
            Kind::Pair(pair) => {
                let between = *self.layout(pair.between);
                let deep = pair.pooled.map_or(*layout, |value| Layout { rows: 2 * layout.rows, ..*self.layout(value) });
                let (dense, depthwise) = (self.dense(&pair.dense, &between), self.depthwise(&pair.depthwise, &deep));
                let pooled = pair.pooled.map(|_| *layout);
                pair::run(self.plan.set, &Pair { dense, between, depthwise, pooled }, strip, output);
            }
            Kind::Separable(parts) => {
                let between = self.layout(parts.between);
                let (depthwise, dense) = (self.depthwise(&parts.depthwise, between), self.dense(&parts.dense, layout));
                separable::run(self.plan.set, &Separable { depthwise, dense }, strip, output);
            }
            Kind::Scale { x, scale, shift, gate, finish } => {
                let gate = gate.map(|gate| &self.values(gate)[self.layout(gate).origin()..]);
                let scaled = Scaled {
                    input: self.values(*x),
                    inputs: self.layout(*x).walk(),
                    scale: gate.or(scale.as_ref().map(Buffer::values)),
                    shift: shift.as_ref().map(Buffer::values),
                    finish: self.finish(finish),
                    pixels: layout.pixels(),
                    outputs: layout.walk(),
                    channels: layout.pixel,
                };
                pointwise::scale(self.plan.set, &scaled, output);
                finish_alone(finish, layout, output);
            }
            Kind::MaxPool { x, kernel, stride } => {
                let (input, input_layout) = (self.values(*x), *self.layout(*x));
                let (kernel, stride) = (*kernel, *stride);
                let pooled = Pooled { input, layout: input_layout, kernel, stride, output_layout: *layout };
                pointwise::pool(self.plan.set, &pooled, output);
            }
            Kind::Upsample { x, factor, high } => {
                let upsampled = Upsampled {
                    low: self.values(*x),
                    low_layout: *self.layout(*x),
                    factor: *factor,
                    high: high.map(|high| (self.values(high), self.layout(high).walk())),
                    output_layout: *layout,
                };
                pointwise::upsample(self.plan.set, &upsampled, output);
            }
            Kind::PixelSum(x) => {
                let output = &mut output[layout.origin()..];
                pointwise::sum_pixels(self.plan.set, self.values(*x), self.layout(*x), output);
            }
            Kind::Concat(values) => self.concatenate(values, layout, output),
            Kind::Constant(_) | Kind::ChannelSum(_) | Kind::Unary(..) | Kind::Binary(..) => {
                self.compute_vector(&operator.kind, &mut output[layout.origin()..][..layout.pixel], layout.channels);
            }
        }
    }

    fn dense(&self, dense: &'a plan::Dense, output: &Layout) -> Dense<'a> {
        Dense {
            input: self.values(dense.x),
            windows: windows(&dense.window, self.layout(dense.x), output),
            taps: &dense.taps,
            depth: dense.depth,
            weights: dense.weights.values(),
            bias: dense.bias.values(),
            finish: self.finish(&dense.finish),
            pixels: output.pixels(),
            outputs: output.walk(),
            channels: output.pixel,
            next_weights: self.next_weights,
        }
    }

    fn depthwise(&self, depthwise: &'a plan::Depthwise, output: &Layout) -> Depthwise<'a> {
        let (window, input) = (&depthwise.window, self.layout(depthwise.x));
        Depthwise {
            input: self.values(depthwise.x),
            origin: window.origin,
            pixel: input.pixel,
            row: input.row(),
            kernel: window.kernel,
            stride: window.stride,
            dilation: window.dilation,
            weights: depthwise.weights.values(),
            tap: input.pixel,
            bias: depthwise.bias.values(),
            finish: self.finish(&depthwise.finish),
            rows: output.rows,
            columns: output.columns,
            channels: output.pixel,
            output_origin: output.origin(),
            output_pixel: output.pixel,
            output_row: output.row(),
        }
    }

    /// Operators on single pixels.
    fn compute_vector(&self, kind: &Kind, output: &mut [f32], channels: usize) {
        let (output, padding) = output.split_at_mut(channels);
        padding.fill(0.0);
        match kind {
            Kind::Constant(values) => output.copy_from_slice(values),
            Kind::ChannelSum(x) => output[0] = self.pixel(*x).iter().sum(),
            Kind::Unary(x, function) => vector::unary(*function, self.pixel(*x), output),
            Kind::Binary(a, b, function) => vector::binary(*function, self.pixel(*a), self.pixel(*b), output),
            _ => {}
        }
    }

    fn concatenate(&self, values: &[Value], layout: &Layout, output: &mut [f32]) {
        let mut first = 0;
        for value in values {
            let from = self.layout(*value);
            let (mut read, mut written) = (from.walk(), layout.walk());
            for _ in 0..layout.pixels() {
                let source = &self.values(*value)[read.next()..][..from.channels];
                output[written.next() + first..][..from.channels].copy_from_slice(source);
            }
            first += from.channels;
        }
        let mut written = layout.walk();
        for _ in 0..layout.pixels() {
            output[written.next()..][first..layout.pixel].fill(0.0);
        }
    }

    fn finish(&self, packed: &'a Packed) -> Finish<'a> {
        Finish {
            residual: packed.residual.map(|value| (self.values(value), self.layout(value).walk())),
            slopes: packed.slopes.as_ref().map(Buffer::values),
            ceiling: packed.ceiling,
        }
    }
}

fn windows(window: &Window, input: &Layout, output: &Layout) -> Walk {
    let (step, row) = (window.stride[1] * input.pixel, window.stride[0] * input.row());
    Walk::new(window.origin, output.columns, step, row)
}

fn finish_alone(finish: &Packed, layout: &Layout, output: &mut [f32]) {
    if finish.sigmoid {
        let mut walk = layout.walk();
        for _ in 0..layout.pixels() {
            vector::sigmoid(&mut output[walk.next()..][..layout.channels]);
        }
    }
}
