//! The square around a face that the landmark model is shown, from what the detector says.

use super::geometry::{Point, Rect};
use super::mapping::Mapping;

/// A square of the frame, turned by an angle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Square {
    pub(crate) centre: Point,
    pub(crate) side: f32,
    /// Of what is level in the square, in radians, clockwise.
    pub(crate) angle: f32,
}

impl Square {
    /// Places the square by the detector's points, but across the face by its box, whose middle a turn of the head moves less
    /// than the nose. `mean` says where the points usually lie: from the middle of the mesh's box, in its longer sides.
    pub(crate) fn around(rect: &Rect, points: &[Point], mean: &[Point]) -> Self {
        let centre = rect.centre();
        let Some(to_mean) = Mapping::fit(points, mean) else { return Self::upright(rect) };
        let Some(to_frame) = to_mean.inverse() else { return Self::upright(rect) };
        let middle = to_frame.apply(Point::default());
        let angle = to_frame.b.atan2(to_frame.a);
        let off = (centre.x - middle.x) * angle.cos() + (centre.y - middle.y) * angle.sin();
        let centre = Point { x: middle.x + off * angle.cos(), y: middle.y + off * angle.sin() };
        Self { centre, side: to_frame.scale(), angle }
    }

    /// For points that are all in one place.
    fn upright(rect: &Rect) -> Self {
        Self { centre: rect.centre(), side: rect.width.max(rect.height), angle: 0.0 }
    }

    /// The same in another plane, to which nothing turns.
    pub(crate) fn mapped(&self, to_frame: &Mapping) -> Self {
        Self { centre: to_frame.apply(self.centre), side: self.side * to_frame.scale(), angle: self.angle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEAN: [Point; 3] = [Point { x: -0.2, y: -0.2 }, Point { x: 0.2, y: -0.2 }, Point { x: 0.0, y: 0.2 }];
    const BOX: Rect = Rect { x: 40.0, y: 70.0, width: 120.0, height: 60.0 };

    #[test]
    fn points_where_they_usually_are_give_the_mesh_its_square() {
        let to_frame = Mapping::from_crop(Point { x: 100.0, y: 100.0 }, 150.0, 0.3, 1);
        let middle = Point { x: 0.5, y: 0.5 };
        let points = MEAN.map(|p| to_frame.apply(Point { x: p.x + middle.x, y: p.y + middle.y }));
        let square = Square::around(&BOX, &points, &MEAN);
        assert!(square.centre.distance(Point { x: 100.0, y: 100.0 }) < 1e-3);
        assert!((square.side - 150.0).abs() < 1e-3 && (square.angle - 0.3).abs() < 1e-5);
    }

    #[test]
    fn a_nose_beside_its_place_moves_nothing_across_the_face() {
        let mut points = MEAN.map(|p| Point { x: 100.0 + 100.0 * p.x, y: 100.0 + 100.0 * p.y });
        points.iter_mut().for_each(|point| point.x += 9.0);
        let square = Square::around(&BOX, &points, &MEAN);
        assert!(square.centre.distance(Point { x: 100.0, y: 100.0 }) < 1e-3);
    }

    #[test]
    fn points_in_one_place_leave_the_box() {
        let square = Square::around(&BOX, &[Point { x: 90.0, y: 90.0 }; 3], &MEAN);
        assert_eq!(square, Square { centre: BOX.centre(), side: 120.0, angle: 0.0 });
    }
}
