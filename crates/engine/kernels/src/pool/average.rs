//! Mean of each window.

use super::{PIECE, Pool};
use crate::axis::{Axis, Meeting};
use crate::elementwise::Accumulate;
use crate::isa::level::{ChannelGroup, Level};
use crate::isa::vector::Vector;
use crate::parallel::{Chunks, share_out};
use crate::shape::Nhwc;

/// What the sum over a window is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Divisor {
    /// The window's area, padding included: PyTorch's default, `count_include_pad=True`.
    Window,
    /// The number of pixels of the image that the window sees, as in TensorFlow.
    Visible,
}

/// Mean of each window.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn average_forward(pool: &Pool, divisor: Divisor, x: &[f32], y: &mut [f32]) {
    pool.check(x, y);
    let side = Side {
        pool,
        divisor,
        axes: pool.axes(),
        source: x,
        source_shape: pool.input,
        backward: false,
        accumulate: Accumulate::Overwrite,
    };
    side.run(pool.output, y);
}

/// Gradient of the input of [`average_forward`].
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn average_backward(pool: &Pool, divisor: Divisor, dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    pool.check(dx, dy);
    let side = Side {
        pool,
        divisor,
        axes: pool.axes(),
        source: dy,
        source_shape: pool.output,
        backward: true,
        accumulate,
    };
    side.run(pool.input, dx);
}

/// A sum over the other side of the window for each pixel of one side: of the input for the forward pass, of
/// the output's gradient for the backward pass.
struct Side<'a> {
    pool: &'a Pool,
    divisor: Divisor,
    axes: [Axis; 2],
    source: &'a [f32],
    source_shape: Nhwc,
    backward: bool,
    accumulate: Accumulate,
}

impl Side<'_> {
    fn run(&self, shape: Nhwc, destination: &mut [f32]) {
        if destination.is_empty() {
            return;
        }
        let row_len = shape.w * shape.c;
        let rows = PIECE.div_ceil(row_len);
        share_out(Chunks::new(destination, rows * row_len), |piece, destination| {
            for (index, line) in destination.chunks_exact_mut(row_len).enumerate() {
                let row = piece * rows + index;
                average_line(self, row / shape.h, row % shape.h, line);
            }
        });
    }

    #[inline(always)]
    fn meeting(&self, axis: usize, pixel: usize) -> Meeting {
        if self.backward { self.axes[axis].outputs_of(pixel) } else { self.axes[axis].inputs_of(pixel) }
    }

    /// The share of one pixel in the mean of the window at output pixel `(y, x)`.
    #[inline(always)]
    fn share(&self, y: usize, x: usize) -> f32 {
        let pixels = match self.divisor {
            Divisor::Window => self.pool.window.area(),
            Divisor::Visible => self.axes[0].inputs_of(y).count * self.axes[1].inputs_of(x).count,
        };
        1.0 / pixels as f32
    }
}

multiversion!(fn average_line(side: &Side<'_>, image: usize, row: usize, line: &mut [f32]) = line_body);

/// One row of the destination.
#[inline(always)]
fn line_body<L: Level>(level: L, side: &Side<'_>, image: usize, row: usize, line: &mut [f32]) {
    let image_len = side.source_shape.image_len();
    let image = &side.source[image * image_len..][..image_len];
    let vertical = side.meeting(0, row);
    let c = side.source_shape.c;
    for (pixel, destination) in line.chunks_exact_mut(c).enumerate() {
        level.for_each_group(
            c,
            &mut Pixel {
                side,
                image,
                position: [row, pixel],
                vertical,
                horizontal: side.meeting(1, pixel),
                destination,
            },
        );
    }
}

struct Pixel<'a> {
    side: &'a Side<'a>,
    image: &'a [f32],
    /// Row and column in the destination.
    position: [usize; 2],
    vertical: Meeting,
    horizontal: Meeting,
    destination: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for Pixel<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let (side, Nhwc { w, c, .. }) = (self.side, self.side.source_shape);
        let mut sum = V::splat(level, 0.0);
        for (_, y) in self.vertical.pairs() {
            for (_, x) in self.horizontal.pairs() {
                let value = V::load(level, &self.image[(y * w + x) * c + channel..]);
                sum = if side.backward {
                    value.mul_add(V::splat(level, side.share(y, x)), sum)
                } else {
                    sum.add(value)
                };
            }
        }
        let [row, column] = self.position;
        if !side.backward && self.vertical.count * self.horizontal.count > 0 {
            sum = sum.mul(V::splat(level, side.share(row, column)));
        }
        let destination = &mut self.destination[channel..];
        match side.accumulate {
            Accumulate::Overwrite => sum.store(destination),
            Accumulate::Add => V::load(level, destination).add(sum).store(destination),
        }
    }
}
