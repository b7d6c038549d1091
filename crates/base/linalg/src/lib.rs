#![doc = include_str!("../README.md")]

mod cholesky;
mod eigen;
mod minimise;
mod principal;

pub use cholesky::Cholesky;
pub use eigen::symmetric_eigen;
pub use minimise::{Limits, minimise};
pub use principal::Principal;

/// Sum of products, in eight interleaved partial sums.
#[must_use]
pub fn dot(left: &[f64], right: &[f64]) -> f64 {
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
