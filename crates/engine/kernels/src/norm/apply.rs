//! The normalisation itself, with what follows it in a network: a residual and an activation.

use super::{Rows, rows_of};
use crate::activation::Activation;
use crate::elementwise::CHUNK;
use crate::isa::level::{ChannelGroup, Level, every};
use crate::isa::vector::Vector;
use crate::parallel::{Chunks, chunk_of, share_out};

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

/// A batch norm and the activation after it: `activation((x - center) * scale + shift)`.
#[derive(Clone, Copy, Debug)]
pub struct ScaleShift<'a> {
    /// The norm.
    pub affine: Affine<'a>,
    /// What follows it.
    pub activation: Activation,
}

impl ScaleShift<'_> {
    /// Number of channels.
    ///
    /// # Panics
    ///
    /// If there is not one center, scale and shift for each.
    pub(crate) fn channels(&self) -> usize {
        let Affine { center, scale, shift } = self.affine;
        assert!(
            center.len() == scale.len() && shift.len() == scale.len(),
            "one center, scale and shift per channel"
        );
        scale.len()
    }
}

/// `y = activation((x - center) * scale + shift + residual)`.
///
/// # Panics
///
/// If the parts of the norm differ in length, or `x`, `residual` and `y` do, or these are not a whole number
/// of rows.
pub fn apply(x: &[f32], scale_shift: ScaleShift<'_>, residual: Option<&[f32]>, y: &mut [f32]) {
    let channels = scale_shift.channels();
    rows_of(x, channels);
    assert_eq!(y.len(), x.len(), "lengths differ");
    assert!(residual.is_none_or(|residual| residual.len() == x.len()), "lengths differ");
    let piece = CHUNK.div_ceil(channels) * channels;
    let place = Rows::of(x.len());
    share_out(Chunks::new(y, piece), |index, y| {
        let residual = residual.map(|residual| chunk_of(residual, piece, index));
        apply_rows(chunk_of(x, piece, index), scale_shift, residual, place, y);
    });
}

multiversion!(
    /// [`apply`] for some rows, on this thread.
    pub(crate) fn apply_rows(
        x: &[f32],
        scale_shift: ScaleShift<'_>,
        residual: Option<&[f32]>,
        place: Rows,
        y: &mut [f32],
    ) = apply_body
);

#[inline(always)]
fn apply_body<L: Level>(
    level: L,
    x: &[f32],
    scale_shift: ScaleShift<'_>,
    residual: Option<&[f32]>,
    place: Rows,
    y: &mut [f32],
) {
    let channels = scale_shift.affine.scale.len();
    let strip = place.strip(channels) * channels;
    for (index, (y, x)) in y.chunks_mut(strip).zip(x.chunks(strip)).enumerate() {
        let residual = residual.map(|residual| &residual[index * strip..][..x.len()]);
        level.for_each_group(channels, &mut Strip { x, scale_shift, residual, y });
    }
}

struct Strip<'a> {
    x: &'a [f32],
    scale_shift: ScaleShift<'a>,
    residual: Option<&'a [f32]>,
    y: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for Strip<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let Affine { center, scale, shift } = self.scale_shift.affine;
        let channels = scale.len();
        let (center, scale) = (V::load(level, &center[channel..]), V::load(level, &scale[channel..]));
        let shift = V::load(level, &shift[channel..]);
        let [low, high] = self.scale_shift.activation.range();
        let (low, high) = (V::splat(level, low), V::splat(level, high));
        let elements = every(channels, channel, self.x.len());
        match self.residual {
            None => {
                for at in elements {
                    let normal = V::load(level, &self.x[at..]).sub(center).mul_add(scale, shift);
                    normal.clamp(low, high).store(&mut self.y[at..]);
                }
            }
            Some(residual) => {
                for at in elements {
                    let normal = V::load(level, &self.x[at..]).sub(center).mul_add(scale, shift);
                    let sum = normal.add(V::load(level, &residual[at..]));
                    sum.clamp(low, high).store(&mut self.y[at..]);
                }
            }
        }
    }
}
