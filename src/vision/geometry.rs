//! Points and boxes.

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rect() -> impl Strategy<Value = Rect> {
        (-500.0f32..500.0, -500.0f32..500.0, 0.0f32..300.0, 0.0f32..300.0).prop_map(|(x, y, width, height)| Rect {
            x,
            y,
            width,
            height,
        })
    }

    proptest! {
        #[test]
        fn overlap_is_a_share_and_symmetric(p in rect(), q in rect()) {
            prop_assert!((0.0..=1.0001).contains(&p.overlap(&q)));
            prop_assert!((p.overlap(&q) - q.overlap(&p)).abs() < 1e-5);
            prop_assert!(p.area() < 1.0 || (p.overlap(&p) - 1.0).abs() < 1e-3);
        }
    }

    #[test]
    fn nothing_has_a_box_of_no_size() {
        assert!(Rect::around([]).area() < f32::EPSILON);
    }
}
