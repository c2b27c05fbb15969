//! The inference engine. Nothing outside this folder names it.
//!
//! tract reads and checks a model. What our own engine knows (the crate `vivat-engine`) is lowered to it whole; a model
//! with any other operator runs in tract, which is also the oracle in the tests.

#[cfg(test)]
mod any_model;
mod general;
mod lower;
#[cfg(test)]
mod oracle;
mod planner;
mod prelu;

use std::sync::Arc;

use vivat_engine::Plan;
pub use vivat_engine::{Arena, InstructionSet};
pub(crate) use vivat_engine::{Columns, Line, Rows, products};

/// The engine refused a model or failed while it ran one. Carries the engine's words, never pixels or values.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(String);

/// A model, ready to run at one input size: shared between workers, immutable.
pub struct Net {
    engine: Engine,
    outputs: Vec<Vec<usize>>,
}

enum Engine {
    Own(Arc<Plan>),
    General(general::Model),
}

impl Net {
    /// Parses ONNX and fixes the input to `1 × 3 × height × width`.
    ///
    /// Fully convolutional models may be given another size than the one they were exported with.
    ///
    /// # Errors
    /// When it is no model, or none that takes such an input.
    pub fn load(onnx: &[u8], width: usize, height: usize, set: InstructionSet) -> Result<Self, EngineError> {
        let model = general::parse(onnx, width, height)?;
        let outputs = general::output_shapes(&model)?;
        let engine = match planner::lower(&model).and_then(|graph| Ok(Plan::new(&graph, set)?)) {
            Ok(plan) => Engine::Own(Arc::new(plan)),
            Err(_) => Engine::General(general::Model::new(model, [1, 3, height, width])?),
        };
        Ok(Self { engine, outputs })
    }

    /// The shape of each output.
    pub(crate) fn output_shapes(&self) -> &[Vec<usize>] {
        &self.outputs
    }

    /// The only output of this shape.
    pub(crate) fn output_of_shape(&self, shape: &[usize]) -> Option<usize> {
        self.outputs.iter().position(|s| s == shape)
    }

    /// How many multiplications its convolutions have; `None` when our own engine does not know it whole, so that tract
    /// runs it.
    #[must_use]
    pub fn multiplications(&self) -> Option<usize> {
        match &self.engine {
            Engine::Own(plan) => Some(plan.multiplications()),
            Engine::General(_) => None,
        }
    }

    /// What one worker needs to run the model again and again; its models compute in one arena, in turns.
    ///
    /// # Errors
    /// When tract refuses.
    pub fn session(&self, arena: &Arena) -> Result<Session, EngineError> {
        Ok(Session(match &self.engine {
            Engine::Own(plan) => State::Own(plan.session(arena)),
            Engine::General(model) => State::General(model.session()?),
        }))
    }
}

/// One worker's state of a [`Net`]: its input, its scratch memory, its last outputs.
pub struct Session(State);

enum State {
    Own(vivat_engine::Session),
    General(general::Session),
}

impl Session {
    /// The input planes, to be filled before [`Session::run`]; they keep what was written last.
    ///
    /// # Errors
    /// When tract does not let it be written.
    pub fn input(&mut self) -> Result<&mut [f32], EngineError> {
        match &mut self.0 {
            State::Own(session) => Ok(session.input()),
            State::General(session) => session.input(),
        }
    }

    /// Runs the model on the input.
    ///
    /// # Errors
    /// When tract fails. Our own engine does not.
    pub fn run(&mut self) -> Result<(), EngineError> {
        match &mut self.0 {
            State::Own(session) => {
                session.run();
                Ok(())
            }
            State::General(session) => session.run(),
        }
    }

    /// An output of the last run, row-major.
    ///
    /// # Errors
    /// When there is none of this number.
    pub fn output(&self, index: usize) -> Result<&[f32], EngineError> {
        match &self.0 {
            State::Own(session) => {
                session.output(index).ok_or_else(|| EngineError(format!("there is no output {index}")))
            }
            State::General(session) => session.output(index),
        }
    }
}
