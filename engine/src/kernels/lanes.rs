//! Arithmetic on as many values as a register holds. Plain arrays: the compiler makes registers of them.

/// `L` values from `at` on.
#[inline(always)]
pub(crate) fn load<const L: usize>(values: &[f32], at: usize) -> [f32; L] {
    values[at..at + L].as_chunks::<L>().0[0]
}

/// Puts `L` values from `at` on.
#[inline(always)]
pub(crate) fn store<const L: usize>(values: &mut [f32], at: usize, lanes: [f32; L]) {
    values[at..at + L].as_chunks_mut::<L>().0[0] = lanes;
}

#[inline(always)]
fn each<const L: usize>(mut value: impl FnMut(usize) -> f32) -> [f32; L] {
    let mut lanes = [0.0; L];
    for (i, lane) in lanes.iter_mut().enumerate() {
        *lane = value(i);
    }
    lanes
}

/// `a · b + c`
#[inline(always)]
pub(crate) fn multiply_add<const L: usize, const FUSED: bool>(a: [f32; L], b: [f32; L], c: [f32; L]) -> [f32; L] {
    each(|i| if FUSED { a[i].mul_add(b[i], c[i]) } else { a[i] * b[i] + c[i] })
}

#[inline(always)]
pub(crate) fn add<const L: usize>(a: [f32; L], b: [f32; L]) -> [f32; L] {
    each(|i| a[i] + b[i])
}

// Not `f32::max`, which has rules for NaN that cost two more instructions.

#[inline(always)]
pub(crate) fn larger<const L: usize>(a: [f32; L], b: [f32; L]) -> [f32; L] {
    each(|i| if a[i] > b[i] { a[i] } else { b[i] })
}

#[inline(always)]
pub(crate) fn smaller<const L: usize>(a: [f32; L], b: [f32; L]) -> [f32; L] {
    each(|i| if a[i] < b[i] { a[i] } else { b[i] })
}

/// `max(x, 0) + slope · min(x, 0)`
#[inline(always)]
pub(crate) fn leaky<const L: usize, const FUSED: bool>(x: [f32; L], slope: [f32; L]) -> [f32; L] {
    multiply_add::<L, FUSED>(smaller(x, [0.0; L]), slope, larger(x, [0.0; L]))
}
