//! The schedule where one chunk holds all tiles: the sums of a block of weights become the gradient right away.

use super::super::tile::Spectrum;
use super::super::transform::FREQUENCIES;
use super::{Work, chunks};
use crate::product::Start;
use crate::scratch;

/// Channels of the input whose sums are computed at a time.
const SUM_ROWS: usize = 64;

pub(super) fn run(work: &Work<'_>, dweight: &mut [f32]) {
    let sums = Spectrum { rows: SUM_ROWS, ..work.plan.sums() };
    work.with_memory(work.plan.tiles, |mut chunk| {
        chunks::transform(work, 0, &mut chunk);
        let chunk = &chunk;
        work.for_each_panel(dweight, &|panel, dweight| {
            scratch::with(sums.len(), |values| {
                for first in (0..work.inputs).step_by(SUM_ROWS) {
                    let rows = first..(first + SUM_ROWS).min(work.inputs);
                    for frequency in 0..FREQUENCIES {
                        let values = &mut sums.matrix_mut(values, frequency)[..rows.len() * sums.width];
                        chunk.sum(panel, frequency, rows.clone(), Start::Zero, values);
                    }
                    work.scatter(values, sums, rows, dweight);
                }
            });
        });
    });
}
