//! Pictures made smaller: rows of bytes are added up, then pixels beside each other. Each gives the same bits with every
//! instruction set.

use super::compiled;
use crate::InstructionSet;

/// The rows of bytes under one row of the smaller picture.
#[derive(Debug)]
pub struct Rows<'a> {
    /// Those that it covers in full.
    pub whole: &'a [&'a [u8]],
    /// What one of them counts.
    pub share: f32,
    /// Those that it covers in part, and what each counts.
    pub parts: &'a [(&'a [u8], f32)],
}

/// The pixels of three values under each pixel of the smaller picture.
#[derive(Debug)]
pub struct Columns<'a> {
    /// The first under each, counted in pixels.
    pub firsts: &'a [usize],
    /// What each of them counts: as many for every pixel, the last of which may be zero.
    pub shares: &'a [f32],
    /// How many.
    pub each: usize,
}

impl Rows<'_> {
    /// The weighed sum of the rows, value by value.
    ///
    /// # Panics
    /// When a row is shorter than `sums`.
    pub fn add_up(&self, set: InstructionSet, sums: &mut [f32]) {
        add_rows(set, self, sums);
    }
}

impl Columns<'_> {
    /// The weighed sums of pixels. The fourth value of a sum means nothing.
    ///
    /// # Panics
    /// When a pixel is not there, or no value behind it: four are a register.
    pub fn add_up(&self, set: InstructionSet, values: &[f32], sums: &mut [[f32; 4]]) {
        add_columns(set, self, values, sums);
    }

    #[inline(always)]
    fn sum(&self, column: usize, each: usize, values: &[f32]) -> [f32; 4] {
        let values = &values[3 * self.firsts[column]..][..=3 * each];
        let shares = &self.shares[column * each..][..each];
        let mut sum = [0.0; 4];
        for (at, share) in shares.iter().enumerate() {
            let pixel = values[3 * at..3 * at + 4].as_chunks::<4>().0[0];
            for (sum, value) in sum.iter_mut().zip(pixel) {
                *sum += share * value;
            }
        }
        sum
    }
}

/// Values whose sums are in registers at once.
const BLOCK: usize = 64;
/// Rows of bytes whose sum fits into 16 bits.
const MOST: usize = 256;

compiled! {
    /// [`Rows::add_up`].
    add_rows(rows: &Rows<'_>, sums: &mut [f32]) = add_blocks
}

#[inline(always)]
fn add_blocks<const L: usize, const ROWS: usize, const FUSED: bool>(rows: &Rows<'_>, sums: &mut [f32]) {
    let whole = sums.len() - sums.len() % BLOCK;
    (0..whole).step_by(BLOCK).for_each(|at| add_block::<BLOCK>(rows, at, sums));
    if whole > 0 {
        // What was computed already comes out the same.
        add_block::<BLOCK>(rows, sums.len() - BLOCK, sums);
    } else {
        (0..sums.len()).for_each(|at| add_block::<1>(rows, at, sums));
    }
}

#[inline(always)]
fn add_block<const N: usize>(rows: &Rows<'_>, at: usize, sums: &mut [f32]) {
    let bytes = |row: &[u8]| row[at..at + N].as_chunks::<N>().0[0];
    let mut values = [0.0; N];
    for most in rows.whole.chunks(MOST) {
        // As whole numbers: four times as many to a register as floats.
        let mut whole = [0_u16; N];
        for row in most {
            for (sum, byte) in whole.iter_mut().zip(bytes(row)) {
                *sum += u16::from(byte);
            }
        }
        for (value, sum) in values.iter_mut().zip(whole) {
            *value += rows.share * f32::from(sum);
        }
    }
    for (row, share) in rows.parts {
        for (value, byte) in values.iter_mut().zip(bytes(row)) {
            *value += share * f32::from(byte);
        }
    }
    sums[at..at + N].copy_from_slice(&values);
}

compiled! {
    /// [`Columns::add_up`].
    add_columns(columns: &Columns<'_>, values: &[f32], sums: &mut [[f32; 4]]) = add_pixels
}

#[inline(always)]
fn add_pixels<const L: usize, const ROWS: usize, const FUSED: bool>(
    columns: &Columns<'_>,
    values: &[f32],
    sums: &mut [[f32; 4]],
) {
    // A number that the compiler knows: it asks for no bounds on the way.
    match columns.each {
        3 => add_each::<3>(columns, values, sums),
        4 => add_each::<4>(columns, values, sums),
        5 => add_each::<5>(columns, values, sums),
        6 => add_each::<6>(columns, values, sums),
        7 => add_each::<7>(columns, values, sums),
        each => sums.iter_mut().enumerate().for_each(|(at, sum)| *sum = columns.sum(at, each, values)),
    }
}

#[inline(always)]
fn add_each<const N: usize>(columns: &Columns<'_>, values: &[f32], sums: &mut [[f32; 4]]) {
    for (at, sum) in sums.iter_mut().enumerate() {
        *sum = columns.sum(at, N, values);
    }
}
