//! The schedule for many weights: chunks of the tiles, whose products are added to the sums of all weights.

use super::super::transform::FREQUENCIES;
use super::{Chunk, Work};
use crate::parallel::{Chunks, share_out};
use crate::product::Start;

/// Tiles that are transformed by one piece of work.
const PIECE_TILES: usize = 16;

pub(super) fn run(work: &Work<'_>, tiles: usize, partials: &mut [f32], dweight: &mut [f32]) {
    let sums = work.plan.sums();
    work.with_memory(tiles, |mut chunk| {
        let mut start = Start::Zero;
        for first in (0..work.plan.tiles.max(1)).step_by(tiles) {
            let mut chunk = chunk.of_tiles(tiles.min(work.plan.tiles - first));
            transform(work, first, &mut chunk);
            let chunk = &chunk;
            share_out(Chunks::new(partials, sums.stride()), |index, values| {
                let (panel, frequency) = (index / FREQUENCIES, index % FREQUENCIES);
                let values = &mut values[..sums.rows * sums.width];
                chunk.sum(panel, frequency, 0..work.inputs, start, values);
            });
            start = Start::Add;
        }
    });
    work.scatter_all(partials, dweight);
}

/// Transforms the pixels and the gradients of the tiles from `first` on, in parallel.
pub(super) fn transform(work: &Work<'_>, first: usize, chunk: &mut Chunk<'_>) {
    let Chunk { pixels, input, gradients, output } = chunk;
    input.for_each_part(pixels, PIECE_TILES, &|tiles, values| {
        work.gather_input(first + tiles.start..first + tiles.end, values);
    });
    let gradients = &mut gradients[..work.plan.panels.count() * output.len()];
    share_out(Chunks::new(gradients, output.len()), |panel, gradients| {
        output.for_each_part(gradients, PIECE_TILES, &|tiles, values| {
            work.gather_gradient(first + tiles.start..first + tiles.end, panel, values);
        });
    });
}
