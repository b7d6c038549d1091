//! The gradient of the weights of a grouped convolution.

use std::ops::Range;

use super::Grouped;
use crate::conv::windows::Windows;
use crate::parallel;
use crate::product::{BLOCK, Panels, Start, SumsBlock, copy_short, sums};
use crate::reduce::sum_parts;
use crate::scratch;

/// Pieces of work that the gradient is cut into about.
const PIECES: usize = 16;

/// Most parts that the images are cut into, each with a private sum.
const MOST_PARTS: usize = 8;

/// How the work is cut: into runs of groups, and where these are few, the images into parts as well.
pub(super) struct Partition {
    /// Groups of a run.
    groups: usize,
    runs: usize,
    /// Images of a part.
    images: usize,
    parts: usize,
}

impl Partition {
    pub(super) fn of(conv: &Grouped) -> Self {
        let groups = conv.groups.div_ceil(PIECES.min(conv.groups));
        let runs = conv.groups.div_ceil(groups);
        let images = conv.input.n.max(1);
        let pixels = images * conv.output.h * conv.output.w;
        let parts = PIECES.div_ceil(runs).min((pixels / BLOCK).clamp(1, MOST_PARTS));
        let images_per_part = images.div_ceil(parts);
        Self { groups, runs, images: images_per_part, parts: images.div_ceil(images_per_part) }
    }

    pub(super) fn partials_len(&self, conv: &Grouped) -> usize {
        if self.parts == 1 { 0 } else { self.parts * conv.weight_len() }
    }
}

/// Gradient of the weights from the gradient of the output, `dy`; overwritten. `partials` is scratch of
/// [`Grouped::partials_len`] floats.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn backward_weight(conv: &Grouped, x: &[f32], dy: &[f32], dweight: &mut [f32], partials: &mut [f32]) {
    conv.check(x, dweight, dy);
    assert!(partials.len() >= conv.partials_len(), "too few partial sums for {conv:?}");
    if dy.is_empty() || dweight.is_empty() {
        dweight.fill(0.0);
        return;
    }
    let partition = Partition::of(conv);
    if partition.parts == 1 {
        all_pieces(conv, &partition, x, dy, dweight);
    } else {
        let partials = &mut partials[..partition.partials_len(conv)];
        all_pieces(conv, &partition, x, dy, partials);
        sum_parts(partials, dweight);
    }
}

/// The gradients of all parts, one after the other.
#[derive(Clone, Copy)]
struct Gradients {
    start: *mut f32,
    len: usize,
}

// SAFETY: every piece of work writes its own part and groups only.
unsafe impl Send for Gradients {}
// SAFETY: as above.
unsafe impl Sync for Gradients {}

fn all_pieces(conv: &Grouped, partition: &Partition, x: &[f32], dy: &[f32], gradients: &mut [f32]) {
    let shared = Gradients { start: gradients.as_mut_ptr(), len: gradients.len() };
    assert_eq!(shared.len, partition.parts * conv.weight_len(), "a gradient for each part");
    let Partition { groups, runs, images, parts } = *partition;
    parallel::for_each(parts * runs, &|index| {
        let (part, run) = (index / runs, index % runs);
        let piece = Piece {
            part,
            groups: run * groups..((run + 1) * groups).min(conv.groups),
            images: part * images..((part + 1) * images).min(conv.input.n),
        };
        add(conv, &piece, x, dy, shared);
    });
}

/// A piece of work: some images' share in the gradient of some groups.
struct Piece {
    part: usize,
    groups: Range<usize>,
    images: Range<usize>,
}

/// Adds the windows' products with the gradient of the output.
fn add(conv: &Grouped, piece: &Piece, x: &[f32], dy: &[f32], gradients: Gradients) {
    let windows = Windows::of_input(&conv.dense, x);
    let (inputs, outputs, channels) = (conv.inputs(), conv.outputs(), conv.channels());
    let panels = Panels::new(1, BLOCK, outputs);
    let pixels = conv.output.h * conv.output.w;
    let (first, end) = (piece.images.start * pixels, piece.images.end * pixels);
    let mut start = Start::Zero;
    scratch::with(windows.segment + BLOCK * panels.width(), |memory| {
        let (zeros, packed) = memory.split_at_mut(windows.segment);
        zeros.fill(0.0);
        scratch::with_pointers(windows.segments() * BLOCK, |pointers| {
            for from in (first..end).step_by(BLOCK) {
                let block = from..end.min(from + BLOCK);
                let count = block.len();
                let table = &mut pointers[..windows.segments() * count];
                windows.point(block.clone(), zeros, table);
                for (group, panel) in piece
                    .groups
                    .clone()
                    .flat_map(|group| (0..panels.count()).map(move |panel| (group, panel)))
                {
                    let columns = panels.columns(panel);
                    for (row, pixel) in packed.chunks_exact_mut(panels.width()).zip(block.clone()) {
                        let (values, rest) = row.split_at_mut(columns.len());
                        let begin = pixel * channels + group * outputs;
                        copy_short(&dy[begin + columns.start..begin + columns.end], values);
                        rest.fill(0.0);
                    }
                    for segment in 0..windows.segments() {
                        let row = piece.part * conv.patch_len() + segment * inputs;
                        let place = row * channels + group * outputs + columns.start;
                        assert!(place + (inputs - 1) * channels + columns.len() <= gradients.len);
                        let work = SumsBlock {
                            table: &table[segment * count..(segment + 1) * count],
                            offset: group * inputs,
                            len: inputs,
                            packed: &packed[..count * panels.width()],
                            columns: columns.len(),
                            start,
                            // SAFETY: the place was found to lie within the gradients.
                            output: unsafe { gradients.start.add(place) },
                            stride: channels,
                        };
                        // SAFETY: the table's pointers are those of whole pixels, of zeros outside the image; no other piece
                        // has this one's part of the gradients.
                        unsafe { sums(&panels, &work) };
                    }
                }
                start = Start::Add;
            }
        });
    });
}
