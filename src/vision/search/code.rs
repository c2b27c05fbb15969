//! A template in one byte a value, and how far the code may be off.

/// Values of a code that lie together.
pub(super) const LANES: usize = 64;

/// The largest value of a code.
const CODE_MAX: f32 = 127.0;

/// The largest value of a probe's code. A product of two codes of up to 2,048 values then fits into 32 bits, because it
/// is at most the product of their lengths (Cauchy–Schwarz): 127·√2048 · 8191·√2048.
const PROBE_MAX: f32 = 8191.0;

/// No template is longer than this: its squared length is 1 within a thousandth.
const LONGEST: f32 = 1.001;

/// A vector as whole numbers times a scale: `v = scale · numbers + e`, with the length of `e` at most `loss`.
pub(super) struct Code<Number> {
    pub(super) numbers: Vec<Number>,
    pub(super) scale: f32,
    pub(super) loss: f32,
}

impl Code<i8> {
    /// The code of a reference.
    #[expect(clippy::cast_possible_truncation, reason = "rounded, and at most CODE_MAX")]
    pub(super) fn of_reference(values: &[f32]) -> Self {
        code(values, CODE_MAX, |number| number as i8)
    }
}

impl Code<i16> {
    /// The code of a probe: two bytes a value, because there is only one.
    #[expect(clippy::cast_possible_truncation, reason = "rounded, and at most PROBE_MAX")]
    pub(super) fn of_probe(values: &[f32]) -> Self {
        code(values, PROBE_MAX, |number| number as i16)
    }
}

fn code<Number: Copy + Into<f32>>(values: &[f32], max: f32, number: impl Fn(f32) -> Number) -> Code<Number> {
    let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let scale = if largest > 0.0 { largest / max } else { 1.0 };
    let numbers: Vec<Number> = values.iter().map(|value| number((value / scale).round().clamp(-max, max))).collect();
    let off =
        |(value, number): (&f32, &Number)| (f64::from(*value) - f64::from(scale) * f64::from((*number).into())).powi(2);
    let loss = values.iter().zip(&numbers).map(off).sum::<f64>().sqrt();
    // Up, so that rounding to single precision does not make it less than it is.
    Code { numbers, scale, loss: (loss * (1.0 + 1e-6)) as f32 }
}

/// How far a cosine that is computed in single precision may be from the one that codes of losses `a` and `b` give.
///
/// Of `⟨a, b⟩ = ⟨ca, cb⟩ + ⟨ea, b⟩ + ⟨ca, eb⟩` the codes give the first term; the others are at most `|ea|·|b|` and
/// `(|a| + |ea|)·|eb|`. A sum of n products in single precision is off by n·2⁻²⁴ of the lengths at most (Higham 2002, §3.1);
/// twice that, and some more for the arithmetic of the bound itself.
pub(super) fn width(a: f32, b: f32, dimension: usize) -> f32 {
    a * LONGEST + (LONGEST + a) * b + (dimension + 32) as f32 * f32::EPSILON
}
