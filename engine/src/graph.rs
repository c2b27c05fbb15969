//! What a network computes, in the words of its publisher: one node a layer, nothing fused.

/// The result of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value(pub(crate) usize);

/// Something that only a general engine can run; says what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported(pub String);

impl Unsupported {
    pub(crate) fn because<T>(what: impl Into<String>) -> Result<T, Self> {
        Err(Self(what.into()))
    }
}

/// A convolution, as published: weights in the order output channel, input channel of the group, row, column.
#[derive(Debug, Clone)]
pub struct Convolution {
    /// `outputs × inputs of a group × rows × columns` values.
    pub weights: Vec<f32>,
    /// One value an output channel.
    pub bias: Vec<f32>,
    /// Rows and columns.
    pub kernel: [usize; 2],
    /// Down and right.
    pub stride: [usize; 2],
    /// Down and right.
    pub dilation: [usize; 2],
    /// Rows and columns of zeros above and left of the input.
    pub before: [usize; 2],
    /// Rows and columns of zeros below and right of it.
    pub after: [usize; 2],
    /// Whether each output channel sees the input channel of its own number only.
    pub depthwise: bool,
}

/// What a value becomes by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Activation {
    /// `max(x, 0) + slope · min(x, 0)`, a slope a channel: `ReLU` has zeros.
    Leaky(Vec<f32>),
    /// `min(max(x, 0), ceiling)`: `ReLU6` has six.
    Clipped(f32),
    /// `1 / (1 + exp(-x))`
    Sigmoid,
}

/// Of single values; only for tensors of one pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unary {
    /// `exp(x)`
    Exponential,
    /// `sqrt(x)`
    Root,
    /// `1 / x`
    Reciprocal,
}

/// Of two values; only for tensors of one pixel, one of which may have one channel for all of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// `a + b`
    Add,
    /// `a · b`
    Multiply,
    /// `a / b`
    Divide,
    /// `max(a, b)`
    Maximum,
}

/// In which order an output is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Channel by channel, as NCHW.
    Planes,
    /// Pixel by pixel, as NHWC.
    Pixels,
}

#[derive(Debug, Clone)]
pub(crate) enum Layer {
    Input,
    Constant(Vec<f32>),
    Convolution(Convolution),
    /// `x · scale + shift`, by channel.
    Scale {
        scale: Vec<f32>,
        shift: Vec<f32>,
    },
    Activation(Activation),
    Add,
    /// `x · gate`, the second input having one pixel.
    Gate,
    MaxPool {
        kernel: [usize; 2],
        stride: [usize; 2],
    },
    PixelSum,
    ChannelSum,
    Upsample {
        factor: usize,
    },
    PadChannels,
    Concat,
    Unary(Unary),
    Binary(Binary),
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) layer: Layer,
    pub(crate) inputs: Vec<Value>,
    /// Rows, columns, channels.
    pub(crate) shape: [usize; 3],
}

/// A network, built from its input to its outputs.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) outputs: Vec<(Value, Order)>,
}

impl Graph {
    /// A network of one input.
    #[must_use]
    pub fn new(rows: usize, columns: usize, channels: usize) -> (Self, Value) {
        let mut graph = Self::default();
        let input = graph.push(Layer::Input, &[], [rows, columns, channels]);
        (graph, input)
    }

    /// Rows, columns and channels of a value.
    #[must_use]
    pub fn shape(&self, value: Value) -> [usize; 3] {
        self.nodes[value.0].shape
    }

    fn push(&mut self, layer: Layer, inputs: &[Value], shape: [usize; 3]) -> Value {
        self.nodes.push(Node { layer, inputs: inputs.to_vec(), shape });
        Value(self.nodes.len() - 1)
    }

    /// A pixel that is always the same.
    pub fn constant(&mut self, values: Vec<f32>) -> Value {
        let shape = [1, 1, values.len()];
        self.push(Layer::Constant(values), &[], shape)
    }

    /// Dense or depthwise.
    ///
    /// # Errors
    /// When weights, kernel and input do not go together.
    pub fn convolution(&mut self, x: Value, layer: Convolution) -> Result<Value, Unsupported> {
        let [rows, columns, channels] = self.shape(x);
        let extent = |axis: usize, length: usize| {
            let span = (layer.kernel[axis].checked_sub(1)?) * layer.dilation[axis] + 1;
            Some((length + layer.before[axis] + layer.after[axis]).checked_sub(span)? / layer.stride[axis] + 1)
        };
        let inputs = if layer.depthwise { 1 } else { channels };
        let outputs = layer.bias.len();
        let fits = layer.weights.len() == outputs * inputs * layer.kernel[0] * layer.kernel[1]
            && (!layer.depthwise || outputs == channels);
        match (extent(0, rows), extent(1, columns)) {
            (Some(rows), Some(columns)) if fits => {
                Ok(self.push(Layer::Convolution(layer), &[x], [rows, columns, outputs]))
            }
            _ => Unsupported::because("a convolution that does not fit its input"),
        }
    }

    /// `x · scale + shift`, one or one a channel of each.
    ///
    /// # Errors
    /// When there are other numbers of them.
    pub fn scale(&mut self, x: Value, scale: &[f32], shift: &[f32]) -> Result<Value, Unsupported> {
        let shape = self.shape(x);
        let (scale, shift) = (per_channel(scale, shape[2])?, per_channel(shift, shape[2])?);
        Ok(self.push(Layer::Scale { scale, shift }, &[x], shape))
    }

    /// Value by value. A single slope counts for all channels.
    ///
    /// # Errors
    /// When there are neither one slope nor as many as channels.
    pub fn activation(&mut self, x: Value, activation: Activation) -> Result<Value, Unsupported> {
        let shape = self.shape(x);
        let activation = match activation {
            Activation::Leaky(slopes) => Activation::Leaky(per_channel(&slopes, shape[2])?),
            other => other,
        };
        Ok(self.push(Layer::Activation(activation), &[x], shape))
    }

    /// The sum of two values of one shape.
    ///
    /// # Errors
    /// When they have two.
    pub fn add(&mut self, a: Value, b: Value) -> Result<Value, Unsupported> {
        let shape = self.shape(a);
        if shape != self.shape(b) {
            return Unsupported::because("a sum of two shapes");
        }
        Ok(self.push(Layer::Add, &[a, b], shape))
    }

    /// Each channel times its gate, which has one pixel.
    ///
    /// # Errors
    /// When the gate is of another shape.
    pub fn gate(&mut self, x: Value, gate: Value) -> Result<Value, Unsupported> {
        let shape = self.shape(x);
        if self.shape(gate) != [1, 1, shape[2]] {
            return Unsupported::because("a product of two shapes");
        }
        Ok(self.push(Layer::Gate, &[x, gate], shape))
    }

    /// The largest of each window; windows lie inside the input.
    ///
    /// # Errors
    /// When the window is larger than the input.
    pub fn max_pool(&mut self, x: Value, kernel: [usize; 2], stride: [usize; 2]) -> Result<Value, Unsupported> {
        let [rows, columns, channels] = self.shape(x);
        match (rows.checked_sub(kernel[0]), columns.checked_sub(kernel[1])) {
            (Some(rows), Some(columns)) => {
                let shape = [rows / stride[0] + 1, columns / stride[1] + 1, channels];
                Ok(self.push(Layer::MaxPool { kernel, stride }, &[x], shape))
            }
            _ => Unsupported::because("a window larger than its input"),
        }
    }

    /// The sum over all pixels, by channel.
    pub fn pixel_sum(&mut self, x: Value) -> Value {
        let channels = self.shape(x)[2];
        self.push(Layer::PixelSum, &[x], [1, 1, channels])
    }

    /// The sum over the channels of the only pixel.
    ///
    /// # Errors
    /// When there are several pixels.
    pub fn channel_sum(&mut self, x: Value) -> Result<Value, Unsupported> {
        self.one_pixel(x)?;
        Ok(self.push(Layer::ChannelSum, &[x], [1, 1, 1]))
    }

    /// Each pixel `factor × factor` times.
    pub fn upsample(&mut self, x: Value, factor: usize) -> Value {
        let [rows, columns, channels] = self.shape(x);
        self.push(Layer::Upsample { factor }, &[x], [rows * factor, columns * factor, channels])
    }

    /// Channels of zeros after those that are there, up to `channels`.
    ///
    /// # Errors
    /// When there are more already.
    pub fn pad_channels(&mut self, x: Value, channels: usize) -> Result<Value, Unsupported> {
        let [rows, columns, present] = self.shape(x);
        if present > channels {
            return Unsupported::because("padding to fewer channels");
        }
        Ok(self.push(Layer::PadChannels, &[x], [rows, columns, channels]))
    }

    /// Values of the same rows and columns, channel after channel.
    ///
    /// # Errors
    /// When rows or columns differ, or there is none.
    pub fn concat(&mut self, values: &[Value]) -> Result<Value, Unsupported> {
        let shapes: Vec<_> = values.iter().map(|value| self.shape(*value)).collect();
        match shapes.first() {
            Some([rows, columns, _]) if shapes.iter().all(|shape| shape[..2] == [*rows, *columns]) => {
                let shape = [*rows, *columns, shapes.iter().map(|shape| shape[2]).sum()];
                Ok(self.push(Layer::Concat, values, shape))
            }
            _ => Unsupported::because("a concatenation of different sizes"),
        }
    }

    /// Value by value, of one pixel.
    ///
    /// # Errors
    /// When there are several pixels.
    pub fn unary(&mut self, x: Value, function: Unary) -> Result<Value, Unsupported> {
        self.one_pixel(x)?;
        let shape = self.shape(x);
        Ok(self.push(Layer::Unary(function), &[x], shape))
    }

    /// Value by value, of one pixel each. The second may have one channel for all of the first.
    ///
    /// # Errors
    /// When there are several pixels, or the channels do not go together.
    pub fn binary(&mut self, a: Value, b: Value, function: Binary) -> Result<Value, Unsupported> {
        self.one_pixel(a)?;
        self.one_pixel(b)?;
        let shape = self.shape(a);
        if ![1, shape[2]].contains(&self.shape(b)[2]) {
            return Unsupported::because("two vectors of different lengths");
        }
        Ok(self.push(Layer::Binary(function), &[a, b], shape))
    }

    /// Whether a value comes out of a `ReLU`: then a ceiling makes it [`Activation::Clipped`].
    #[must_use]
    pub fn is_rectified(&self, x: Value) -> bool {
        matches!(&self.nodes[x.0].layer, Layer::Activation(Activation::Leaky(slopes)) if slopes.iter().all(|s| *s == 0.0))
    }

    /// Makes a value the next output.
    pub fn output(&mut self, value: Value, order: Order) {
        self.outputs.push((value, order));
    }

    fn one_pixel(&self, x: Value) -> Result<(), Unsupported> {
        if self.shape(x)[..2] == [1, 1] { Ok(()) } else { Unsupported::because("a vector operation on a picture") }
    }
}

fn per_channel(values: &[f32], channels: usize) -> Result<Vec<f32>, Unsupported> {
    match values {
        [value] => Ok(vec![*value; channels]),
        values if values.len() == channels => Ok(values.to_vec()),
        _ => Unsupported::because("a value that is neither one nor one a channel"),
    }
}
