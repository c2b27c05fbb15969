//! Dot products of one code with many: the inner loop of a search through all references.

use super::ahead::fetch;
use super::compiled;

/// Whole numbers that lie together: one cache line.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub struct Line(pub [i8; 64]);

compiled! {
    /// Products of `probe` with each code of `lines`, which are as many lines long as it is.
    of_all(lines: &[Line], later: &[Line], probe: &[[i16; 64]], products: &mut [i32]) = body
}

/// Products of a probe with each code of `lines`: as many lines each as the probe has. What does not fit into 32 bits
/// wraps around. `later` is what will be read after that, and comes into the cache meanwhile.
///
/// # Panics
/// When the probe has no lines.
pub fn products(set: crate::InstructionSet, lines: &[Line], later: &[Line], probe: &[[i16; 64]], products: &mut [i32]) {
    of_all(set, lines, later, probe, products);
}

/// One byte times two bytes: the compiler makes it one instruction for pairs, where the registers are wide.
#[inline(always)]
fn body<const LANES: usize, const ROWS: usize, const FUSED: bool>(
    lines: &[Line],
    later: &[Line],
    probe: &[[i16; 64]],
    products: &mut [i32],
) {
    let mut later = later.chunks_exact(probe.len());
    for (code, product) in lines.chunks_exact(probe.len()).zip(products) {
        later.next().into_iter().flatten().for_each(fetch);
        let of_line = |(line, part): (&Line, &[i16; 64])| -> i32 {
            line.0.iter().zip(part).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
        };
        *product = code.iter().zip(probe).map(of_line).sum();
    }
}
