//! The gradients of the weights and the bias: sums over the output's pixels of what each window sees times the gradient.

use std::ops::Range;

use super::windows::{Framed, Windows};
use super::{Conv, winograd};
use crate::parallel;
use crate::product::{BLOCK, Panels, Start, SumsBlock, copy_short, sums};
use crate::reduce::{column_sums, sum_parts};
use crate::scratch;

/// Pieces of work that the gradient is cut into about.
const PIECES: usize = 16;

/// Most parts that the images are cut into, each with a private sum.
const MOST_PARTS: usize = 8;

/// Rows of the gradient that a piece of work adds to: with the columns of a panel they stay in the second-level cache.
const PIECE_ROWS: usize = 1024;

/// How the work is cut: the gradient into runs of taps and panels of columns, and where these are few, the images into
/// parts as well.
pub(super) struct Partition {
    /// The gradient of the output as panels; a block of its rows at a time.
    panels: Panels,
    /// Segments of a window, and floats of each.
    segments: usize,
    len: usize,
    /// Segments of a piece, and floats of each.
    piece_segments: usize,
    piece_len: usize,
    /// Images of a part.
    images: usize,
    parts: usize,
}

impl Partition {
    pub(super) fn of(conv: &Conv) -> Self {
        let segments = if Framed::suits(conv) { conv.window.kernel[0] } else { conv.window.area() };
        let len = conv.patch_len() / segments.max(1);
        let panels = Panels::new(1, BLOCK, conv.channels());
        let piece_len = len.div_ceil(len.div_ceil(PIECE_ROWS).max(1)).max(1);
        let piece_segments = (PIECE_ROWS / piece_len).clamp(1, segments.max(1));
        let pieces = panels.count() * len.div_ceil(piece_len) * segments.div_ceil(piece_segments);
        let images = conv.input.n.max(1);
        let pixels = images * conv.output.h * conv.output.w;
        let most_parts = (pixels / BLOCK).clamp(1, MOST_PARTS);
        let parts = PIECES.div_ceil(pieces.max(1)).min(most_parts);
        let images_per_part = images.div_ceil(parts);
        let parts = images.div_ceil(images_per_part);
        Self { panels, segments, len, piece_segments, piece_len, images: images_per_part, parts }
    }

    pub(super) fn partials_len(&self, conv: &Conv) -> usize {
        if self.parts == 1 { 0 } else { self.parts * conv.weight_len() }
    }

    fn pieces(&self) -> usize {
        self.parts * self.panels.count() * self.runs() * self.groups()
    }

    /// Runs that a segment is cut into.
    fn runs(&self) -> usize {
        self.len.div_ceil(self.piece_len)
    }

    /// Groups that the segments are cut into.
    fn groups(&self) -> usize {
        self.segments.div_ceil(self.piece_segments)
    }

    fn piece(&self, index: usize, images: usize) -> Piece {
        let (index, group) = (index / self.groups(), index % self.groups());
        let (index, run) = (index / self.runs(), index % self.runs());
        let (part, panel) = (index / self.panels.count(), index % self.panels.count());
        let within = run * self.piece_len..((run + 1) * self.piece_len).min(self.len);
        let segments = group * self.piece_segments..((group + 1) * self.piece_segments).min(self.segments);
        let images = part * self.images..((part + 1) * self.images).min(images);
        Piece { part, panel, segments, within, images }
    }
}

/// A piece of work: some images' share in a part of the gradient.
struct Piece {
    part: usize,
    panel: usize,
    segments: Range<usize>,
    /// Part of each segment.
    within: Range<usize>,
    images: Range<usize>,
}

/// Gradients of the weights and the bias from the gradient of the output, `dy`; both are overwritten.
/// `partials` is scratch of [`Conv::partials_len`] floats.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn backward_weight(
    conv: &Conv,
    x: &[f32],
    dy: &[f32],
    dweight: &mut [f32],
    dbias: Option<&mut [f32]>,
    partials: &mut [f32],
) {
    conv.check(x, dweight, dy);
    assert!(partials.len() >= conv.partials_len(), "too few partial sums for {conv:?}");
    if let Some(dbias) = dbias {
        column_sums(dy, dbias);
    }
    if dy.is_empty() {
        dweight.fill(0.0);
        return;
    }
    if winograd::suits(conv) {
        return winograd::backward_weight(conv, x, dy, dweight, partials);
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

// SAFETY: every piece of work writes its own part, segments and columns only.
unsafe impl Send for Gradients {}
// SAFETY: as above.
unsafe impl Sync for Gradients {}

fn all_pieces(conv: &Conv, partition: &Partition, x: &[f32], dy: &[f32], gradients: &mut [f32]) {
    let shared = Gradients { start: gradients.as_mut_ptr(), len: gradients.len() };
    assert_eq!(shared.len, partition.parts * conv.weight_len(), "a gradient for each part");
    parallel::for_each(partition.pieces(), &|index| {
        let piece = partition.piece(index, conv.input.n);
        let work = Work { conv, partition, piece: &piece, dy, gradients: shared };
        if Framed::suits(conv) {
            work.framed(x);
        } else {
            let pixels = conv.output.h * conv.output.w;
            work.add(
                &Windows::of_input(conv, x),
                piece.images.start * pixels..piece.images.end * pixels,
                0,
                true,
            );
        }
    });
}

struct Work<'a> {
    conv: &'a Conv,
    partition: &'a Partition,
    piece: &'a Piece,
    dy: &'a [f32],
    gradients: Gradients,
}

impl Work<'_> {
    /// Adds up the windows of framed copies of the images.
    fn framed(&self, x: &[f32]) {
        let output = self.conv.output;
        let frame = Framed::new(self.conv, 0..output.h);
        scratch::with(frame.len(self.conv), |memory| {
            for image in self.piece.images.clone() {
                let windows = frame.fill(self.conv, x, image, memory);
                let first = image == self.piece.images.start;
                self.add(&windows, 0..windows.count(), image * output.h * output.w, first);
            }
        });
    }

    /// Adds some windows' products with the gradient of the output, whose pixel of window 0 is number `pixel`. `first`
    /// says whether what is there is overwritten.
    fn add(&self, windows: &Windows<'_>, range: Range<usize>, pixel: usize, first: bool) {
        let Self { conv, partition, piece, dy, gradients } = *self;
        let (width, columns) = (partition.panels.width(), partition.panels.columns(piece.panel));
        let outputs = conv.channels();
        let segment_len = partition.len;
        let mut start = if first { Start::Zero } else { Start::Add };
        scratch::with(windows.segment + BLOCK * width, |memory| {
            let (zeros, panel) = memory.split_at_mut(windows.segment);
            zeros.fill(0.0);
            scratch::with_pointers(windows.segments() * BLOCK, |pointers| {
                let mut from = range.start;
                while from < range.end {
                    let block = from..range.end.min(from + BLOCK);
                    let count = block.len();
                    for (row, index) in panel.chunks_exact_mut(width).zip(block.clone()) {
                        let (values, rest) = row.split_at_mut(columns.len());
                        let begin = (pixel + index) * outputs;
                        copy_short(&dy[begin + columns.start..begin + columns.end], values);
                        rest.fill(0.0);
                    }
                    let table = &mut pointers[..windows.segments() * count];
                    windows.point(block.clone(), zeros, table);
                    for segment in piece.segments.clone() {
                        let row = piece.part * conv.patch_len() + segment * segment_len + piece.within.start;
                        let place = row * outputs + columns.start;
                        assert!(place + (piece.within.len() - 1) * outputs + columns.len() <= gradients.len);
                        let work = SumsBlock {
                            table: &table[segment * count..(segment + 1) * count],
                            offset: piece.within.start,
                            len: piece.within.len(),
                            packed: &panel[..count * width],
                            columns: columns.len(),
                            start,
                            // SAFETY: the place was found to lie within the gradients.
                            output: unsafe { gradients.start.add(place) },
                            stride: outputs,
                        };
                        // SAFETY: the table's pointers are those of whole segments; no other piece has this one's part
                        // of the gradients.
                        unsafe { sums(&partition.panels, &work) };
                    }
                    start = Start::Add;
                    from = block.end;
                }
            });
        });
    }
}
