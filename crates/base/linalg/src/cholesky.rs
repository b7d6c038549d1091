//! The Cholesky factor of a symmetric positive definite matrix, grown row by row.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | `A = L Lᵀ` | `[n, n]` | the matrix and its lower factor |
//! | `rows` | `[n (n + 1) / 2]` | `L`, packed: row `i` starts at `i (i + 1) / 2` |
//!
//! Every inner loop is a product of two contiguous slices, summed in an order that does not depend on the machine. Golub and
//! Van Loan, Matrix Computations, section 4.2.

use crate::dot;

/// The factor `L` of a positive definite matrix. No blocking: `n` is a few thousand at most.
#[derive(Debug, Clone, Default)]
pub struct Cholesky {
    rows: Vec<f64>,
    size: usize,
}

impl Cholesky {
    /// Factor of the matrix whose packed lower half `[n (n + 1) / 2]` is `packed`; `None` if it is not positive definite.
    #[must_use]
    pub fn of(packed: &[f64]) -> Option<Self> {
        let mut factor = Cholesky { rows: Vec::with_capacity(packed.len()), size: 0 };
        let mut start = 0;
        while start < packed.len() {
            let end = start + factor.size + 1;
            if !factor.extend(&packed[start..end]) {
                return None;
            }
            start = end;
        }
        Some(factor)
    }

    /// Appends a row of the matrix, its diagonal last. Returns false, and changes nothing, if the larger matrix is not
    /// positive definite.
    #[must_use]
    pub fn extend(&mut self, row: &[f64]) -> bool {
        let start = self.rows.len();
        for (column, &entry) in row.iter().enumerate() {
            let (above, current) = self.rows.split_at(start);
            if column < self.size {
                let other = row_of(above, column);
                let value = (entry - dot(&current[..column], &other[..column])) / other[column];
                self.rows.push(value);
            } else {
                let square = entry - dot(current, current);
                if !(square > 0.0 && square.is_finite()) {
                    self.rows.truncate(start);
                    return false;
                }
                self.rows.push(square.sqrt());
            }
        }
        self.size += 1;
        true
    }

    /// `L⁻¹ b`, in place. `right` may be shorter than `n`: then only the leading rows are solved.
    pub fn solve_lower(&self, right: &mut [f64]) {
        for place in 0..right.len() {
            let row = row_of(&self.rows, place);
            let (before, from) = right.split_at_mut(place);
            from[0] = (from[0] - dot(&row[..place], before)) / row[place];
        }
    }

    /// `L⁻ᵀ b`, in place.
    pub fn solve_upper(&self, right: &mut [f64]) {
        for place in (0..self.size).rev() {
            let row = row_of(&self.rows, place);
            let (before, from) = right.split_at_mut(place);
            from[0] /= row[place];
            for (value, entry) in before.iter_mut().zip(row) {
                *value -= entry * from[0];
            }
        }
    }

    /// `A⁻¹ b`, in place. `right` has `n` entries.
    pub fn solve(&self, right: &mut [f64]) {
        self.solve_lower(right);
        self.solve_upper(right);
    }

    /// `ln |A|`.
    pub fn ln_determinant(&self) -> f64 {
        (0..self.size).map(|place| 2.0 * row_of(&self.rows, place)[place].ln()).sum()
    }

    /// `A⁻¹`, its lower half packed.
    pub fn inverse(&self) -> Vec<f64> {
        let size = self.size;
        // Row `a` of `columns` is column `a` of L⁻¹; entries left of the diagonal are 0 and not used.
        let mut columns = vec![0.0; size * size];
        for a in 0..size {
            let column = &mut columns[a * size..][..size];
            column[a] = 1.0 / row_of(&self.rows, a)[a];
            for place in a + 1..size {
                let row = row_of(&self.rows, place);
                column[place] = -dot(&row[a..place], &column[a..place]) / row[place];
            }
        }
        let mut inverse = Vec::with_capacity(self.rows.len());
        for a in 0..size {
            let left = &columns[a * size + a..(a + 1) * size];
            inverse.extend((0..=a).map(|b| dot(left, &columns[b * size + a..(b + 1) * size])));
        }
        inverse
    }
}

fn row_of(packed: &[f64], row: usize) -> &[f64] {
    let start = row * (row + 1) / 2;
    &packed[start..=start + row]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[n, n]`: a positive definite matrix without structure.
    fn matrix(size: usize) -> Vec<Vec<f64>> {
        let entry = |row: usize, column: usize| ((row * 7 + column * 3) as f64).sin();
        let square = |row: usize, column: usize| -> f64 {
            let sum: f64 = (0..size).map(|inner| entry(row, inner) * entry(column, inner)).sum();
            sum + if row == column { 0.5 } else { 0.0 }
        };
        (0..size).map(|row| (0..size).map(|column| square(row, column)).collect()).collect()
    }

    fn packed(matrix: &[Vec<f64>]) -> Vec<f64> {
        matrix.iter().enumerate().flat_map(|(row, entries)| entries[..=row].to_vec()).collect()
    }

    #[test]
    fn solves_and_inverts() {
        let matrix = matrix(13);
        let factor = Cholesky::of(&packed(&matrix)).unwrap();
        let right: Vec<f64> = (0..13).map(|place| (place as f64).cos()).collect();
        let mut solution = right.clone();
        factor.solve(&mut solution);
        for (row, right) in matrix.iter().zip(&right) {
            assert!((dot(row, &solution) - right).abs() < 1e-10);
        }
        let inverse = factor.inverse();
        let entry = |row: usize, column: usize| {
            let (row, column) = (row.max(column), row.min(column));
            inverse[row * (row + 1) / 2 + column]
        };
        for (a, row) in matrix.iter().enumerate() {
            for b in 0..13 {
                let column: Vec<f64> = (0..13).map(|inner| entry(inner, b)).collect();
                assert!((dot(row, &column) - f64::from(u8::from(a == b))).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn determinant_of_a_small_matrix() {
        // |4 2; 2 3| = 8
        let factor = Cholesky::of(&[4.0, 2.0, 3.0]).unwrap();
        assert!((factor.ln_determinant() - 8_f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn an_extended_factor_equals_a_fresh_one() {
        let rows = packed(&matrix(9));
        let mut factor = Cholesky::of(&rows[..36]).unwrap();
        assert!(factor.extend(&rows[36..]));
        assert_eq!(factor.rows, Cholesky::of(&rows).unwrap().rows);
    }

    #[test]
    fn what_is_not_positive_definite_is_refused_and_changes_nothing() {
        assert!(Cholesky::of(&[1.0, 2.0, 1.0]).is_none());
        let mut factor = Cholesky::of(&[1.0]).unwrap();
        assert!(!factor.extend(&[1.0, 1.0]));
        assert!(!factor.extend(&[f64::NAN, 1.0]));
        assert_eq!((factor.rows.len(), factor.size), (1, 1));
    }
}
