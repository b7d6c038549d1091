//! The backward pass's first half: through the activation, and the sums over the batch.

use std::ops::Range;

use super::{Affine, BLOCK_ROWS, Rows, ScaleShift, part_rows, partials_len, rows_of};
use crate::isa::level::{ChannelGroup, Level, every};
use crate::isa::vector::Vector;
use crate::parallel::{Chunks, chunk_of, share_out};
use crate::scratch;

/// Where the backward pass leaves the gradients of the norm itself, one of each per channel; overwritten.
#[derive(Debug)]
pub struct ChannelSums<'a> {
    /// `sum(g * xhat)`.
    pub dgamma: &'a mut [f32],
    /// `sum(g)`.
    pub dbeta: &'a mut [f32],
}

/// Sums up `g = dy * activation'(y)`. `inv_std` is `1 / sqrt(biased variance + epsilon)` per channel, `partials`
/// scratch of [`partials_len`] doubles.
///
/// # Panics
///
/// If the lengths disagree or `x` is not a whole number of rows.
pub fn backward_sums(
    x: &[f32],
    dy: &[f32],
    scale_shift: ScaleShift<'_>,
    inv_std: &[f32],
    sums: ChannelSums<'_>,
    partials: &mut [f64],
) {
    let channels = scale_shift.channels();
    let rows = rows_of(x, channels);
    assert_eq!(dy.len(), x.len(), "lengths differ");
    let partials = &mut partials[..partials_len(rows, channels)];
    let (part, place) = (part_rows(rows) * channels, Rows::of(x.len()));
    share_out(Chunks::new(partials, 2 * channels), |index, totals| {
        let dy = Incoming::Anew(chunk_of(dy, part, index));
        reduce_rows(chunk_of(x, part, index), dy, scale_shift, place, totals);
    });
    total_sums(partials, inv_std, sums);
}

/// [`backward_sums`] where a residual was added before the activation: `dy` becomes g, the residual's
/// gradient. `y` is the output; it is not looked at where the activation is the identity, and may be empty.
///
/// # Panics
///
/// If the lengths disagree or `x` is not a whole number of rows.
pub fn backward_residual(
    x: &[f32],
    y: &[f32],
    dy: &mut [f32],
    scale_shift: ScaleShift<'_>,
    inv_std: &[f32],
    sums: ChannelSums<'_>,
    partials: &mut [f64],
) {
    if scale_shift.activation.gate().is_none() {
        return backward_sums(x, dy, scale_shift, inv_std, sums, partials);
    }
    let channels = scale_shift.channels();
    let rows = rows_of(x, channels);
    assert!(dy.len() == x.len() && y.len() == x.len(), "lengths differ");
    let partials = &mut partials[..partials_len(rows, channels)];
    let (part, place) = (part_rows(rows) * channels, Rows::of(x.len()));
    share_out((Chunks::new(partials, 2 * channels), Chunks::new(dy, part)), |index, (totals, dy)| {
        let incoming = Incoming::Stored { y: chunk_of(y, part, index), dy };
        reduce_rows(chunk_of(x, part, index), incoming, scale_shift, place, totals);
    });
    total_sums(partials, inv_std, sums);
}

/// The gradients of the norm from the totals of all parts, (parts, 2, channels).
///
/// # Panics
///
/// If there is not one value per channel.
pub(crate) fn total_sums(partials: &[f64], inv_std: &[f32], ChannelSums { dgamma, dbeta }: ChannelSums<'_>) {
    let channels = inv_std.len();
    assert!(dgamma.len() == channels && dbeta.len() == channels, "one value per channel");
    for channel in 0..channels {
        let total = |column: usize| partials.iter().skip(column).step_by(2 * channels).sum::<f64>();
        dbeta[channel] = total(channel) as f32;
        dgamma[channel] = (total(channels + channel) * f64::from(inv_std[channel])) as f32;
    }
}

fn reduce_rows(
    x: &[f32],
    incoming: Incoming<'_>,
    scale_shift: ScaleShift<'_>,
    place: Rows,
    totals: &mut [f64],
) {
    scratch::with(totals.len(), |memory| {
        let mut sums = GradientSums::new(place, memory, totals);
        sums.add(x, incoming, scale_shift);
        sums.finish();
    });
}

/// The gradient of the output, and how it becomes g.
pub(crate) enum Incoming<'a> {
    /// The output is computed anew, and g is not stored.
    Anew(&'a [f32]),
    /// The output is known, and g takes the gradient's place.
    Stored { y: &'a [f32], dy: &'a mut [f32] },
}

impl Incoming<'_> {
    #[inline(always)]
    fn part(&mut self, range: Range<usize>) -> Incoming<'_> {
        match self {
            Self::Anew(dy) => Incoming::Anew(&dy[range]),
            Self::Stored { y, dy } => Incoming::Stored { y: &y[range.clone()], dy: &mut dy[range] },
        }
    }
}

/// Sums of g and of `g * (x - center)` over rows that come bit by bit.
pub(crate) struct GradientSums<'a> {
    /// Of the last few rows, (2, channels).
    block: &'a mut [f32],
    /// Of all rows before them.
    totals: &'a mut [f64],
    block_rows: usize,
    place: Rows,
}

impl<'a> GradientSums<'a> {
    /// Of no rows; those that come are at `place`. `memory` is room for as many values as `totals`, two for each channel.
    pub(crate) fn new(place: Rows, memory: &'a mut [f32], totals: &'a mut [f64]) -> Self {
        memory.fill(0.0);
        totals.fill(0.0);
        Self { block: memory, totals, block_rows: 0, place }
    }

    /// Adds rows.
    pub(crate) fn add(&mut self, x: &[f32], incoming: Incoming<'_>, scale_shift: ScaleShift<'_>) {
        add_rows(self, x, incoming, scale_shift);
    }

    #[inline(always)]
    fn add_body<L: Level>(
        &mut self,
        level: L,
        x: &[f32],
        mut incoming: Incoming<'_>,
        scale_shift: ScaleShift<'_>,
    ) {
        let channels = scale_shift.affine.scale.len();
        let strip = self.place.strip(channels);
        let rows = x.len() / channels;
        let mut row = 0;
        while row < rows {
            let end = rows.min(row + strip.min(BLOCK_ROWS - self.block_rows));
            let range = row * channels..end * channels;
            let incoming = incoming.part(range.clone());
            let (sums, products) = self.block.split_at_mut(channels);
            let strip = &mut ReduceStrip { x: &x[range], incoming, scale_shift, sums, products };
            level.for_each_group(channels, strip);
            self.block_rows += end - row;
            if self.block_rows == BLOCK_ROWS {
                self.flush();
            }
            row = end;
        }
    }

    #[inline(always)]
    fn flush(&mut self) {
        for (total, sum) in self.totals.iter_mut().zip(self.block.iter_mut()) {
            *total += f64::from(*sum);
            *sum = 0.0;
        }
        self.block_rows = 0;
    }

    /// Leaves the sums in the totals.
    pub(crate) fn finish(mut self) {
        self.flush();
    }
}

multiversion!(
    fn add_rows(
        sums: &mut GradientSums<'_>,
        x: &[f32],
        incoming: Incoming<'_>,
        scale_shift: ScaleShift<'_>,
    ) = add_rows_body
);

#[inline(always)]
fn add_rows_body<L: Level>(
    level: L,
    sums: &mut GradientSums<'_>,
    x: &[f32],
    incoming: Incoming<'_>,
    scale_shift: ScaleShift<'_>,
) {
    sums.add_body(level, x, incoming, scale_shift);
}

struct ReduceStrip<'a> {
    x: &'a [f32],
    incoming: Incoming<'a>,
    scale_shift: ScaleShift<'a>,
    sums: &'a mut [f32],
    products: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for ReduceStrip<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let ScaleShift { affine: Affine { center, scale, shift }, activation } = self.scale_shift;
        let channels = scale.len();
        let (center, scale) = (V::load(level, &center[channel..]), V::load(level, &scale[channel..]));
        let shift = V::load(level, &shift[channel..]);
        let gated = activation.gate().is_some();
        let [above, upto] = activation.gate().unwrap_or_default();
        let (above, upto) = (V::splat(level, above), V::splat(level, upto));
        let (mut sum, mut product) = (V::splat(level, 0.0), V::splat(level, 0.0));
        for at in every(channels, channel, self.x.len()) {
            let deviation = V::load(level, &self.x[at..]).sub(center);
            let g = match &mut self.incoming {
                Incoming::Anew(dy) if gated => {
                    let dy = V::load(level, &dy[at..]);
                    dy.keep_within(deviation.mul_add(scale, shift), above, upto)
                }
                Incoming::Stored { y, dy } if gated => {
                    let g = V::load(level, &dy[at..]).keep_within(V::load(level, &y[at..]), above, upto);
                    g.store(&mut dy[at..]);
                    g
                }
                Incoming::Anew(dy) => V::load(level, &dy[at..]),
                Incoming::Stored { dy, .. } => V::load(level, &dy[at..]),
            };
            sum = sum.add(g);
            product = deviation.mul_add(g, product);
        }
        let (sums, products) = (&mut self.sums[channel..], &mut self.products[channel..]);
        V::load(level, sums).add(sum).store(sums);
        V::load(level, products).add(product).store(products);
    }
}
