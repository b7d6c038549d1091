//! The backward pass's first half: through the activation, and the sums over the batch.

use rayon::prelude::*;

use super::{BLOCK_ROWS, Batch, part_rows, partials_len, rows_of, strip_rows};
use crate::activation::Activation;
use crate::elementwise::mask_body;
use crate::isa::level::{ChannelGroup, Level, every};
use crate::isa::vector::Vector;
use crate::scratch;

/// Turns `dy` into `g = dy * activation'(y)` in place and sums it up: `dgamma = sum(g * xhat)` and
/// `dbeta = sum(g)`, both overwritten. `partials` is scratch of [`partials_len`] doubles. `y` is not looked
/// at where the activation is the identity, and may be empty.
///
/// # Panics
///
/// If the lengths disagree or `x` is not a whole number of rows.
#[allow(clippy::too_many_arguments)]
pub fn backward_reduce(
    x: &[f32],
    y: &[f32],
    dy: &mut [f32],
    batch: Batch<'_>,
    activation: Activation,
    dgamma: &mut [f32],
    dbeta: &mut [f32],
    partials: &mut [f64],
) {
    let channels = batch.mean.len();
    let rows = rows_of(x, channels);
    let masked = activation != Activation::Identity;
    assert!(dy.len() == x.len() && (!masked || y.len() == x.len()), "lengths differ");
    assert!(
        batch.inv_std.len() == channels && dgamma.len() == channels && dbeta.len() == channels,
        "one value per channel"
    );
    let partials = &mut partials[..partials_len(rows, channels)];
    let part = part_rows(rows) * channels;
    partials.par_chunks_mut(2 * channels).zip(dy.par_chunks_mut(part)).enumerate().for_each(
        |(index, (sums, g))| {
            let range = index * part..index * part + g.len();
            let y = masked.then(|| &y[range.clone()]);
            scratch::with(2 * channels, |block_sums| {
                reduce_part(&x[range], y, g, batch.mean, activation, block_sums, sums);
            });
        },
    );
    for channel in 0..channels {
        let total = |column: usize| partials.iter().skip(column).step_by(2 * channels).sum::<f64>();
        dbeta[channel] = total(channel) as f32;
        dgamma[channel] = (total(channels + channel) * f64::from(batch.inv_std[channel])) as f32;
    }
}

multiversion!(
    fn reduce_part(
        x: &[f32],
        y: Option<&[f32]>,
        g: &mut [f32],
        mean: &[f32],
        activation: Activation,
        sums: &mut [f32],
        totals: &mut [f64],
    ) = reduce_body
);

/// Sums of `g` and of `g * (x - mean)`, (2, channels), over a part's rows. `sums` is scratch of that size.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn reduce_body<L: Level>(
    level: L,
    x: &[f32],
    y: Option<&[f32]>,
    g: &mut [f32],
    mean: &[f32],
    activation: Activation,
    sums: &mut [f32],
    totals: &mut [f64],
) {
    let channels = mean.len();
    let (strip, block) = (strip_rows(channels) * channels, BLOCK_ROWS * channels);
    totals.fill(0.0);
    for start in (0..x.len()).step_by(block) {
        sums.fill(0.0);
        let (sums_of_g, products) = sums.split_at_mut(channels);
        let end = x.len().min(start + block);
        for start in (start..end).step_by(strip) {
            let range = start..end.min(start + strip);
            let (x, g) = (&x[range.clone()], &mut g[range.clone()]);
            if let Some(y) = y {
                mask_body(level, activation, &y[range], g);
            }
            level.for_each_group(channels, &mut ReduceStrip { x, g, mean, sums: sums_of_g, products });
        }
        for (total, &sum) in totals.iter_mut().zip(sums.iter()) {
            *total += f64::from(sum);
        }
    }
}

struct ReduceStrip<'a> {
    x: &'a [f32],
    g: &'a [f32],
    mean: &'a [f32],
    sums: &'a mut [f32],
    products: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for ReduceStrip<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let channels = self.mean.len();
        let mean = V::load(level, &self.mean[channel..]);
        let (mut sum, mut product) = (V::splat(level, 0.0), V::splat(level, 0.0));
        for at in every(channels, channel, self.x.len()) {
            let g = V::load(level, &self.g[at..]);
            sum = sum.add(g);
            product = V::load(level, &self.x[at..]).sub(mean).mul_add(g, product);
        }
        let (sums, products) = (&mut self.sums[channel..], &mut self.products[channel..]);
        V::load(level, sums).add(sum).store(sums);
        V::load(level, products).add(product).store(products);
    }
}
