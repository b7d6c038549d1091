//! Maximum of each window.

use super::{PIECE, Pool};
use crate::axis::{Axis, Meeting};
use crate::elementwise::Accumulate;
use crate::isa::level::{ChannelGroup, Level};
use crate::isa::vector::Vector;
use crate::parallel::{Chunks, chunk_of, share_out};
use crate::scratch;

/// The index of a maximum over no pixels; also the most positions that a window may have.
const NOWHERE: u8 = u8::MAX;

/// The maximum of each window into `y`, and its position within the window, row by row, into `indices`. Of
/// equal values the first counts; NaN counts as largest. A window that sees no pixel yields minus infinity
/// and index 255.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor, or the window has more than 255 positions.
pub fn max_forward(pool: &Pool, x: &[f32], y: &mut [f32], indices: &mut [u8]) {
    pool.check(x, y);
    assert_eq!(indices.len(), y.len(), "one index per output");
    assert!(pool.window.area() <= usize::from(NOWHERE), "the window is too large: {pool:?}");
    if y.is_empty() {
        return;
    }
    let (output, axes) = (pool.output, pool.axes());
    let row_len = output.w * output.c;
    let rows = PIECE.div_ceil(row_len);
    let shares = (Chunks::new(y, rows * row_len), Chunks::new(indices, rows * row_len));
    share_out(shares, |piece, (y, indices)| {
        scratch::with(row_len, |positions| {
            let lines = y.chunks_exact_mut(row_len).zip(indices.chunks_exact_mut(row_len));
            for (index, (y, indices)) in lines.enumerate() {
                let row = piece * rows + index;
                let image = chunk_of(x, pool.input.image_len(), row / output.h);
                max_line(pool, axes, image, row % output.h, y, positions, indices);
            }
        });
    });
}

multiversion!(
    fn max_line(
        pool: &Pool,
        axes: [Axis; 2],
        image: &[f32],
        row: usize,
        y: &mut [f32],
        positions: &mut [f32],
        indices: &mut [u8],
    ) = line_body
);

/// One row of the output. `positions` is scratch of its length.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn line_body<L: Level>(
    level: L,
    pool: &Pool,
    axes: [Axis; 2],
    image: &[f32],
    row: usize,
    y: &mut [f32],
    positions: &mut [f32],
    indices: &mut [u8],
) {
    let c = pool.input.c;
    let vertical = axes[0].inputs_of(row);
    let pixels = y.chunks_exact_mut(c).zip(positions.chunks_exact_mut(c));
    for (pixel, (y, positions)) in pixels.enumerate() {
        let horizontal = axes[1].inputs_of(pixel);
        level.for_each_group(c, &mut Pixel { pool, image, vertical, horizontal, y, positions });
    }
    for (index, &position) in indices.iter_mut().zip(positions.iter()) {
        *index = position as u8;
    }
}

struct Pixel<'a> {
    pool: &'a Pool,
    image: &'a [f32],
    vertical: Meeting,
    horizontal: Meeting,
    y: &'a mut [f32],
    /// Positions of the maxima in the window: floats, which hold them exactly, as the values beside them.
    positions: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for Pixel<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let (w, c) = (self.pool.input.w, self.pool.input.c);
        let across = self.pool.window.kernel[1];
        let first = if self.vertical.count * self.horizontal.count > 0 {
            (self.vertical.tap * across + self.horizontal.tap) as f32
        } else {
            f32::from(NOWHERE)
        };
        let mut best = V::splat(level, f32::NEG_INFINITY);
        let mut position = V::splat(level, first);
        for (a, y) in self.vertical.pairs() {
            for (b, x) in self.horizontal.pairs() {
                let value = V::load(level, &self.image[(y * w + x) * c + channel..]);
                let here = V::splat(level, (a * across + b) as f32);
                (best, position) = value.take_larger(here, best, position);
            }
        }
        best.store(&mut self.y[channel..]);
        position.store(&mut self.positions[channel..]);
    }
}

/// Gradient of the input of [`max_forward`]: each output's gradient goes to where its maximum was.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn max_backward(pool: &Pool, dy: &[f32], indices: &[u8], accumulate: Accumulate, dx: &mut [f32]) {
    pool.check(dx, dy);
    assert_eq!(indices.len(), dy.len(), "one index per output");
    if dx.is_empty() {
        return;
    }
    let output_len = pool.output.image_len();
    share_out(Chunks::new(dx, pool.input.image_len()), |image, dx| {
        if accumulate == Accumulate::Overwrite {
            dx.fill(0.0);
        }
        scatter_image(pool, chunk_of(dy, output_len, image), chunk_of(indices, output_len, image), dx);
    });
}

/// Adds one image's gradients to the elements of the input that they belong to.
fn scatter_image(pool: &Pool, dy: &[f32], indices: &[u8], dx: &mut [f32]) {
    let (w, c) = (pool.input.w, pool.input.c);
    let [down, across] = pool.window.stride;
    let pad = pool.window.pad;
    let width = pool.output.w;
    // What is nowhere stays out of range.
    let mut offsets = [usize::MAX / 2; 1 + NOWHERE as usize];
    for (position, offset) in offsets.iter_mut().take(pool.window.area()).enumerate() {
        let kernel = pool.window.kernel[1];
        *offset = (position / kernel * w + position % kernel) * c;
    }
    for (pixel, (dy, indices)) in dy.chunks_exact(c).zip(indices.chunks_exact(c)).enumerate() {
        let (i, j) = (pixel / width * down, pixel % width * across);
        // The window's first element may lie in the padding; an element that was a maximum does not.
        let corner = ((i * w + j) * c).wrapping_sub((pad.top * w + pad.left) * c);
        for (channel, (dy, &index)) in dy.iter().zip(indices).enumerate() {
            let element = corner.wrapping_add(offsets[usize::from(index)] + channel);
            if let Some(dx) = dx.get_mut(element) {
                *dx += dy;
            }
        }
    }
}
