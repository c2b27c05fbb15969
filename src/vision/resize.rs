//! Letterbox: a part of the frame, shrunk or enlarged into a model's input in one pass.

use std::ops::Range;

use super::align;
use super::engine::{Columns, InstructionSet, Rows};
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

/// Reused buffers, and the instructions to use.
pub(crate) struct Scratch {
    set: InstructionSet,
    /// The pixels under each output column.
    firsts: Vec<usize>,
    /// What each of them counts, `each` for every column.
    shares: Vec<f32>,
    each: usize,
    /// Sums of the source rows that fall into one output row.
    sums: Vec<f32>,
    /// The output row.
    pixels: Vec<[f32; 4]>,
}

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
    scratch.weigh_columns(spans(view.width, width));
    scratch.pixels.resize(width, [0.0; 4]);
    let area = spec.width * spec.height;
    let order = spec.planes();
    for (row, span) in spans(view.height, height).enumerate() {
        let source = |y: usize| &frame.row(view.y + y)[view.x * 3..(view.x + view.width) * 3];
        scratch.add_up(span, view.width * 3, source);
        let columns = Columns { firsts: &scratch.firsts, shares: &scratch.shares, each: scratch.each };
        columns.add_up(scratch.set, &scratch.sums, &mut scratch.pixels);
        let start = (top + row) * spec.width + left;
        for (channel, plane) in order.into_iter().enumerate() {
            for (value, pixel) in planes[plane * area + start..][..width].iter_mut().zip(&scratch.pixels) {
                *value = (pixel[channel] - spec.mean) / spec.scale;
            }
        }
    }
    back
}

impl Scratch {
    pub(crate) fn new(set: InstructionSet) -> Self {
        Self { set, firsts: Vec::new(), shares: Vec::new(), each: 0, sums: Vec::new(), pixels: Vec::new() }
    }

    fn weigh_columns(&mut self, spans: impl Iterator<Item = Span> + Clone) {
        self.each = spans.clone().map(|span| span.last - span.first + 1).max().unwrap_or(1);
        self.firsts.clear();
        self.shares.clear();
        for span in spans {
            self.firsts.push(span.first);
            let end = self.shares.len() + self.each;
            self.shares.extend(span.weights().map(|(_, share)| share));
            self.shares.resize(end, 0.0);
        }
    }

    /// Weighs the rows under one output row, and adds them up.
    fn add_up<'a>(&mut self, span: Span, length: usize, row: impl Fn(usize) -> &'a [u8]) {
        let inner = span.inner();
        let parts = span.weights().filter(|(y, _)| !inner.contains(y)).map(|(y, share)| (row(y), share));
        let parts: Vec<_> = parts.collect();
        let whole: Vec<_> = inner.map(&row).collect();
        // Where the last columns have fewer pixels than others, what lies behind the row counts nothing.
        self.sums.resize(length + 3 * self.each + 1, 0.0);
        let rows = Rows { whole: &whole, share: span.shares[1], parts: &parts };
        rows.add_up(self.set, &mut self.sums[..length]);
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
            letterbox(&frame, view, &spec(64), &mut Scratch::new(InstructionSet::best()), &mut planes);
            let middle = 32 * 64 + 32;
            for (plane, value) in [10.0, 20.0, 30.0].into_iter().enumerate() {
                prop_assert!((planes[plane * 64 * 64 + middle] - value).abs() < 0.2);
            }
        }
    }

    #[test]
    fn rows_add_up_as_their_shares_say() {
        let rows: Vec<Vec<u8>> = (0..720).map(|y| (0..9).map(|x| ((y * 37 + x * 101) % 256) as u8).collect()).collect();
        let mut scratch = Scratch::new(InstructionSet::best());
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
        let back = letterbox(&frame, view, &spec(64), &mut Scratch::new(InstructionSet::best()), &mut planes);
        assert_eq!((planes[0], planes[64 * 64], planes[2 * 64 * 64]), (10.0, 20.0, 30.0));
        assert_eq!(back, Mapping { a: 2.0, b: 0.0, dx: 0.0, dy: 0.0 });
    }
}
