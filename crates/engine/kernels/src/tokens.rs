//! Lists of tokens: learned ones put between those of a picture, positions added to all, and one taken out.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | x | tokens | (n, T, c) |
//! | e | learned tokens | (m, c) |
//! | p | positions | (T, c) |

use crate::elementwise::{Accumulate, add_assign_chunk, fill};
use crate::parallel::{Chunks, chunk_of, share_out};

/// Floats of a piece of a sum over photographs.
const PIECE: usize = 1 << 12;

/// Where learned tokens stand in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Insertion {
    /// Channels of a token, at least 1.
    pub channels: usize,
    /// Tokens of the list before it, of one photograph.
    pub tokens: usize,
    /// Those that stand before the learned ones.
    pub after: usize,
    /// How many are put in.
    pub count: usize,
}

impl Insertion {
    fn lens(&self) -> [usize; 3] {
        assert!(self.after <= self.tokens && self.channels > 0, "{self:?}");
        [self.tokens, self.after, self.count].map(|tokens| tokens * self.channels)
    }

    /// `y` is `x` with the tokens `learned` put into each photograph's list.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit.
    pub fn forward(&self, x: &[f32], learned: &[f32], y: &mut [f32]) {
        let [len, before, inserted] = self.lens();
        assert!(learned.len() == inserted && x.len() * (len + inserted) == y.len() * len, "{self:?}");
        share_out(Chunks::new(y, len + inserted), |image, y| {
            let x = chunk_of(x, len, image);
            y[..before].copy_from_slice(&x[..before]);
            y[before..before + inserted].copy_from_slice(learned);
            y[before + inserted..].copy_from_slice(&x[before..]);
        });
    }

    /// Gradient of the list.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit.
    pub fn backward_list(&self, dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
        let [len, before, inserted] = self.lens();
        assert_eq!(dx.len() * (len + inserted), dy.len() * len, "{self:?}");
        share_out(Chunks::new(dx, len), |image, dx| {
            let dy = chunk_of(dy, len + inserted, image);
            let (first, rest) = dx.split_at_mut(before);
            give(&dy[..before], accumulate, first);
            give(&dy[before + inserted..], accumulate, rest);
        });
    }

    /// Gradient of the learned tokens, the sum over the photographs; overwritten.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit.
    pub fn backward_learned(&self, dy: &[f32], dlearned: &mut [f32]) {
        let [len, before, inserted] = self.lens();
        assert!(dlearned.len() == inserted && dy.len().is_multiple_of(len + inserted), "{self:?}");
        dlearned.fill(0.0);
        for dy in dy.chunks_exact(len + inserted) {
            add_assign_chunk(&dy[before..before + inserted], dlearned);
        }
    }
}

fn give(from: &[f32], accumulate: Accumulate, to: &mut [f32]) {
    match accumulate {
        Accumulate::Overwrite => to.copy_from_slice(from),
        Accumulate::Add => add_assign_chunk(from, to),
    }
}

/// `y = x + p` for each photograph.
///
/// # Panics
///
/// If the lengths do not fit.
pub fn add_positions(x: &[f32], positions: &[f32], y: &mut [f32]) {
    assert!(x.len() == y.len() && x.len().is_multiple_of(positions.len().max(1)), "lengths do not fit");
    share_out(Chunks::new(y, positions.len().max(1)), |image, y| {
        y.copy_from_slice(positions);
        add_assign_chunk(chunk_of(x, positions.len(), image), y);
    });
}

/// Gradient of the positions of [`add_positions`], the sum over the photographs; overwritten.
///
/// # Panics
///
/// If the lengths do not fit.
pub fn add_positions_backward(dy: &[f32], dpositions: &mut [f32]) {
    let len = dpositions.len();
    assert!(dy.len().is_multiple_of(len.max(1)), "lengths do not fit");
    share_out(Chunks::new(dpositions, PIECE), |index, sums| {
        sums.fill(0.0);
        for dy in dy.chunks_exact(len) {
            add_assign_chunk(chunk_of(dy, PIECE, index), sums);
        }
    });
}

/// `y` is token number `place` of each photograph's list of `tokens`, with `channels` each.
///
/// # Panics
///
/// If the lengths do not fit, or there is no such token.
pub fn pick(channels: usize, tokens: usize, place: usize, x: &[f32], y: &mut [f32]) {
    assert!(place < tokens && x.len() == y.len() * tokens && channels > 0, "token {place} of {tokens}");
    for (y, x) in y.chunks_exact_mut(channels).zip(x.chunks_exact(tokens * channels)) {
        y.copy_from_slice(&x[place * channels..][..channels]);
    }
}

/// Gradient of the list of [`pick`]: zeros but for the token that was taken.
///
/// # Panics
///
/// As [`pick`].
pub fn pick_backward(
    channels: usize,
    tokens: usize,
    place: usize,
    dy: &[f32],
    accumulate: Accumulate,
    dx: &mut [f32],
) {
    assert!(place < tokens && dx.len() == dy.len() * tokens && channels > 0, "token {place} of {tokens}");
    if accumulate == Accumulate::Overwrite {
        fill(dx, 0.0);
    }
    for (dx, dy) in dx.chunks_exact_mut(tokens * channels).zip(dy.chunks_exact(channels)) {
        add_assign_chunk(dy, &mut dx[place * channels..][..channels]);
    }
}
