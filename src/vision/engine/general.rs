//! tract: parses and checks models, and runs those that our own engine does not know whole.

use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::expand;

use super::EngineError;
use super::prelu::ImportPRelu;

impl From<TractError> for EngineError {
    fn from(error: TractError) -> Self {
        Self(format!("{error:#}"))
    }
}

/// Reads a model as published: its operators are typed and checked, and not yet rewritten.
///
/// tract's rewriting makes other operators of a pointwise convolution, which a planner would have to guess back.
pub(super) fn parse(onnx: &[u8], width: usize, height: usize) -> Result<TypedModel, EngineError> {
    let mut framework = tract_onnx::onnx().with_ignore_value_info(true);
    framework.op_register.insert("PRelu", |_, _| Ok((expand(ImportPRelu), vec![])));
    let input = f32::fact([1, 3, height, width]).into();
    let mut model = framework.model_for_read(&mut &*onnx)?.with_input_fact(0, input)?;
    for output in 0..model.output_outlets()?.len() {
        model.set_output_fact(output, InferenceFact::default())?;
    }
    Ok(model.into_typed()?)
}

/// The shape of each output.
pub(super) fn output_shapes(model: &TypedModel) -> Result<Vec<Vec<usize>>, EngineError> {
    let shapes = (0..model.outputs.len())
        .map(|i| model.output_fact(i)?.shape.eval_to_usize(&SymbolValues::default()).map(|s| s.to_vec()));
    Ok(shapes.collect::<TractResult<_>>()?)
}

/// A model, optimised for tract.
pub(super) struct Model {
    plan: Arc<TypedRunnableModel>,
    input: [usize; 4],
}

impl Model {
    pub(super) fn new(model: TypedModel, input: [usize; 4]) -> Result<Self, EngineError> {
        Ok(Self { plan: model.into_optimized()?.into_runnable()?, input })
    }

    pub(super) fn session(&self) -> Result<Session, EngineError> {
        let input = Arc::new(Tensor::zero::<f32>(&self.input)?);
        Ok(Session { state: self.plan.spawn()?, input, outputs: tvec![] })
    }
}

/// One worker's state of a [`Model`].
pub(super) struct Session {
    state: TypedSimpleState,
    input: Arc<Tensor>,
    outputs: TVec<TValue>,
}

impl Session {
    pub(super) fn input(&mut self) -> Result<&mut [f32], EngineError> {
        // The engine let go of its share at the end of the last run, so this copies nothing.
        let view = Arc::make_mut(&mut self.input).to_plain_array_view_mut()?;
        view.into_slice().ok_or_else(|| EngineError("the input is not contiguous".to_owned()))
    }

    pub(super) fn run(&mut self) -> Result<(), EngineError> {
        self.outputs = self.state.run(tvec!(Arc::clone(&self.input).into_tvalue()))?;
        Ok(())
    }

    pub(super) fn output(&self, index: usize) -> Result<&[f32], EngineError> {
        let value = self.outputs.get(index).ok_or_else(|| EngineError(format!("there is no output {index}")))?;
        Ok(value.try_as_plain_ram()?.as_slice()?)
    }
}
