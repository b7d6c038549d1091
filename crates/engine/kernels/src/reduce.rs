//! Sums over the rows of a matrix and over private sums, in an order that does not depend on threads.

use crate::elementwise::{CHUNK, add_assign_chunk};
use crate::isa::level::{ChannelGroup, Level, every};
use crate::isa::vector::Vector;
use crate::parallel::{Chunks, chunk_of, share_out};
use crate::scratch;

/// Parts that the rows are cut into, each with a private sum.
const PARTS: usize = 8;

/// Rows that are added up before they enter a part's sum, which keeps rounding errors small.
pub(crate) const BLOCK_ROWS: usize = 64;

/// Sums of the columns of `x`, a matrix of as many columns as `sums` has elements; overwritten.
///
/// # Panics
///
/// If `x` is not a whole number of rows.
pub(crate) fn column_sums(x: &[f32], sums: &mut [f32]) {
    let columns = sums.len();
    sums.fill(0.0);
    if columns == 0 || x.is_empty() {
        return;
    }
    assert!(x.len().is_multiple_of(columns), "not a whole number of rows");
    let part_rows = (x.len() / columns).div_ceil(PARTS);
    scratch::with(PARTS * columns, |parts| {
        let parts = &mut parts[..(x.len() / columns).div_ceil(part_rows) * columns];
        share_out(Chunks::new(parts, columns), |index, part| {
            let x = chunk_of(x, part_rows * columns, index);
            part.fill(0.0);
            scratch::with(columns, |block| {
                for x in x.chunks(BLOCK_ROWS * columns) {
                    block.fill(0.0);
                    add_rows(x, block);
                    add_assign_chunk(block, part);
                }
            });
        });
        for part in parts.chunks_exact(columns) {
            add_assign_chunk(part, sums);
        }
    });
}

multiversion!(pub(crate) fn add_rows(x: &[f32], sums: &mut [f32]) = add_rows_body);

/// Adds the sum of the rows `x` to `sums`.
#[inline(always)]
pub(crate) fn add_rows_body<L: Level>(level: L, x: &[f32], sums: &mut [f32]) {
    level.for_each_group(sums.len(), &mut RowSum { x, sums });
}

struct RowSum<'a> {
    x: &'a [f32],
    sums: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for RowSum<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let mut sum = V::splat(level, 0.0);
        for at in every(self.sums.len(), channel, self.x.len()) {
            sum = sum.add(V::load(level, &self.x[at..]));
        }
        let total = &mut self.sums[channel..];
        V::load(level, total).add(sum).store(total);
    }
}

/// The sum of `parts`, which lie one after the other and are each as long as `sum`; overwritten.
///
/// # Panics
///
/// If `parts` is not a whole number of parts, at least one.
pub(crate) fn sum_parts(parts: &[f32], sum: &mut [f32]) {
    let len = sum.len();
    assert!(len > 0 && !parts.is_empty() && parts.len().is_multiple_of(len), "not a whole number of parts");
    share_out(Chunks::new(sum, CHUNK / PARTS), |index, sum| {
        let start = index * (CHUNK / PARTS);
        let range = start..start + sum.len();
        sum.copy_from_slice(&parts[range.clone()]);
        for part in parts.chunks_exact(len).skip(1) {
            add_assign_chunk(&part[range.clone()], sum);
        }
    });
}
