//! `PReLU` for the general engine, whose own import takes three scalar passes.

use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::axes::AxesMapping;
use tract_onnx::tract_hir::internal::{
    AxisChangeConsequence, AxisOp, EvalContext, EvalOp, Expansion, InOut, InferenceResult, Solver, StaticName,
    TensorProxy, args_1, as_op, bail, check_input_arity, check_output_arity, op_as_typed_op, op_out_of_plan,
};

/// `max(x, 0) + slope · min(x, 0)` in one pass and in place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FusedPRelu {
    pub(super) axis: usize,
    /// One value, or one for each index of `axis`.
    pub(super) slope: Arc<Tensor>,
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
pub(super) struct ImportPRelu;

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
