//! Mean and spread of features, so that one penalty is fair to all of them.

/// For each of d features, over the photographs as they count.
#[derive(Clone, Debug)]
pub(crate) struct Scaling {
    /// μ.
    pub(crate) mean: Vec<f64>,
    /// 1 / σ; 0 for a feature that is the same everywhere and so tells nothing.
    pub(crate) inverse_deviation: Vec<f64>,
}

impl Scaling {
    /// Of rows of `width` features; `total` is the sum of `weights`.
    pub(crate) fn of(features: &[f32], width: usize, weights: &[f64], total: f64) -> Self {
        let rows = || features.chunks_exact(width).zip(weights).filter(|&(_, &weight)| weight > 0.0);
        let mut mean = vec![0.0; width];
        for (row, weight) in rows() {
            for (mean, &value) in mean.iter_mut().zip(row) {
                *mean += weight / total * f64::from(value);
            }
        }
        let mut variance = vec![0.0; width];
        for (row, weight) in rows() {
            for ((variance, mean), &value) in variance.iter_mut().zip(&mean).zip(row) {
                let distance = f64::from(value) - mean;
                *variance += weight / total * distance * distance;
            }
        }
        let inverse = |(&variance, &mean): (&f64, &f64)| {
            // What rounding alone leaves of a constant is no spread.
            let spread = variance > (1e-6 * mean.abs()).powi(2) && variance > f64::MIN_POSITIVE;
            if spread { 1.0 / variance.sqrt() } else { 0.0 }
        };
        let inverse_deviation = variance.iter().zip(&mean).map(inverse).collect();
        Self { mean, inverse_deviation }
    }
}
