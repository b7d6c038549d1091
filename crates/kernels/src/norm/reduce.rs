//! The backward pass's first half: through the activation, and the sums over the batch.

use rayon::prelude::*;

use super::{Batch, part_rows, partials_len, rows_of, strip_rows};
use crate::activation::Activation;
use crate::elementwise::mask_body;
use crate::isa::level::{ChannelGroup, Level};
use crate::isa::vector::Vector;
use crate::scratch;

/// Strips whose f32 sums are added up before they enter the f64 sums.
const BLOCK_STRIPS: usize = 8;

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
    let part = part_rows(rows, channels) * channels;
    partials.par_chunks_mut(2 * channels).zip(dy.par_chunks_mut(part)).enumerate().for_each(
        |(index, (sums, g))| {
            let range = index * part..index * part + g.len();
            let y = masked.then(|| &y[range.clone()]);
            reduce_part(&x[range], y, g, batch.mean, activation, sums);
        },
    );
    for channel in 0..channels {
        let total = |column: usize| partials.iter().skip(column).step_by(2 * channels).sum::<f64>();
        dbeta[channel] = total(channel) as f32;
        dgamma[channel] = (total(channels + channel) * f64::from(batch.inv_std[channel])) as f32;
    }
}

/// Sums of `g` and of `g * (x - mean)`, (2, channels), over a part's rows.
fn reduce_part(
    x: &[f32],
    y: Option<&[f32]>,
    g: &mut [f32],
    mean: &[f32],
    activation: Activation,
    totals: &mut [f64],
) {
    let block = BLOCK_STRIPS * strip_rows(mean.len()) * mean.len();
    totals.fill(0.0);
    scratch::with(totals.len(), |sums| {
        for (index, (g, x)) in g.chunks_mut(block).zip(x.chunks(block)).enumerate() {
            let y = y.map(|y| &y[index * block..][..x.len()]);
            sums.fill(0.0);
            reduce_block(x, y, g, mean, activation, sums);
            for (total, &sum) in totals.iter_mut().zip(sums.iter()) {
                *total += f64::from(sum);
            }
        }
    });
}

multiversion!(
    fn reduce_block(
        x: &[f32],
        y: Option<&[f32]>,
        g: &mut [f32],
        mean: &[f32],
        activation: Activation,
        sums: &mut [f32],
    ) = reduce_body
);

#[inline(always)]
fn reduce_body<L: Level>(
    level: L,
    x: &[f32],
    y: Option<&[f32]>,
    g: &mut [f32],
    mean: &[f32],
    activation: Activation,
    sums: &mut [f32],
) {
    let strip = strip_rows(mean.len()) * mean.len();
    let (sums, products) = sums.split_at_mut(mean.len());
    for (index, (g, x)) in g.chunks_mut(strip).zip(x.chunks(strip)).enumerate() {
        if let Some(y) = y {
            mask_body(level, activation, &y[index * strip..][..g.len()], g);
        }
        level.for_each_group(mean.len(), &mut ReduceStrip { x, g, mean, sums, products });
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
        for (x, g) in self.x.chunks_exact(channels).zip(self.g.chunks_exact(channels)) {
            let g = V::load(level, &g[channel..]);
            sum = sum.add(g);
            product = V::load(level, &x[channel..]).sub(mean).mul_add(g, product);
        }
        let (sums, products) = (&mut self.sums[channel..], &mut self.products[channel..]);
        V::load(level, sums).add(sum).store(sums);
        V::load(level, products).add(product).store(products);
    }
}
