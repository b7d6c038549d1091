//! Which rows of a matrix a tile reads or writes: pixels of an image, or taps of the weights.

use std::ops::Range;

use super::transform::{OUTPUTS, TAPS};
use crate::shape::Nhwc;

/// The `N` x `N` pixels or taps of one tile. Number `(i, j)` is row `first + i * down + j * across` of its matrix, if `i`
/// and `j` are within `rows` and `columns`; elsewhere there is nothing, which reads as zeros.
#[derive(Clone, Debug)]
pub(super) struct Patch {
    pub(super) first: isize,
    pub(super) down: isize,
    pub(super) across: isize,
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
}

impl Patch {
    /// The row of number `(i, j)`, which is within the ranges.
    #[inline(always)]
    pub(super) fn row(&self, i: usize, j: usize) -> usize {
        (self.first + i as isize * self.down + j as isize * self.across) as usize
    }
}

/// How each tile's patch is found.
pub(super) trait Patches<const N: usize>: Sync {
    fn patch(&self, tile: usize) -> Patch;
}

/// Tiles of 4 x 4 output pixels over a batch of images, row by row and image by image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiles {
    /// Tiles down and across an image.
    pub(super) grid: [usize; 2],
}

impl Tiles {
    /// Tiles that cover the output.
    pub(super) fn of_output(output: Nhwc) -> Self {
        Self { grid: [output.h.div_ceil(OUTPUTS), output.w.div_ceil(OUTPUTS)] }
    }

    /// Tiles of an image.
    pub(super) fn per_image(&self) -> usize {
        self.grid[0] * self.grid[1]
    }
}

/// The pixels that tiles see or make.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pixels {
    pub(super) tiles: Tiles,
    /// Height and width of an image.
    pub(super) size: [usize; 2],
    /// Pixels that the first tile begins above and to the left of the image.
    pub(super) pad: [usize; 2],
}

impl<const N: usize> Patches<N> for Pixels {
    #[inline(always)]
    fn patch(&self, tile: usize) -> Patch {
        let ([height, width], [down, across]) = (self.size, self.tiles.grid);
        let (image, tile) = (tile / (down * across), tile % (down * across));
        let top = (tile / across * OUTPUTS) as isize - self.pad[0] as isize;
        let left = (tile % across * OUTPUTS) as isize - self.pad[1] as isize;
        Patch {
            first: (image * height * width) as isize + top * width as isize + left,
            down: width as isize,
            across: 1,
            rows: inside::<N>(top, height),
            columns: inside::<N>(left, width),
        }
    }
}

/// Which of the `N` pixels from `first` on are among the `size` pixels of an image.
#[inline(always)]
fn inside<const N: usize>(first: isize, size: usize) -> Range<usize> {
    let end = (size as isize - first).clamp(0, N as isize);
    (-first).clamp(0, end) as usize..end as usize
}

/// The taps of each input channel, rows of the weights as a matrix of (kernel height, kernel width, in) rows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taps {
    /// As they lie in the weights.
    Straight { inputs: usize },
    /// Turned by 180 degrees.
    Turned { inputs: usize },
}

impl Patches<TAPS> for Taps {
    #[inline(always)]
    fn patch(&self, tile: usize) -> Patch {
        let all = TAPS * TAPS;
        let (first, step) = match *self {
            Self::Straight { inputs } => (0, inputs as isize),
            Self::Turned { inputs } => ((all - 1) * inputs, -(inputs as isize)),
        };
        Patch {
            first: (first + tile) as isize,
            down: TAPS as isize * step,
            across: step,
            rows: 0..TAPS,
            columns: 0..TAPS,
        }
    }
}
