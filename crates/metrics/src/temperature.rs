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
//! photographs are few or all are called rightly, when the likelihood alone would make T as small as it may be.

use crate::probability::cross_entropy;

/// σ.
const DEVIATION: f64 = 0.5;
/// Bounds of ln T.
const RANGE: [f64; 2] = [-3.0, 3.0];
/// Steps of the golden-section search, each of which leaves 0.618 of the interval: to 1e-8.
const STEPS: usize = 45;

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
    let objective = |x: f64| losses(x).iter().sum::<f64>() + x * x / (2.0 * DEVIATION * DEVIATION);
    let log_temperature = golden_section(&objective, RANGE);
    let losses = losses(log_temperature);
    let n = losses.len().max(1) as f64;
    let loss = losses.iter().sum::<f64>() / n;
    let variance = losses.iter().map(|one| (one - loss).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    Calibration { temperature: log_temperature.exp(), loss, standard_error: (variance / n).sqrt() }
}

/// The minimum of a function of one valley (Kiefer 1953).
fn golden_section(f: &dyn Fn(f64) -> f64, [mut low, mut high]: [f64; 2]) -> f64 {
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut a, mut b) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut at_a, mut at_b) = (f(a), f(b));
    for _ in 0..STEPS {
        if at_a <= at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - ratio * (high - low);
            at_a = f(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + ratio * (high - low);
            at_b = f(b);
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes; 4 of 5 photographs are called rightly, all with the same margin.
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
}
