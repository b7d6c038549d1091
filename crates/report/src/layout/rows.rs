//! Equal rows, one below the other, with names.

use crate::draw::canvas::{Area, Letters};

/// Rows that share an area evenly.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    pub(crate) area: Area,
    count: usize,
}

/// Letters smaller than this, in pixels, cannot be read.
const SMALLEST_LETTERS: f64 = 6.5;

impl Rows {
    /// `count` rows; none is taken for one.
    pub(crate) fn new(area: Area, count: usize) -> Self {
        Self { area, count: count.max(1) }
    }

    /// Height of a row in pixels.
    pub(crate) fn pitch(&self) -> f64 {
        self.area.height() / self.count as f64
    }

    /// The rectangle of a row.
    pub(crate) fn row(&self, index: usize) -> Area {
        let top = self.area.top + index as f64 * self.pitch();
        Area::new(self.area.left, top, self.area.right, top + self.pitch())
    }

    /// The middle of a row.
    pub(crate) fn middle(&self, index: usize) -> f64 {
        self.area.top + (index as f64 + 0.5) * self.pitch()
    }

    /// The letters made small enough for the rows, and how many rows one name takes: 1, or more where even the smallest
    /// readable letters are too high.
    pub(crate) fn fitted(&self, letters: Letters) -> (Letters, usize) {
        let size = letters.size.min(self.pitch() * 0.85).max(SMALLEST_LETTERS);
        let stride = (size / self.pitch().max(0.01)).ceil().clamp(1.0, self.count as f64) as usize;
        (Letters { size, ..letters }, stride)
    }
}
