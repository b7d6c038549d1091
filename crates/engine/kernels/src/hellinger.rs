//! Square roots of shares: the map that makes a linear classifier one of Hellinger's kernel.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | x⁺ | max(x, 0), (n, c) |
//! | m | mean of a row of x⁺, plus [`FLOOR`] |
//! | y = √(x⁺ / m) | the square root of a channel's share of its row, times √c |
//!
//! - dx = (dy / y - Σ dy y / c) / (2 m) where x is above 0, else 0; the 1 / y there is at most 1,000.
//!
//! Arandjelović and Zisserman 2012, "Three things everyone should know to improve object retrieval", section 2. Features of a
//! rectified network are counts of a kind: few are large, and a difference between small ones tells as much as one between
//! large ones.
//!
//! Rows are walked in order and summed in f64, so that all instruction sets give the same bits.

use crate::elementwise::{Accumulate, CHUNK};
use crate::parallel::{Chunks, chunk_of, share_out};

/// What is added to the mean of a row, so that a row of zeros stays one.
pub const FLOOR: f32 = 1e-12;
/// What y is taken for at least where the gradient divides by it.
const STEEPEST: f32 = 1e-3;

/// `y = √(x⁺ / m)` for rows of `channels` numbers.
///
/// # Panics
/// If the lengths differ or are no whole rows.
pub fn forward(channels: usize, x: &[f32], y: &mut [f32]) {
    assert!(x.len() == y.len() && x.len().is_multiple_of(channels), "lengths differ");
    let chunk = rows_of_chunk(channels);
    share_out(Chunks::new(y, chunk), |index, y| {
        for (x, y) in chunk_of(x, chunk, index).chunks_exact(channels).zip(y.chunks_exact_mut(channels)) {
            let mean = mean(x);
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = root(x, mean));
        }
    });
}

/// Gradient of the input of [`forward`], x, from that of the output, `dy`.
///
/// # Panics
/// If the lengths differ or are no whole rows.
pub fn backward(channels: usize, x: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    let lengths = x.len() == dx.len() && dy.len() == dx.len() && x.len().is_multiple_of(channels);
    assert!(lengths, "lengths differ");
    let chunk = rows_of_chunk(channels);
    share_out(Chunks::new(dx, chunk), |index, dx| {
        let (x, dy) = (chunk_of(x, chunk, index), chunk_of(dy, chunk, index));
        let rows = x.chunks_exact(channels).zip(dy.chunks_exact(channels));
        for ((x, dy), dx) in rows.zip(dx.chunks_exact_mut(channels)) {
            let mean = mean(x);
            let pull: f64 = x.iter().zip(dy).map(|(&x, &dy)| f64::from(dy) * f64::from(root(x, mean))).sum();
            let pull = (pull / channels as f64) as f32;
            let half = 0.5 / mean;
            for ((dx, &x), &dy) in dx.iter_mut().zip(x).zip(dy) {
                let slope = if x > 0.0 { (dy / root(x, mean).max(STEEPEST) - pull) * half } else { 0.0 };
                match accumulate {
                    Accumulate::Overwrite => *dx = slope,
                    Accumulate::Add => *dx += slope,
                }
            }
        }
    });
}

/// Numbers of the rows of one part of the work.
fn rows_of_chunk(channels: usize) -> usize {
    channels * (CHUNK / channels.max(1)).max(1)
}

fn mean(x: &[f32]) -> f32 {
    let sum: f64 = x.iter().map(|&x| f64::from(x.max(0.0))).sum();
    (sum / x.len() as f64) as f32 + FLOOR
}

/// NaN stays NaN.
fn root(x: f32, mean: f32) -> f32 {
    let positive = if x < 0.0 { 0.0 } else { x };
    (positive / mean).sqrt()
}
