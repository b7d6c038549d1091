//! The gradient of the weights: sums over tiles, in the transformed values.
//!
//! There are three schedules. Where the sums of all weights are few, the tiles are cut into parts, each with sums of its own
//! and transformed pixels that stay in the second-level cache. Where they are many, a chunk of tiles is transformed, and the
//! pieces of work are the sums of one frequency and panel. Where one chunk holds all tiles, the sums of a block of weights
//! become the gradient as soon as they are computed, and never go through memory.

mod at_once;
mod chunks;
mod parts;

use std::ops::Range;

use super::patch::{Pixels, Taps};
use super::tile::{Finish, Gather, Scatter, Spectrum, gather_gradient, gather_input, scatter_weights};
use super::transform::FREQUENCIES;
use crate::matrix::ViewMut;
use crate::product::{BLOCK, Panels, Start, SumsBlock, sums};
use crate::scratch;

/// Most parts that the tiles are cut into, each with sums of its own.
const MOST_PARTS: usize = 8;

/// Fewest parts for which there is enough work to share out.
const FEWEST_PARTS: usize = 4;

/// Floats of the sums of all parts at most.
const SUMS: usize = 5 << 19;

/// Tiles of a part that are transformed and summed at a time.
const PART_TILES: usize = 128;

/// Floats of the transformed pixels of a chunk, about: they fit the third-level cache.
const CHUNK: usize = 5 << 19;

/// The same where one chunk holds all tiles.
const AT_ONCE: usize = 5 << 20;

/// Fewest panels of output channels for which there is enough work to share out where one chunk holds all tiles.
const PANELS: usize = 4;

/// How the tiles are summed, which depends on the shape alone.
pub(super) struct Plan {
    /// Panels of the output's channels.
    panels: Panels,
    /// Channels of the input.
    inputs: usize,
    /// Tiles of all images.
    tiles: usize,
    schedule: Schedule,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Schedule {
    /// So many parts of the tiles.
    Parts(usize),
    /// Chunks of so many tiles.
    Chunks(usize),
    /// One chunk of all tiles.
    AtOnce,
}

impl Plan {
    pub(super) fn new(inputs: usize, outputs: usize, tiles: usize) -> Self {
        let panels = Panels::new(1, BLOCK, outputs);
        let mut plan = Self { panels, inputs, tiles, schedule: Schedule::AtOnce };
        let parts = (SUMS / plan.sums_len().max(1)).min(tiles.div_ceil(PART_TILES)).min(MOST_PARTS);
        let per_tile = FREQUENCIES * (inputs + panels.count() * panels.width());
        plan.schedule = if parts >= FEWEST_PARTS {
            Schedule::Parts(parts)
        } else if tiles * per_tile <= AT_ONCE && panels.count() >= PANELS {
            Schedule::AtOnce
        } else {
            let chunks = tiles.div_ceil((CHUNK / per_tile).max(1)).max(1);
            Schedule::Chunks(tiles.div_ceil(chunks).max(1))
        };
        plan
    }

    /// How the sums of a panel lie, a row for each channel of the input.
    fn sums(&self) -> Spectrum {
        Spectrum { rows: self.inputs, width: self.panels.width() }
    }

    /// Floats of the sums of all panels.
    fn sums_len(&self) -> usize {
        self.panels.count() * self.sums().len()
    }

    /// Number of floats for sums that grow step by step.
    pub(super) fn partials_len(&self) -> usize {
        match self.schedule {
            Schedule::Parts(parts) => parts * self.sums_len(),
            Schedule::Chunks(_) => self.sums_len(),
            Schedule::AtOnce => 0,
        }
    }
}

/// The sums of the products of what tiles see and the gradients of what they make.
pub(super) struct Work<'a> {
    pub(super) x: &'a [f32],
    /// What the tiles see of the input.
    pub(super) seen: Pixels,
    /// Channels of the input.
    pub(super) inputs: usize,
    /// The gradient of the output.
    pub(super) dy: &'a [f32],
    /// What the tiles make of the output.
    pub(super) made: Pixels,
    /// Channels of the output.
    pub(super) outputs: usize,
    pub(super) plan: Plan,
}

impl Work<'_> {
    /// Computes the gradient of the weights. `partials` is scratch of [`Plan::partials_len`] floats.
    pub(super) fn run(&self, partials: &mut [f32], dweight: &mut [f32]) {
        let partials = &mut partials[..self.plan.partials_len()];
        match self.plan.schedule {
            Schedule::Parts(parts) => parts::run(self, parts, partials, dweight),
            Schedule::Chunks(tiles) => chunks::run(self, tiles, partials, dweight),
            Schedule::AtOnce => at_once::run(self, dweight),
        }
    }

    /// Calls `work` with the spectra of `tiles` tiles and memory for their values.
    fn with_memory<R>(&self, tiles: usize, work: impl FnOnce(Chunk<'_>) -> R) -> R {
        let panels = &self.plan.panels;
        let input = Spectrum { rows: tiles, width: self.inputs };
        let output = Spectrum { rows: tiles, width: panels.width() };
        scratch::with(input.len() + panels.count() * output.len(), |memory| {
            let (pixels, gradients) = memory.split_at_mut(input.len());
            work(Chunk { pixels, input, gradients, output })
        })
    }

    /// Writes the transformed pixels of some tiles, a row of `values` for each frequency.
    fn gather_input(&self, tiles: Range<usize>, values: ViewMut<'_>) {
        let gather = Gather {
            source: self.x,
            step: self.inputs,
            channels: 0..self.inputs,
            patches: &self.seen,
            tiles,
            width: self.inputs,
        };
        gather.run(gather_input, values);
    }

    /// Writes the transformed gradients of some tiles and a panel, a row of `values` for each frequency.
    fn gather_gradient(&self, tiles: Range<usize>, panel: usize, values: ViewMut<'_>) {
        let gather = Gather {
            source: self.dy,
            step: self.outputs,
            channels: self.plan.panels.columns(panel),
            patches: &self.made,
            tiles,
            width: self.plan.panels.width(),
        };
        gather.run(gather_gradient, values);
    }

    /// Writes the gradient of the weights from the sums of all panels.
    fn scatter_all(&self, values: &[f32], dweight: &mut [f32]) {
        let sums = self.plan.sums();
        self.for_each_panel(dweight, &|panel, dweight| {
            self.scatter(&values[panel * sums.len()..], sums, 0..self.inputs, dweight);
        });
    }

    /// Writes what the sums of the input channels `rows` make of the gradient of a panel's weights.
    fn scatter(&self, values: &[f32], spectrum: Spectrum, rows: Range<usize>, dweight: &mut ViewMut<'_>) {
        let scatter = Scatter {
            values,
            spectrum,
            patches: &Taps::Straight { inputs: self.inputs },
            tiles: rows,
            first_row: 0,
            channels: 0..dweight.columns(),
            finish: Finish::Overwrite,
            range: None,
        };
        scatter_weights(&scatter, dweight);
    }

    /// Calls `work` with each panel and its columns of the gradient, in parallel.
    fn for_each_panel(&self, dweight: &mut [f32], work: &(dyn Fn(usize, &mut ViewMut<'_>) + Sync)) {
        let (rows, width) = (dweight.len() / self.outputs, self.plan.panels.width());
        ViewMut::new(dweight, rows, self.outputs)
            .for_each_tile(rows, width, &|_, column, mut dweight| work(column / width, &mut dweight));
    }
}

/// The transformed pixels of some tiles, and their transformed gradients, panel by panel.
struct Chunk<'a> {
    pixels: &'a mut [f32],
    input: Spectrum,
    gradients: &'a mut [f32],
    output: Spectrum,
}

impl Chunk<'_> {
    /// The same memory for fewer tiles.
    fn of_tiles(&mut self, tiles: usize) -> Chunk<'_> {
        Chunk {
            pixels: self.pixels,
            input: Spectrum { rows: tiles, ..self.input },
            gradients: self.gradients,
            output: Spectrum { rows: tiles, ..self.output },
        }
    }

    /// The sums of the products of a frequency for some channels of the input and a panel of those of the output.
    fn sum(&self, panel: usize, frequency: usize, rows: Range<usize>, start: Start<'_>, sums: &mut [f32]) {
        let gradients = &self.gradients[panel * self.output.len()..];
        let gradients = self.output.matrix(gradients, frequency);
        sum_rows(self.input.matrix(self.pixels, frequency), rows, gradients, self.output.width, start, sums);
    }
}

/// `result = left[:, columns]^T * panel`, or added to the result, for a panel of `width` columns.
fn sum_rows(
    left: &[f32],
    columns: Range<usize>,
    panel: &[f32],
    width: usize,
    start: Start<'_>,
    result: &mut [f32],
) {
    let count = panel.len() / width;
    let inner = left.len() / count.max(1);
    assert!(
        (left.len(), result.len()) == (count * inner, columns.len() * width),
        "shapes do not fit a matrix product"
    );
    let layout = Panels::new(1, BLOCK, width);
    scratch::with_pointers(BLOCK, |table| {
        let mut start = start;
        let mut first = 0;
        // Runs once for no rows, which sets the sums to zero.
        loop {
            let block = first..(first + BLOCK).min(count);
            let table = &mut table[..block.len()];
            for (pointer, row) in table.iter_mut().zip(block.clone()) {
                *pointer = left[row * inner..][columns.clone()].as_ptr();
            }
            let work = SumsBlock {
                table,
                offset: 0,
                len: columns.len(),
                packed: &panel[block.start * width..block.end * width],
                columns: width,
                start,
                output: result.as_mut_ptr(),
                stride: width,
            };
            // SAFETY: each row of the left matrix has the columns; the result, which is borrowed exclusively, has a row of
            // `width` floats for each of them.
            unsafe { sums(&layout, &work) };
            start = Start::Add;
            first = block.end;
            if first >= count {
                break;
            }
        }
    });
}
