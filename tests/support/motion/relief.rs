//! How far away each place of a photo is: the mesh's depth on the face, the room behind it.

/// One corner of the grid that is laid over the photo.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// In the photo, in pixels.
    pub(crate) at: [f32; 2],
    /// Depth in pixels, growing away from the camera; 0 is the middle of the face.
    pub(crate) depth: f32,
    /// How much of it belongs to the head: 1 the face, 0 the room.
    pub(crate) head: f32,
    /// How squarely it faces the camera, in 0..=1.
    pub(crate) facing: f32,
}

/// A grid over the photo.
pub(crate) struct Relief {
    pub(crate) columns: usize,
    pub(crate) places: Vec<Place>,
    /// Pixels between ear and ear.
    pub(crate) width: f32,
    pub(crate) centre: [f32; 2],
}

/// Cells across the face.
const CELLS: f32 = 30.0;
/// The head is the ellipse around the mesh, this much larger; at the second factor the room begins.
const HEAD: [f32; 2] = [1.25, 1.9];
/// Depth of the room behind the head, in widths of the face.
const ROOM: f32 = 2.0;

impl Relief {
    /// `mesh`: x, y and depth of the 468 points.
    pub(crate) fn of(mesh: &[[f32; 3]], sides: [u32; 2]) -> Self {
        let range = |axis: usize| {
            let values = mesh.iter().map(|point| point[axis]);
            (values.clone().fold(f32::INFINITY, f32::min), values.fold(f32::NEG_INFINITY, f32::max))
        };
        let ((left, right), (top, bottom)) = (range(0), range(1));
        let (width, height) = (right - left, bottom - top);
        let centre = [f32::midpoint(left, right), f32::midpoint(top, bottom)];
        let mean = mesh.iter().map(|point| point[2]).sum::<f32>() / mesh.len() as f32;
        let step = width / CELLS;
        let count = |side: u32| (side as f32 / step).ceil() as usize + 1;
        let (columns, rows) = (count(sides[0]), count(sides[1]));
        let mut places = Vec::with_capacity(columns * rows);
        for (column, row) in (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row))) {
            let at = [column as f32 * step, row as f32 * step];
            let out = ((at[0] - centre[0]) / (width / 2.0)).hypot((at[1] - centre[1]) / (height / 2.0));
            let head = 1.0 - smooth((out - HEAD[0]) / (HEAD[1] - HEAD[0]));
            // Ears, hair and skull go on backwards where the mesh ends.
            let behind = 0.7 * width * (out - 1.0).max(0.0);
            let depth = if head > 0.0 { face_depth(mesh, at, width) - mean + behind } else { 0.0 };
            places.push(Place { at, depth: head * depth + (1.0 - head) * ROOM * width, head, facing: 0.0 });
        }
        let mut relief = Self { columns, places, width, centre };
        relief.face_the_camera(step);
        relief
    }

    fn face_the_camera(&mut self, step: f32) {
        let rows = self.places.len() / self.columns;
        let depth = |column: usize, row: usize| self.places[row * self.columns + column].depth;
        let facing: Vec<f32> = (0..self.places.len())
            .map(|at| {
                let (column, row) = (at % self.columns, at / self.columns);
                let across = depth((column + 1).min(self.columns - 1), row) - depth(column.saturating_sub(1), row);
                let down = depth(column, (row + 1).min(rows - 1)) - depth(column, row.saturating_sub(1));
                1.0 / (1.0 + (across / (2.0 * step)).powi(2) + (down / (2.0 * step)).powi(2)).sqrt()
            })
            .collect();
        for (place, facing) in self.places.iter_mut().zip(facing) {
            place.facing = facing;
        }
    }
}

/// Shepard's mean of the mesh's depths: exact near the points, smooth between them.
fn face_depth(mesh: &[[f32; 3]], at: [f32; 2], width: f32) -> f32 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for point in mesh {
        let squared = ((point[0] - at[0]).powi(2) + (point[1] - at[1]).powi(2)) / (width * width);
        let weight = (squared + 4e-4).powi(-2);
        sum += weight * point[2];
        weights += weight;
    }
    sum / weights
}

/// From 0 to 1 without corners.
pub(crate) fn smooth(share: f32) -> f32 {
    let share = share.clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}
