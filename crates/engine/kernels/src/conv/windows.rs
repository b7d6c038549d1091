//! Where the windows of a convolution lie in memory.

use std::ops::Range;

use super::Conv;
use crate::shape::Nhwc;

/// The windows over `source`: window `(n, i, j)`, number `(n * grid[0] + i) * grid[1] + j`, sees the pixels
/// `(n, origin[0] + i * stride[0] + a, origin[1] + j * stride[1] + b)` for `a`, `b` in the kernel, and zeros outside the
/// image. A pixel of the kernel is a segment of the window.
pub(super) struct Windows<'a> {
    pub(super) source: &'a [f32],
    /// Shape of `source`.
    pub(super) shape: Nhwc,
    /// Pixels down and across.
    pub(super) kernel: [usize; 2],
    /// Floats of a segment: those of a pixel, or of several neighbours in an image that needs no zeros.
    pub(super) segment: usize,
    /// Step between windows.
    pub(super) stride: [usize; 2],
    /// Row and column of the first pixel of an image's first window.
    pub(super) origin: [isize; 2],
    /// Windows down and across an image.
    pub(super) grid: [usize; 2],
}

impl<'a> Windows<'a> {
    /// What a convolution sees of its input.
    pub(super) fn of_input(conv: &Conv, x: &'a [f32]) -> Self {
        let (window, output) = (conv.window, conv.output);
        Self {
            source: x,
            shape: conv.input,
            kernel: window.kernel,
            segment: conv.input.c,
            stride: window.stride,
            origin: [-(window.pad.top as isize), -(window.pad.left as isize)],
            grid: [output.h, output.w],
        }
    }

    /// Number of windows.
    pub(super) fn count(&self) -> usize {
        self.shape.n * self.grid[0] * self.grid[1]
    }

    /// Segments of a window.
    pub(super) fn segments(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Writes where some windows' segments begin, all windows' first segments first. What lies outside the image is
    /// `zeros`.
    ///
    /// # Panics
    ///
    /// If there are fewer zeros than a segment has floats, or the table is not of one pointer for each segment.
    pub(super) fn point(&self, windows: Range<usize>, zeros: &[f32], table: &mut [*const f32]) {
        let count = windows.len();
        assert!(zeros.len() >= self.segment, "zeros for a whole segment");
        assert_eq!(table.len(), self.segments() * count, "a pointer for each segment");
        let Nhwc { h, c, .. } = self.shape;
        if self.is_every_pixel() {
            for (pointer, segment) in table.iter_mut().zip(self.source.chunks_exact(c).skip(windows.start)) {
                *pointer = segment.as_ptr();
            }
            return;
        }
        for b in 0..self.kernel[1] {
            let inside = self.columns_inside(b);
            let mut index = 0;
            for run in runs(windows.clone(), self.grid) {
                let len = run.columns.len();
                for a in 0..self.kernel[0] {
                    let pointers = &mut table[(a * self.kernel[1] + b) * count + index..][..len];
                    let y = self.origin[0] + (run.i * self.stride[0] + a) as isize;
                    match usize::try_from(y).ok().filter(|&y| y < h) {
                        Some(y) => {
                            self.point_row(run.image * h + y, b, &run.columns, &inside, zeros, pointers)
                        }
                        None => pointers.fill(zeros.as_ptr()),
                    }
                }
                index += len;
            }
        }
    }

    /// Columns of windows whose pixels number `b` of each row lie within the image.
    fn columns_inside(&self, b: usize) -> Range<usize> {
        let (offset, width) = (self.origin[1] + b as isize, self.shape.w as isize);
        let column = |x: isize| usize::try_from(x - offset).unwrap_or(0).div_ceil(self.stride[1]);
        column(0)..column(width)
    }

    /// Where pixels number `b` of row `row`, over all images, begin for the windows of some columns.
    fn point_row(
        &self,
        row: usize,
        b: usize,
        columns: &Range<usize>,
        inside: &Range<usize>,
        zeros: &[f32],
        pointers: &mut [*const f32],
    ) {
        let first = inside.start.clamp(columns.start, columns.end);
        let end = inside.end.clamp(first, columns.end);
        let (before, rest) = pointers.split_at_mut(first - columns.start);
        let (within, after) = rest.split_at_mut(end - first);
        before.fill(zeros.as_ptr());
        after.fill(zeros.as_ptr());
        if within.is_empty() {
            return;
        }
        let Nhwc { w, c, .. } = self.shape;
        let x = (self.origin[1] + b as isize) + (first * self.stride[1]) as isize;
        let (start, step) = ((row * w + x as usize) * c, self.stride[1] * c);
        let seen = &self.source[start..start + (within.len() - 1) * step + self.segment];
        for (index, pointer) in within.iter_mut().enumerate() {
            *pointer = seen.as_ptr().wrapping_add(index * step);
        }
    }

    /// Whether window number i sees pixel number i and nothing else.
    fn is_every_pixel(&self) -> bool {
        self.kernel == [1, 1]
            && self.stride == [1, 1]
            && self.origin == [0, 0]
            && self.grid == [self.shape.h, self.shape.w]
            && self.segment == self.shape.c
    }
}

/// Neighbours in a row of a grid.
struct Run {
    image: usize,
    /// Row.
    i: usize,
    columns: Range<usize>,
}

/// The places with some numbers, as [`positions`] has them, row by row.
fn runs(numbers: Range<usize>, [down, across]: [usize; 2]) -> impl Iterator<Item = Run> {
    let mut next = numbers.start;
    std::iter::from_fn(move || {
        (next < numbers.end).then(|| {
            let (row, column) = (next / across, next % across);
            let columns = column..across.min(column + numbers.end - next);
            next += columns.len();
            Run { image: row / down, i: row % down, columns }
        })
    })
}

/// A place in a batch of grids.
pub(super) struct Position {
    pub(super) image: usize,
    /// Row.
    pub(super) i: usize,
    /// Column.
    pub(super) j: usize,
}

/// The places with some numbers, counted row by row and image by image. Divisions would take longer than what is done there.
pub(super) fn positions(numbers: Range<usize>, [down, across]: [usize; 2]) -> impl Iterator<Item = Position> {
    let first = numbers.start;
    let [mut image, mut i, mut j] = if numbers.is_empty() {
        [0; 3]
    } else {
        [first / across / down, first / across % down, first % across]
    };
    numbers.map(move |_| {
        let position = Position { image, i, j };
        j += 1;
        if j == across {
            (i, j) = (i + 1, 0);
        }
        if i == down {
            (image, i) = (image + 1, 0);
        }
        position
    })
}

/// A part of an image, with zeros around it, for windows of few channels: one row of the kernel is one segment.
pub(super) struct Framed {
    /// Height and width.
    size: [usize; 2],
    /// Rows of the output that see it.
    rows: Range<usize>,
}

impl Framed {
    /// Most channels for which the rows of a kernel are taken as a whole.
    const MOST_CHANNELS: usize = 8;

    /// Whether `conv` is computed in this way.
    pub(super) fn suits(conv: &Conv) -> bool {
        conv.input.c <= Self::MOST_CHANNELS && conv.window.kernel[1] > 1
    }

    /// What the output's rows `rows` see.
    pub(super) fn new(conv: &Conv, rows: Range<usize>) -> Self {
        let (window, output) = (conv.window, conv.output);
        let side =
            |count: usize, axis: usize| count.saturating_sub(1) * window.stride[axis] + window.kernel[axis];
        Self { size: [side(rows.len(), 0), side(output.w, 1)], rows }
    }

    /// Number of floats.
    pub(super) fn len(&self, conv: &Conv) -> usize {
        self.size[0] * self.size[1] * conv.input.c
    }

    /// Copies what is needed of image number `image` to `memory`, and says where the windows lie in it.
    pub(super) fn fill<'a>(
        &self,
        conv: &Conv,
        x: &[f32],
        image: usize,
        memory: &'a mut [f32],
    ) -> Windows<'a> {
        let (Nhwc { h, w, c, .. }, window) = (conv.input, conv.window);
        let [height, width] = self.size;
        let image = &x[image * h * w * c..][..h * w * c];
        let left = window.pad.left.min(width);
        let inside = w.min(width - left);
        for (row, line) in memory.chunks_exact_mut(width * c).enumerate() {
            let y = (self.rows.start * window.stride[0] + row) as isize - window.pad.top as isize;
            if y < 0 || y >= h as isize {
                line.fill(0.0);
                continue;
            }
            let (zeros, rest) = line.split_at_mut(left * c);
            let (pixels, more_zeros) = rest.split_at_mut(inside * c);
            zeros.fill(0.0);
            pixels.copy_from_slice(&image[y as usize * w * c..][..inside * c]);
            more_zeros.fill(0.0);
        }
        Windows {
            source: memory,
            shape: Nhwc { n: 1, h: height, w: width, c },
            kernel: [window.kernel[0], 1],
            segment: window.kernel[1] * c,
            stride: window.stride,
            origin: [0, 0],
            grid: [self.rows.len(), conv.output.w],
        }
    }
}
