//! Bounds of the mean cross-entropy, given the error rate.
//!
//! | symbol | range    | is                                                         |
//! | ------ | -------- | ---------------------------------------------------------- |
//! | `e`    | 0..=1    | error rate, 1 - accuracy                                   |
//! | `C`    | 2..      | number of classes                                          |
//! | `H(e)` | 0..=ln 2 | `-e ln e - (1 - e) ln(1 - e)`, in nats                     |
//! | `l`    | 0..      | mean cross-entropy per sample, in nats                     |
//!
//! A *calibrated* model that is equally confident in every sample has `H(e) <= l <= H(e) + e ln(C - 1)`: the
//! lower bound if it knows which class it confuses the true one with, the upper bound if it spreads the rest
//! evenly (Fano 1961). A model that knows which samples are hard has less. *No* model has less than `e ln 2`,
//! because a sample is misclassified only if its own class has a probability of at most one half.

/// Entropy of an error rate, in nats; 0 outside `0..=1`.
pub(crate) fn entropy(e: f64) -> f64 {
    if e <= 0.0 || e >= 1.0 { 0.0 } else { -e * e.ln() - (1.0 - e) * (-e).ln_1p() }
}

/// The highest mean loss of a calibrated model with error rate `e` on `classes` classes, in nats.
pub(crate) fn entropy_bound(e: f64, classes: f64) -> f64 {
    entropy(e) + e.clamp(0.0, 1.0) * (classes - 1.0).max(1.0).ln()
}

/// The least mean loss that any model with error rate `e` can have, in nats.
pub(crate) fn least_loss(e: f64) -> f64 {
    e.max(0.0) * std::f64::consts::LN_2
}

/// The least mean cross-entropy of probabilities that were taken for logits, `ln(exp(1) + C - 1) - 1`.
pub(crate) fn softmax_floor(classes: f64) -> f64 {
    (std::f64::consts::E + classes - 1.0).ln() - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_that_of_a_coin() {
        assert!((entropy(0.5) - std::f64::consts::LN_2).abs() < 1e-15);
        assert_eq!(entropy(0.0), 0.0);
        assert!((entropy(0.247) - 0.559).abs() < 1e-3);
    }

    #[test]
    fn bound_at_chance_is_that_of_guessing() {
        for classes in [2.0, 10.0, 38.0f64] {
            assert!((entropy_bound(1.0 - 1.0 / classes, classes) - classes.ln()).abs() < 1e-12);
        }
    }

    #[test]
    fn floor_of_29_classes() {
        assert!((softmax_floor(29.0) - 2.4249).abs() < 1e-4);
    }
}
