//! Letterbox: a part of the frame, shrunk or enlarged into a model's input in one pass.

use std::ops::Range;

use super::align;
use super::frame::Frame;
use super::manifest::InputSpec;
use super::mapping::Mapping;

/// A rectangle of whole pixels of the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct View {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// How much of the input it shall fill: 1 as much as fits, less leaves a border.
    pub(crate) filled: f32,
}

impl View {
    /// Pixels of an input for one of the frame, when as much fits as shall.
    pub(crate) fn ratio(&self, spec: &InputSpec) -> f32 {
        self.filled * (spec.width as f32 / self.width as f32).min(spec.height as f32 / self.height as f32)
    }
}

/// Sums of the source rows that fall into one output row.
#[derive(Default)]
pub(crate) struct Scratch {
    sums: Vec<f32>,
    /// Of the rows that count in full, as whole numbers: four times as many to a register as floats.
    whole: Vec<u16>,
}

/// Rows of bytes whose sum fits into 16 bits.
const MAX_WHOLE: usize = 256;

/// Fills the planes with the view, as large as fits and centred; the rest is black. Returns the plain scaling that takes
/// input coordinates back to the frame, which is how detectors are trained to speak.
///
/// Shrinking averages every source pixel by the area it covers, so that nothing aliases; enlarging is bilinear.
pub(crate) fn letterbox(
    frame: &Frame,
    view: View,
    spec: &InputSpec,
    scratch: &mut Scratch,
    planes: &mut [f32],
) -> Mapping {
    let ratio = view.ratio(spec);
    let width = ((view.width as f32 * ratio).round() as usize).clamp(1, spec.width);
    let height = ((view.height as f32 * ratio).round() as usize).clamp(1, spec.height);
    let (left, top) = ((spec.width - width) / 2, (spec.height - height) / 2);
    let scale = 1.0 / ratio;
    let back =
        Mapping { a: scale, b: 0.0, dx: view.x as f32 - scale * left as f32, dy: view.y as f32 - scale * top as f32 };
    if ratio >= 1.0 {
        // Edges lie on edges, while whole numbers are pixel centres: hence the halves.
        let half = (scale - 1.0) / 2.0;
        align::warp(frame, &Mapping { dx: back.dx + half, dy: back.dy + half, ..back }, spec, planes);
        return back;
    }
    planes.fill(-spec.mean / spec.scale);
    let spans = |from: usize, to: usize| (0..to).map(move |i| Span::new(i, from, to));
    let columns: Vec<Span> = spans(view.width, width).collect();
    let area = spec.width * spec.height;
    let order = spec.planes();
    for (row, span) in spans(view.height, height).enumerate() {
        let source = |y: usize| &frame.row(view.y + y)[view.x * 3..(view.x + view.width) * 3];
        scratch.add_up(span, view.width * 3, source);
        let start = (top + row) * spec.width + left;
        for (column, span) in columns.iter().enumerate() {
            let rgb = span.mean(&scratch.sums).map(|value| (value - spec.mean) / spec.scale);
            for (plane, value) in order.iter().zip(rgb) {
                planes[plane * area + start + column] = value;
            }
        }
    }
    back
}

impl Scratch {
    /// Weighs the rows under one output row, and adds them up.
    fn add_up<'a>(&mut self, span: Span, length: usize, row: impl Fn(usize) -> &'a [u8]) {
        let Self { sums, whole } = self;
        sums.clear();
        let inner = span.inner();
        for start in inner.clone().step_by(MAX_WHOLE) {
            whole.clear();
            whole.resize(length, 0);
            let mut rows = start..inner.end.min(start + MAX_WHOLE);
            // Four at a time, so that the sums are fetched and stored once for all of them.
            while rows.len() >= 4 {
                let four = [0, 1, 2, 3].map(|next| row(rows.start + next).iter());
                let [a, b, c, d] = four;
                for ((((sum, a), b), c), d) in whole.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    *sum += u16::from(*a) + u16::from(*b) + u16::from(*c) + u16::from(*d);
                }
                rows.start += 4;
            }
            for row in rows.map(&row) {
                for (sum, byte) in whole.iter_mut().zip(row) {
                    *sum += u16::from(*byte);
                }
            }
            let weighed = whole.iter().map(|whole| span.shares[1] * f32::from(*whole));
            if sums.is_empty() {
                sums.extend(weighed);
            } else {
                sums.iter_mut().zip(weighed).for_each(|(sum, weighed)| *sum += weighed);
            }
        }
        // One value more than there are, so that the last pixel can be read as four.
        sums.resize(length + 1, 0.0);
        for (y, weight) in span.weights().filter(|(y, _)| !inner.contains(y)) {
            for (sum, byte) in sums.iter_mut().zip(row(y)) {
                *sum += weight * f32::from(*byte);
            }
        }
    }
}

/// The source pixels under one output pixel, and how much of it each covers; the shares add up to 1.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: usize,
    last: usize,
    /// Shares of the first pixel, of those between, and of the last.
    shares: [f32; 3],
}

impl Span {
    /// Of output pixel `index` when `from` pixels shrink to `to`.
    fn new(index: usize, from: usize, to: usize) -> Self {
        // Double precision: the ends of spans far from the origin must not drift.
        let step = from as f64 / to as f64;
        let (start, end) = (index as f64 * step, ((index + 1) as f64 * step).min(from as f64));
        let first = (start as usize).min(from - 1);
        let last = ((end.ceil() as usize).max(first + 1) - 1).min(from - 1);
        let length = end - start;
        let head = ((first + 1) as f64).min(end) - start;
        let tail = if last > first { end - last as f64 } else { 0.0 };
        Self { first, last, shares: [head / length, 1.0 / length, tail / length].map(|share| share as f32) }
    }

    /// Those that are covered in full.
    fn inner(self) -> Range<usize> {
        let full = |share: f32| (share - self.shares[1]).abs() <= f32::EPSILON * self.shares[1];
        let start = if full(self.shares[0]) { self.first } else { self.first + 1 };
        let end = if full(self.shares[2]) { self.last + 1 } else { self.last };
        start..end.max(start)
    }

    /// Of pixels, each by its share. A pixel is read with the value behind it: four are a register.
    fn mean(self, values: &[f32]) -> [f32; 4] {
        let pixel = |at: usize| values[3 * at..].first_chunk::<4>().copied().unwrap_or_default();
        let add = |sum: [f32; 4], share: f32, pixel: [f32; 4]| std::array::from_fn(|i| sum[i] + share * pixel[i]);
        let [head, inner, tail] = self.shares;
        let mut mean = add([0.0; 4], head, pixel(self.first));
        if self.last > self.first {
            mean = (self.first + 1..self.last).fold(mean, |mean, at| add(mean, inner, pixel(at)));
            mean = add(mean, tail, pixel(self.last));
        }
        mean
    }

    fn weights(self) -> impl Iterator<Item = (usize, f32)> {
        (self.first..=self.last).map(move |i| {
            let share = if i == self.first {
                0
            } else if i == self.last {
                2
            } else {
                1
            };
            (i, self.shares[share])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::manifest::Channels;
    use proptest::prelude::*;

    fn spec(size: usize) -> InputSpec {
        InputSpec { width: size, height: size, channels: Channels::Rgb, mean: 0.0, scale: 1.0 }
    }

    proptest! {
        #[test]
        fn shares_of_a_span_add_up(
            (to, from, index) in (1usize..640).prop_flat_map(|to| (Just(to), to..3000, 0..to)),
        ) {
            let span = Span::new(index, from, to);
            prop_assert!(span.last < from);
            let sum: f32 = span.weights().map(|(_, share)| share).sum();
            prop_assert!((sum - 1.0).abs() < 1e-2, "{sum}");
            prop_assert!(span.weights().all(|(_, share)| share >= -1e-3));
        }

        #[test]
        fn an_even_colour_stays_itself(width in 64usize..300, height in 64usize..300) {
            let frame = Frame { width, height, rgb: [10, 20, 30].repeat(width * height) };
            let mut planes = vec![0.0; spec(64).len()];
            let view = View { x: 0, y: 0, width, height, filled: 1.0 };
            letterbox(&frame, view, &spec(64), &mut Scratch::default(), &mut planes);
            let middle = 32 * 64 + 32;
            for (plane, value) in [10.0, 20.0, 30.0].into_iter().enumerate() {
                prop_assert!((planes[plane * 64 * 64 + middle] - value).abs() < 0.2);
            }
        }
    }

    #[test]
    fn rows_add_up_as_their_shares_say() {
        let rows: Vec<Vec<u8>> = (0..720).map(|y| (0..9).map(|x| ((y * 37 + x * 101) % 256) as u8).collect()).collect();
        let mut scratch = Scratch::default();
        for (to, from) in [(1, 700), (2, 700), (100, 700), (160, 333), (180, 720), (7, 7)] {
            for span in (0..to).map(|index| Span::new(index, from, to)) {
                scratch.add_up(span, 9, |y| &rows[y]);
                for (x, sum) in scratch.sums[..9].iter().enumerate() {
                    let plain: f32 = span.weights().map(|(y, weight)| weight * f32::from(rows[y][x])).sum();
                    assert!((sum - plain).abs() < 0.01, "{from} to {to}, column {x}: {sum}, not {plain}");
                }
            }
        }
    }

    #[test]
    fn halving_averages_four_pixels() {
        let mut frame = Frame { width: 128, height: 128, rgb: vec![0; 128 * 128 * 3] };
        frame.rgb[0..3].copy_from_slice(&[40, 80, 120]);
        let mut planes = vec![0.0; spec(64).len()];
        let view = View { x: 0, y: 0, width: 128, height: 128, filled: 1.0 };
        let back = letterbox(&frame, view, &spec(64), &mut Scratch::default(), &mut planes);
        assert_eq!((planes[0], planes[64 * 64], planes[2 * 64 * 64]), (10.0, 20.0, 30.0));
        assert_eq!(back, Mapping { a: 2.0, b: 0.0, dx: 0.0, dy: 0.0 });
    }
}
