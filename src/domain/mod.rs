//! The rules of certification: pure, without IO, without async, without a clock of its own.

pub mod evidence;
pub mod score;
