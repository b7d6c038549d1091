//! The product of windows and weights, which is the forward pass and, with the weights turned around, the gradient of the
//! input.

use std::ops::Range;

use super::windows::{Framed, Position, Windows, positions};
use super::{Conv, winograd};
use crate::parallel::{self, Chunks, share_out};
use crate::prefetch::Prefetch;
use crate::product::{Ends, Panels, Results, Start, multiply};
use crate::scratch;
use crate::shape::Nhwc;

/// Windows of a piece of work, about: what they see of a block of the inner dimension fits the second-level cache. A
/// multiple of every tile's rows.
pub(super) const PIECE_ROWS: usize = 192;

/// Every tile has a divisor of so many rows.
pub(super) const TILE_ROWS: usize = 24;

/// Columns of a piece of work at most: those of its result stay in the second-level cache.
const PIECE_COLUMNS: usize = 512;

/// Pieces that a product is cut into at least, as far as its size allows.
pub(super) const PIECES: usize = 16;

/// `y = conv(x, weight) + bias`.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn forward(conv: &Conv, x: &[f32], weight: &[f32], bias: Option<&[f32]>, y: &mut [f32]) {
    conv.check(x, weight, y);
    assert!(bias.is_none_or(|bias| bias.len() == conv.channels()), "one bias per output channel");
    if y.is_empty() {
        return;
    }
    if winograd::suits(conv) {
        return winograd::forward(conv, x, weight, bias, None, y);
    }
    let layout = panels(conv);
    scratch::with(layout.packed_len(), |packed| {
        layout.pack_matrix(packed, weight);
        let start = bias.map_or(Start::Zero, Start::Bias);
        direct(conv, x, Right { layout, packed }, start.into(), y);
    });
}

/// How the weights of a convolution are packed for [`direct`].
pub(super) fn panels(conv: &Conv) -> Panels {
    let segments = if Framed::suits(conv) { conv.window.kernel[0] } else { conv.window.area() };
    Panels::new(segments, conv.patch_len() / segments.max(1), conv.channels())
}

/// The product of a convolution's windows and its packed weights.
pub(super) fn direct(conv: &Conv, x: &[f32], right: Right<'_>, ends: Ends<'_>, y: &mut [f32]) {
    if Framed::suits(conv) {
        by_bands(conv, x, right, ends, y);
    } else {
        product(&Windows::of_input(conv, x), right, ends, Pixels::all(conv.output), y);
    }
}

/// A packed right matrix.
#[derive(Clone, Copy)]
pub(super) struct Right<'a> {
    pub(super) layout: Panels,
    pub(super) packed: &'a [f32],
}

/// The pixels of an image batch that a product's rows are.
#[derive(Clone, Copy)]
pub(super) struct Pixels {
    /// Shape of the batch.
    pub(super) shape: Nhwc,
    /// Row and column of an image's first pixel.
    pub(super) first: [usize; 2],
    /// Distance of neighbouring pixels.
    pub(super) step: [usize; 2],
    /// Pixels down and across an image.
    pub(super) grid: [usize; 2],
}

impl Pixels {
    /// Every pixel.
    pub(super) fn all(shape: Nhwc) -> Self {
        Self { shape, first: [0, 0], step: [1, 1], grid: [shape.h, shape.w] }
    }

    /// Sets all values of these pixels to zero.
    pub(super) fn clear(&self, y: &mut [f32]) {
        let one = Self { shape: Nhwc { n: 1, ..self.shape }, ..*self };
        share_out(Chunks::new(y, self.shape.image_len()), |_, image| {
            for start in one.starts(0..self.grid[0] * self.grid[1]) {
                image[start..][..self.shape.c].fill(0.0);
            }
        });
    }

    /// Where the values of some pixels begin. No two pixels share a value.
    fn starts(&self, numbers: Range<usize>) -> impl Iterator<Item = usize> {
        let Self { shape: Nhwc { h, w, c, .. }, first, step, grid } = *self;
        positions(numbers, grid).map(move |Position { image, i, j }| {
            ((image * h + first[0] + i * step[0]) * w + first[1] + j * step[1]) * c
        })
    }
}

/// The memory of a result that pieces of work share, each with pixels of its own.
#[derive(Clone, Copy)]
pub(super) struct Shared {
    start: *mut f32,
    len: usize,
}

// SAFETY: every piece of work writes the pixels of its own rows only, and no two rows are the same pixel.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// All of a result.
    pub(super) fn new(y: &mut [f32]) -> Self {
        Self { start: y.as_mut_ptr(), len: y.len() }
    }

    /// A pointer to each of some pixels' values.
    pub(super) fn point(self, pixels: &Pixels, rows: Range<usize>, outputs: &mut [*const f32]) {
        for (start, output) in pixels.starts(rows).zip(outputs) {
            assert!(start + pixels.shape.c <= self.len, "a pixel of the result");
            // SAFETY: the pixel was found to lie within the result.
            *output = unsafe { self.start.add(start) }.cast_const();
        }
    }
}

/// How a product is cut into pieces; none depends on the number of threads.
struct Pieces {
    rows: usize,
    piece_rows: usize,
    panels: usize,
    piece_panels: usize,
}

impl Pieces {
    fn new(rows: usize, layout: &Panels) -> Self {
        let panels = layout.count();
        let blocks = rows.div_ceil(PIECE_ROWS);
        let piece_rows = rows.div_ceil(blocks).next_multiple_of(TILE_ROWS);
        let blocks = rows.div_ceil(piece_rows);
        let groups = panels.div_ceil((PIECE_COLUMNS / layout.width()).max(1));
        let groups = groups.max(PIECES.div_ceil(blocks).min(panels)).max(1);
        Self { rows, piece_rows, panels, piece_panels: panels.div_ceil(groups).max(1) }
    }

    fn across(&self) -> usize {
        self.panels.div_ceil(self.piece_panels)
    }

    fn count(&self) -> usize {
        self.rows.div_ceil(self.piece_rows) * self.across()
    }

    /// Rows and panels of a piece.
    fn piece(&self, index: usize) -> (Range<usize>, Range<usize>) {
        let row = index / self.across() * self.piece_rows;
        let panel = index % self.across() * self.piece_panels;
        (row..(row + self.piece_rows).min(self.rows), panel..(panel + self.piece_panels).min(self.panels))
    }
}

/// The product of windows and a packed matrix, in parallel: window number r gives pixel number r of `pixels` in `y`.
pub(super) fn product(
    windows: &Windows<'_>,
    right: Right<'_>,
    ends: Ends<'_>,
    pixels: Pixels,
    y: &mut [f32],
) {
    if windows.count() == 0 {
        return;
    }
    let pieces = Pieces::new(windows.count(), &right.layout);
    let shared = Shared::new(y);
    parallel::for_each(pieces.count(), &|index| {
        let (rows, panels) = pieces.piece(index);
        piece(windows, right, ends, &pixels, rows, panels, shared);
    });
}

fn piece(
    windows: &Windows<'_>,
    right: Right<'_>,
    ends: Ends<'_>,
    pixels: &Pixels,
    rows: Range<usize>,
    panels: Range<usize>,
    y: Shared,
) {
    let count = rows.len();
    scratch::with(windows.segment, |zeros| {
        zeros.fill(0.0);
        scratch::with_pointers((windows.segments() + 2) * count, |pointers| {
            let (table, pointers) = pointers.split_at_mut(windows.segments() * count);
            let (outputs, residuals) = pointers.split_at_mut(count);
            windows.point(rows.clone(), zeros, table);
            y.point(pixels, rows.clone(), outputs);
            let Ends { start, residual, range } = ends;
            let residuals = residual.map(|residual| {
                for (start, pointer) in pixels.starts(rows).zip(&mut *residuals) {
                    *pointer = residual[start..start + pixels.shape.c].as_ptr();
                }
                &*residuals
            });
            let results = Results { outputs, start, residuals, range };
            let ahead = Prefetch::nothing();
            // SAFETY: the table's pointers are those of whole segments, and the others of whole pixels; pieces have no pixel
            // and panel in common.
            unsafe { multiply(&right.layout, right.packed, panels, table, results, &ahead) };
        });
    });
}

/// The forward pass where windows have few channels: bands of the output's rows, each from a framed copy of what it sees.
fn by_bands(conv: &Conv, x: &[f32], right: Right<'_>, ends: Ends<'_>, y: &mut [f32]) {
    let output = conv.output;
    let band_rows = (2 * PIECE_ROWS).div_ceil(output.w).min(output.h);
    let bands = output.h.div_ceil(band_rows);
    let shared = Shared::new(y);
    parallel::for_each(output.n * bands, &|index| {
        let (image, band) = (index / bands, index % bands);
        let rows = band * band_rows..((band + 1) * band_rows).min(output.h);
        let framed = Framed::new(conv, rows.clone());
        scratch::with(framed.len(conv), |memory| {
            let windows = framed.fill(conv, x, image, memory);
            let grid = [rows.len(), output.w];
            let pixels = Pixels { first: [image * output.h + rows.start, 0], grid, ..Pixels::all(output) };
            let panels = 0..right.layout.count();
            for first in (0..windows.count()).step_by(PIECE_ROWS) {
                let part = first..(first + PIECE_ROWS).min(windows.count());
                piece(&windows, right, ends, &pixels, part, panels.clone(), shared);
            }
        });
    });
}
