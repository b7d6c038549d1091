//! The micro kernels.
//!
//! A tile has so many rows and vectors that its sums, a row of the panel and one broadcast value fill the registers. Rows
//! and columns that the matrix lacks are computed from others' values and not written.

use std::ops::Range;

use crate::isa::level::Level;
use crate::isa::vector::Vector;
use crate::isa::{Isa, prefetch_line, prefetch_second_level};
use crate::prefetch::Prefetch;

/// Most rows of a tile.
pub(super) const MOST_ROWS: usize = 12;

/// Floats of a cache line.
pub(super) const LINE: usize = 16;

/// Most vectors of a panel's row.
pub(super) fn most_vectors(isa: Isa) -> usize {
    match isa {
        Isa::Avx512 => 4,
        Isa::Portable if cfg!(target_arch = "aarch64") => 4,
        Isa::Avx2 | Isa::Portable => 2,
    }
}

/// What a sum begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start<'a> {
    /// Zero.
    Zero,
    /// What is there.
    Add,
    /// One value for each column.
    Bias(&'a [f32]),
}

/// A block of a product: some segments of all rows, one panel.
pub(crate) struct RowsBlock<'a> {
    /// For each segment, a pointer for each row.
    pub(crate) table: &'a [*const f32],
    /// Floats before the block in each segment.
    pub(crate) offset: usize,
    /// Floats of the block in each segment.
    pub(crate) len: usize,
    /// The block's rows of the panel.
    pub(crate) packed: &'a [f32],
    /// The rows of a panel that are read next, which are brought near meanwhile.
    pub(crate) next: &'a [f32],
    /// The panel's columns.
    pub(crate) columns: Range<usize>,
    /// Begins the sums; a bias has one value for each of the panel's columns.
    pub(crate) start: Start<'a>,
    /// Where each row of the result begins, with its column 0; written through.
    pub(crate) outputs: &'a [*const f32],
    /// Where what is added to each row at the end begins, with its column 0.
    pub(crate) residuals: Option<&'a [*const f32]>,
    /// The least and the greatest value that is written.
    pub(crate) range: Option<[f32; 2]>,
    /// Whether the rows of A are far away, so that those of the next tile are asked for while one is computed.
    pub(crate) far: bool,
    /// What is asked for as well.
    pub(crate) ahead: &'a Prefetch<'a>,
}

/// A block of a sum over rows, `C = A^T D`: a run of A's columns, one panel of D.
pub(crate) struct SumsBlock<'a> {
    /// The run of each row of A.
    pub(crate) table: &'a [*const f32],
    /// Floats before the block in each run.
    pub(crate) offset: usize,
    /// Columns of A, which are rows of the result.
    pub(crate) len: usize,
    /// The panel: a row for each of A's.
    pub(crate) packed: &'a [f32],
    /// The panel's columns.
    pub(crate) columns: usize,
    /// Begins the sums; not a bias.
    pub(crate) start: Start<'a>,
    /// The result: `len` rows at a distance of `stride`.
    pub(crate) output: *mut f32,
    /// Floats from one row of the result to the next.
    pub(crate) stride: usize,
}

/// Defines a function that is compiled for each instruction set and takes which of them to run.
macro_rules! on_isa {
    ($(#[$attribute:meta])* fn $name:ident($work:ident: $kind:ty) = $body:ident) => {
        $(#[$attribute])*
        pub(crate) unsafe fn $name(isa: Isa, vectors: usize, $work: $kind) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
                unsafe fn avx512(vectors: usize, $work: $kind) {
                    // SAFETY: the caller's promise.
                    unsafe { $body(crate::isa::level::Avx512::new(), vectors, $work) }
                }
                #[target_feature(enable = "avx2,fma")]
                unsafe fn avx2(vectors: usize, $work: $kind) {
                    // SAFETY: the caller's promise.
                    unsafe { $body(crate::isa::level::Avx2::new(), vectors, $work) }
                }
                match isa {
                    // SAFETY: the caller's promise; an `Isa` of this kind is only made where the processor has it.
                    Isa::Avx512 => return unsafe { avx512(vectors, $work) },
                    // SAFETY: as above.
                    Isa::Avx2 => return unsafe { avx2(vectors, $work) },
                    Isa::Portable => {}
                }
            }
            let _ = isa;
            // SAFETY: the caller's promise.
            unsafe { $body(crate::isa::level::Portable::new(), vectors, $work) }
        }
    };
}

on_isa!(
    /// The product of a block, of panels of `vectors` vectors.
    ///
    /// # Safety
    ///
    /// All pointers are those of as many floats as the block reads or writes, and no other thread uses the result.
    fn rows(work: &RowsBlock<'_>) = rows_body
);

on_isa!(
    /// The sum of a block, of panels of `vectors` vectors.
    ///
    /// # Safety
    ///
    /// All pointers are those of as many floats as the block reads or writes, and no other thread uses the result.
    fn sums(work: &SumsBlock<'_>) = sums_body
);

#[inline(always)]
unsafe fn rows_body<L: Level>(level: L, vectors: usize, work: &RowsBlock<'_>) {
    // SAFETY: the caller's promise.
    unsafe {
        match (vectors, L::REGISTERS) {
            // One row needs its weights as fast as they come: fewer instructions between the loads let more of them wait at once.
            (4, 32) if work.outputs.len() == 1 => each_rows::<L, L::Widest, 1, 4>(level, work),
            (2, 16) if work.outputs.len() == 1 && !cfg!(target_family = "wasm") => {
                each_rows::<L, L::Widest, 1, 2>(level, work);
            }
            (1, _) => each_rows::<L, L::Widest, 12, 1>(level, work),
            (2, 32) => each_rows::<L, L::Widest, 12, 2>(level, work),
            // Without fused multiply-add products take registers too, and WebAssembly's compilers fill fewer than there are.
            (2, _) if cfg!(target_family = "wasm") => each_rows::<L, L::Widest, 4, 2>(level, work),
            (2, _) => each_rows::<L, L::Widest, 6, 2>(level, work),
            (3, 32) => each_rows::<L, L::Widest, 8, 3>(level, work),
            (4, 32) => each_rows::<L, L::Widest, 6, 4>(level, work),
            _ => unreachable!("no panels of {vectors} vectors"),
        }
    }
}

#[inline(always)]
unsafe fn sums_body<L: Level>(level: L, vectors: usize, work: &SumsBlock<'_>) {
    // SAFETY: the caller's promise.
    unsafe {
        match (vectors, L::REGISTERS) {
            (1, _) => each_sums::<L, L::Widest, 12, 1>(level, work),
            // Rows of a window of three pixels of three channels.
            (2, 32) if work.len == 9 => each_sums::<L, L::Widest, 9, 2>(level, work),
            (2, 32) => each_sums::<L, L::Widest, 12, 2>(level, work),
            (2, _) => each_sums::<L, L::Widest, 6, 2>(level, work),
            (3, 32) => each_sums::<L, L::Widest, 8, 3>(level, work),
            (4, 32) => each_sums::<L, L::Widest, 6, 4>(level, work),
            _ => unreachable!("no panels of {vectors} vectors"),
        }
    }
}

#[inline(always)]
unsafe fn each_rows<L: Level, V: Vector<L>, const R: usize, const N: usize>(level: L, work: &RowsBlock<'_>) {
    let count = work.outputs.len();
    let segments = work.table.len() / count.max(1);
    assert!(work.packed.len() >= segments * work.len * N * V::LANES, "a whole panel");
    let width = work.columns.len();
    let whole = width == N * V::LANES;
    let share = work.next.len().div_ceil(count.div_ceil(R).max(1)).next_multiple_of(LINE);
    let mut next = work.next.chunks(share.max(LINE));
    let mut first = 0;
    while first < count {
        for line in next.next().unwrap_or_default().chunks(LINE) {
            prefetch_second_level(line.as_ptr());
        }
        let present = R.min(count - first);
        let row = |r: usize| first + r.min(present - 1);
        let mut outputs = [std::ptr::null_mut(); R];
        for (r, output) in outputs.iter_mut().enumerate() {
            // SAFETY: a row of the result has the panel's columns.
            *output = unsafe { work.outputs.get_unchecked(row(r)).cast_mut().add(work.columns.start) };
        }
        // What is added at the end arrives while the products are added up.
        for r in first..first + work.residuals.map_or(0, |_| present) {
            for line in (work.columns.start..work.columns.end).step_by(LINE) {
                // SAFETY: there is a residual for each row, which was checked.
                let residual = unsafe { work.residuals.unwrap_or_default().get_unchecked(r) };
                prefetch_line(residual.wrapping_add(line));
            }
        }
        // SAFETY: a bias has as many values as the panel has columns.
        let mut tile: [[V; N]; R] = unsafe { begin::<L, V, R, N>(level, work.start, width) };
        let mut panel = work.packed.as_ptr();
        for segment in 0..segments {
            let mut rows = [std::ptr::null(); R];
            for (r, pointer) in rows.iter_mut().enumerate() {
                // SAFETY: the table has `count` pointers for each segment, each to `offset + len` floats or more.
                *pointer = unsafe { work.table.get_unchecked(segment * count + row(r)).add(work.offset) };
            }
            let step = if work.far || !work.ahead.is_done() { LINE } else { work.len };
            for line in (0..work.len).step_by(step.max(1)) {
                work.ahead.prefetch();
                let nearby = if work.far { R.min(count - first - present) } else { 0 };
                for r in 0..nearby {
                    // SAFETY: the table has `count` pointers for each segment.
                    let next = unsafe { work.table.get_unchecked(segment * count + first + R + r) };
                    prefetch_line(next.wrapping_add(work.offset + line));
                }
                let indices = line..(line + step).min(work.len);
                // SAFETY: the panel was checked to be whole; segments hold `offset + len` floats.
                panel = unsafe { add_products(level, &mut tile, &rows, indices, panel) };
            }
        }
        let residuals = work.residuals.map(|residuals| {
            let mut rows = [std::ptr::null(); R];
            for (r, pointer) in rows.iter_mut().enumerate() {
                // SAFETY: there is a residual for each row, and it has the panel's columns.
                *pointer = unsafe { residuals.get_unchecked(row(r)).add(work.columns.start) };
            }
            rows
        });
        let ends = Ends { added: matches!(work.start, Start::Add), residuals, range: work.range };
        // SAFETY: the rows of the result and the residuals hold the panel's columns.
        unsafe { finish(level, &ends, tile, &outputs, width, whole) };
        first += R;
    }
}

/// Adds the products of some values of each row with as many rows of the panel; returns where the panel goes on.
///
/// In WebAssembly it is a function of its own: the compilers there keep sums in registers in short functions only.
#[cfg_attr(target_family = "wasm", inline(never))]
#[cfg_attr(not(target_family = "wasm"), inline(always))]
unsafe fn add_products<L: Level, V: Vector<L>, const R: usize, const N: usize>(
    level: L,
    tile: &mut [[V; N]; R],
    rows: &[*const f32; R],
    indices: Range<usize>,
    mut panel: *const f32,
) -> *const f32 {
    let (mut sums, rows) = (*tile, *rows);
    for index in indices {
        // SAFETY: the caller's promise: the rows hold these values, and the panel as many rows.
        unsafe {
            let mut right = [V::splat(level, 0.0); N];
            for (n, right) in right.iter_mut().enumerate() {
                *right = V::read(level, panel.add(n * V::LANES));
            }
            for r in 0..R {
                let left = V::splat(level, rows[r].add(index).read());
                for n in 0..N {
                    sums[r][n] = left.mul_add(right[n], sums[r][n]);
                }
            }
            panel = panel.add(N * V::LANES);
        }
    }
    *tile = sums;
    panel
}

#[inline(always)]
unsafe fn each_sums<L: Level, V: Vector<L>, const R: usize, const N: usize>(level: L, work: &SumsBlock<'_>) {
    assert!(work.packed.len() >= work.table.len() * N * V::LANES, "a whole panel");
    let whole = work.columns == N * V::LANES;
    let mut first = 0;
    while first < work.len {
        let present = R.min(work.len - first);
        let mut outputs = [std::ptr::null_mut(); R];
        let mut places = [0; R];
        for r in 0..R {
            places[r] = work.offset + first + r.min(present - 1);
            // SAFETY: the result has `len` rows.
            outputs[r] = unsafe { work.output.add((first + r.min(present - 1)) * work.stride) };
        }
        // SAFETY: this is no bias.
        let mut tile: [[V; N]; R] = unsafe { begin::<L, V, R, N>(level, work.start, work.columns) };
        let mut panel = work.packed.as_ptr();
        for &run in work.table {
            // SAFETY: the panel was checked to be whole; runs hold `offset + len` floats.
            unsafe {
                let right: [V; N] = std::array::from_fn(|n| V::read(level, panel.add(n * V::LANES)));
                // The next tile's.
                prefetch_line(run.wrapping_add(places[0] + 2 * R));
                for r in 0..R {
                    let left = V::splat(level, run.add(places[r]).read());
                    for n in 0..N {
                        tile[r][n] = left.mul_add(right[n], tile[r][n]);
                    }
                }
                panel = panel.add(N * V::LANES);
            }
        }
        let ends = Ends { added: matches!(work.start, Start::Add), residuals: None, range: None };
        // SAFETY: the rows of the result hold the panel's columns.
        unsafe { finish(level, &ends, tile, &outputs, work.columns, whole) };
        first += R;
    }
}

/// The sums before anything is added.
#[inline(always)]
unsafe fn begin<L: Level, V: Vector<L>, const R: usize, const N: usize>(
    level: L,
    start: Start<'_>,
    columns: usize,
) -> [[V; N]; R] {
    const { assert!(R <= MOST_ROWS) };
    match start {
        // What is there is added at the end: a block is summed from zero.
        Start::Zero | Start::Add => [[V::splat(level, 0.0); N]; R],
        Start::Bias(bias) => {
            assert!(bias.len() >= columns, "a bias for each column");
            // SAFETY: there are as many values as columns.
            let row = unsafe { read_row::<L, V, N>(level, bias.as_ptr(), columns) };
            [row; R]
        }
    }
}

#[inline(always)]
unsafe fn read_row<L: Level, V: Vector<L>, const N: usize>(
    level: L,
    source: *const f32,
    columns: usize,
) -> [V; N] {
    let mut row = [V::splat(level, 0.0); N];
    for (n, values) in row.iter_mut().enumerate() {
        let place = n * V::LANES;
        // SAFETY: the caller's promise: there are `columns` floats.
        unsafe {
            if place + V::LANES <= columns {
                *values = V::read(level, source.add(place));
            } else if place < columns {
                *values = V::read_part(level, source.add(place), columns - place);
            }
        }
    }
    row
}

/// What is done to a tile's sums before they are written.
struct Ends<const R: usize> {
    /// Whether what is there is added.
    added: bool,
    /// What is added, row by row.
    residuals: Option<[*const f32; R]>,
    /// The least and the greatest value.
    range: Option<[f32; 2]>,
}

/// Ends the sums of a tile and writes them. Rows that the matrix lacks have the values and the places of the last one.
#[inline(always)]
unsafe fn finish<L: Level, V: Vector<L>, const R: usize, const N: usize>(
    level: L,
    ends: &Ends<R>,
    tile: [[V; N]; R],
    outputs: &[*mut f32; R],
    columns: usize,
    whole: bool,
) {
    // SAFETY: the caller's promise: each row holds `columns` floats, and all of the tile's if they are whole.
    unsafe {
        if whole {
            finish_columns(level, ends, tile, outputs, const { N * V::LANES });
        } else {
            finish_columns(level, ends, tile, outputs, columns);
        }
    }
}

#[inline(always)]
unsafe fn finish_columns<L: Level, V: Vector<L>, const R: usize, const N: usize>(
    level: L,
    ends: &Ends<R>,
    mut tile: [[V; N]; R],
    outputs: &[*mut f32; R],
    columns: usize,
) {
    // SAFETY: the caller's promise: each row holds `columns` floats.
    unsafe {
        if ends.added {
            add_rows(level, &mut tile, &outputs.map(<*mut f32>::cast_const), columns);
        }
        if let Some(residuals) = &ends.residuals {
            add_rows(level, &mut tile, residuals, columns);
        }
        if let Some([low, high]) = ends.range {
            let (low, high) = (V::splat(level, low), V::splat(level, high));
            for row in &mut tile {
                for sum in row {
                    *sum = sum.clamp(low, high);
                }
            }
        }
        for (sums, &row) in tile.iter().zip(outputs) {
            for (n, &sum) in sums.iter().enumerate() {
                let (place, left) = (n * V::LANES, columns.saturating_sub(n * V::LANES));
                if left >= V::LANES {
                    sum.write(row.add(place));
                } else if left > 0 {
                    sum.write_part(row.add(place), left);
                }
            }
        }
    }
}

/// Adds what lies in memory to the rows of a tile.
#[inline(always)]
unsafe fn add_rows<L: Level, V: Vector<L>, const R: usize, const N: usize>(
    level: L,
    tile: &mut [[V; N]; R],
    rows: &[*const f32; R],
    columns: usize,
) {
    for (sums, &row) in tile.iter_mut().zip(rows) {
        // SAFETY: the caller's promise: each row holds `columns` floats.
        let values: [V; N] = unsafe { read_row(level, row, columns) };
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = sum.add(value);
        }
    }
}
