//! Walks the operators of a model and says each in the words of our own engine, or that one cannot be said.

use std::collections::HashMap;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::EvalContext;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
use vivat_engine::{Graph, Order, Unsupported, Value};

use super::{EngineError, lower};

impl From<Unsupported> for EngineError {
    fn from(what: Unsupported) -> Self {
        Self(what.0)
    }
}

/// The whole model as a graph of our own engine.
pub(super) fn lower(model: &TypedModel) -> Result<Graph, EngineError> {
    let mut planner = Planner { model, graph: Graph::default(), views: HashMap::new() };
    for index in model.eval_order()? {
        let node = model.node(index);
        if let Some(view) = planner.lowered(node)? {
            planner.views.insert(OutletId::new(index, 0), view);
        }
    }
    for outlet in &model.outputs {
        let view = planner.view(*outlet)?;
        planner.graph.output(view.value, view.order);
    }
    Ok(planner.graph)
}

/// What an outlet of tract is: the values of ours in an order. Its shape may be any with as many values.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub(super) value: Value,
    pub(super) order: Order,
}

pub(super) struct Planner<'a> {
    model: &'a TypedModel,
    pub(super) graph: Graph,
    views: HashMap<OutletId, View>,
}

impl Planner<'_> {
    /// `None` for what is constant.
    fn lowered(&mut self, node: &TypedNode) -> Result<Option<View>, EngineError> {
        if node.outputs.iter().all(|output| output.fact.konst.is_some()) || self.constant(node.id.into()).is_some() {
            return Ok(None);
        }
        if node.op.name() == "Source" {
            let [1, channels, rows, columns] = self.shape(node.id.into())?[..] else {
                return Err(EngineError("an input that is no picture".to_owned()));
            };
            let (graph, value) = Graph::new(rows, columns, channels);
            self.graph = graph;
            return Ok(Some(View { value, order: Order::Planes }));
        }
        if let Some(op) = node.op_as::<AxisOp>() {
            return self.moved(node, op).map(Some);
        }
        lower::node(self, node).map(Some)
    }

    /// Axes of length one come and go, and axes are joined or split, without a value moving.
    fn moved(&self, node: &TypedNode, op: &AxisOp) -> Result<View, EngineError> {
        let view = self.view(node.inputs[0])?;
        match op {
            AxisOp::Add(_) | AxisOp::Rm(_) | AxisOp::Reshape(..) => Ok(view),
            AxisOp::Move(1, 3) if self.is_picture(node.inputs[0]) => Ok(View { order: Order::Pixels, ..view }),
            AxisOp::Move(..) => Err(EngineError("an order of axes that is not known".to_owned())),
        }
    }

    /// What an outlet is.
    pub(super) fn view(&self, outlet: OutletId) -> Result<View, EngineError> {
        self.views.get(&outlet).copied().ok_or_else(|| {
            let name = self.model.node(outlet.node).op.name();
            EngineError(format!("a constant, or one of several results, of {name}"))
        })
    }

    /// The value of an outlet that still has its channels on the second axis, or is one pixel.
    pub(super) fn picture(&self, outlet: OutletId) -> Result<Value, EngineError> {
        if self.is_picture(outlet) {
            Ok(self.view(outlet)?.value)
        } else {
            Err(EngineError("an operation on a tensor that is no picture".to_owned()))
        }
    }

    fn is_picture(&self, outlet: OutletId) -> bool {
        let (Ok(shape), Ok(view)) = (self.shape(outlet), self.view(outlet)) else { return false };
        let [rows, columns, channels] = self.graph.shape(view.value);
        let pixel = (rows, columns) == (1, 1) && shape.get(1) == Some(&channels);
        view.order == Order::Planes && (shape[..] == [1, channels, rows, columns] || pixel)
    }

    /// The shape of an outlet.
    pub(super) fn shape(&self, outlet: OutletId) -> Result<Vec<usize>, EngineError> {
        Ok(self.model.outlet_fact(outlet)?.shape.eval_to_usize(&SymbolValues::default())?.to_vec())
    }

    /// The values of a constant outlet, in its order.
    pub(super) fn constant(&self, outlet: OutletId) -> Option<Vec<f32>> {
        let node = self.model.node(outlet.node);
        if let Some(tensor) = &self.model.outlet_fact(outlet).ok()?.konst {
            return Some(tensor.cast_to::<f32>().ok()?.try_as_plain_ram().ok()?.as_slice::<f32>().ok()?.to_vec());
        }
        let keeps_order = node.op.name() == "Cast"
            || matches!(node.op_as(), Some(AxisOp::Add(_) | AxisOp::Rm(_) | AxisOp::Reshape(..)));
        if keeps_order { self.constant(*node.inputs.first()?) } else { None }
    }

    /// One value, or one a channel: a constant that varies along the second axis at most.
    pub(super) fn per_channel(&self, outlet: OutletId) -> Result<Option<Vec<f32>>, EngineError> {
        let Some(values) = self.constant(outlet) else { return Ok(None) };
        let shape = self.shape(outlet)?;
        if values.len() == 1 || shape.get(1) == Some(&values.len()) {
            Ok(Some(values))
        } else {
            Err(EngineError("a constant that varies from pixel to pixel".to_owned()))
        }
    }

    /// Asks tract itself whether an operator repeats each pixel `factor` times, down and right.
    pub(super) fn repeats(&self, node: &TypedNode, factor: usize) -> Result<bool, EngineError> {
        let shape = self.shape(node.inputs[0])?;
        let [_, channels, rows, columns] = shape[..] else { return Ok(false) };
        let ramp: Vec<f32> = (0..channels * rows * columns).map(|i| i as f32).collect();
        let mut inputs = tvec![Tensor::from_shape(&shape, &ramp)?.into_tvalue()];
        for input in &node.inputs[1..] {
            let Some(tensor) = &self.model.outlet_fact(*input)?.konst else { return Ok(false) };
            inputs.push(Arc::clone(tensor).into_tvalue());
        }
        let outputs = node.op.eval(&EvalContext::out_of_plan(), inputs)?;
        let repeated = (0..channels * rows * factor).flat_map(|row| {
            let start = (row / factor) * columns;
            (0..columns * factor).map(move |column| (start + column / factor) as f32)
        });
        Ok(outputs[0].try_as_plain_ram()?.as_slice::<f32>()?.iter().copied().eq(repeated))
    }
}
