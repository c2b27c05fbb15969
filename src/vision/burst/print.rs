//! Is this the same picture again? The perceptual digest of a face: a copy keeps most of it however it is encoded, another
//! picture of the same person does not.
//!
//! The lowest 8 × 8 coefficients of a cosine transform of the aligned face, as deviations from an average face, give 256
//! signs of random sums (locality-sensitive hashing, Charikar 2002), in eight bands that can be looked up one by one.
//!
//! Measured with pack open on NUAA, CASIA-FaceV5 and LFW (the average face is of 150 people of LFW): two or more bands are
//! equal in 125 copies of each kind for 98–99 % at JPEG quality 95 and 75, 94 % at 50, 96 % shrunk to 0.7 and 99 % enlarged
//! to 1.4, 77 % cut by 2 % on each side, 78 % brightened by 15 %; of 15,467 pairs of the same person from other sessions for
//! one, which is one photo twice, and for none of 8,763,789 pairs of two people; and for 7 % of 9,272 pairs of frames of one
//! session, which are seconds apart.

use std::sync::LazyLock;

use crate::vision::quality::SIDE;

/// 256 bits in eight bands. Two prints that share [`Print::SAME`] bands are of the same picture.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Print([u32; 8]);

/// Frequencies along each axis of the crop.
const FREQUENCIES: usize = 8;
/// All of them but the constant.
const COEFFICIENTS: usize = FREQUENCIES * FREQUENCIES - 1;
/// First row and column, and number of rows and columns of the crop that are looked at: the face without its surroundings.
const PART: [[usize; 2]; 2] = [[16, 76], [14, 68]];
/// Deviations count up to so many standard deviations, so that one strange coefficient does not rule all sums.
const MOST: f32 = 2.5;

/// The average face: its coefficients, in ten-thousandths of the standard deviation of the luma.
const MEANS: [f32; COEFFICIENTS] = [
    -64.4, -1464.9, 12.9, -391.2, -57.8, -644.0, 68.3, 865.0, 60.5, -513.8, 36.3, 261.0, -48.3, -94.7, -8.1, -121.7,
    -43.6, -478.1, 9.2, -261.5, 49.4, 258.0, 6.5, 1102.7, 0.5, 80.9, -35.9, -524.3, 25.9, 99.0, -19.2, 617.1, 0.7,
    -255.9, 11.4, -51.5, -0.2, 87.1, 3.4, -1042.4, 41.0, 392.4, 14.2, 354.0, -46.1, -146.5, 12.9, -828.9, -1.4, 60.5,
    27.3, 228.2, 16.9, 78.8, 1.4, 65.7, -6.1, 91.1, -6.7, -139.6, 6.5, -128.6, 32.1,
];
/// How much faces differ from it: standard deviations of the coefficients.
const DEVIATIONS: [f32; COEFFICIENTS] = [
    2603.4, 1822.7, 1082.3, 966.6, 578.9, 578.7, 500.7, 1788.4, 700.4, 768.0, 421.0, 517.6, 328.2, 374.3, 280.0,
    1173.3, 432.7, 508.6, 353.6, 443.0, 287.2, 292.4, 291.6, 848.4, 305.6, 386.1, 252.5, 399.0, 222.2, 241.6, 196.0,
    665.6, 259.5, 376.8, 226.0, 257.1, 173.0, 228.6, 140.2, 599.0, 237.6, 304.3, 205.3, 308.1, 183.0, 191.7, 151.5,
    560.0, 195.5, 283.8, 166.1, 275.2, 143.7, 189.5, 134.0, 577.0, 166.2, 286.6, 172.9, 221.3, 138.2, 173.1, 118.6,
];

impl Print {
    /// As many equal bands are no chance.
    pub const SAME: usize = 2;

    /// From the luma of the upright crop, `SIDE` × `SIDE`.
    pub(crate) fn of(face: &[u8]) -> Self {
        let deviations = deviations(face);
        Self(std::array::from_fn(|band| {
            // The sums of a band side by side: each of them alone would wait for one addition after the other.
            let mut sums = [0.0_f32; 32];
            for (signs, value) in SIGNS[band].iter().zip(deviations) {
                sums.iter_mut().zip(signs).for_each(|(sum, sign)| *sum += sign * value);
            }
            sums.iter().rev().fold(0, |bits, sum| bits << 1 | u32::from(*sum > 0.0))
        }))
    }

    /// The bands, each to be looked up at its own place.
    #[must_use]
    pub fn bands(&self) -> [u32; 8] {
        self.0
    }

    /// How many bands are equal.
    #[must_use]
    pub fn shared(&self, other: &Self) -> usize {
        self.0.iter().zip(other.0).filter(|(one, other)| **one == *other).count()
    }
}

impl std::fmt::Debug for Print {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Print(…)")
    }
}

/// How the face differs from the average one, in standard deviations.
fn deviations(face: &[u8]) -> [f32; COEFFICIENTS] {
    let [[top, rows], [left, columns]] = PART;
    let row = |y: usize| &face[(top + y) * SIDE + left..(top + y) * SIDE + left + columns];
    let count = (rows * columns) as f32;
    let mean = (0..rows).flat_map(row).map(|luma| f32::from(*luma)).sum::<f32>() / count;
    let variance = (0..rows).flat_map(row).map(|luma| (f32::from(*luma) - mean).powi(2)).sum::<f32>() / count;
    let scale = 1e4 / (count * variance.sqrt().max(1.0));
    let [down, across] = &*WAVES;
    let mut sums = [[0.0; FREQUENCIES]; FREQUENCIES];
    for (y, down) in down.iter().enumerate() {
        let mut along = [0.0; FREQUENCIES];
        for (luma, across) in row(y).iter().zip(across) {
            let luma = f32::from(*luma) - mean;
            along.iter_mut().zip(across).for_each(|(sum, cosine)| *sum += cosine * luma);
        }
        for (sum, down) in sums.iter_mut().zip(down) {
            sum.iter_mut().zip(along).for_each(|(sum, along)| *sum += down * along);
        }
    }
    let sums = sums.as_flattened();
    std::array::from_fn(|i| ((sums[i + 1] * scale - MEANS[i]) / DEVIATIONS[i]).clamp(-MOST, MOST))
}

/// Along each side of the part.
static WAVES: LazyLock<[Vec<[f32; FREQUENCIES]>; 2]> = LazyLock::new(|| PART.map(|[_, length]| cosines(length)));

/// Half waves over `length` pixels: of each pixel, all frequencies.
fn cosines(length: usize) -> Vec<[f32; FREQUENCIES]> {
    let turn =
        |x: usize, frequency: usize| std::f32::consts::PI * (frequency * (2 * x + 1)) as f32 / (2 * length) as f32;
    (0..length).map(|x| std::array::from_fn(|frequency| turn(x, frequency).cos())).collect()
}

/// The signs of all sums, the same for ever: the high bits of a linear congruence (Knuth's MMIX), drawn bit by bit. By band,
/// coefficient and bit.
static SIGNS: LazyLock<[[[f32; 32]; COEFFICIENTS]; 8]> = LazyLock::new(|| {
    let mut signs = [[[0.0; 32]; COEFFICIENTS]; 8];
    let mut state = 1_u64;
    for band in &mut signs {
        for bit in 0..32 {
            for coefficient in &mut *band {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                coefficient[bit] = if state >> 63 == 1 { 1.0 } else { -1.0 };
            }
        }
    }
    signs
});

#[cfg(test)]
mod tests {
    use super::*;

    fn face(pixel: impl Fn(usize, usize) -> f32) -> Vec<u8> {
        (0..SIDE * SIDE).map(|at| pixel(at % SIDE, at / SIDE) as u8).collect()
    }

    #[test]
    fn light_and_noise_leave_the_print_and_another_picture_does_not() {
        let waves =
            |x: usize, y: usize| (x as f32 * 0.13).sin() * 40.0 + (y as f32 * 0.09 + x as f32 * 0.05).cos() * 30.0;
        let one = Print::of(&face(|x, y| 110.0 + waves(x, y)));
        let brighter = Print::of(&face(|x, y| 125.0 + 1.1 * waves(x, y) + ((x * 7 + y * 13) % 5) as f32));
        let other = Print::of(&face(|x, y| 110.0 + waves(x + 9, y + 4)));
        assert!(one.shared(&brighter) >= 6, "{} bands", one.shared(&brighter));
        assert!(one.shared(&other) < Print::SAME, "{} bands", one.shared(&other));
        assert_eq!(one.shared(&one), 8);
        assert_eq!(format!("{one:?}"), "Print(…)");
    }

    #[test]
    fn a_grey_face_has_a_print_too() {
        assert_eq!(Print::of(&face(|_, _| 128.0)).shared(&Print::of(&face(|_, _| 127.0))), 8);
    }
}
