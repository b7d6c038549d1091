//! The gradient of the input where the statistics were constants.

use rayon::prelude::*;

use super::{rows_of, strip_rows};
use crate::elementwise::{Accumulate, CHUNK};
use crate::isa::level::{ChannelGroup, Level, every};
use crate::isa::vector::Vector;

/// Gradient of the input where the statistics were constants: `dx = g * scale`, with
/// `scale = gamma * inv_std` per channel.
///
/// # Panics
///
/// If the lengths of `g` and `dx` differ or they are not a whole number of rows.
pub fn backward_frozen(g: &[f32], scale: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    rows_of(g, scale.len());
    assert_eq!(g.len(), dx.len(), "lengths differ");
    let piece = CHUNK.div_ceil(scale.len()) * scale.len();
    dx.par_chunks_mut(piece)
        .zip(g.par_chunks(piece))
        .for_each(|(dx, g)| frozen_piece(g, scale, accumulate, dx));
}

/// [`backward_frozen`] where the gradient of the input takes the place of that of the output: `g *= scale`.
///
/// # Panics
///
/// If `g` is not a whole number of rows.
pub fn backward_frozen_in_place(g: &mut [f32], scale: &[f32]) {
    rows_of(g, scale.len());
    let piece = CHUNK.div_ceil(scale.len()) * scale.len();
    g.par_chunks_mut(piece).for_each(|g| frozen_in_place_piece(g, scale));
}

multiversion!(fn frozen_in_place_piece(g: &mut [f32], scale: &[f32]) = frozen_in_place_body);

#[inline(always)]
fn frozen_in_place_body(_: impl Level, g: &mut [f32], scale: &[f32]) {
    for row in g.chunks_exact_mut(scale.len()) {
        row.iter_mut().zip(scale).for_each(|(g, scale)| *g *= scale);
    }
}

multiversion!(
    fn frozen_piece(g: &[f32], scale: &[f32], accumulate: Accumulate, dx: &mut [f32]) = frozen_body
);

#[inline(always)]
fn frozen_body<L: Level>(level: L, g: &[f32], scale: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    let strip = strip_rows(scale.len()) * scale.len();
    for (dx, g) in dx.chunks_mut(strip).zip(g.chunks(strip)) {
        level.for_each_group(scale.len(), &mut FrozenStrip { g, scale, accumulate, dx });
    }
}

struct FrozenStrip<'a> {
    g: &'a [f32],
    scale: &'a [f32],
    accumulate: Accumulate,
    dx: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for FrozenStrip<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let channels = self.scale.len();
        let scale = V::load(level, &self.scale[channel..]);
        for at in every(channels, channel, self.g.len()) {
            let dx = &mut self.dx[at..];
            let gradient = V::load(level, &self.g[at..]).mul(scale);
            match self.accumulate {
                Accumulate::Overwrite => gradient.store(dx),
                Accumulate::Add => V::load(level, dx).add(gradient).store(dx),
            }
        }
    }
}
