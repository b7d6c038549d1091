//! Whether one classifier is better than another on the same photographs is McNemar's question (1947): only the
//! photographs on which one is right and the other wrong speak, and if the two were equally good each of these would fall
//! to either with probability 1/2.

/// Exact two-sided probability that `b` and `c` differ so much or more if each of the b + c were a fair coin's throw.
pub fn mcnemar(b: usize, c: usize) -> f64 {
    let n = b + c;
    // Terms of the binomial distribution from the tail inwards, each from the one before, in logarithms.
    let mut log_term = -(n as f64) * std::f64::consts::LN_2;
    let mut tail = 0.0;
    for k in 0..=b.min(c) {
        tail += log_term.exp();
        log_term += ((n - k) as f64 / (k + 1) as f64).ln();
    }
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mcnemars_probabilities() {
        // scipy.stats.binomtest(min(b, c), b + c).pvalue
        for (b, c, expected) in [(0, 0, 1.0), (5, 5, 1.0), (1, 9, 0.021_484_375), (10, 25, 0.016_673_847_8)] {
            assert!((mcnemar(b, c) - expected).abs() < 1e-9, "{b} {c}: {}", mcnemar(b, c));
            assert_eq!(mcnemar(b, c), mcnemar(c, b));
        }
        assert!(mcnemar(3000, 4000) < 1e-30);
    }
}
