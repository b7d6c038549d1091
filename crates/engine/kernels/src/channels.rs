//! Kernels that treat the channels of an image apart: joining them, and scaling each.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | x, dx | an image and its gradient | (n, h, w, c) |
//! | s, ds | a factor for each image and channel, and its gradient | (n, c) |
//! | a, b | images of equal size, as matrices of pixels and channels | (rows, channels of a), (rows, channels of b) |

use crate::elementwise::{Accumulate, add_assign_chunk};
use crate::isa::level::Level;
use crate::parallel::{Chunks, chunk_of, share_out};
use crate::reduce::BLOCK_ROWS;
use crate::scratch;
use crate::shape::Nhwc;

/// Floats that a piece of work writes, about.
const PIECE: usize = 1 << 14;

/// The channels of `a` and then those of `b` at each pixel; `channels` is how many each has.
///
/// # Panics
///
/// If the lengths do not fit the channels and one number of pixels.
pub fn concat_forward(channels: [usize; 2], a: &[f32], b: &[f32], y: &mut [f32]) {
    let [first, second] = channels;
    let total = first + second;
    if y.is_empty() {
        return;
    }
    let rows = y.len() / total;
    assert!(
        y.len() == rows * total && a.len() == rows * first && b.len() == rows * second,
        "lengths do not fit the channels"
    );
    let piece = PIECE.div_ceil(total);
    share_out(Chunks::new(y, piece * total), |index, y| {
        let start = index * piece;
        for (row, y) in y.chunks_exact_mut(total).enumerate() {
            let row = start + row;
            y[..first].copy_from_slice(&a[row * first..][..first]);
            y[first..].copy_from_slice(&b[row * second..][..second]);
        }
    });
}

/// Gradient of one input of [`concat_forward`]: the `channels` channels of `dy`, of `total` channels, from `offset` on.
///
/// # Panics
///
/// If the lengths do not fit the channels and one number of pixels.
pub fn concat_backward(
    total: usize,
    offset: usize,
    channels: usize,
    dy: &[f32],
    accumulate: Accumulate,
    dx: &mut [f32],
) {
    assert!(offset + channels <= total, "channels {offset} to {} of {total}", offset + channels);
    if dx.is_empty() {
        return;
    }
    let rows = dx.len() / channels;
    assert!(dx.len() == rows * channels && dy.len() == rows * total, "lengths do not fit the channels");
    let piece = PIECE.div_ceil(channels);
    share_out(Chunks::new(dx, piece * channels), |index, dx| {
        let dy = chunk_of(dy, piece * total, index);
        for (dx, dy) in dx.chunks_exact_mut(channels).zip(dy.chunks_exact(total)) {
            let dy = &dy[offset..offset + channels];
            match accumulate {
                Accumulate::Overwrite => dx.copy_from_slice(dy),
                Accumulate::Add => add_assign_chunk(dy, dx),
            }
        }
    });
}

/// `y = x s` at every pixel: what squeeze-and-excitation ends in (Hu et al. 2017).
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn scale_forward(shape: Nhwc, x: &[f32], s: &[f32], y: &mut [f32]) {
    check(shape, y, s);
    scale(shape, x, s, Accumulate::Overwrite, y);
}

/// Gradient of the image of [`scale_forward`]: `dx = dy s`.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn scale_backward_image(shape: Nhwc, dy: &[f32], s: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    check(shape, dx, s);
    scale(shape, dy, s, accumulate, dx);
}

fn scale(shape: Nhwc, x: &[f32], s: &[f32], accumulate: Accumulate, y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "lengths differ");
    if y.is_empty() {
        return;
    }
    let image = shape.image_len();
    share_out(Chunks::new(y, image), |index, y| {
        let (x, s) = (chunk_of(x, image, index), chunk_of(s, shape.c, index));
        for (y, x) in y.chunks_exact_mut(shape.c).zip(x.chunks_exact(shape.c)) {
            match accumulate {
                Accumulate::Overwrite => product_row(x, s, y),
                Accumulate::Add => add_product_row(x, s, y),
            }
        }
    });
}

/// Gradient of the factors of [`scale_forward`]: the sum of `dy x` over the pixels.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn scale_backward_factor(shape: Nhwc, x: &[f32], dy: &[f32], accumulate: Accumulate, ds: &mut [f32]) {
    check(shape, x, ds);
    assert_eq!(x.len(), dy.len(), "lengths differ");
    if x.is_empty() {
        return;
    }
    let image = shape.image_len();
    share_out(Chunks::new(ds, shape.c), |index, ds| {
        let (x, dy) = (chunk_of(x, image, index), chunk_of(dy, image, index));
        if accumulate == Accumulate::Overwrite {
            ds.fill(0.0);
        }
        let block = BLOCK_ROWS * shape.c;
        scratch::with(shape.c, |sum| {
            for (x, dy) in x.chunks(block).zip(dy.chunks(block)) {
                sum.fill(0.0);
                for (x, dy) in x.chunks_exact(shape.c).zip(dy.chunks_exact(shape.c)) {
                    add_product_row(x, dy, sum);
                }
                add_assign_chunk(sum, ds);
            }
        });
    });
}

fn check(shape: Nhwc, x: &[f32], s: &[f32]) {
    assert_eq!(x.len(), shape.len(), "image of {shape:?}");
    assert_eq!(s.len(), shape.n * shape.c, "one factor per image and channel of {shape:?}");
}

#[inline(always)]
fn product_body(_: impl Level, a: &[f32], b: &[f32], y: &mut [f32]) {
    for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
        *y = a * b;
    }
}
multiversion!(fn product_row(a: &[f32], b: &[f32], y: &mut [f32]) = product_body);

#[inline(always)]
fn add_product_body(_: impl Level, a: &[f32], b: &[f32], y: &mut [f32]) {
    for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
        *y += a * b;
    }
}
multiversion!(fn add_product_row(a: &[f32], b: &[f32], y: &mut [f32]) = add_product_body);
