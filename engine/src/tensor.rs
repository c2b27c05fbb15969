//! How a tensor lies in memory, and the memory it lies in.

/// Rows or columns of zeros around a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Border {
    pub(crate) top: usize,
    pub(crate) left: usize,
    pub(crate) bottom: usize,
    pub(crate) right: usize,
}

impl Border {
    /// Enough for both.
    pub(crate) fn with(self, other: Self) -> Self {
        Self {
            top: self.top.max(other.top),
            left: self.left.max(other.left),
            bottom: self.bottom.max(other.bottom),
            right: self.right.max(other.right),
        }
    }
}

/// Row by row, pixel by pixel, channel by channel, with a border around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) channels: usize,
    /// Values from one pixel to the next; those after `channels` are zero.
    pub(crate) pixel: usize,
    pub(crate) border: Border,
}

impl Layout {
    /// Values from one row to the next.
    pub(crate) fn row(&self) -> usize {
        (self.border.left + self.columns + self.border.right) * self.pixel
    }

    /// Where the first pixel inside the border lies.
    pub(crate) fn origin(&self) -> usize {
        self.border.top * self.row() + self.border.left * self.pixel
    }

    /// Values in all.
    pub(crate) fn len(&self) -> usize {
        (self.border.top + self.rows + self.border.bottom) * self.row()
    }

    pub(crate) fn pixels(&self) -> usize {
        self.rows * self.columns
    }

    /// Makes the border zero.
    pub(crate) fn clear_border(&self, values: &mut [f32]) {
        let (row, left) = (self.row(), self.border.left * self.pixel);
        let (top, bottom) = (self.border.top * row, (self.border.top + self.rows) * row);
        values[..top].fill(0.0);
        for row in values[top..bottom].chunks_exact_mut(row) {
            row[..left].fill(0.0);
            row[left + self.columns * self.pixel..].fill(0.0);
        }
        values[bottom..self.len()].fill(0.0);
    }

    /// The pixels inside the border.
    pub(crate) fn walk(&self) -> Walk {
        Walk::new(self.origin(), self.columns, self.pixel, self.row())
    }
}

/// The offsets of a grid of pixels, row by row, without end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    at: usize,
    left: usize,
    columns: usize,
    step: usize,
    /// From where a row ends to where the next begins.
    turn: usize,
}

impl Walk {
    /// Starting at `origin`, with `step` from column to column and `row` from row to row.
    pub(crate) fn new(origin: usize, columns: usize, step: usize, row: usize) -> Self {
        let turn = row.wrapping_sub(columns * step);
        // Rows without a gap between them are one row.
        let columns = if turn == 0 { usize::MAX } else { columns };
        Self { at: origin, left: columns, columns, step, turn }
    }

    /// How many pixels are left in the row.
    #[inline(always)]
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// From each pixel to the next in the row.
    #[inline(always)]
    pub(crate) fn step(&self) -> usize {
        self.step
    }

    /// The same pixels, from another channel on.
    #[inline(always)]
    pub(crate) fn at_channel(self, channel: usize) -> Self {
        Self { at: self.at + channel, ..self }
    }

    #[inline(always)]
    pub(crate) fn next(&mut self) -> usize {
        self.take(1)
    }

    /// The first of the next `count` pixels; no more than are left in the row.
    #[inline(always)]
    pub(crate) fn take(&mut self, count: usize) -> usize {
        let at = self.at;
        self.left -= count;
        self.at += count * self.step;
        if self.left == 0 {
            self.left = self.columns;
            self.at = self.at.wrapping_add(self.turn);
        }
        at
    }
}

/// Zeros at first, aligned to a cache line: a register that straddles two costs twice.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    floats: Vec<f32>,
    start: usize,
    length: usize,
}

const LINE: usize = 64;

impl Buffer {
    pub(crate) fn zeros(length: usize) -> Self {
        let floats = vec![0.0; length + LINE / size_of::<f32>()];
        let start = floats.as_ptr().align_offset(LINE).min(LINE / size_of::<f32>());
        Self { floats, start, length }
    }

    /// Makes it so long at least; what was in it is lost when it grows.
    pub(crate) fn reserve(&mut self, length: usize) {
        if self.length < length {
            *self = Self::zeros(length);
        }
    }

    pub(crate) fn of(values: &[f32]) -> Self {
        let mut buffer = Self::zeros(values.len());
        buffer.values_mut().copy_from_slice(values);
        buffer
    }

    pub(crate) fn values(&self) -> &[f32] {
        &self.floats[self.start..][..self.length]
    }

    pub(crate) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.floats[self.start..][..self.length]
    }
}
