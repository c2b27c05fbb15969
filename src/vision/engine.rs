//! The inference engine. Nothing outside this file names it.

use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::axes::AxesMapping;
use tract_onnx::tract_hir::internal::{
    AxisChangeConsequence, AxisOp, EvalContext, EvalOp, Expansion, InOut, InferenceResult, Solver, StaticName,
    TensorProxy, args_1, as_op, bail, check_input_arity, check_output_arity, expand, op_as_typed_op, op_out_of_plan,
};

/// The engine refused a model or failed while it ran one. Carries the engine's words, never pixels or values.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(String);

impl From<TractError> for EngineError {
    fn from(error: TractError) -> Self {
        Self(format!("{error:#}"))
    }
}

/// A model, ready to run at one input size: shared between workers, immutable.
pub(crate) struct Net {
    plan: Arc<TypedRunnableModel>,
    input: [usize; 4],
    outputs: Vec<Vec<usize>>,
}

impl Net {
    /// Parses ONNX and fixes the input to `1 × 3 × height × width`.
    ///
    /// Fully convolutional models may be given another size than the one they were exported with.
    pub(crate) fn load(onnx: &[u8], width: usize, height: usize) -> Result<Self, EngineError> {
        let input = [1, 3, height, width];
        let mut framework = tract_onnx::onnx().with_ignore_value_info(true);
        framework.op_register.insert("PRelu", |_, _| Ok((expand(ImportPRelu), vec![])));
        let mut model = framework.model_for_read(&mut &*onnx)?.with_input_fact(0, f32::fact(input).into())?;
        for output in 0..model.output_outlets()?.len() {
            model.set_output_fact(output, InferenceFact::default())?;
        }
        let model = model.into_optimized()?;
        let outputs = (0..model.outputs.len())
            .map(|i| model.output_fact(i)?.shape.eval_to_usize(&SymbolValues::default()).map(|s| s.to_vec()))
            .collect::<TractResult<_>>()?;
        Ok(Self { plan: model.into_runnable()?, input, outputs })
    }

    /// The shape of each output.
    pub(crate) fn output_shapes(&self) -> &[Vec<usize>] {
        &self.outputs
    }

    /// The only output of this shape.
    pub(crate) fn output_of_shape(&self, shape: &[usize]) -> Option<usize> {
        self.outputs.iter().position(|s| s == shape)
    }

    /// The names of the operators that run.
    #[cfg(test)]
    pub(crate) fn operators(&self) -> impl Iterator<Item = StaticName> {
        self.plan.model().nodes().iter().map(|node| node.op().name())
    }

    /// What one worker needs to run the model again and again.
    pub(crate) fn session(&self) -> Result<Session, EngineError> {
        let outputs = self.outputs.iter().map(|s| Tensor::zero::<f32>(s).map(Tensor::into_tvalue));
        Ok(Session {
            state: self.plan.spawn()?,
            input: Arc::new(Tensor::zero::<f32>(&self.input)?),
            outputs: outputs.collect::<TractResult<_>>()?,
        })
    }
}

/// One worker's state of a [`Net`]: its input, its scratch memory, its last outputs.
pub(crate) struct Session {
    state: TypedSimpleState,
    input: Arc<Tensor>,
    outputs: TVec<TValue>,
}

impl Session {
    /// The input planes, to be filled before [`Session::run`]; they keep what was written last.
    pub(crate) fn input(&mut self) -> Result<&mut [f32], EngineError> {
        // The engine let go of its share at the end of the last run, so this copies nothing.
        let view = Arc::make_mut(&mut self.input).to_plain_array_view_mut()?;
        view.into_slice().ok_or_else(|| EngineError("the input is not contiguous".to_owned()))
    }

    /// Runs the model on the input.
    pub(crate) fn run(&mut self) -> Result<(), EngineError> {
        self.outputs = self.state.run(tvec!(Arc::clone(&self.input).into_tvalue()))?;
        Ok(())
    }

    /// An output of the last run, row-major.
    pub(crate) fn output(&self, index: usize) -> Result<&[f32], EngineError> {
        let value = self.outputs.get(index).ok_or_else(|| EngineError(format!("there is no output {index}")))?;
        Ok(value.try_as_plain_ram()?.as_slice()?)
    }
}

/// `max(x, 0) + slope · min(x, 0)` in one pass and in place. The engine's own import takes three scalar passes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FusedPRelu {
    axis: usize,
    /// One value, or one for each index of `axis`.
    slope: Arc<Tensor>,
}

impl Op for FusedPRelu {
    fn name(&self) -> StaticName {
        "FusedPRelu".into()
    }
    op_as_typed_op!();
}

impl EvalOp for FusedPRelu {
    op_out_of_plan!();
    fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut tensor = args_1!(inputs).into_tensor();
        let inner: usize = tensor.shape()[self.axis + 1..].iter().product();
        let slopes = self.slope.try_as_plain_ram()?.as_slice::<f32>()?;
        let mut view = tensor.try_as_plain_ram_mut()?;
        let values = view.as_slice_mut::<f32>()?;
        if let [slope] = slopes {
            prelu(values, *slope);
        } else if inner == 1 {
            for row in values.chunks_exact_mut(slopes.len()) {
                for (value, slope) in row.iter_mut().zip(slopes) {
                    *value = value.max(0.0) + slope * value.min(0.0);
                }
            }
        } else {
            for (plane, slope) in values.chunks_exact_mut(inner).zip(slopes.iter().cycle()) {
                prelu(plane, *slope);
            }
        }
        Ok(tvec!(tensor.into_tvalue()))
    }
}

fn prelu(values: &mut [f32], slope: f32) {
    for value in values {
        *value = value.max(0.0) + slope * value.min(0.0);
    }
}

impl TypedOp for FusedPRelu {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(inputs[0].datum_type.fact(inputs[0].shape.clone())))
    }

    fn axes_mapping(&self, inputs: &[&TypedFact], outputs: &[&TypedFact]) -> TractResult<AxesMapping> {
        AxesMapping::natural(inputs, outputs)
    }

    fn change_axes(
        &self,
        _model: &TypedModel,
        _node: &TypedNode,
        _io: InOut,
        change: &AxisOp,
    ) -> TractResult<Option<AxisChangeConsequence>> {
        Ok(change.transform_axis(self.axis).map(|axis| AxisChangeConsequence {
            substitute_op: Some(Box::new(Self { axis, slope: Arc::clone(&self.slope) })),
            wire_changes: tvec!((InOut::In(0), change.clone()), (InOut::Out(0), change.clone())),
        }))
    }

    as_op!();
}

/// How ONNX's `PRelu` becomes a [`FusedPRelu`]. The slope has to be a constant that varies along one axis at most.
#[derive(Debug, Clone)]
struct ImportPRelu;

impl Expansion for ImportPRelu {
    fn name(&self) -> StaticName {
        "PRelu".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 2)?;
        check_output_arity(outputs, 1)?;
        solver.equals(&inputs[0].datum_type, &outputs[0].datum_type)?;
        solver.equals(&inputs[0].shape, &outputs[0].shape)
    }

    fn wire(&self, name: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
        let rank = model.outlet_fact(inputs[0])?.rank();
        let Some(slope) = model.outlet_fact(inputs[1])?.konst.clone() else {
            bail!("{name}: a computed slope is not supported");
        };
        let wide: TVec<usize> = (0..slope.rank()).filter(|axis| slope.shape()[*axis] > 1).collect();
        let axis = match wide[..] {
            [] => 0,
            [axis] => axis + rank - slope.rank(),
            _ => bail!("{name}: a slope that varies along several axes is not supported"),
        };
        model.wire_node(name, FusedPRelu { axis, slope }, &inputs[..1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluated(axis: usize, slope: &Tensor, shape: &[usize], values: &[f32]) -> Vec<f32> {
        let op = FusedPRelu { axis, slope: Arc::new(slope.clone()) };
        let input = Tensor::from_shape(shape, values).unwrap().into_tvalue();
        let output = op.eval(&EvalContext::out_of_plan(), tvec!(input)).unwrap();
        output[0].try_as_plain_ram().unwrap().as_slice::<f32>().unwrap().to_vec()
    }

    #[test]
    fn prelu_takes_each_value_by_the_slope_of_its_channel() {
        let values = [-1.0, 2.0, -3.0, 4.0, -5.0, -6.0, 7.0, -8.0];
        let one = Tensor::from_shape(&[1], &[0.5_f32]).unwrap();
        let two = Tensor::from_shape(&[2, 1, 1], &[0.5_f32, 0.1]).unwrap();
        assert_eq!(evaluated(1, &one, &[1, 2, 2, 2], &values), [-0.5, 2.0, -1.5, 4.0, -2.5, -3.0, 7.0, -4.0]);
        assert_eq!(evaluated(1, &two, &[1, 2, 2, 2], &values), [-0.5, 2.0, -1.5, 4.0, -0.5, -0.6, 7.0, -0.8]);
        assert_eq!(evaluated(1, &two, &[4, 2], &values), [-0.5, 2.0, -1.5, 4.0, -2.5, -0.6, 7.0, -0.8]);
    }
}
