//! The similarity transform between two planes.

use super::geometry::Point;

/// A rotation, a scaling and a shift: `x' = a·x − b·y + dx`, `y' = b·x + a·y + dy`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mapping {
    pub(crate) a: f32,
    pub(crate) b: f32,
    pub(crate) dx: f32,
    pub(crate) dy: f32,
}

impl Mapping {
    /// The least-squares similarity that takes `from` to `to` (Umeyama 1991, in the plane and without reflection).
    ///
    /// `None` when `from` is a single place, so that no scale exists.
    pub(crate) fn fit(from: &[Point], to: &[Point]) -> Option<Self> {
        let (p0, q0) = (Point::centre(from), Point::centre(to));
        let (mut along, mut across, mut spread) = (0.0, 0.0, 0.0);
        for (p, q) in from.iter().zip(to) {
            let (px, py, qx, qy) = (p.x - p0.x, p.y - p0.y, q.x - q0.x, q.y - q0.y);
            along += px * qx + py * qy;
            across += px * qy - py * qx;
            spread += px * px + py * py;
        }
        if !(spread.is_finite() && spread > f32::EPSILON) {
            return None;
        }
        let (a, b) = (along / spread, across / spread);
        Some(Self { a, b, dx: q0.x - a * p0.x + b * p0.y, dy: q0.y - b * p0.x - a * p0.y })
    }

    /// From a square crop of `pixels` a side back to the frame: the crop shows `side` frame pixels around `centre`, turned so
    /// that what lies at `angle` in the frame is level in the crop.
    pub(crate) fn from_crop(centre: Point, side: f32, angle: f32, pixels: usize) -> Self {
        let scale = side / pixels as f32;
        let half = pixels as f32 / 2.0;
        let (a, b) = (scale * angle.cos(), scale * angle.sin());
        Self { a, b, dx: centre.x - a * half + b * half, dy: centre.y - b * half - a * half }
    }

    /// Where a point comes to lie.
    pub(crate) fn apply(&self, p: Point) -> Point {
        Point { x: self.a * p.x - self.b * p.y + self.dx, y: self.b * p.x + self.a * p.y + self.dy }
    }

    /// The way back; `None` when everything shrinks to one place.
    pub(crate) fn inverse(&self) -> Option<Self> {
        let squared = self.a * self.a + self.b * self.b;
        if !(squared.is_finite() && squared > f32::MIN_POSITIVE) {
            return None;
        }
        let (a, b) = (self.a / squared, -self.b / squared);
        Some(Self { a, b, dx: b * self.dy - a * self.dx, dy: -b * self.dx - a * self.dy })
    }

    /// How much longer things become.
    pub(crate) fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::geometry::Rect;
    use proptest::prelude::*;

    fn points() -> impl Strategy<Value = Vec<Point>> {
        proptest::collection::vec((-500.0f32..500.0, -500.0f32..500.0).prop_map(|(x, y)| Point { x, y }), 5)
    }

    proptest! {
        #[test]
        fn fit_recovers_a_similarity(from in points(), angle in -3.1f32..3.1, scale in 0.1f32..8.0, dx in -300.0f32..300.0) {
            prop_assume!(Rect::around(from.iter().copied()).width > 10.0);
            let truth = Mapping { a: scale * angle.cos(), b: scale * angle.sin(), dx, dy: -dx };
            let to: Vec<Point> = from.iter().map(|p| truth.apply(*p)).collect();
            let found = Mapping::fit(&from, &to).unwrap();
            for (p, q) in from.iter().zip(&to) {
                prop_assert!(found.apply(*p).distance(*q) < 0.02 * scale.max(1.0));
                prop_assert!(found.inverse().unwrap().apply(*q).distance(*p) < 0.05);
            }
        }

    }

    #[test]
    fn five_times_the_same_place_fits_nothing() {
        assert_eq!(Mapping::fit(&[Point { x: 3.0, y: 4.0 }; 5], &[Point::default(); 5]), None);
    }

    #[test]
    fn a_crop_maps_its_middle_to_the_centre() {
        let centre = Point { x: 120.0, y: 80.0 };
        let mapping = Mapping::from_crop(centre, 300.0, 0.4, 192);
        assert!(mapping.apply(Point { x: 96.0, y: 96.0 }).distance(centre) < 1e-3);
        assert!((mapping.scale() - 300.0 / 192.0).abs() < 1e-5);
    }
}
