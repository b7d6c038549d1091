//! The normalisation itself, with what follows it in a network: a residual and an activation.

use rayon::prelude::*;

use super::{rows_of, strip_rows};
use crate::activation::Activation;
use crate::elementwise::{CHUNK, activate_body};
use crate::isa::level::{ChannelGroup, Level, every};
use crate::isa::vector::Vector;

/// `y = activation(x * scale + shift + residual)`, with one `scale` and one `shift` per channel.
///
/// # Panics
///
/// If `scale` and `shift` differ in length, or `x`, `residual` and `y` do, or these are not a whole number
/// of rows.
pub fn apply(
    x: &[f32],
    scale: &[f32],
    shift: &[f32],
    residual: Option<&[f32]>,
    activation: Activation,
    y: &mut [f32],
) {
    let channels = scale.len();
    rows_of(x, channels);
    assert_eq!(shift.len(), channels, "one shift per channel");
    assert_eq!(y.len(), x.len(), "lengths differ");
    assert!(residual.is_none_or(|residual| residual.len() == x.len()), "lengths differ");
    let piece = CHUNK.div_ceil(channels) * channels;
    y.par_chunks_mut(piece).zip(x.par_chunks(piece)).enumerate().for_each(|(index, (y, x))| {
        let residual = residual.map(|residual| &residual[index * piece..][..x.len()]);
        apply_piece(x, scale, shift, residual, activation, y);
    });
}

multiversion!(
    fn apply_piece(
        x: &[f32],
        scale: &[f32],
        shift: &[f32],
        residual: Option<&[f32]>,
        activation: Activation,
        y: &mut [f32],
    ) = apply_body
);

#[inline(always)]
fn apply_body<L: Level>(
    level: L,
    x: &[f32],
    scale: &[f32],
    shift: &[f32],
    residual: Option<&[f32]>,
    activation: Activation,
    y: &mut [f32],
) {
    let channels = scale.len();
    let strip = strip_rows(channels) * channels;
    for (index, (y, x)) in y.chunks_mut(strip).zip(x.chunks(strip)).enumerate() {
        let residual = residual.map(|residual| &residual[index * strip..][..x.len()]);
        level.for_each_group(channels, &mut Strip { x, scale, shift, residual, y });
        activate_body(level, activation, y);
    }
}

struct Strip<'a> {
    x: &'a [f32],
    scale: &'a [f32],
    shift: &'a [f32],
    residual: Option<&'a [f32]>,
    y: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for Strip<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let channels = self.scale.len();
        let scale = V::load(level, &self.scale[channel..]);
        let shift = V::load(level, &self.shift[channel..]);
        let elements = every(channels, channel, self.x.len());
        match self.residual {
            None => {
                for at in elements {
                    V::load(level, &self.x[at..]).mul_add(scale, shift).store(&mut self.y[at..]);
                }
            }
            Some(residual) => {
                for at in elements {
                    let normal = V::load(level, &self.x[at..]).mul_add(scale, shift);
                    normal.add(V::load(level, &residual[at..])).store(&mut self.y[at..]);
                }
            }
        }
    }
}
