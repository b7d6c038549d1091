//! Batch norm, on matrices of one row per pixel and one column per channel.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | x | input | (m, c) |
//! | mean, variance | of each channel, the variance biased (divided by m) | (c) |
//! | inv_std | `1 / sqrt(variance + epsilon)` | (c) |
//! | xhat | `(x - mean) * inv_std`, never stored | (m, c) |
//! | gamma, beta | learned scale and shift | (c) |
//! | scale, shift | `gamma * inv_std` and `beta - mean * scale` | (c) |
//! | y | `activation(x * scale + shift + residual)` | (m, c) |
//! | g | `dy * activation'(y)`: gradient before the activation, and of the residual | (m, c) |
//!
//! Forward: [`statistics`], then [`apply`] (or [`apply`] alone with running statistics). Backward:
//! [`backward_reduce`], then [`backward_input`]; where the statistics were constants, [`backward_frozen`] or
//! [`backward_frozen_in_place`].
//! Source: Ioffe and Szegedy 2015.

mod apply;
mod frozen;
mod input;
mod reduce;
mod statistics;

pub use apply::{Affine, apply};
pub use frozen::{backward_frozen, backward_frozen_in_place};
pub use input::{backward_input, backward_input_in_place};
pub use reduce::backward_reduce;
pub use statistics::statistics;

/// What the forward pass normalised with, per channel.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Mean of the batch.
    pub mean: &'a [f32],
    /// `1 / sqrt(biased variance + epsilon)`.
    pub inv_std: &'a [f32],
}

/// The scale of the norm and the sums that [`backward_reduce`] found, per channel.
#[derive(Clone, Copy, Debug)]
pub struct Sums<'a> {
    /// The scale, `gamma`.
    pub gamma: &'a [f32],
    /// `sum(g * xhat)`.
    pub dgamma: &'a [f32],
    /// `sum(g)`.
    pub dbeta: &'a [f32],
}

/// Parts that the rows are cut into, each with private sums.
const PARTS: usize = 16;

/// Rows whose f32 sums are added up before they enter the f64 sums: few enough for the former to be accurate.
const BLOCK_ROWS: usize = 64;

/// Number of doubles that [`statistics`] and [`backward_reduce`] need for partial sums over `rows` rows.
pub const fn partials_len(rows: usize, channels: usize) -> usize {
    rows.div_ceil(part_rows(rows)) * 2 * channels
}

/// Rows of a part.
const fn part_rows(rows: usize) -> usize {
    let rows = rows.div_ceil(PARTS);
    if rows < BLOCK_ROWS { BLOCK_ROWS } else { rows }
}

/// Rows of a strip, which is gone through channel by channel. Rows of many channels are strips of their own:
/// memory wants to be read in order. With few channels, what is known per channel is loaded once for several
/// rows.
fn strip_rows(channels: usize) -> usize {
    (128 / channels).clamp(1, 64)
}

/// Number of rows of a matrix.
fn rows_of(x: &[f32], channels: usize) -> usize {
    assert!(
        channels > 0 && x.len().is_multiple_of(channels),
        "not a whole number of rows of {channels} channels"
    );
    x.len() / channels
}
