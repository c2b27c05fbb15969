//! Points, boxes, and the similarity transform between two planes.

use serde::Serialize;

/// A place in an image, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

/// Image-left eye, image-right eye, nose, image-left and image-right corner of the mouth.
pub type FivePoints = [Point; 5];

impl Point {
    /// The distance to another point.
    #[must_use]
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The direction in which another point lies, in radians, clockwise from the x axis as seen on the screen.
    #[must_use]
    pub fn angle_to(self, other: Self) -> f32 {
        (other.y - self.y).atan2(other.x - self.x)
    }

    /// The centre of several points; the origin when there are none.
    #[must_use]
    pub fn centre(points: &[Self]) -> Self {
        let n = points.len().max(1) as f32;
        Self { x: points.iter().map(|p| p.x).sum::<f32>() / n, y: points.iter().map(|p| p.y).sum::<f32>() / n }
    }
}

/// An upright box, in pixels. It may reach past the frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Never negative.
    pub width: f32,
    /// Never negative.
    pub height: f32,
}

impl Rect {
    /// The smallest box around the points; empty at the origin when there are none.
    #[must_use]
    pub fn around(points: impl IntoIterator<Item = Point>) -> Self {
        let mut points = points.into_iter();
        let Some(first) = points.next() else { return Self { x: 0.0, y: 0.0, width: 0.0, height: 0.0 } };
        let (low, high) = points.fold((first, first), |(low, high), p| {
            (Point { x: low.x.min(p.x), y: low.y.min(p.y) }, Point { x: high.x.max(p.x), y: high.y.max(p.y) })
        });
        Self { x: low.x, y: low.y, width: high.x - low.x, height: high.y - low.y }
    }

    /// The middle.
    #[must_use]
    pub fn centre(&self) -> Point {
        Point { x: self.x + self.width / 2.0, y: self.y + self.height / 2.0 }
    }

    /// Width times height.
    #[must_use]
    pub fn area(&self) -> f32 {
        self.width * self.height
    }

    /// The area that both boxes cover.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> f32 {
        let width = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let height = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        width.max(0.0) * height.max(0.0)
    }

    /// Whether a point lies in it.
    #[must_use]
    pub fn contains(&self, p: Point) -> bool {
        p.x >= self.x && p.y >= self.y && p.x <= self.x + self.width && p.y <= self.y + self.height
    }

    /// Intersection over union, in 0..=1; 0 for two empty boxes.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> f32 {
        let shared = self.intersection(other);
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }
}

/// A rotation, a scaling and a shift: `x' = a·x − b·y + dx`, `y' = b·x + a·y + dy`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mapping {
    /// Scale times the cosine.
    pub a: f32,
    /// Scale times the sine.
    pub b: f32,
    /// Shift to the right.
    pub dx: f32,
    /// Shift down.
    pub dy: f32,
}

impl Mapping {
    /// The least-squares similarity that takes `from` to `to` (Umeyama 1991, in the plane and without reflection).
    ///
    /// `None` when `from` is a single place, so that no scale exists.
    #[must_use]
    pub fn fit(from: &[Point], to: &[Point]) -> Option<Self> {
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

    /// From a square crop of `size` pixels back to the frame: the crop shows `side` frame pixels around `centre`, turned so
    /// that what lies at `angle` in the frame is level in the crop.
    #[must_use]
    pub fn from_crop(centre: Point, side: f32, angle: f32, size: usize) -> Self {
        let scale = side / size as f32;
        let half = size as f32 / 2.0;
        let (a, b) = (scale * angle.cos(), scale * angle.sin());
        Self { a, b, dx: centre.x - a * half + b * half, dy: centre.y - b * half - a * half }
    }

    /// Where a point comes to lie.
    #[must_use]
    pub fn apply(&self, p: Point) -> Point {
        Point { x: self.a * p.x - self.b * p.y + self.dx, y: self.b * p.x + self.a * p.y + self.dy }
    }

    /// The way back; `None` when everything shrinks to one place.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        let squared = self.a * self.a + self.b * self.b;
        if !(squared.is_finite() && squared > f32::MIN_POSITIVE) {
            return None;
        }
        let (a, b) = (self.a / squared, -self.b / squared);
        Some(Self { a, b, dx: b * self.dy - a * self.dx, dy: -b * self.dx - a * self.dy })
    }

    /// How much longer things become.
    #[must_use]
    pub fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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

        #[test]
        fn overlap_is_a_share_and_symmetric(p in points(), q in points()) {
            let (p, q) = (Rect::around(p), Rect::around(q));
            prop_assert!((0.0..=1.0001).contains(&p.overlap(&q)));
            prop_assert!((p.overlap(&q) - q.overlap(&p)).abs() < 1e-5);
            prop_assert!(p.area() == 0.0 || (p.overlap(&p) - 1.0).abs() < 1e-5);
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
