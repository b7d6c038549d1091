//! Attention of several heads (Vaswani et al. 2017, section 3.2), forward and backward in one pass each.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | T, d, H, w | tokens, channels, heads, channels of a head, `d / H` | |
//! | x | queries, keys and values of all heads, side by side | (n, T, 3 d) |
//! | Q, K, V | those of one photograph and head | (T, w) |
//! | S, P | `Q Kᵀ / √w`, its softmax by row | (T, T) |
//! | O | `P V`, the output of the head | (T, w) |
//! | δ | `sum(P dP)` of a row | |
//!
//! - forward: `O = P V`
//! - backward: `dP = dO Vᵀ`, `dS = P (dP - δ) / √w`, `dQ = dS K`, `dK = dSᵀ Q`, `dV = Pᵀ dO`
//!
//! A few rows of S are made at a time, and again in the backward pass (Rabe and Staats 2021, "Self-attention Does Not Need O(n²)
//! Memory"; Dao et al. 2022): memory grows with the tokens, not with their square, and nothing is kept between the passes. Each
//! photograph and head is a piece of work, whose sums are added in the order of the rows.

use crate::curve::exp;
use crate::elementwise::Accumulate;
use crate::isa::level::Level;
use crate::parallel;
use crate::prefetch::Prefetch;
use crate::product::{BLOCK, Panels, Results, Start, SumsBlock, copy_short, multiply, sums};
use crate::rows::{dot, largest, sum};
use crate::scratch;
use crate::shape::{Nhwc, values};

/// Queries at a time: their rows of S stay in the second-level cache. At most [`BLOCK`], and a multiple of every tile's rows.
const QUERIES: usize = 96;

/// Attention of a batch of token lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attention {
    images: usize,
    tokens: usize,
    heads: usize,
    /// Channels of a head.
    width: usize,
}

impl Attention {
    /// Attention over the places of `input`, whose channels are queries, keys and values of `heads` heads. `None` if they are not
    /// a multiple of three times the heads, or a piece of work is beyond [`MOST_VALUES`](crate::shape::MOST_VALUES).
    pub fn new(input: Nhwc, heads: usize) -> Option<Self> {
        let tokens = input.h * input.w;
        let width = input.c.checked_div(heads.checked_mul(3)?)?;
        values(&[QUERIES.max(width), tokens])?;
        (width > 0 && width * heads * 3 == input.c && tokens > 0).then_some(Self {
            images: input.n,
            tokens,
            heads,
            width,
        })
    }

    /// The same for `n` images.
    #[must_use]
    pub fn of_images(self, n: usize) -> Self {
        Self { images: n, ..self }
    }

    /// Channels of the output.
    pub fn channels(&self) -> usize {
        self.heads * self.width
    }

    /// Multiply-adds of one image's forward pass.
    pub fn multiply_adds(&self) -> usize {
        2 * self.tokens * self.tokens * self.channels()
    }

    fn check(&self, x: &[f32], y: &[f32]) {
        let len = self.images * self.tokens * self.channels();
        assert!(x.len() == 3 * len && y.len() == len, "lengths of {self:?}");
    }

    /// Where the queries of a head begin in `x`, and its part of the output.
    fn starts(&self, piece: usize) -> [usize; 2] {
        let (image, head) = (piece / self.heads, piece % self.heads);
        let row = image * self.tokens * self.channels();
        [3 * row + head * self.width, row + head * self.width]
    }

    /// The right matrix of products with all tokens' rows of one head, transposed: (w, T).
    fn across(&self) -> Panels {
        Panels::new(1, self.width, self.tokens)
    }

    /// The right matrix of products with all tokens' rows of one head: (T, w).
    fn down(&self) -> Panels {
        Panels::new(1, self.tokens, self.width)
    }

    /// The output, (n, T, d), for `x`, (n, T, 3 d).
    ///
    /// # Panics
    ///
    /// If the lengths do not fit.
    pub fn forward(&self, x: &[f32], y: &mut [f32]) {
        self.check(x, y);
        let (across, down) = (self.across(), self.down());
        let output = Shared { start: y.as_mut_ptr(), len: y.len() };
        parallel::for_each(self.images * self.heads, &|piece| {
            let [from, to] = self.starts(piece);
            let [queries, keys, values] = self.inputs(x, from);
            let lens = [across.packed_len(), down.packed_len(), QUERIES * self.tokens];
            scratch::with(lens.iter().sum(), |memory| {
                let [packed_keys, packed_values, scores] = split(memory, lens);
                keys.pack_across(&across, packed_keys);
                values.pack_down(&down, packed_values);
                for first in (0..self.tokens).step_by(QUERIES) {
                    let count = QUERIES.min(self.tokens - first);
                    let scores = &mut scores[..count * self.tokens];
                    queries.times(first, &across, packed_keys, scores);
                    softmax_rows(scores, self.tokens, self.factor());
                    let rows = Rows { values: scores, start: 0, stride: self.tokens, width: self.tokens };
                    let output =
                        output.rows(to + first * self.channels(), self.channels(), count, self.width);
                    rows.times_into(count, &down, packed_values, Start::Zero, output);
                }
            });
        });
    }

    /// Gradient of `x` from the gradient of the output, `dy`.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit.
    pub fn backward(&self, x: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
        self.check(x, dy);
        assert_eq!(x.len(), dx.len(), "lengths differ");
        let (across, down, run) = (self.across(), self.down(), Panels::new(1, BLOCK, self.width));
        let (tokens, width, factor) = (self.tokens, self.width, self.factor());
        let input = Shared { start: dx.as_mut_ptr(), len: dx.len() };
        let start = match accumulate {
            Accumulate::Overwrite => Start::Zero,
            Accumulate::Add => Start::Add,
        };
        parallel::for_each(self.images * self.heads, &|piece| {
            let [from, to] = self.starts(piece);
            let [queries, keys, values] = self.inputs(x, from);
            let outputs = Rows { values: dy, start: to, stride: self.channels(), width };
            let block = QUERIES * tokens;
            let lens = [across.packed_len(), across.packed_len(), down.packed_len(), block, block];
            scratch::with(lens.iter().sum(), |memory| {
                let [packed_keys, packed_values, keys_down, shares, slopes] = split(memory, lens);
                keys.pack_across(&across, packed_keys);
                values.pack_across(&across, packed_values);
                keys.pack_down(&down, keys_down);
                for first in (0..tokens).step_by(QUERIES) {
                    let count = QUERIES.min(tokens - first);
                    let (shares, slopes) = (&mut shares[..count * tokens], &mut slopes[..count * tokens]);
                    queries.times(first, &across, packed_keys, shares);
                    softmax_rows(shares, tokens, factor);
                    outputs.times(first, &across, packed_values, slopes);
                    let later = if first > 0 { Start::Add } else { start };
                    let place =
                        |part: usize, row: usize| from + part * self.channels() + row * 3 * self.channels();
                    let rows = |part: usize, row: usize, count: usize| {
                        input.rows(place(part, row), 3 * self.channels(), count, width)
                    };
                    outputs.sums(first, &run, shares, later, rows(2, 0, tokens));
                    slope_rows(shares, slopes, tokens, factor);
                    let dscores = Rows { values: slopes, start: 0, stride: tokens, width: tokens };
                    dscores.times_into(count, &down, keys_down, start, rows(0, first, count));
                    queries.sums(first, &run, slopes, later, rows(1, 0, tokens));
                }
            });
        });
    }

    /// 1 / √w.
    fn factor(&self) -> f32 {
        1.0 / (self.width as f32).sqrt()
    }

    /// Queries, keys and values of a head.
    fn inputs<'a>(&self, x: &'a [f32], start: usize) -> [Rows<'a>; 3] {
        let stride = 3 * self.channels();
        [0, 1, 2].map(|part| Rows {
            values: x,
            start: start + part * self.channels(),
            stride,
            width: self.width,
        })
    }
}

/// `memory` in parts of these lengths.
fn split<const N: usize>(memory: &mut [f32], lens: [usize; N]) -> [&mut [f32]; N] {
    let mut rest = memory;
    lens.map(|len| rest.split_off_mut(..len).unwrap_or_default())
}

/// Rows of a matrix that lie apart.
#[derive(Clone, Copy)]
struct Rows<'a> {
    values: &'a [f32],
    /// Where the first row begins.
    start: usize,
    /// Floats from one row to the next.
    stride: usize,
    width: usize,
}

impl Rows<'_> {
    fn row(&self, index: usize) -> &[f32] {
        &self.values[self.start + index * self.stride..][..self.width]
    }

    /// Packs the transpose: each row is a column.
    fn pack_across(&self, layout: &Panels, packed: &mut [f32]) {
        let width = layout.width();
        layout.pack_here(packed, &|_, within, columns, destination| {
            for (column, token) in columns.enumerate() {
                let values = &self.row(token)[within.clone()];
                for (row, &value) in destination.chunks_exact_mut(width).zip(values) {
                    row[column] = value;
                }
            }
        });
    }

    /// Packs the rows as they are.
    fn pack_down(&self, layout: &Panels, packed: &mut [f32]) {
        let width = layout.width();
        layout.pack_here(packed, &|_, within, columns, destination| {
            for (token, row) in within.zip(destination.chunks_exact_mut(width)) {
                row[..columns.len()].copy_from_slice(&self.row(token)[columns.clone()]);
            }
        });
    }

    /// The products of the rows from `first` on with a packed matrix, row by row.
    fn times(&self, first: usize, layout: &Panels, packed: &[f32], result: &mut [f32]) {
        let columns = layout.matrix_columns();
        let count = result.len() / columns;
        let start = self.start + first * self.stride;
        let output =
            Shared { start: result.as_mut_ptr(), len: result.len() }.rows(0, columns, count, columns);
        Self { start, ..*self }.times_into(count, layout, packed, Start::Zero, output);
    }

    /// The products of `count` rows with a packed matrix, to rows of their own.
    fn times_into(&self, count: usize, layout: &Panels, packed: &[f32], start: Start<'_>, output: Output) {
        assert!(output.count == count && output.width == layout.matrix_columns(), "rows of the result");
        scratch::with_pointers(2 * count, |pointers| {
            let (table, outputs) = pointers.split_at_mut(count);
            for (index, (from, to)) in table.iter_mut().zip(&mut *outputs).enumerate() {
                *from = self.row(index).as_ptr();
                *to = output.row(index);
            }
            let results = Results { outputs, start, residuals: None, range: None };
            let ahead = Prefetch::nothing();
            // SAFETY: the table's pointers are those of whole rows; the results' are those of rows that this piece of work alone
            // writes.
            unsafe { multiply(layout, packed, 0..layout.count(), table, results, &ahead) };
        });
    }

    /// `Aᵀ D` for the rows D from `first` on and as many rows of `a`, of as many columns as the result has rows.
    fn sums(&self, first: usize, layout: &Panels, a: &[f32], start: Start<'_>, output: Output) {
        let (width, tokens) = (layout.width(), output.count);
        let count = a.len() / tokens;
        scratch::with(count * width, |packed| {
            scratch::with_pointers(count, |table| {
                for (pointer, row) in table.iter_mut().zip(a.chunks_exact(tokens)) {
                    *pointer = row.as_ptr();
                }
                for panel in 0..layout.count() {
                    let columns = layout.columns(panel);
                    for (index, row) in packed.chunks_exact_mut(width).enumerate() {
                        let (values, rest) = row.split_at_mut(columns.len());
                        copy_short(&self.row(first + index)[columns.clone()], values);
                        rest.fill(0.0);
                    }
                    let work = SumsBlock {
                        table,
                        offset: 0,
                        len: tokens,
                        packed,
                        columns: columns.len(),
                        start,
                        // SAFETY: the columns are those of the result's rows.
                        output: unsafe { output.start.add(columns.start) },
                        stride: output.stride,
                    };
                    // SAFETY: the table's pointers are those of whole rows; the result's rows are written by this piece of
                    // work alone.
                    unsafe { sums(layout, &work) };
                }
            });
        });
    }
}

/// The memory of a result that pieces of work share, each with rows and columns of its own.
#[derive(Clone, Copy)]
struct Shared {
    start: *mut f32,
    len: usize,
}

// SAFETY: every piece of work writes the rows of its own photograph and the columns of its own head only.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// `count` rows of `width` floats from `first` on, `stride` apart.
    fn rows(self, first: usize, stride: usize, count: usize, width: usize) -> Output {
        assert!(count == 0 || first + (count - 1) * stride + width <= self.len, "rows of the result");
        // SAFETY: the rows were found to lie within the result.
        Output { start: unsafe { self.start.add(first) }, stride, count, width }
    }
}

/// Rows to write.
#[derive(Clone, Copy)]
struct Output {
    start: *mut f32,
    stride: usize,
    count: usize,
    width: usize,
}

impl Output {
    fn row(self, index: usize) -> *const f32 {
        assert!(index < self.count, "no such row");
        // SAFETY: the row lies within the result.
        unsafe { self.start.add(index * self.stride) }.cast_const()
    }
}

/// The softmax of `factor` times each row of `tokens` scores.
#[inline(always)]
fn softmax_body(_: impl Level, scores: &mut [f32], tokens: usize, factor: f32) {
    for row in scores.chunks_exact_mut(tokens) {
        let most = largest(row);
        for score in &mut *row {
            *score = exp((*score - most) * factor);
        }
        let inverse = 1.0 / sum(row, |share| share);
        row.iter_mut().for_each(|share| *share *= inverse);
    }
}
multiversion!(fn softmax_rows(scores: &mut [f32], tokens: usize, factor: f32) = softmax_body);

/// dS of each row from P and dP, in the place of dP.
#[inline(always)]
fn slope_body(_: impl Level, shares: &[f32], slopes: &mut [f32], tokens: usize, factor: f32) {
    for (shares, slopes) in shares.chunks_exact(tokens).zip(slopes.chunks_exact_mut(tokens)) {
        let mean = dot(shares, slopes);
        slopes.iter_mut().zip(shares).for_each(|(slope, share)| *slope = share * (*slope - mean) * factor);
    }
}
multiversion!(fn slope_rows(shares: &[f32], slopes: &mut [f32], tokens: usize, factor: f32) = slope_body);
