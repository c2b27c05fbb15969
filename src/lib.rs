//! Vivat: proof of life for pensions.

pub mod domain;
