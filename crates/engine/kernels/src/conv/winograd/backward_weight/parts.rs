//! The schedule for few weights: parts of the tiles, each with sums of its own.

use super::super::transform::FREQUENCIES;
use super::{Chunk, PART_TILES, Work};
use crate::matrix::ViewMut;
use crate::parallel::{Chunks, share_out};
use crate::product::Start;
use crate::reduce::sum_parts;
use crate::scratch;

pub(super) fn run(work: &Work<'_>, parts: usize, partials: &mut [f32], dweight: &mut [f32]) {
    let tiles = work.plan.tiles;
    let part_tiles = tiles.div_ceil(parts);
    share_out(Chunks::new(partials, work.plan.sums_len()), |part, sums| {
        work.with_memory(PART_TILES.min(part_tiles), |mut chunk| {
            let (mut first, end) = ((part * part_tiles).min(tiles), ((part + 1) * part_tiles).min(tiles));
            let mut start = Start::Zero;
            // Runs once for no tiles, which sets the sums to zero.
            loop {
                let count = PART_TILES.min(end - first);
                add(work, first, &mut chunk.of_tiles(count), start, sums);
                start = Start::Add;
                first += count;
                if first >= end {
                    break;
                }
            }
        });
    });
    scratch::with(work.plan.sums_len(), |sums| {
        sum_parts(partials, sums);
        work.scatter_all(sums, dweight);
    });
}

/// Adds the products of the tiles from `first` on to the sums of a part.
fn add(work: &Work<'_>, first: usize, chunk: &mut Chunk<'_>, start: Start<'_>, partials: &mut [f32]) {
    let (input, output, panels) = (chunk.input, chunk.output, work.plan.panels.count());
    let tiles = first..first + input.rows;
    let pixels = ViewMut::new(&mut chunk.pixels[..input.len()], FREQUENCIES, input.stride());
    work.gather_input(tiles.clone(), pixels);
    for (panel, values) in chunk.gradients[..panels * output.len()].chunks_exact_mut(output.len()).enumerate()
    {
        work.gather_gradient(tiles.clone(), panel, ViewMut::new(values, FREQUENCIES, output.stride()));
    }
    let sums = work.plan.sums();
    for (panel, partials) in partials.chunks_exact_mut(sums.len()).enumerate() {
        for frequency in 0..FREQUENCIES {
            chunk.sum(panel, frequency, 0..work.inputs, start, sums.matrix_mut(partials, frequency));
        }
    }
}
