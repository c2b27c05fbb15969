//! How a plane in space looks from two places: the projective map between two views of it.

use super::linear::Equations;

/// A projective map: `x' = (h0 x + h1 y + h2) / (h6 x + h7 y + 1)`, `y' = (h3 x + h4 y + h5) / (…)`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Homography(pub(super) [f64; 8]);

impl Homography {
    /// Everything stays where it is.
    pub(super) const STILL: Self = Self([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);

    /// The least-squares map (direct linear transformation; Hartley and Zisserman 2004, chapter 4), for coordinates of about 1.
    /// `None` for points on one line.
    pub(super) fn fit<'a>(pairs: impl Iterator<Item = (&'a [f64; 2], &'a [f64; 2])>) -> Option<Self> {
        let mut normal = Equations::new();
        for ([x, y], [u, v]) in pairs {
            normal.observe(&[*x, *y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y], *u);
            normal.observe(&[0.0, 0.0, 0.0, *x, *y, 1.0, -v * x, -v * y], *v);
        }
        normal.least_squares().map(Self)
    }

    /// Where a place comes to lie.
    pub(super) fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let h = &self.0;
        let w = self.weight([x, y]);
        [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w]
    }

    /// How a brightness with this slope at the image of a place changes with each number of the map.
    pub(super) fn changes(&self, place: [f64; 2], slope: [f64; 2]) -> [f64; 8] {
        let [x, y] = place;
        let weight = self.weight(place);
        let image = self.apply(place);
        let [across, down] = slope.map(|slope| slope / weight);
        let nearer = -(across * image[0] + down * image[1]);
        [across * x, across * y, across, down * x, down * y, down, nearer * x, nearer * y]
    }

    /// How a brightness with this slope changes when the place itself moves.
    pub(super) fn slope(&self, place: [f64; 2], [across, down]: [f64; 2]) -> [f64; 2] {
        let h = &self.0;
        let w = self.weight(place);
        let [u, v] = self.apply(place);
        [0, 1].map(|i| (across * (h[i] - u * h[6 + i]) + down * (h[3 + i] - v * h[6 + i])) / w)
    }

    /// Longer over shorter axis of what a small circle at the origin becomes, from 1.
    pub(super) fn squeeze(&self) -> f64 {
        let h = &self.0;
        let [across, down] = [0, 3].map(|i| [h[i] - h[i + 2] * h[6], h[i + 1] - h[i + 2] * h[7]]);
        // The singular values of a 2 × 2 matrix, by its parts that turn and that mirror.
        let turning = (across[0] + down[1]).hypot(down[0] - across[1]);
        let mirroring = (across[0] - down[1]).hypot(down[0] + across[1]);
        (turning + mirroring) / (turning - mirroring).abs().max(1e-6)
    }

    fn weight(&self, [x, y]: [f64; 2]) -> f64 {
        self.0[6] * x + self.0[7] * y + 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_fit_recovers_the_map(numbers in proptest::array::uniform8(-0.2..0.2f64)) {
            let truth = Homography(std::array::from_fn(|i| Homography::STILL.0[i] + numbers[i]));
            let from: Vec<[f64; 2]> = (0..25).map(|i| [f64::from(i % 5) / 2.0 - 1.0, f64::from(i / 5) / 2.0 - 1.0]).collect();
            let to: Vec<[f64; 2]> = from.iter().map(|place| truth.apply(*place)).collect();
            let found = Homography::fit(from.iter().zip(&to)).unwrap();
            for place in from {
                let ([x, y], [u, v]) = (truth.apply(place), found.apply(place));
                prop_assert!((x - u).hypot(y - v) < 1e-6);
            }
            prop_assert!(found.squeeze() >= 1.0);
        }
    }

    #[test]
    fn a_tilted_sheet_is_squeezed_and_a_nearer_one_is_not() {
        assert!((Homography([0.8, 0.0, 0.1, 0.0, 1.0, 0.0, 0.0, 0.0]).squeeze() - 1.25).abs() < 1e-9);
        assert!((Homography([0.0, -1.5, 0.0, 1.5, 0.0, 0.2, 0.0, 0.0]).squeeze() - 1.0).abs() < 1e-9);
    }
}
