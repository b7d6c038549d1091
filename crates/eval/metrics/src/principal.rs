//! The directions in which rows vary most: eigenvectors of their second moment, by randomised subspace iteration (Halko,
//! Martinsson and Tropp 2011, algorithms 4.4 and 5.3).
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | R | (n, D) | rows, mean 0 |
//! | S = RᵀR / n | (D, D) | their second moment; never formed |
//! | q | | dimensions of the subspace: those wanted and 10 more, at most D |
//! | Q | (q, D) | an orthonormal basis of it, a row a vector |
//! | Qᵀ S Q = V Θ Vᵀ | (q, q) | S within the subspace |

use crate::random::{Purpose, Stream};

/// Dimensions beyond those wanted.
const OVERSAMPLING: usize = 10;
/// Multiplications by S before the subspace is taken.
const ITERATIONS: usize = 3;
/// Random directions that the rest of ‖S‖² is estimated with.
const PROBES: usize = 10;
/// Sweeps of Jacobi's method; a matrix of 100 rows needs fewer than 10.
const SWEEPS: usize = 30;

/// The leading eigenvectors of S.
pub(crate) struct Principal {
    /// Unit vectors, (axes, D), by descending variance.
    pub(crate) axes: Vec<Vec<f64>>,
    /// Variance along each.
    pub(crate) variances: Vec<f64>,
    /// Sum of the squares of all entries of S, ‖S‖²: exact where q = D, else the part outside of the subspace is estimated
    /// (Hutchinson's estimator after deflation; Meyer et al. 2021, "Hutch++").
    pub(crate) square: f64,
}

impl Principal {
    /// At most `wanted` axes of `rows` (n, `width`). The same rows give the same axes.
    pub(crate) fn of(rows: &[f32], width: usize, wanted: usize) -> Self {
        let dimensions = (wanted + OVERSAMPLING).min(width);
        let mut stream = Stream::new(0, Purpose::Subspace, 0);
        let mut draw = |count: usize| -> Vec<Vec<f64>> {
            (0..count).map(|_| (0..width).map(|_| stream.normal()).collect()).collect()
        };
        let mut basis = draw(dimensions);
        orthonormalise(&mut basis);
        for _ in 0..ITERATIONS {
            basis = times(rows, width, &basis);
            orthonormalise(&mut basis);
        }
        let images = times(rows, width, &basis);
        let entry = |i: usize, j: usize| (dot(&basis[i], &images[j]) + dot(&basis[j], &images[i])) / 2.0;
        let inner: Vec<Vec<f64>> =
            (0..dimensions).map(|i| (0..dimensions).map(|j| entry(i, j)).collect()).collect();
        let within: f64 = inner.iter().flatten().map(|x| x * x).sum();
        let across = images.iter().map(|image| norm2(&without(image, &basis))).sum::<f64>();
        let outside = if dimensions < width {
            let probes: Vec<Vec<f64>> = draw(PROBES).iter().map(|probe| without(probe, &basis)).collect();
            let images = times(rows, width, &probes);
            images.iter().map(|image| norm2(&without(image, &basis))).sum::<f64>() / PROBES as f64
        } else {
            0.0
        };
        let (values, vectors) = symmetric_eigen(inner);
        let axis = |vector: &Vec<f64>| {
            let mut axis = vec![0.0; width];
            vector.iter().zip(&basis).for_each(|(&weight, row)| add(&mut axis, weight, row));
            axis
        };
        Self {
            axes: vectors.iter().take(wanted).map(axis).collect(),
            variances: values.into_iter().take(wanted).map(|value| value.max(0.0)).collect(),
            square: within + 2.0 * across + outside,
        }
    }
}

/// S times each of `vectors`.
fn times(rows: &[f32], width: usize, vectors: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut products = vec![vec![0.0; width]; vectors.len()];
    let count = (rows.len() / width.max(1)).max(1) as f64;
    let mut wide = vec![0.0; width];
    for row in rows.chunks_exact(width.max(1)) {
        wide.iter_mut().zip(row).for_each(|(wide, &x)| *wide = f64::from(x));
        for (product, vector) in products.iter_mut().zip(vectors) {
            add(product, dot(&wide, vector) / count, &wide);
        }
    }
    products
}

/// Makes vectors orthonormal, in place (Gram and Schmidt, twice). A vector that the ones before it span becomes 0.
fn orthonormalise(vectors: &mut [Vec<f64>]) {
    for place in 0..vectors.len() {
        let (before, from) = vectors.split_at_mut(place);
        let vector = &mut from[0];
        let length = norm2(vector).sqrt();
        for _ in 0..2 {
            for other in before.iter() {
                let part = dot(vector, other);
                add(vector, -part, other);
            }
        }
        let rest = norm2(vector).sqrt();
        let scale = if rest > 1e-12 * length { 1.0 / rest } else { 0.0 };
        vector.iter_mut().for_each(|x| *x *= scale);
    }
}

/// What of `vector` is orthogonal to `basis`.
fn without(vector: &[f64], basis: &[Vec<f64>]) -> Vec<f64> {
    let mut rest = vector.to_vec();
    basis.iter().for_each(|row| {
        let part = dot(&rest, row);
        add(&mut rest, -part, row);
    });
    rest
}

/// Eigenvalues, descending, and unit eigenvectors of a symmetric matrix: Jacobi's cyclic method (Golub and Van Loan, Matrix
/// Computations, section 8.5).
fn symmetric_eigen(mut a: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
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

/// Sum of products, in eight interleaved partial sums.
pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (left_chunks, right_chunks) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest: f64 = left_chunks.remainder().iter().zip(right_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in left_chunks.zip(right_chunks) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest
}

fn norm2(vector: &[f64]) -> f64 {
    dot(vector, vector)
}

fn add(sum: &mut [f64], factor: f64, vector: &[f64]) {
    sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += factor * x);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows whose variance falls along the coordinates, turned by nothing.
    fn rows(count: usize, width: usize, deviation: impl Fn(usize) -> f64) -> Vec<f32> {
        let mut stream = Stream::new(4, Purpose::Bootstrap, 0);
        (0..count * width).map(|place| (deviation(place % width) * stream.normal()) as f32).collect()
    }

    fn second_moment(rows: &[f32], width: usize) -> Vec<Vec<f64>> {
        let unit = |i: usize| (0..width).map(|j| f64::from(u8::from(i == j))).collect();
        times(rows, width, &(0..width).map(unit).collect::<Vec<_>>())
    }

    #[test]
    fn eigenvectors_stay_where_the_matrix_puts_them() {
        let rows = rows(50, 12, |i| 1.0 + i as f64);
        let s = second_moment(&rows, 12);
        let (values, vectors) = symmetric_eigen(s.clone());
        for (value, vector) in values.iter().zip(&vectors) {
            for (row, x) in s.iter().zip(vector) {
                assert!((dot(row, vector) - value * x).abs() < 1e-9);
            }
        }
        assert!(values.windows(2).all(|pair| pair[0] >= pair[1]));
        let trace: f64 = (0..12).map(|i| s[i][i]).sum();
        assert!((values.iter().sum::<f64>() - trace).abs() < 1e-9);
    }

    #[test]
    fn leading_axes_are_found_without_the_matrix() {
        let rows = rows(300, 100, |i| if i < 5 { 10.0 - i as f64 } else { 1.0 });
        let s = second_moment(&rows, 100);
        let (values, _) = symmetric_eigen(s.clone());
        let found = Principal::of(&rows, 100, 8);
        for (found, value) in found.variances.iter().zip(&values).take(5) {
            assert!((found / value - 1.0).abs() < 1e-6, "{found} {value}");
        }
        let square: f64 = s.iter().flatten().map(|x| x * x).sum();
        assert!((found.square / square - 1.0).abs() < 0.02, "{} {square}", found.square);
        let exact = Principal::of(&rows, 100, 100);
        assert!((exact.square / square - 1.0).abs() < 1e-9);
    }

    #[test]
    fn rows_of_low_rank_or_none_do_no_harm() {
        let one: Vec<f32> = (0..20).flat_map(|i| [i as f32 - 9.5, 0.0, 0.0, 0.0]).collect();
        let found = Principal::of(&one, 4, 3);
        assert!((found.variances[0] - 33.25).abs() < 1e-9 && found.variances[1].abs() < 1e-12);
        assert!(Principal::of(&[0.0; 12], 4, 2).variances.iter().all(|&value| value == 0.0));
        assert!(Principal::of(&[], 4, 2).square == 0.0);
    }
}
