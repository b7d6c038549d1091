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
//!
//! # Smoothed labels
//!
//! Smoothing by `s` (the share, usually 0.1) makes the target `(1 - s)` on the true class plus `s / C` on every class. The least
//! mean loss of a network whose posterior is `pi` is the entropy of what it is asked for, `(1 - s) pi + s / C` (Szegedy et al.
//! 2016). With the two calibrated models above that gives two bounds; both are the entropy of the target itself at `e = 0`:
//! `-q ln q - (C - 1) (s / C) ln(s / C)` with `q = 1 - s + s / C`, the floor of the loss. For C = 10 and s = 0.1 it is 0.500.

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

/// The mean loss of a calibrated model with error rate `e` against labels that are smoothed by `share`, in nats: where it knows which
/// class it confuses the true one with, and where it spreads the rest evenly. `classes` is at least 2.
pub(crate) fn smoothed_bounds(e: f64, classes: f64, share: f64) -> (f64, f64) {
    let piece = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    let each = share / classes;
    let right = piece((1.0 - share) * (1.0 - e) + each);
    let known = piece((1.0 - share) * e + each) + (classes - 2.0) * piece(each);
    let even = (classes - 1.0) * piece((1.0 - share) * e / (classes - 1.0) + each);
    (right + known, right + even)
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
    fn smoothed_labels_have_the_entropy_of_their_target() {
        for (classes, share) in [(2.0f64, 0.1f64), (10.0, 0.1), (1000.0, 0.2)] {
            let q = 1.0 - share + share / classes;
            let floor = -q * q.ln() - (classes - 1.0) * (share / classes) * (share / classes).ln();
            let (low, high) = smoothed_bounds(0.0, classes, share);
            assert!((low - floor).abs() < 1e-12 && (high - floor).abs() < 1e-12);
        }
        assert!((smoothed_bounds(0.0, 10.0, 0.1).0 - 0.500).abs() < 1e-3);
        // Without smoothing, the bounds are those of a calibrated model.
        let (low, high) = smoothed_bounds(0.2, 10.0, 0.0);
        assert!((low - entropy(0.2)).abs() < 1e-12 && (high - entropy_bound(0.2, 10.0)).abs() < 1e-12);
    }

    #[test]
    fn floor_of_29_classes() {
        assert!((softmax_floor(29.0) - 2.4249).abs() < 1e-4);
    }
}
