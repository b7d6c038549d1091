//! Matrix products whose left rows lie anywhere in memory: the work of every dense convolution.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | A | left matrix; a row is a list of segments, each contiguous, found through a table of pointers | (rows, segments x len) |
//! | B | right matrix, packed in panels of neighbouring columns | (segments x len, columns) |
//! | C | result; each row begins at a pointer of its own | (rows, columns) |
//!
//! Two micro kernels hold a tile of C in registers. [`rows`] computes `C = A B` by broadcasting values of A, which is read
//! where it lies, against vectors of a panel. [`sums`] computes `C = A^T D`, with a packed panel of D: the gradient of the
//! weights. The table of pointers is what XNNPACK calls an indirection buffer (Dukhan 2019): a convolution needs no copy
//! of the windows that it sees.
//!
//! The inner dimension is added up in blocks of about [`BLOCK`] products, each in registers and from zero, so that rounding
//! grows with the root of a block and not of the whole, and so that a block of a panel stays in the first-level cache. The
//! blocks depend on the shape alone: neither the number of threads nor the way the rows are cut changes a bit.

mod tile;

use std::ops::Range;

use crate::isa::{self, Isa};
use crate::parallel::{Chunks, share_out};
use crate::prefetch::Prefetch;
use crate::scratch;
use tile::RowsBlock;
pub(crate) use tile::{Start, SumsBlock};

/// Products that are added up in registers before they meet the result.
pub(crate) const BLOCK: usize = 128;

/// Floats of a row from which on its part of a block is no continuation of its neighbour's that hardware foresees.
const FAR_LEN: usize = 64;

/// Where the rows of a product go, and what its sums begin and end with.
#[derive(Clone, Copy)]
pub(crate) struct Results<'a> {
    /// Where each row begins, with its column 0; written through.
    pub(crate) outputs: &'a [*const f32],
    pub(crate) start: Start<'a>,
    /// Where what is added to each row begins, with its column 0.
    pub(crate) residuals: Option<&'a [*const f32]>,
    /// The least and the greatest value that is written.
    pub(crate) range: Option<[f32; 2]>,
}

/// The same for a tensor of rows that are contiguous.
#[derive(Clone, Copy)]
pub(crate) struct Ends<'a> {
    pub(crate) start: Start<'a>,
    /// Of the shape of the result.
    pub(crate) residual: Option<&'a [f32]>,
    /// The least and the greatest value that is written.
    pub(crate) range: Option<[f32; 2]>,
}

impl<'a> From<Start<'a>> for Ends<'a> {
    fn from(start: Start<'a>) -> Self {
        Self { start, residual: None, range: None }
    }
}

/// Writes rows of a matrix for packing: (segment, indices within the segment, columns, destination).
type Fetch<'a> = dyn Fn(usize, Range<usize>, Range<usize>, &mut [f32]) + Sync + 'a;

/// How a right matrix is packed: panel by panel, a panel's rows in the order in which [`rows`] reads them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panels {
    isa: Isa,
    segments: usize,
    len: usize,
    columns: usize,
}

impl Panels {
    /// For a right matrix of `segments * len` rows, for the instruction set in use.
    pub(crate) fn new(segments: usize, len: usize, columns: usize) -> Self {
        Self { isa: isa::selected(), segments, len, columns }
    }

    /// Vectors of a panel's row.
    pub(super) fn vectors(&self) -> usize {
        let all = self.columns.div_ceil(self.isa.lanes()).max(1);
        let panels = all.div_ceil(tile::most_vectors(self.isa));
        all.div_ceil(panels)
    }

    /// Floats of a panel's row; columns that the matrix lacks are zeros.
    pub(crate) fn width(&self) -> usize {
        self.vectors() * self.isa.lanes()
    }

    /// Number of panels.
    pub(crate) fn count(&self) -> usize {
        self.columns.div_ceil(self.width())
    }

    /// Columns of the whole matrix.
    pub(crate) fn matrix_columns(&self) -> usize {
        self.columns
    }

    /// Columns of the matrix that a panel holds.
    pub(crate) fn columns(&self, panel: usize) -> Range<usize> {
        let width = self.width();
        panel * width..((panel + 1) * width).min(self.columns)
    }

    /// Floats of a panel.
    pub(crate) fn panel_len(&self) -> usize {
        self.segments * self.len * self.width()
    }

    /// Floats of all panels.
    pub(crate) fn packed_len(&self) -> usize {
        self.count() * self.panel_len()
    }

    /// Packs a matrix of which `fetch(segment, indices within the segment, columns, destination)` writes a part: a row of
    /// `width` floats for each index, of which the first are the columns. The rest is zero.
    pub(crate) fn pack(&self, packed: &mut [f32], fetch: &Fetch<'_>) {
        let packed = &mut packed[..self.packed_len()];
        share_out(Chunks::new(packed, self.panel_len().max(1)), |panel, packed| {
            self.pack_panel(panel, packed, fetch);
        });
    }

    /// [`Panels::pack`] on this thread alone.
    pub(crate) fn pack_here(&self, packed: &mut [f32], fetch: &Fetch<'_>) {
        let panels = packed[..self.packed_len()].chunks_mut(self.panel_len().max(1));
        panels.enumerate().for_each(|(panel, packed)| self.pack_panel(panel, packed, fetch));
    }

    fn pack_panel(&self, panel: usize, packed: &mut [f32], fetch: &Fetch<'_>) {
        let width = self.width();
        let columns = self.columns(panel);
        if columns.len() < width {
            packed.fill(0.0);
        }
        let mut rest = packed;
        for block in self.blocks() {
            for segment in block.segments {
                let (rows, after) = rest.split_at_mut(block.within.len() * width);
                fetch(segment, block.within.clone(), columns.clone(), rows);
                rest = after;
            }
        }
    }

    /// Packs a matrix of contiguous rows.
    pub(crate) fn pack_matrix(&self, packed: &mut [f32], matrix: &[f32]) {
        self.pack(packed, &|segment, within, columns, rows| {
            for (index, row) in within.zip(rows.chunks_exact_mut(self.width())) {
                let begin = (segment * self.len + index) * self.columns;
                row[..columns.len()].copy_from_slice(&matrix[begin + columns.start..begin + columns.end]);
            }
        });
    }

    /// Packs the transpose of a matrix of contiguous rows, one for each column, in one segment.
    pub(crate) fn pack_transposed(&self, packed: &mut [f32], matrix: &[f32]) {
        self.pack(packed, &|_, within, columns, rows| {
            for (column, row) in columns.enumerate() {
                let values = &matrix[row * self.len..][within.clone()];
                for (row, &value) in rows.chunks_exact_mut(self.width()).zip(values) {
                    row[column] = value;
                }
            }
        });
    }

    /// The blocks of the inner dimension, in the order in which they are packed and added up.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = InnerBlock> + use<> {
        let Self { segments, len, .. } = *self;
        let chunk = len.div_ceil(len.div_ceil(BLOCK).max(1)).max(1);
        let group = (BLOCK / chunk).max(1);
        (0..len).step_by(chunk).flat_map(move |start| {
            let within = start..(start + chunk).min(len);
            (0..segments).step_by(group).map(move |first| InnerBlock {
                segments: first..(first + group).min(segments),
                within: within.clone(),
                offset: start * segments + first * within.len(),
            })
        })
    }
}

/// A block of the inner dimension: the same part of some segments.
#[derive(Clone, Debug)]
pub(crate) struct InnerBlock {
    pub(crate) segments: Range<usize>,
    /// Part of each segment.
    pub(crate) within: Range<usize>,
    /// Rows of a packed panel before this block.
    pub(crate) offset: usize,
}

/// `C = A B`, or added to C, for the rows of a table; panels `panels` only. `table` holds `segments` lists of one pointer for
/// each row. On the way what is `ahead` is brought near.
///
/// # Safety
///
/// Each pointer of `table` is that of `len` readable floats, each of the results' outputs comes from that of `columns` writable
/// ones that no other row and no other thread has, each of their residuals is that of `columns` readable ones. `packed` holds
/// the panels.
pub(crate) unsafe fn multiply(
    layout: &Panels,
    packed: &[f32],
    panels: Range<usize>,
    table: &[*const f32],
    results: Results<'_>,
    ahead: &Prefetch<'_>,
) {
    let Results { outputs, start, residuals, range } = results;
    let (count, width) = (outputs.len(), layout.width());
    let last = layout.blocks().count() - 1;
    assert!(residuals.is_none_or(|residuals| residuals.len() >= count), "a residual for each row");
    let far = layout.segments == 1 && layout.len >= FAR_LEN;
    assert!(table.len() >= layout.segments * count, "a pointer for each segment of each row");
    for (index, block) in layout.blocks().enumerate() {
        for panel in panels.clone() {
            let columns = layout.columns(panel);
            let rows = block.segments.len() * block.within.len() * width;
            // What the next round reads: the same block of the next panel.
            // For one row that is all there is to do, and the hardware sees it coming.
            let next = (panel + 1 < panels.end && count > 1)
                .then(|| &packed[(panel + 1) * layout.panel_len() + block.offset * width..][..rows]);
            let packed = &packed[panel * layout.panel_len() + block.offset * width..];
            let start = match start {
                _ if index > 0 => Start::Add,
                Start::Bias(bias) => Start::Bias(&bias[columns.clone()]),
                start => start,
            };
            let work = RowsBlock {
                table: &table[block.segments.start * count..block.segments.end * count],
                offset: block.within.start,
                len: block.within.len(),
                packed: &packed[..rows],
                next: next.unwrap_or_default(),
                columns,
                start,
                outputs,
                residuals: residuals.filter(|_| index == last),
                range: range.filter(|_| index == last),
                // The windows of one pixel are read once for each panel, those of several from the cache.
                far: far && panel == panels.start,
                ahead,
            };
            // SAFETY: the caller's promise.
            unsafe { tile::rows(layout.isa, layout.vectors(), &work) };
        }
    }
}

/// A block of `C = A^T D`, for one panel of `layout`.
///
/// # Safety
///
/// Each pointer of the block's table is that of `offset + len` readable floats, and its output that of `len` rows that no
/// other thread uses.
pub(crate) unsafe fn sums(layout: &Panels, work: &SumsBlock<'_>) {
    // SAFETY: the caller's promise.
    unsafe { tile::sums(layout.isa, layout.vectors(), work) };
}

/// `C = A B`, or added to C, for matrices A and C of contiguous rows. On the way the slices `ahead` are brought
/// near, if there are any, and the rows after C.
///
/// # Panics
///
/// If A, C and the residual are not of equally many rows, or the layout is not of one segment.
pub(crate) fn multiply_rows(
    layout: &Panels,
    packed: &[f32],
    ends: Ends<'_>,
    a: &[f32],
    c: &mut [f32],
    ahead: Option<[&[f32]; 3]>,
) {
    let Panels { segments, len, columns, .. } = *layout;
    let rows = c.len() / columns;
    assert!(segments == 1 && a.len() == rows * len && c.len() == rows * columns, "matrices of {rows} rows");
    let steps = rows.div_ceil(tile::MOST_ROWS) * len.div_ceil(tile::LINE) * layout.count();
    let ahead = ahead.map_or_else(Prefetch::nothing, |ahead| Prefetch::new(ahead, c, steps));
    let Ends { start, residual, range } = ends;
    assert!(residual.is_none_or(|residual| residual.len() == c.len()), "a residual of {rows} rows");
    scratch::with_pointers(3 * rows, |pointers| {
        let (table, pointers) = pointers.split_at_mut(rows);
        let (outputs, residuals) = pointers.split_at_mut(rows);
        for (pointer, row) in table.iter_mut().zip(a.chunks_exact(len)) {
            *pointer = row.as_ptr();
        }
        let first = c.as_mut_ptr();
        for (row, pointer) in outputs.iter_mut().enumerate() {
            // SAFETY: C has so many rows.
            *pointer = unsafe { first.add(row * columns) }.cast_const();
        }
        let residuals = residual.map(|residual| {
            for (pointer, row) in residuals.iter_mut().zip(residual.chunks_exact(columns)) {
                *pointer = row.as_ptr();
            }
            &*residuals
        });
        let results = Results { outputs, start, residuals, range };
        // SAFETY: the pointers are those of whole rows, which are disjoint, and C is borrowed exclusively.
        unsafe { multiply(layout, packed, 0..layout.count(), table, results, &ahead) };
    });
}

/// Copies a few floats without a call.
///
/// # Panics
///
/// If the lengths differ.
pub(crate) fn copy_short(source: &[f32], destination: &mut [f32]) {
    let (from, from_rest) = source.as_chunks::<8>();
    let (to, to_rest) = destination.as_chunks_mut::<8>();
    assert!(from.len() == to.len() && from_rest.len() == to_rest.len(), "lengths differ");
    for (from, to) in from.iter().zip(to) {
        *to = *from;
    }
    for (&from, to) in from_rest.iter().zip(to_rest) {
        *to = from;
    }
}

/// `C = A^T D`, or added to C, for matrices of contiguous rows. `layout` is that of [`BLOCK`] rows of D.
///
/// # Panics
///
/// If A and D are not of equally many rows, or C is not of their columns.
pub(crate) fn sum_rows(layout: &Panels, start: Start<'_>, a: &[f32], d: &[f32], c: &mut [f32]) {
    let (columns, width) = (layout.columns, layout.width());
    let (rows, len) = (d.len() / columns, c.len() / columns);
    assert!(d.len() == rows * columns && a.len() == rows * len && c.len() == len * columns, "matrices");
    if len == 0 {
        return;
    }
    let mut start = start;
    for (a, d) in a.chunks(BLOCK * len).zip(d.chunks(BLOCK * columns)) {
        let rows = d.len() / columns;
        scratch::with_pointers(rows, |table| {
            for (pointer, row) in table.iter_mut().zip(a.chunks_exact(len)) {
                *pointer = row.as_ptr();
            }
            for panel in 0..layout.count() {
                let within = layout.columns(panel);
                let mut add = |packed: &[f32]| {
                    let work = SumsBlock {
                        table,
                        offset: 0,
                        len,
                        packed,
                        columns: within.len(),
                        start,
                        output: c[within.start..].as_mut_ptr(),
                        stride: columns,
                    };
                    // SAFETY: the table's pointers are those of whole rows; the result's rows are those of C, which is
                    // borrowed exclusively, from the panel's first column on.
                    unsafe { sums(layout, &work) };
                };
                if within.len() == width && columns == width {
                    add(d);
                    continue;
                }
                scratch::with(rows * width, |packed| {
                    for (packed, row) in packed.chunks_exact_mut(width).zip(d.chunks_exact(columns)) {
                        let (values, rest) = packed.split_at_mut(within.len());
                        copy_short(&row[within.clone()], values);
                        rest.fill(0.0);
                    }
                    add(packed);
                });
            }
        });
        start = Start::Add;
    }
}
