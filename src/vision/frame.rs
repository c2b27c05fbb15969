//! A decoded image.

use super::geometry::Rect;

/// Upright RGB, eight bits a channel, row after row without padding. Its buffer is reused from image to image.
#[derive(Default)]
pub(crate) struct Frame {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// `width · height · 3` bytes.
    pub(crate) rgb: Vec<u8>,
}

impl Frame {
    /// The whole of it.
    pub(crate) fn bounds(&self) -> Rect {
        Rect { x: 0.0, y: 0.0, width: self.width as f32, height: self.height as f32 }
    }

    /// One row of pixels, three bytes each.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.rgb[y * self.width * 3..(y + 1) * self.width * 3]
    }
}
