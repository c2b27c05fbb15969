//! On single pixels and outputs: too little to be worth more than plain loops.

use crate::graph::{Binary, Unary};

/// `1 / (1 + exp(-x))`
pub(crate) fn sigmoid(values: &mut [f32]) {
    for value in values {
        *value = 1.0 / (1.0 + (-*value).exp());
    }
}

/// Value by value.
pub(crate) fn unary(function: Unary, input: &[f32], output: &mut [f32]) {
    for (value, x) in output.iter_mut().zip(input) {
        *value = match function {
            Unary::Exponential => x.exp(),
            Unary::Root => x.sqrt(),
            Unary::Reciprocal => x.recip(),
        };
    }
}

/// Value by value; a single value of the second counts for all of the first.
pub(crate) fn binary(function: Binary, a: &[f32], b: &[f32], output: &mut [f32]) {
    for ((value, a), b) in output.iter_mut().zip(a).zip(b.iter().cycle()) {
        *value = match function {
            Binary::Add => a + b,
            Binary::Multiply => a * b,
            Binary::Divide => a / b,
            Binary::Maximum => a.max(*b),
        };
    }
}
