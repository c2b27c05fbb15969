//! Every operator on every instruction set against plain loops, and what a session promises.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod allocations;
mod any_network;
mod operators;
mod plain;
mod shrink;
