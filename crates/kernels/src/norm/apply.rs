//! The normalisation itself, with what follows it in a network: a residual and an activation.

use rayon::prelude::*;

use super::{rows_of, strip_rows};
use crate::activation::Activation;
use crate::elementwise::{CHUNK, activate_body};
use crate::isa::level::{ChannelGroup, Level, every};
use crate::isa::vector::Vector;

/// What a batch norm does to a channel: `(x - center) * scale + shift`, one of each per channel.
///
/// With `center` next to the mean the difference is exact, so that a mean far larger than the deviation costs no digits;
/// `center * scale` within `shift` would.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a> {
    /// What is taken off, about the mean.
    pub center: &'a [f32],
    /// Factor.
    pub scale: &'a [f32],
    /// What is added.
    pub shift: &'a [f32],
}

/// `y = activation((x - center) * scale + shift + residual)`.
///
/// # Panics
///
/// If the parts of `affine` differ in length, or `x`, `residual` and `y` do, or these are not a whole number
/// of rows.
pub fn apply(x: &[f32], affine: Affine<'_>, residual: Option<&[f32]>, activation: Activation, y: &mut [f32]) {
    let channels = affine.scale.len();
    rows_of(x, channels);
    assert!(
        affine.shift.len() == channels && affine.center.len() == channels,
        "one shift and center per channel"
    );
    assert_eq!(y.len(), x.len(), "lengths differ");
    assert!(residual.is_none_or(|residual| residual.len() == x.len()), "lengths differ");
    let piece = CHUNK.div_ceil(channels) * channels;
    y.par_chunks_mut(piece).zip(x.par_chunks(piece)).enumerate().for_each(|(index, (y, x))| {
        let residual = residual.map(|residual| &residual[index * piece..][..x.len()]);
        apply_piece(x, affine, residual, activation, y);
    });
}

multiversion!(
    fn apply_piece(
        x: &[f32],
        affine: Affine<'_>,
        residual: Option<&[f32]>,
        activation: Activation,
        y: &mut [f32],
    ) = apply_body
);

#[inline(always)]
fn apply_body<L: Level>(
    level: L,
    x: &[f32],
    affine: Affine<'_>,
    residual: Option<&[f32]>,
    activation: Activation,
    y: &mut [f32],
) {
    let channels = affine.scale.len();
    let strip = strip_rows(channels) * channels;
    for (index, (y, x)) in y.chunks_mut(strip).zip(x.chunks(strip)).enumerate() {
        let residual = residual.map(|residual| &residual[index * strip..][..x.len()]);
        level.for_each_group(channels, &mut Strip { x, affine, residual, y });
        activate_body(level, activation, y);
    }
}

struct Strip<'a> {
    x: &'a [f32],
    affine: Affine<'a>,
    residual: Option<&'a [f32]>,
    y: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for Strip<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let channels = self.affine.scale.len();
        let center = V::load(level, &self.affine.center[channel..]);
        let scale = V::load(level, &self.affine.scale[channel..]);
        let shift = V::load(level, &self.affine.shift[channel..]);
        let elements = every(channels, channel, self.x.len());
        match self.residual {
            None => {
                for at in elements {
                    V::load(level, &self.x[at..]).sub(center).mul_add(scale, shift).store(&mut self.y[at..]);
                }
            }
            Some(residual) => {
                for at in elements {
                    let normal = V::load(level, &self.x[at..]).sub(center).mul_add(scale, shift);
                    normal.add(V::load(level, &residual[at..])).store(&mut self.y[at..]);
                }
            }
        }
    }
}
