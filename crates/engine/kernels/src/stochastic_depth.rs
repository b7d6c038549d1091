//! Stochastic depth (Huang et al. 2016, "Deep Networks with Stochastic Depth"): whole images of a branch are dropped, each with
//! a chance of its own, so that only the other branch of a residual connection is left of them.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | p | rate: the chance that an image is dropped, in [0, 1) |
//! | f(n) | 0 where image n is dropped, else 1 / (1 - p): the factor of a [`Mask`] at place n |
//!
//! y(n) = f(n) x(n), and the gradient likewise. The mask is that of dropout, with one place for each image.

use crate::dropout::Mask;
use crate::elementwise::Accumulate;
use crate::isa::level::Level;
use crate::parallel::{Chunks, chunk_of, share_out};

/// Floats of a piece of work, about.
const PIECE: usize = 1 << 15;

/// `y = f x`, for images of `image` floats. It is its own gradient: with the gradient of the output for `x`, and that of the
/// input for `y`, it is the backward pass.
///
/// # Panics
///
/// If the lengths differ, or are not those of whole images.
pub fn apply(mask: Mask, image: usize, x: &[f32], accumulate: Accumulate, y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "lengths differ");
    for_each_piece(image, y, |piece, image, y| {
        let x = chunk_of(x, piece.len, piece.index);
        match (mask.factor(image), accumulate) {
            // A dropped image is 0 whatever it was.
            (0.0, Accumulate::Overwrite) => y.fill(0.0),
            (0.0, Accumulate::Add) => {}
            (factor, _) => scale_chunk(factor, x, accumulate, y),
        }
    });
}

/// [`apply`], written over `x`.
///
/// # Panics
///
/// If the length is not that of whole images.
pub fn apply_in_place(mask: Mask, image: usize, x: &mut [f32]) {
    for_each_piece(image, x, |_, image, x| match mask.factor(image) {
        0.0 => x.fill(0.0),
        factor => rescale_chunk(factor, x),
    });
}

/// A piece of an image: its number among all pieces, and floats of a piece.
struct Piece {
    index: usize,
    len: usize,
}

/// Calls `work` with the pieces of each image, in parallel: the piece, the number of its image and the values.
fn for_each_piece(image: usize, values: &mut [f32], work: impl Fn(Piece, usize, &mut [f32]) + Sync) {
    if values.is_empty() {
        return;
    }
    assert!(image > 0 && values.len().is_multiple_of(image), "not whole images");
    // All pieces of an image are equally long, so that none has values of two.
    let count = (1..=image.div_ceil(PIECE)).rev().find(|&count| image.is_multiple_of(count)).unwrap_or(1);
    let len = image / count;
    share_out(Chunks::new(values, len), |index, values| work(Piece { index, len }, index / count, values));
}

#[inline(always)]
fn scale_body(_: impl Level, factor: f32, x: &[f32], accumulate: Accumulate, y: &mut [f32]) {
    match accumulate {
        Accumulate::Overwrite => y.iter_mut().zip(x).for_each(|(y, x)| *y = x * factor),
        Accumulate::Add => y.iter_mut().zip(x).for_each(|(y, x)| *y += x * factor),
    }
}
multiversion!(fn scale_chunk(factor: f32, x: &[f32], accumulate: Accumulate, y: &mut [f32]) = scale_body);

#[inline(always)]
fn rescale_body(_: impl Level, factor: f32, x: &mut [f32]) {
    x.iter_mut().for_each(|x| *x *= factor);
}
multiversion!(fn rescale_chunk(factor: f32, x: &mut [f32]) = rescale_body);
