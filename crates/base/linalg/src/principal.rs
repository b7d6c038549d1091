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

use foliar_random::Random;

use crate::{dot, symmetric_eigen};

/// Dimensions beyond those wanted.
const OVERSAMPLING: usize = 10;
/// Multiplications by S before the subspace is taken.
const ITERATIONS: usize = 3;
/// Random directions that the rest of ‖S‖² is estimated with.
const PROBES: usize = 10;
/// Key of the random directions that the subspace is sought from.
const KEY: [u64; 4] = [0, 4, 0, 0];

/// The leading eigenvectors of S.
pub struct Principal {
    /// Unit vectors, (axes, D), by descending variance.
    pub axes: Vec<Vec<f64>>,
    /// Variance along each.
    pub variances: Vec<f64>,
    /// Sum of the squares of all entries of S, ‖S‖²: exact where q = D, else the part outside of the subspace is estimated
    /// (Hutchinson's estimator after deflation; Meyer et al. 2021, "Hutch++").
    pub square: f64,
}

impl Principal {
    /// At most `wanted` axes of `rows` (n, `width`). The same rows give the same axes.
    pub fn of(rows: &[f32], width: usize, wanted: usize) -> Self {
        let dimensions = (wanted + OVERSAMPLING).min(width);
        let mut stream = Random::keyed(KEY);
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
        let mut stream = Random::seeded(4);
        (0..count * width).map(|place| (deviation(place % width) * stream.normal()) as f32).collect()
    }

    fn second_moment(rows: &[f32], width: usize) -> Vec<Vec<f64>> {
        let unit = |i: usize| (0..width).map(|j| f64::from(u8::from(i == j))).collect();
        times(rows, width, &(0..width).map(unit).collect::<Vec<_>>())
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
