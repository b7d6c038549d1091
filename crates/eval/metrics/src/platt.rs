//! Platt scaling: two numbers that make the probability of a label mean what it says (Platt 1999, "Probabilistic Outputs for
//! Support Vector Machines").
//!
//! | symbol | meaning |
//! | --- | --- |
//! | z, y | logit of a photograph for a label, and whether it shows the label, 1 or 0 |
//! | a, b | scale and shift: the probability is 1 / (1 + exp(-(a z + b))) |
//! | σ | 0.5, how far a is expected to be from 1, and b from 0 |
//!
//! a and b minimise Σ -ln p(y) + ((a - 1)² + b²) / (2 σ²), which is convex: the cross-entropy with a normal prior, which matters
//! where photographs with the label are few.

use serde::{Deserialize, Serialize};

/// σ.
const DEVIATION: f64 = 0.5;
/// The least a: probabilities keep the order of the logits.
const LEAST_SCALE: f64 = 0.02;
/// Most of Newton's steps; about six are taken.
const STEPS: usize = 60;
/// Step at which the search ends.
const TOLERANCE: f64 = 1e-10;

/// Makes a probability of the logit of a label.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    /// a, above 0.
    pub scale: f64,
    /// b.
    pub shift: f64,
}

impl Default for Platt {
    /// The sigmoid itself.
    fn default() -> Self {
        Self { scale: 1.0, shift: 0.0 }
    }
}

impl Platt {
    /// Fits it to the logits of photographs, (n), that show the label where `shown`, (n), is true.
    ///
    /// # Panics
    /// If the lengths differ.
    #[must_use]
    pub fn fit(logits: &[f32], shown: &[bool]) -> Self {
        assert_eq!(logits.len(), shown.len(), "a logit for each photo");
        let rows: Vec<(f64, f64)> =
            logits.iter().zip(shown).map(|(&z, &shown)| (f64::from(z), f64::from(u8::from(shown)))).collect();
        let prior = 1.0 / (DEVIATION * DEVIATION);
        let objective = |at: Self| {
            let losses: f64 = rows.iter().map(|&(z, y)| surprise(at.logit(z), y)).sum();
            losses + prior / 2.0 * ((at.scale - 1.0).powi(2) + at.shift.powi(2))
        };
        let mut best = Self::default();
        let mut least = objective(best);
        for _ in 0..STEPS {
            let (mut slope, mut curve) =
                ([prior * (best.scale - 1.0), prior * best.shift], [prior, 0.0, prior]);
            for &(z, y) in &rows {
                let p = sigmoid(best.logit(z));
                let (pull, weight) = (p - y, p * (1.0 - p));
                slope = [slope[0] + pull * z, slope[1] + pull];
                curve = [curve[0] + weight * z * z, curve[1] + weight * z, curve[2] + weight];
            }
            let determinant = curve[0] * curve[2] - curve[1] * curve[1];
            let step = [
                (curve[2] * slope[0] - curve[1] * slope[1]) / determinant,
                (curve[0] * slope[1] - curve[1] * slope[0]) / determinant,
            ];
            let mut share = 1.0;
            let taken = loop {
                let next = Self {
                    scale: (best.scale - share * step[0]).max(LEAST_SCALE),
                    shift: best.shift - share * step[1],
                };
                let reached = objective(next);
                if reached <= least {
                    (best, least) = (next, reached);
                    break share;
                }
                share /= 2.0;
                if share < 1e-9 {
                    break 0.0;
                }
            };
            if taken * step[0].abs().max(step[1].abs()) < TOLERANCE {
                break;
            }
        }
        best
    }

    /// a z + b.
    #[must_use]
    pub fn logit(self, z: f64) -> f64 {
        self.scale * z + self.shift
    }

    /// Probability that a photograph with the logit `z` shows the label.
    #[must_use]
    pub fn probability(self, z: f32) -> f64 {
        sigmoid(self.logit(f64::from(z)))
    }
}

/// 1 / (1 + exp(-z)); neither end overflows.
#[must_use]
pub fn sigmoid(z: f64) -> f64 {
    let power = (-z.abs()).exp();
    if z >= 0.0 { 1.0 / (1.0 + power) } else { power / (1.0 + power) }
}

/// -ln of the probability of `y`, 1 or 0, where z is the logit.
fn surprise(z: f64, y: f64) -> f64 {
    z.max(0.0) - z * y + (-z.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    #[test]
    fn what_distorted_the_probabilities_is_found() {
        let mut stream = Purpose::Bootstrap.stream(5, 1);
        let (mut logits, mut shown) = (Vec::new(), Vec::new());
        for _ in 0..40_000 {
            let truth = 1.5 * stream.normal() - 1.0;
            shown.push(stream.uniform() < sigmoid(truth));
            logits.push(((truth - 0.75) / 0.4) as f32);
        }
        let Platt { scale, shift } = Platt::fit(&logits, &shown);
        assert!((scale - 0.4).abs() < 0.02 && (shift - 0.75).abs() < 0.05, "{scale} {shift}");
    }

    #[test]
    fn no_other_numbers_are_better() {
        let logits: Vec<f32> = (0..50).map(|i| ((i * i * 7919) % 97) as f32 / 9.0 - 5.0).collect();
        let shown: Vec<bool> = (0..50).map(|i| i * 13 % 3 == 0).collect();
        let objective = |scale: f64, shift: f64| {
            let of = |(&z, &shown): (&f32, &bool)| {
                surprise(scale * f64::from(z) + shift, f64::from(u8::from(shown)))
            };
            let prior = ((scale - 1.0).powi(2) + shift.powi(2)) / (2.0 * DEVIATION * DEVIATION);
            logits.iter().zip(&shown).map(of).sum::<f64>() + prior
        };
        let found = Platt::fit(&logits, &shown);
        let best = objective(found.scale, found.shift);
        for scale in 1..60 {
            for shift in -40..40 {
                assert!(best <= objective(f64::from(scale) / 30.0, f64::from(shift) / 20.0) + 1e-6);
            }
        }
    }

    #[test]
    fn a_few_photographs_that_are_all_right_do_not_make_it_certain() {
        let found = Platt::fit(&[3.0, -3.0, 3.0], &[true, false, true]);
        assert!((0.9..3.0).contains(&found.scale), "{found:?}");
        assert_eq!(Platt::fit(&[], &[]), Platt::default());
    }
}
