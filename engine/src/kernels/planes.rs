//! Between the planes of the caller and the pixels of a tensor.

use crate::LANES;
use crate::graph::Order;
use crate::tensor::Layout;

/// Planes into pixels, each value times `scale` plus `shift` of its channel.
pub(crate) fn interleave(planes: &[f32], scale: &[f32], shift: &[f32], layout: &Layout, output: &mut [f32]) {
    let length = layout.pixels();
    for y in 0..layout.rows {
        let start = layout.origin() + y * layout.row();
        let row = &mut output[start..start + layout.columns * layout.pixel];
        if let (&[a, b, c], &[p, q, r], true) = (scale, shift, layout.pixel == 3) {
            let plane = |i: usize| &planes[i * length + y * layout.columns..][..layout.columns];
            let values = plane(0).iter().zip(plane(1)).zip(plane(2));
            for (pixel, ((x, y), z)) in row.as_chunks_mut::<3>().0.iter_mut().zip(values) {
                *pixel = [x * a + p, y * b + q, z * c + r];
            }
        } else {
            for channel in 0..layout.channels {
                let plane = &planes[channel * length + y * layout.columns..][..layout.columns];
                for (pixel, value) in row.chunks_exact_mut(layout.pixel).zip(plane) {
                    pixel[channel] = value * scale[channel] + shift[channel];
                }
            }
            row.chunks_exact_mut(layout.pixel).for_each(|pixel| pixel[layout.channels..].fill(0.0));
        }
    }
}

/// Channels of a tensor from `first` on, in the order that is asked for.
pub(crate) fn read(input: &[f32], layout: &Layout, first: usize, order: Order, output: &mut [f32]) {
    let pixels = layout.pixels();
    let channels = output.len() / pixels;
    let mut walk = layout.walk();
    for index in 0..pixels {
        let from = &input[walk.next() + first..];
        match order {
            Order::Pixels => {
                let to = &mut output[index * channels..];
                // So many at once, whatever comes after them, as the next pixels are written over it.
                match (from.first_chunk::<LANES>(), to.first_chunk_mut::<LANES>()) {
                    (Some(from), Some(to)) if channels <= LANES => *to = *from,
                    _ => to[..channels].copy_from_slice(&from[..channels]),
                }
            }
            Order::Planes => {
                for (channel, value) in from[..channels].iter().enumerate() {
                    output[channel * pixels + index] = *value;
                }
            }
        }
    }
}
