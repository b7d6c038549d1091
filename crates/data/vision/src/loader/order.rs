//! The order of a training epoch and how it is cut into batches, as pure functions.

use std::ops::Range;

use crate::random::Domain;

/// Positions of `count` items in the order of epoch `epoch` of a run with `seed`.
#[must_use]
pub fn shuffled(seed: u64, epoch: u32, count: usize) -> Vec<usize> {
    Domain::Order.stream([seed, u64::from(epoch), 0]).permutation(count)
}

/// The positions in the order that make up batch number `batch` of `ceil(count / batch_size)`, whose sizes differ by at most
/// one.
///
/// # Panics
/// If `batch_size` is zero.
#[must_use]
pub fn balanced(count: usize, batch_size: usize, batch: usize) -> Range<usize> {
    let batches = count.div_ceil(batch_size).max(1);
    // In 128 bits: the product of two lengths may not fit one.
    let edge = |batch: usize| (batch as u128 * count as u128 / batches as u128) as usize;
    edge(batch)..edge(batch + 1)
}
