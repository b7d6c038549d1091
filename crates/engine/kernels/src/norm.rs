//! Batch norm, on matrices of one row per pixel and one column per channel.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | x | input | (m, c) |
//! | mean, variance | of each channel, the variance biased (divided by m) | (c) |
//! | inv_std | `1 / sqrt(variance + epsilon)` | (c) |
//! | xhat | `(x - mean) * inv_std`, never stored | (m, c) |
//! | gamma, beta | learned scale and shift | (c) |
//! | center, scale, shift | the mean, `gamma * inv_std` and beta, rounding aside | (c) |
//! | y | `activation((x - center) * scale + shift + residual)` | (m, c) |
//! | g | `dy * activation'(y)`: gradient before the activation, and of the residual | (m, c) |
//!
//! Forward: [`statistics`], then [`apply`] (or [`apply`] alone with running statistics). Backward:
//! [`backward_sums`], or [`backward_residual`] where a residual wants g, then [`backward_input`]. Without a
//! residual neither y nor g is stored: memory is slower than the multiply-add that finds them again, by the
//! very operations of the forward pass, so that both see the same bits.
//! Source: Ioffe and Szegedy 2015.

mod apply;
mod input;
mod moments;
mod reduce;
mod statistics;

pub(crate) use apply::apply_rows;
pub use apply::{Affine, ScaleShift, apply};
pub(crate) use input::{Gradient, backward_input_rows};
pub use input::{InputGradient, backward_input, backward_input_in_place};
pub(crate) use moments::{Moments, merge_parts};
pub use reduce::{ChannelSums, backward_residual, backward_sums};
pub(crate) use reduce::{GradientSums, Incoming, total_sums};
pub use statistics::statistics;

/// Parts that the rows are cut into, each with private sums.
const PARTS: usize = 16;

/// Rows whose f32 sums are added up before they enter the f64 sums: few enough for the former to be accurate.
pub(crate) const BLOCK_ROWS: usize = 64;

/// Floats of a tensor that no cache holds.
pub(crate) const FAR: usize = 4 << 20;

/// Number of doubles that [`statistics`] and the backward pass need for partial sums over `rows` rows.
pub const fn partials_len(rows: usize, channels: usize) -> usize {
    rows.div_ceil(part_rows(rows)) * 2 * channels
}

/// Rows of a part.
const fn part_rows(rows: usize) -> usize {
    let rows = rows.div_ceil(PARTS);
    if rows < BLOCK_ROWS { BLOCK_ROWS } else { rows }
}

/// Where rows are, which says in which order they are gone through.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rows {
    /// In the cache, or nearly: channel by channel, so that what is known per channel is loaded once for many rows.
    Near,
    /// In memory, which wants to be read in order.
    Far,
}

impl Rows {
    /// Where the rows of a tensor of `len` floats are, if nothing is known of them.
    fn of(len: usize) -> Self {
        if len < FAR { Self::Near } else { Self::Far }
    }

    /// Rows of a strip, which is gone through channel by channel.
    fn strip(self, channels: usize) -> usize {
        let floats = match self {
            Self::Near => 4096,
            Self::Far => 128,
        };
        (floats / channels).clamp(1, BLOCK_ROWS)
    }
}

/// Number of rows of a matrix.
fn rows_of(x: &[f32], channels: usize) -> usize {
    assert!(
        channels > 0 && x.len().is_multiple_of(channels),
        "not a whole number of rows of {channels} channels"
    );
    x.len() / channels
}
