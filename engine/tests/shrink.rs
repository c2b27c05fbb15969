//! Sums of pictures that are made smaller.

use vivat_engine::{Columns, InstructionSet, Rows};

fn byte(row: usize, at: usize) -> u8 {
    u8::try_from((row * 7919 + at * 104_729) % 251).unwrap()
}

#[test]
fn rows_add_up_as_plain_loops_do_to_the_bit() {
    for (length, count) in [(1, 3), (63, 4), (64, 1), (65, 0), (200, 5), (301, 700)] {
        let pictures: Vec<Vec<u8>> = (0..count + 2).map(|row| (0..length).map(|at| byte(row, at)).collect()).collect();
        let rows: Vec<&[u8]> = pictures.iter().map(Vec::as_slice).collect();
        let parts = [(rows[count], 0.21), (rows[count + 1], 0.08)];
        let rows = Rows { whole: &rows[..count], share: 0.173, parts: &parts };
        let plain: Vec<f32> = (0..length)
            .map(|at| {
                let whole = rows.whole.chunks(256).map(|rows| rows.iter().map(|row| f32::from(row[at])).sum::<f32>());
                let whole = whole.fold(0.0, |sum, whole| sum + rows.share * whole);
                parts.iter().fold(whole, |sum, (row, share)| sum + share * f32::from(row[at]))
            })
            .collect();
        for set in InstructionSet::available() {
            let mut sums = vec![f32::NAN; length];
            rows.add_up(set, &mut sums);
            assert_eq!(sums, plain, "{length} values of {count} rows, {}", set.name());
        }
    }
}

#[test]
fn pixels_add_up_as_plain_loops_do_to_the_bit() {
    for each in 1..=9 {
        let firsts: Vec<usize> = (0..40).map(|at| at * (each + 1) / 2).collect();
        let shares: Vec<f32> = (0..firsts.len() * each).map(|at| f32::from(byte(at, each)) / 300.0).collect();
        let values: Vec<f32> = (0..=(firsts[39] + each) * 3).map(|at| f32::from(byte(3, at))).collect();
        let columns = Columns { firsts: &firsts, shares: &shares, each };
        for set in InstructionSet::available() {
            let mut sums = vec![[f32::NAN; 4]; firsts.len()];
            columns.add_up(set, &values, &mut sums);
            for ((sum, first), shares) in sums.iter().zip(&firsts).zip(shares.chunks(each)) {
                for (channel, sum) in sum.iter().enumerate().take(3) {
                    let pixels = shares.iter().zip(*first..);
                    let plain = pixels.fold(0.0, |sum, (share, pixel)| sum + share * values[3 * pixel + channel]);
                    assert_eq!(sum.to_bits(), plain.to_bits(), "{each} pixels, {}", set.name());
                }
            }
        }
    }
}
