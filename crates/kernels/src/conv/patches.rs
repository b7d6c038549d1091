//! The patches of an image batch as the rows of a matrix that is never whole in memory.

use std::ops::Range;

use super::Conv;
use crate::shape::Nhwc;

/// Patches of `source`: patch `(n, i, j)`, row `(n * grid[0] + i) * grid[1] + j` of the matrix, holds the
/// pixels `(n, origin[0] + i * stride[0] + a, origin[1] + j * stride[1] + b)` for `a`, `b` in the kernel,
/// with zeros for pixels outside the image.
pub(super) struct Patches<'a> {
    pub(super) source: &'a [f32],
    /// Shape of `source`.
    pub(super) shape: Nhwc,
    /// Height and width of a patch.
    pub(super) kernel: [usize; 2],
    /// Step between patches.
    pub(super) stride: [usize; 2],
    /// Row and column of the first pixel of an image's first patch.
    pub(super) origin: [isize; 2],
    /// Patches down and across an image.
    pub(super) grid: [usize; 2],
}

impl<'a> Patches<'a> {
    /// What the window of a convolution sees of its input.
    pub(super) fn of_input(conv: &Conv, x: &'a [f32]) -> Self {
        let (window, output) = (conv.window, conv.output());
        Self {
            source: x,
            shape: conv.input,
            kernel: window.kernel,
            stride: window.stride,
            origin: [-(window.pad.top as isize), -(window.pad.left as isize)],
            grid: [output.h, output.w],
        }
    }

    /// Number of patches.
    pub(super) fn rows(&self) -> usize {
        self.shape.n * self.grid[0] * self.grid[1]
    }

    /// Number of elements of a patch.
    pub(super) fn columns(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.shape.c
    }

    /// The matrix of patches where it is `source` itself: windows of one pixel that visit each pixel once.
    pub(super) fn as_slice(&self) -> Option<&'a [f32]> {
        let identity = self.kernel == [1, 1]
            && self.stride == [1, 1]
            && self.origin == [0, 0]
            && self.grid == [self.shape.h, self.shape.w];
        identity.then_some(self.source)
    }

    /// Writes the given rows and columns of the matrix of patches to `block`, row by row.
    pub(super) fn fill(&self, rows: Range<usize>, columns: Range<usize>, block: &mut [f32]) {
        debug_assert_eq!(block.len(), rows.len() * columns.len());
        let [down, across] = self.grid;
        // One kernel row of a patch is a contiguous run of the image's row.
        let run = self.kernel[1] * self.shape.c;
        let first = columns.start / run;
        let last = columns.end.div_ceil(run);
        for (row, patch) in rows.zip(block.chunks_exact_mut(columns.len())) {
            let (i, j) = (row / across % down, row % across);
            let image = row / across / down * self.shape.h;
            let left = self.origin[1] + (j * self.stride[1]) as isize;
            let top = self.origin[0] + (i * self.stride[0]) as isize;
            for a in first..last {
                let wanted = columns.start.max(a * run)..columns.end.min((a + 1) * run);
                let run_part = wanted.start - a * run..wanted.end - a * run;
                let destination = &mut patch[wanted.start - columns.start..wanted.end - columns.start];
                let y = top + a as isize;
                if y < 0 || y >= self.shape.h as isize {
                    destination.fill(0.0);
                } else {
                    self.copy_run((image + y as usize) * self.shape.w, left, run_part, destination);
                }
            }
        }
    }

    /// Writes `part` of the run of pixels that starts `left` pixels after pixel `line` (the first of an
    /// image's row), with zeros outside that row.
    #[inline(always)]
    fn copy_run(&self, line: usize, left: isize, part: Range<usize>, destination: &mut [f32]) {
        let c = self.shape.c as isize;
        let start = left * c + part.start as isize;
        let end = left * c + part.end as isize;
        let width = self.shape.w as isize * c;
        let base = line as isize * c;
        if start >= 0 && end <= width {
            copy(&self.source[(base + start) as usize..(base + end) as usize], destination);
            return;
        }
        let inside = start.clamp(0, width)..end.clamp(0, width);
        let before = (inside.start - start).clamp(0, end - start) as usize;
        let (zeros, rest) = destination.split_at_mut(before);
        let (pixels, more_zeros) = rest.split_at_mut((inside.end - inside.start) as usize);
        zeros.fill(0.0);
        copy(&self.source[(base + inside.start) as usize..(base + inside.end) as usize], pixels);
        more_zeros.fill(0.0);
    }
}

/// A copy that does not call into the C library for a handful of floats.
#[inline(always)]
fn copy(source: &[f32], destination: &mut [f32]) {
    if source.len() >= 32 {
        destination.copy_from_slice(source);
    } else {
        for (destination, &source) in destination.iter_mut().zip(source) {
            *destination = source;
        }
    }
}
