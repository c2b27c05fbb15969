//! Linear equations, a handful.

/// `N` equations with `N` unknowns, and their right sides.
pub(super) struct Equations<const N: usize> {
    pub(super) left: [[f64; N]; N],
    pub(super) right: [f64; N],
}

impl<const N: usize> Equations<N> {
    pub(super) fn new() -> Self {
        Self { left: [[0.0; N]; N], right: [0.0; N] }
    }

    /// Adds an observation to the normal equations of a least-squares fit; what is under their diagonal follows at the end.
    pub(super) fn observe(&mut self, row: &[f64; N], value: f64) {
        for (i, weight) in row.iter().enumerate() {
            for (sum, other) in self.left[i][i..].iter_mut().zip(&row[i..]) {
                *sum += weight * other;
            }
            self.right[i] += weight * value;
        }
    }

    /// What fits all observations best. `None` when there is no single solution.
    pub(super) fn least_squares(mut self) -> Option<[f64; N]> {
        for (i, j) in (0..N).flat_map(|i| (0..i).map(move |j| (i, j))) {
            self.left[i][j] = self.left[j][i];
        }
        self.solve()
    }

    /// By elimination with row exchange. `None` when there is no single solution.
    fn solve(mut self) -> Option<[f64; N]> {
        for column in 0..N {
            let rows = &self.left;
            let pivot = (column..N).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
            self.left.swap(column, pivot);
            self.right.swap(column, pivot);
            let (top, value) = (self.left[column], self.right[column]);
            if !(top[column].is_finite() && top[column].abs() > 1e-12) {
                return None;
            }
            for row in (0..N).filter(|row| *row != column) {
                let share = self.left[row][column] / top[column];
                for (entry, above) in self.left[row].iter_mut().zip(top) {
                    *entry -= share * above;
                }
                self.right[row] -= share * value;
            }
        }
        let solution: [f64; N] = std::array::from_fn(|i| self.right[i] / self.left[i][i]);
        solution.iter().all(|value| value.is_finite()).then_some(solution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_solution_solves(left in proptest::array::uniform4(proptest::array::uniform4(-9.0..9.0f64)), right in proptest::array::uniform4(-9.0..9.0f64)) {
            if let Some(solution) = (Equations { left, right }).solve() {
                let size = solution.iter().fold(1.0, |most: f64, v| most.max(v.abs()));
                for (row, value) in left.iter().zip(right) {
                    let got: f64 = row.iter().zip(solution).map(|(a, x)| a * x).sum();
                    prop_assert!((got - value).abs() < 1e-6 * size);
                }
            }
        }
    }

    #[test]
    fn equations_that_say_the_same_have_no_single_solution() {
        assert_eq!((Equations { left: [[1.0, 2.0], [2.0, 4.0]], right: [1.0, 2.0] }).solve(), None);
    }
}
