//! One operator of tract in the words of our own engine.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::array::{Pad, PadMode, TypedConcat};
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, MaxPool, PaddingSpec};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::nn::{DataFormat, LeakyRelu, Reduce, Reducer};
use vivat_engine::{Activation, Binary, Convolution, Order, Unary, Value};

use super::EngineError;
use super::planner::{Planner, View};
use super::prelu::FusedPRelu;

/// What the node is, as our own engine computes it.
///
/// # Errors
/// When it is not known, with its name.
pub(super) fn node(planner: &mut Planner, node: &TypedNode) -> Result<View, EngineError> {
    let unknown = || EngineError(format!("the operator {}", node.op.name()));
    if let Some(op) = node.op_as::<ElementWiseOp>() {
        return by_value(planner, node, op);
    }
    let x = node.inputs[0];
    let value = if let Some(op) = node.op_as::<Conv>() {
        convolution(planner, node, op)?
    } else if let Some(op) = node.op_as::<FusedPRelu>() {
        let slopes = op.slope.try_as_plain_ram()?.as_slice::<f32>()?.to_vec();
        if slopes.len() > 1 && op.axis != 1 {
            return Err(unknown());
        }
        let x = planner.picture(x)?;
        planner.graph.activation(x, Activation::Leaky(slopes))?
    } else if let Some(op) = node.op_as::<MaxPool>() {
        max_pool(planner, node, op)?
    } else if let Some(op) = node.op_as::<Reduce>() {
        let x = planner.picture(x)?;
        match (op.reducer, &op.axes[..]) {
            (Reducer::Sum, [2, 3]) => planner.graph.pixel_sum(x),
            (Reducer::Sum, [1]) => planner.graph.channel_sum(x)?,
            _ => return Err(unknown()),
        }
    } else if let Some(op) = node.op_as::<Pad>() {
        let x = planner.picture(x)?;
        let channels = planner.graph.shape(x)[2];
        match (&op.mode, &op.pads[..]) {
            (PadMode::Constant(zero), [(0, 0), (0, more), (0, 0), (0, 0)]) if zero.cast_to_scalar::<f32>()? == 0.0 => {
                planner.graph.pad_channels(x, channels + more)?
            }
            _ => return Err(unknown()),
        }
    } else if let Some(TypedConcat { axis: 1 }) = node.op_as() {
        let values = node.inputs.iter().map(|input| planner.picture(*input)).collect::<Result<Vec<_>, _>>()?;
        planner.graph.concat(&values)?
    } else if let Some(op) = node.op_as::<EinSum>() {
        fully_connected(planner, node, op)?
    } else if node.op.name() == "Resize" && planner.repeats(node, 2)? {
        let x = planner.picture(x)?;
        planner.graph.upsample(x, 2)
    } else if node.inputs.len() == 2 {
        of_two(planner, node)?
    } else {
        return Err(unknown());
    };
    Ok(View { value, order: Order::Planes })
}

/// Functions of single values keep the order of their input, whatever it is.
fn by_value(planner: &mut Planner, node: &TypedNode, op: &ElementWiseOp) -> Result<View, EngineError> {
    let view = planner.view(node.inputs[0])?;
    let graph = &mut planner.graph;
    let value = match &*op.name() {
        "Sigmoid" => graph.activation(view.value, Activation::Sigmoid)?,
        "Exp" => graph.unary(view.value, Unary::Exponential)?,
        "Sqrt" => graph.unary(view.value, Unary::Root)?,
        "Recip" => graph.unary(view.value, Unary::Reciprocal)?,
        name => match op.0.downcast_ref::<LeakyRelu>() {
            Some(leaky) => graph.activation(view.value, Activation::Leaky(vec![leaky.alpha]))?,
            None => return Err(EngineError(format!("the operator {name}"))),
        },
    };
    Ok(View { value, ..view })
}

fn convolution(planner: &mut Planner, node: &TypedNode, op: &Conv) -> Result<Value, EngineError> {
    let x = planner.picture(node.inputs[0])?;
    let [rows, columns, channels] = planner.graph.shape(x);
    let spec = &op.pool_spec;
    let constants = (planner.constant(node.inputs[1]), planner.constant(node.inputs[2]));
    let (Some(weights), Some(bias)) = constants else {
        return Err(EngineError("a convolution with computed weights".to_owned()));
    };
    let depthwise = op.group == channels && spec.output_channels == channels;
    let plain = spec.data_format == DataFormat::NCHW
        && op.kernel_fmt == KernelFormat::OIHW
        && op.q_params.is_none()
        && (depthwise || op.group == 1);
    let (&[down, right], &[row_step, column_step], &[row_gap, column_gap], true) =
        (&spec.kernel_shape[..], &spec.strides()[..], &spec.dilations()[..], plain)
    else {
        return Err(EngineError("a convolution of another kind".to_owned()));
    };
    let padding = spec.computed_padding(&[rows, columns]);
    let bias = if bias.len() == 1 { vec![bias[0]; spec.output_channels] } else { bias };
    let convolution = Convolution {
        weights,
        bias,
        kernel: [down, right],
        stride: [row_step, column_step],
        dilation: [row_gap, column_gap],
        before: [padding[0].pad_before, padding[1].pad_before],
        after: [padding[0].pad_after, padding[1].pad_after],
        depthwise,
    };
    Ok(planner.graph.convolution(x, convolution)?)
}

fn max_pool(planner: &mut Planner, node: &TypedNode, op: &MaxPool) -> Result<Value, EngineError> {
    let x = planner.picture(node.inputs[0])?;
    let spec = &op.pool_spec;
    let unpadded = match &spec.padding {
        PaddingSpec::Valid => true,
        PaddingSpec::Explicit(before, after) | PaddingSpec::ExplicitOnnxPool(before, after, false) => {
            before.iter().chain(after).all(|pad| *pad == 0)
        }
        _ => false,
    };
    let plain = unpadded && op.with_index_outputs.is_none() && spec.data_format == DataFormat::NCHW;
    match (&spec.kernel_shape[..], &spec.strides()[..], &spec.dilations()[..]) {
        (&[down, right], &[row_step, column_step], [1, 1]) if plain => {
            Ok(planner.graph.max_pool(x, [down, right], [row_step, column_step])?)
        }
        _ => Err(EngineError("a pooling of another kind".to_owned())),
    }
}

/// A matrix times the values of a picture is a convolution with one window.
fn fully_connected(planner: &mut Planner, node: &TypedNode, op: &EinSum) -> Result<Value, EngineError> {
    let view = planner.view(node.inputs[0])?;
    let [rows, columns, channels] = planner.graph.shape(view.value);
    let inputs = rows * columns * channels;
    let flat = planner.shape(node.inputs[0])?[..] == [1, inputs] && view.order == Order::Planes;
    let weights = node.inputs.get(1).and_then(|input| planner.constant(*input));
    let (Some(weights), true) = (weights, flat && node.inputs.len() == 2) else {
        return Err(EngineError("a matrix product of another kind".to_owned()));
    };
    let outputs = weights.len() / inputs;
    let weights = match &*op.axes.to_string() {
        "mk,nk->mn" => weights,
        "mk,kn->mn" => (0..weights.len()).map(|i| weights[i % inputs * outputs + i / inputs]).collect(),
        axes => return Err(EngineError(format!("the product {axes}"))),
    };
    let convolution = Convolution {
        weights,
        bias: vec![0.0; outputs],
        kernel: [rows, columns],
        stride: [1, 1],
        dilation: [1, 1],
        before: [0, 0],
        after: [0, 0],
        depthwise: false,
    };
    Ok(planner.graph.convolution(view.value, convolution)?)
}

/// An operator with two operands, one of which may be constant.
fn of_two(planner: &mut Planner, node: &TypedNode) -> Result<Value, EngineError> {
    let (a, b) = (node.inputs[0], node.inputs[1]);
    let name = node.op.name();
    match (planner.per_channel(a)?, planner.per_channel(b)?) {
        (None, Some(constant)) => with_constant(planner, &name, a, &constant),
        (Some(constant), None) if ["Add", "Mul", "Max", "Min"].contains(&&*name) => {
            with_constant(planner, &name, b, &constant)
        }
        (None, None) => {
            let (a, b) = (planner.picture(a)?, planner.picture(b)?);
            let [rows, columns, channels] = planner.graph.shape(a);
            let of_pixels = planner.graph.shape(b) == [1, 1, channels] && (rows, columns) != (1, 1);
            let graph = &mut planner.graph;
            Ok(match &*name {
                "Mul" if of_pixels => graph.gate(a, b)?,
                "Mul" if graph.shape(a)[..2] == [1, 1] && graph.shape(b)[..2] != [1, 1] => graph.gate(b, a)?,
                "Mul" => graph.binary(a, b, Binary::Multiply)?,
                "Add" => graph.add(a, b)?,
                "Div" => graph.binary(a, b, Binary::Divide)?,
                _ => return Err(EngineError(format!("the operator {name}"))),
            })
        }
        _ => Err(EngineError(format!("the operator {name} of constants"))),
    }
}

fn with_constant(planner: &mut Planner, name: &str, x: OutletId, constant: &[f32]) -> Result<Value, EngineError> {
    let x = planner.picture(x)?;
    let graph = &mut planner.graph;
    let each = |of: fn(f32) -> f32| constant.iter().map(|value| of(*value)).collect::<Vec<_>>();
    Ok(match (name, constant) {
        ("Add", shift) => graph.scale(x, &[1.0], shift)?,
        ("Sub", _) => graph.scale(x, &[1.0], &each(|value| -value))?,
        ("Mul", scale) => graph.scale(x, scale, &[0.0])?,
        ("Div", _) => graph.scale(x, &each(f32::recip), &[0.0])?,
        ("Max", [0.0]) => graph.activation(x, Activation::Leaky(vec![0.0]))?,
        ("Max", least) => {
            let least = graph.constant(least.to_vec());
            graph.binary(x, least, Binary::Maximum)?
        }
        ("Min", [ceiling]) if graph.is_rectified(x) => graph.activation(x, Activation::Clipped(*ceiling))?,
        _ => return Err(EngineError(format!("the operator {name} with a constant"))),
    })
}
