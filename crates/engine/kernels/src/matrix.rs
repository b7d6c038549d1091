//! Matrices that are written piece by piece, in parallel.

use std::marker::PhantomData;

use crate::parallel;

/// A matrix to write: element `(i, j)` lies at `i * row_stride + j`.
#[derive(Debug)]
pub(crate) struct ViewMut<'a> {
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
    pub(crate) fn new(data: &'a mut [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(rows.checked_mul(columns), Some(data.len()), "not a matrix of {rows} x {columns}");
        Self { pointer: data.as_mut_ptr(), rows, columns, row_stride: columns, lifetime: PhantomData }
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// The elements of one row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub(crate) fn row(&mut self, row: usize) -> &mut [f32] {
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
    pub(crate) fn for_each_tile(
        self,
        tile_rows: usize,
        tile_columns: usize,
        work: &(dyn Fn(usize, usize, ViewMut<'_>) + Sync),
    ) {
        assert!(tile_rows > 0 && tile_columns > 0, "a tile must have rows and columns");
        let across = self.columns.div_ceil(tile_columns);
        let count = self.rows.div_ceil(tile_rows) * across;
        let whole = &Shared(self);
        parallel::for_each(count, &|index| {
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
