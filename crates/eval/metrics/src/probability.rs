//! From logits to probabilities.

/// Probabilities of one photograph from its logits, in f64.
pub fn softmax(logits: &[f32]) -> Vec<f64> {
    softmax_at(logits, 1.0)
}

/// Probabilities of one photograph from its logits divided by `temperature`, above 0, in f64.
pub fn softmax_at(logits: &[f32], temperature: f64) -> Vec<f64> {
    let largest = largest(logits);
    let powers: Vec<f64> = logits.iter().map(|&x| ((f64::from(x) - largest) / temperature).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// ln Σ exp(logit); negative infinity without any.
pub fn log_sum_exp(logits: &[f32]) -> f64 {
    let largest = largest(logits);
    if !largest.is_finite() {
        return largest;
    }
    logits.iter().map(|&x| (f64::from(x) - largest).exp()).sum::<f64>().ln() + largest
}

/// Cross-entropy of one photograph in nats: ln Σ exp(logits) - logit of `label`.
///
/// # Panics
/// If `label` is not below the number of logits.
pub fn cross_entropy(logits: &[f32], label: usize) -> f64 {
    log_sum_exp(logits) - f64::from(logits[label])
}

fn largest(logits: &[f32]) -> f64 {
    f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max))
}

/// Place of the largest logit, the first of equals; 0 if there is none.
pub fn arg_max(logits: &[f32]) -> usize {
    let mut best = 0;
    for (index, &value) in logits.iter().enumerate() {
        if value > logits[best] {
            best = index;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_logits_neither_overflow_nor_vanish() {
        assert!((cross_entropy(&[1000.0, 0.0], 1) - 1000.0).abs() < 1e-9);
        assert_eq!(softmax(&[1e30, -1e30]), [1.0, 0.0]);
        assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
        assert!((log_sum_exp(&[-1000.0; 3]) + 1000.0 - 3f64.ln()).abs() < 1e-9);
        assert_eq!(softmax_at(&[4.0, 0.0], 2.0), softmax(&[2.0, 0.0]));
    }
}
