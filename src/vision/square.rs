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
    /// Whether one that follows the mesh fitted in it would be no better (`docs/experiments.md`).
    pub(crate) settled: bool,
}

/// Outer corners of the eyes, image-left and image-right: the mesh's own measure of how the head leans.
const OUTER_CORNERS: [usize; 2] = [33, 263];

impl Square {
    /// Places it by the detector's points, but across the face by its box, whose middle a turn of the head moves less than
    /// the nose. `mean` says where the points usually lie: from the middle of the mesh's box, in its longer sides.
    pub(crate) fn by_points<const N: usize>(rect: &Rect, points: &[Point; N], mean: &[Point; N]) -> Self {
        let to_frame = Mapping::fit(points, mean).and_then(|to_mean| to_mean.inverse());
        // Of points that are all in one place.
        let Some(to_frame) = to_frame else { return Self::around(rect, 0.0) };
        let (centre, middle) = (rect.centre(), to_frame.apply(Point::default()));
        let angle = to_frame.b.atan2(to_frame.a);
        let off = (centre.x - middle.x) * angle.cos() + (centre.y - middle.y) * angle.sin();
        let centre = Point { x: middle.x + off * angle.cos(), y: middle.y + off * angle.sin() };
        Self { centre, side: to_frame.scale(), angle, settled: true }
    }

    /// Around the detector's box, for a face that leans by the angle.
    pub(crate) fn around(rect: &Rect, angle: f32) -> Self {
        Self { centre: rect.centre(), side: rect.width.max(rect.height), angle, settled: false }
    }

    /// Around a mesh, level with its eyes.
    pub(crate) fn of_mesh(points: &[Point]) -> Self {
        let angle = points[OUTER_CORNERS[0]].angle_to(points[OUTER_CORNERS[1]]);
        // Measured in turned coordinates, and the centre turned back.
        let turn = Mapping { a: angle.cos(), b: -angle.sin(), dx: 0.0, dy: 0.0 };
        let level = Rect::around(points.iter().map(|p| turn.apply(*p)));
        let centre = Mapping { b: -turn.b, ..turn }.apply(level.centre());
        Self { centre, side: level.width.max(level.height), angle, settled: true }
    }

    /// The same in another plane, to which nothing turns.
    pub(crate) fn mapped(&self, to_frame: &Mapping) -> Self {
        Self { centre: to_frame.apply(self.centre), side: self.side * to_frame.scale(), ..*self }
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
        let square = Square::by_points(&BOX, &points, &MEAN);
        assert!(square.centre.distance(Point { x: 100.0, y: 100.0 }) < 1e-3);
        assert!((square.side - 150.0).abs() < 1e-3 && (square.angle - 0.3).abs() < 1e-5);
    }

    #[test]
    fn a_nose_beside_its_place_moves_nothing_across_the_face() {
        let mut points = MEAN.map(|p| Point { x: 100.0 + 100.0 * p.x, y: 100.0 + 100.0 * p.y });
        for point in &mut points {
            point.x += 9.0;
        }
        let square = Square::by_points(&BOX, &points, &MEAN);
        assert!(square.centre.distance(Point { x: 100.0, y: 100.0 }) < 1e-3);
    }

    #[test]
    fn a_mesh_that_leans_has_a_square_that_leans() {
        let to_frame = Mapping::from_crop(Point { x: 300.0, y: 200.0 }, 150.0, 0.4, 1);
        let mut points = vec![to_frame.apply(Point { x: 0.5, y: 0.5 }); 468];
        let corners =
            [(0, [0.0, 0.1]), (1, [1.0, 0.9]), (OUTER_CORNERS[0], [0.3, 0.4]), (OUTER_CORNERS[1], [0.7, 0.4])];
        for (index, [x, y]) in corners {
            points[index] = to_frame.apply(Point { x, y });
        }
        let square = Square::of_mesh(&points);
        assert!(square.settled && square.centre.distance(Point { x: 300.0, y: 200.0 }) < 1e-2);
        assert!((square.side - 150.0).abs() < 1e-2 && (square.angle - 0.4).abs() < 1e-4);
    }

    #[test]
    fn points_in_one_place_leave_the_box() {
        let square = Square::by_points(&BOX, &[Point { x: 90.0, y: 90.0 }; 3], &MEAN);
        assert_eq!(square, Square { centre: BOX.centre(), side: 120.0, angle: 0.0, settled: false });
    }
}
