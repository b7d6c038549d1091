//! The matrix product: the one wrapper over the `gemm` crate, with views instead of pointers.
//!
//! [`matmul`] runs on the calling thread. Parallel kernels split their output with
//! [`ViewMut::for_each_tile`] and call it once per tile; as the tiles depend on shapes alone, the result
//! does not depend on the number of threads. It does depend, by rounding, on the instructions that `gemm`
//! chooses for the processor.

use std::marker::PhantomData;
use std::ops::Range;

use rayon::prelude::*;

use crate::elementwise::Accumulate;

/// A matrix to read: element `(i, j)` lies at `i * row_stride + j * column_stride`.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    /// `data` as a matrix, row by row.
    ///
    /// # Panics
    ///
    /// If `data` is not of `rows * columns` elements.
    pub fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(rows.checked_mul(columns), Some(data.len()), "not a matrix of {rows} x {columns}");
        Self { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The transpose.
    pub fn transposed(self) -> Self {
        Self {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }

    /// Some of the rows.
    ///
    /// # Panics
    ///
    /// If the range is not within the matrix.
    pub fn row_range(self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.rows, "rows out of range");
        let start = (range.start * self.row_stride).min(self.data.len());
        Self { data: &self.data[start..], rows: range.len(), ..self }
    }

    /// Some of the columns.
    ///
    /// # Panics
    ///
    /// If the range is not within the matrix.
    pub fn column_range(self, range: Range<usize>) -> Self {
        self.transposed().row_range(range).transposed()
    }
}

/// A matrix to write: element `(i, j)` lies at `i * row_stride + j`.
#[derive(Debug)]
pub struct ViewMut<'a> {
    /// Start of the matrix. All its elements belong to this view alone for `'a`, and no two coincide.
    pointer: *mut f32,
    rows: usize,
    columns: usize,
    row_stride: usize,
    lifetime: PhantomData<&'a mut f32>,
}

// SAFETY: a view is an exclusive borrow of its elements, as `&mut [f32]` is, which may change threads.
unsafe impl Send for ViewMut<'_> {}

impl<'a> ViewMut<'a> {
    /// `data` as a matrix, row by row.
    ///
    /// # Panics
    ///
    /// If `data` is not of `rows * columns` elements.
    pub fn new(data: &'a mut [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(rows.checked_mul(columns), Some(data.len()), "not a matrix of {rows} x {columns}");
        Self { pointer: data.as_mut_ptr(), rows, columns, row_stride: columns, lifetime: PhantomData }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The same matrix, for a shorter time.
    pub fn reborrow(&mut self) -> ViewMut<'_> {
        ViewMut {
            pointer: self.pointer,
            rows: self.rows,
            columns: self.columns,
            row_stride: self.row_stride,
            lifetime: PhantomData,
        }
    }

    /// The elements of one row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn row(&mut self, row: usize) -> &mut [f32] {
        assert!(row < self.rows, "row out of range");
        // SAFETY: the row lies within the matrix, whose elements belong to this view, which is borrowed
        // exclusively for as long as the result lives.
        unsafe { std::slice::from_raw_parts_mut(self.pointer.add(row * self.row_stride), self.columns) }
    }

    /// Cuts the matrix into tiles of `tile_rows` x `tile_columns` (less at the far edges) and calls `work`
    /// with each and the position of its first element, in parallel and in no particular order.
    ///
    /// # Panics
    ///
    /// If a tile has no rows or no columns.
    pub fn for_each_tile(
        self,
        tile_rows: usize,
        tile_columns: usize,
        work: impl Fn(usize, usize, ViewMut<'_>) + Send + Sync,
    ) {
        assert!(tile_rows > 0 && tile_columns > 0, "a tile must have rows and columns");
        let across = self.columns.div_ceil(tile_columns);
        let count = self.rows.div_ceil(tile_rows) * across;
        let whole = &Shared(self);
        (0..count).into_par_iter().with_max_len(1).for_each(|index| {
            let (row, column) = (index / across * tile_rows, index % across * tile_columns);
            let Shared(matrix) = whole;
            work(
                row,
                column,
                ViewMut {
                    // SAFETY: `row` and `column` lie within the matrix.
                    pointer: unsafe { matrix.pointer.add(row * matrix.row_stride + column) },
                    rows: tile_rows.min(matrix.rows - row),
                    columns: tile_columns.min(matrix.columns - column),
                    row_stride: matrix.row_stride,
                    lifetime: PhantomData,
                },
            );
        });
    }
}

/// A matrix that is cut into tiles and not touched otherwise.
struct Shared<'a>(ViewMut<'a>);

// SAFETY: `for_each_tile`, the only user, derives disjoint tiles from it, one per index, and each index is
// visited once.
unsafe impl Sync for Shared<'_> {}

/// Products that are added up in registers before they meet the result. The rounding error of a sum grows
/// with the root of its length, so a long inner dimension is summed in blocks, each from zero.
const INNER_BLOCK: usize = 128;

/// `c = a b`, or `c = c + a b`, on the calling thread.
///
/// # Panics
///
/// If the shapes do not fit.
pub fn matmul(a: View<'_>, b: View<'_>, accumulate: Accumulate, mut c: ViewMut<'_>) {
    assert_eq!(
        (a.rows, a.columns, b.columns),
        (c.rows, b.rows, c.columns),
        "shapes do not fit a matrix product"
    );
    // Without products there is still a result to overwrite.
    block(
        a.column_range(0..INNER_BLOCK.min(a.columns)),
        b.row_range(0..INNER_BLOCK.min(b.rows)),
        accumulate,
        c.reborrow(),
    );
    for start in (INNER_BLOCK..a.columns).step_by(INNER_BLOCK) {
        let inner = start..(start + INNER_BLOCK).min(a.columns);
        block(a.column_range(inner.clone()), b.row_range(inner), Accumulate::Add, c.reborrow());
    }
}

/// The products of one block of the inner dimension; shapes fit.
fn block(a: View<'_>, b: View<'_>, accumulate: Accumulate, c: ViewMut<'_>) {
    // SAFETY: `gemm` reads `a` and `b` and reads and writes `c` within the rows, columns and strides it is
    // told, and every view was cut, with checked bounds, from a slice that holds all of these. `c` is
    // borrowed exclusively, so it overlaps neither, and its rows do not overlap each other.
    unsafe {
        gemm::gemm(
            c.rows,
            c.columns,
            a.columns,
            c.pointer,
            1,
            c.row_stride as isize,
            accumulate == Accumulate::Add,
            a.data.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
