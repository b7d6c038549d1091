//! Eigenvectors of a symmetric matrix: Jacobi's cyclic method (Golub and Van Loan, Matrix Computations, section 8.5).
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | A | (n, n) | symmetric matrix, rows of rows |
//! | c, s | | cosine and sine of the turn that makes A(p, q) zero |

/// Sweeps over all pairs; a matrix of 100 rows needs fewer than 10.
const SWEEPS: usize = 30;

/// Eigenvalues, descending, and unit eigenvectors of the symmetric matrix `a` (n, n): vector i belongs to value i.
#[must_use]
pub fn symmetric_eigen(mut a: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let size = a.len();
    // Row i is the i-th eigenvector.
    let mut vectors: Vec<Vec<f64>> =
        (0..size).map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let whole: f64 = a.iter().flatten().map(|x| x * x).sum();
    for _ in 0..SWEEPS {
        let off: f64 =
            (0..size).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j].powi(2)).sum();
        if off <= 1e-30 * whole {
            break;
        }
        for p in 0..size {
            for q in p + 1..size {
                if a[p][q] == 0.0 {
                    continue;
                }
                let tau = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
                let c = 1.0 / (1.0 + t * t).sqrt();
                let s = t * c;
                for row in &mut a {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
                rotate(&mut a, p, q, c, s);
                rotate(&mut vectors, p, q, c, s);
            }
        }
    }
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&i, &j| a[j][j].total_cmp(&a[i][i]));
    (order.iter().map(|&i| a[i][i]).collect(), order.iter().map(|&i| vectors[i].clone()).collect())
}

/// Turns rows p < q of a matrix against each other.
fn rotate(matrix: &mut [Vec<f64>], p: usize, q: usize, c: f64, s: f64) {
    let (before, from) = matrix.split_at_mut(q);
    for (x, y) in before[p].iter_mut().zip(&mut from[0]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

#[cfg(test)]
mod tests {
    use foliar_random::Random;

    use super::*;
    use crate::dot;

    #[test]
    fn eigenvectors_stay_where_the_matrix_puts_them() {
        for size in [1, 2, 5, 12, 30] {
            let mut random = Random::seeded(size as u64);
            let drawn: Vec<f64> = (0..size * size).map(|_| random.normal()).collect();
            let entry = |i: usize, j: usize| drawn[i.max(j) * size + i.min(j)];
            let a: Vec<Vec<f64>> = (0..size).map(|i| (0..size).map(|j| entry(i, j)).collect()).collect();
            let (values, vectors) = symmetric_eigen(a.clone());
            for (i, (value, vector)) in values.iter().zip(&vectors).enumerate() {
                for (row, x) in a.iter().zip(vector) {
                    assert!((dot(row, vector) - value * x).abs() < 1e-9);
                }
                for (j, other) in vectors.iter().enumerate() {
                    assert!((dot(vector, other) - f64::from(u8::from(i == j))).abs() < 1e-12);
                }
            }
            assert!(values.windows(2).all(|pair| pair[0] >= pair[1]));
            let trace: f64 = (0..size).map(|i| a[i][i]).sum();
            assert!((values.iter().sum::<f64>() - trace).abs() < 1e-9);
        }
        assert_eq!(symmetric_eigen(Vec::new()), (Vec::new(), Vec::new()));
    }
}
