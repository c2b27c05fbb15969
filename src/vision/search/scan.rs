//! The inner loop: dot products of one code with many.
//!
//! Plain arrays, which the compiler turns into the vector instructions that it may use: the scan waits for memory
//! with each of them (docs/performance.md, "One against all").

use super::code::{LANES, Line};

/// Products of a probe, padded with zeros to whole lines, with each reference of `lines`, which are as long as the probe.
pub(super) fn dots(lines: &[Line], probe: &[[i16; LANES]], products: &mut [i32]) {
    for (reference, product) in lines.chunks_exact(probe.len()).zip(products) {
        *product = reference.iter().zip(probe).map(|(line, part)| dot(&line.0, part)).sum();
    }
}

#[inline]
fn dot(line: &[i8; LANES], part: &[i16; LANES]) -> i32 {
    line.iter().zip(part).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}
