//! Temperature scaling: one number that makes probabilities mean what they say (Guo et al. 2017, section 4.2).
//!
//! | symbol | meaning |
//! | --- | --- |
//! | z, y | logits of a photograph (C) and its class |
//! | T | temperature: the probabilities are softmax(z / T) |
//! | n | photographs that T is fitted on |
//! | σ | 0.5, how far ln T is expected to be from 0 |
//!
//! T minimises Σ -ln softmax(z / T)_y + (ln T)² / (2 σ²): the cross-entropy with a normal prior on ln T, which matters where
//! photographs are few or all are predicted correctly, when the likelihood alone would make T as small as it may be.

use crate::probability::cross_entropy;

/// σ.
const DEVIATION: f64 = 0.5;
/// Bounds of ln T.
const RANGE: [f64; 2] = [-3.0, 3.0];
/// Most steps of the search; Newton's take about six, halving the interval takes this many to 1e-12.
const STEPS: usize = 45;
/// Step at which the search ends.
const TOLERANCE: f64 = 1e-10;

/// A temperature and what it makes of the photographs that it was fitted on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// T, above 0.
    pub temperature: f64,
    /// Mean cross-entropy of the scaled logits, in nats.
    pub loss: f64,
    /// Standard error of this mean: the deviation of the photographs' losses over √n.
    pub standard_error: f64,
}

/// Fits a temperature to `logits` (n, `classes`) of photographs of the given `labels`.
///
/// # Panics
/// If the lengths disagree or a label is not below `classes`.
pub fn calibrate(logits: &[f32], labels: &[u32], classes: usize) -> Calibration {
    assert_eq!(logits.len(), labels.len() * classes, "a row of logits for each label");
    let losses = |log_temperature: f64| -> Vec<f64> {
        let scale = (-log_temperature).exp();
        let mut scaled = vec![0.0; classes];
        let one = |(row, &label): (&[f32], &u32)| {
            scaled.iter_mut().zip(row).for_each(|(scaled, &z)| *scaled = (f64::from(z) * scale) as f32);
            cross_entropy(&scaled, label as usize)
        };
        logits.chunks_exact(classes.max(1)).zip(labels).map(one).collect()
    };
    let log_temperature = minimum(&|x| slope(logits, labels, classes, x), RANGE);
    let losses = losses(log_temperature);
    let n = losses.len().max(1) as f64;
    let loss = losses.iter().sum::<f64>() / n;
    let variance = losses.iter().map(|one| (one - loss).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    Calibration { temperature: log_temperature.exp(), loss, standard_error: (variance / n).sqrt() }
}

/// First and second derivative of the objective by x = ln T. With s = 1 / T, and mean and variance under softmax(z s), the sum
/// of the losses has the derivatives Σ (mean of z - z_y) and Σ (variance of z) by s.
fn slope(logits: &[f32], labels: &[u32], classes: usize, x: f64) -> [f64; 2] {
    let scale = (-x).exp();
    let (mut first, mut second) = (0.0, 0.0);
    for (row, &label) in logits.chunks_exact(classes.max(1)).zip(labels) {
        let truth = f64::from(row[label as usize]);
        let largest = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        // Sums of exp(z s), of (z - largest) exp(z s) and of its square, up to a common factor.
        let mut sums = [0.0; 3];
        for &z in row {
            let below = f64::from(z) - largest;
            let power = (below * scale).exp();
            // A class that is impossible has no say, whatever its distance.
            if power > 0.0 {
                sums[0] += power;
                sums[1] += below * power;
                sums[2] += below * below * power;
            }
        }
        let mean = sums[1] / sums[0];
        first += mean + largest - truth;
        second += (sums[2] / sums[0] - mean * mean).max(0.0);
    }
    let prior = 1.0 / (DEVIATION * DEVIATION);
    [x * prior - scale * first, prior + scale * first + scale * scale * second]
}

/// Where a function of one valley has its minimum, from its derivatives: Newton's steps, and halves of the interval where
/// those would leave it.
fn minimum(slope: &dyn Fn(f64) -> [f64; 2], [mut low, mut high]: [f64; 2]) -> f64 {
    let mut x = (low + high) / 2.0;
    for _ in 0..STEPS {
        let [first, second] = slope(x);
        if first > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let newton = x - first / second;
        let next = if second > 0.0 && low < newton && newton < high { newton } else { (low + high) / 2.0 };
        let step = (next - x).abs();
        x = next;
        if step < TOLERANCE {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes; 4 of 5 photographs are predicted correctly, all with the same margin.
    fn rows(margin: f32, count: usize) -> (Vec<f32>, Vec<u32>) {
        let logits = (0..count).flat_map(|_| [margin, 0.0]).collect();
        (logits, (0..count).map(|index| u32::from(index % 5 == 0)).collect())
    }

    #[test]
    fn probabilities_become_the_shares_that_are_right() {
        let (logits, labels) = rows(10.0, 100_000);
        let Calibration { temperature, loss, .. } = calibrate(&logits, &labels, 2);
        // 80 % are right, so the margin must become ln 4.
        assert!((10.0 / temperature - 4f64.ln()).abs() < 1e-3, "{temperature}");
        let entropy = -(0.8 * 0.8f64.ln() + 0.2 * 0.2f64.ln());
        assert!((loss - entropy).abs() < 1e-6);
    }

    #[test]
    fn a_few_perfect_answers_do_not_make_it_certain() {
        let logits: Vec<f32> = (0..10).flat_map(|_| [2.0, 0.0]).collect();
        let Calibration { temperature, .. } = calibrate(&logits, &[0; 10], 2);
        assert!((0.3..1.0).contains(&temperature), "{temperature}");
        assert!((calibrate(&[], &[], 2).temperature - 1.0).abs() < 1e-6);
    }

    #[test]
    fn scaling_the_logits_scales_the_temperature() {
        let (logits, labels) = rows(3.0, 5000);
        let doubled: Vec<f32> = logits.iter().map(|z| 2.0 * z).collect();
        let ratio = calibrate(&doubled, &labels, 2).temperature / calibrate(&logits, &labels, 2).temperature;
        assert!((ratio - 2.0).abs() < 1e-2, "{ratio}");
    }

    #[test]
    fn no_other_temperature_is_better() {
        let logits: Vec<f32> = (0..90).map(|i| ((i * i * 7919) % 97) as f32 / 9.0).collect();
        let labels: Vec<u32> = (0..30).map(|i| (i * 13 % 3) as u32).collect();
        let objective = |log_temperature: f64| {
            let scale = (-log_temperature).exp();
            let scaled: Vec<f32> = logits.iter().map(|&z| (f64::from(z) * scale) as f32).collect();
            let rows = scaled.chunks_exact(3).zip(&labels);
            let losses: f64 = rows.map(|(row, &label)| cross_entropy(row, label as usize)).sum();
            losses + log_temperature * log_temperature / (2.0 * DEVIATION * DEVIATION)
        };
        let best = objective(calibrate(&logits, &labels, 3).temperature.ln());
        for step in -300..=300 {
            assert!(best <= objective(f64::from(step) / 100.0) + 1e-4, "{step}");
        }
    }
}
