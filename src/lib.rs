//! Vivat: proof of life for pensions.

pub mod domain;
pub mod store;
pub mod vision;
