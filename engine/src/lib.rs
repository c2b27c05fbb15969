//! Runs small convolutional networks on one core, as fast as the core goes.
//!
//! A [`Graph`] says what is computed. [`Plan::new`] fuses its nodes into a few operators, packs the weights for an
//! [`InstructionSet`] and lays out the buffers; a [`Session`] runs the plan again and again without allocating, in the
//! [`Arena`] of its worker.
//!
//! Tensors lie pixel by pixel, channels padded to 16 and a border of zeros around, so that a convolution reads its
//! surroundings without asking whether they are there. Every kernel is written once, over plain arrays and slices;
//! `kernels` compiles it for each instruction set, and is the only place with `unsafe`.
//!
//! This is a crate of its own because tests run unoptimised, and kernels must not. For the same reason two others live here: the
//! [`products`] of a search, and the sums of a picture that is made smaller ([`Rows`], [`Columns`]).

mod arena;
mod fuse;
mod graph;
mod instruction_set;
mod kernels;
mod memory;
mod pack;
mod pairs;
mod plan;
mod separables;
mod session;
mod siblings;
mod step;
mod tensor;

pub use arena::Arena;
pub use graph::{Activation, Binary, Convolution, Graph, Order, Unary, Unsupported, Value};
pub use instruction_set::{InstructionSet, UnknownInstructionSet};
pub use kernels::products::{Line, products};
pub use kernels::shrink::{Columns, Rows};
pub use plan::Plan;
pub use session::Session;

/// Channels are padded to a multiple of this: one register of the widest instruction set.
pub(crate) const LANES: usize = 16;
