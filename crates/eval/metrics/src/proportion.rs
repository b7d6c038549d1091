//! Intervals and bounds of the proportion of successes in independent trials.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | z | 1.959964, the 97.5 % point of the normal distribution |

use crate::distributions::beta_cdf;
use crate::error::{MetricsError, check_proportion};

/// 97.5 % point of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Interval of a proportion, 95 %, from `successes` of `trials` (Wilson 1927, "Probable Inference", equation 5). All of
/// [0, 1] for no trials.
pub fn wilson(successes: usize, trials: usize) -> [f64; 2] {
    if trials == 0 {
        return [0.0, 1.0];
    }
    let (successes, n) = (successes as f64, trials as f64);
    let proportion = successes / n;
    let scale = 1.0 + Z * Z / n;
    let centre = proportion + Z * Z / (2.0 * n);
    let spread = Z * (proportion * (1.0 - proportion) / n + Z * Z / (4.0 * n * n)).sqrt();
    [((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0)]
}

/// Highest proportion that `errors` of `trials` do not speak against with probability `confidence`: the one-sided upper bound of
/// Clopper and Pearson (1934), exact, for independent trials. 1 for no trials.
///
/// # Errors
/// A `confidence` that is not above 0 and below 1, more errors than trials.
pub fn upper_bound(errors: usize, trials: usize, confidence: f64) -> Result<f64, MetricsError> {
    check_proportion("confidence of a bound", confidence)?;
    if errors > trials {
        return Err(MetricsError::Length { what: "errors", found: errors, expected: trials });
    }
    Ok(upper_bound_of(errors as f64, trials as f64, 1.0 - confidence))
}

/// The same for numbers that need not be whole, and the probability of missing.
pub(crate) fn upper_bound_of(errors: f64, trials: f64, missing: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    // Each step halves the interval: to 2^-60.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if at_most(errors, trials, middle) > missing { low = middle } else { high = middle }
    }
    high
}

/// Probability of at most `errors` in `trials` of which each is one with probability `probability`: the incomplete beta function
/// I_{1 - probability}(trials - errors, errors + 1), so that neither need be whole.
pub(crate) fn at_most(errors: f64, trials: f64, probability: f64) -> f64 {
    if errors >= trials { 1.0 } else { beta_cdf(trials - errors, errors + 1.0, 1.0 - probability) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_the_published_one() {
        // Newcombe 1998, table I, method 3: 81 of 263 and 0 of 20.
        let [low, high] = wilson(81, 263);
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
        let [low, high] = wilson(0, 20);
        assert!(low == 0.0 && (high - 0.1611).abs() < 5e-5, "{low} {high}");
        assert_eq!(wilson(0, 0), [0.0, 1.0]);
    }

    #[test]
    fn upper_bounds_are_the_exact_ones() {
        // scipy.stats.beta.ppf(confidence, errors + 1, trials - errors)
        for (errors, trials, confidence, expected) in [
            (0, 59, 0.95, 0.049_507_609_888_226_93),
            (1, 100, 0.95, 0.046_559_811_453_538_935),
            (5, 50, 0.9, 0.177_618_127_617_376_58),
            (300, 20_000, 0.99, 0.017_122_838_460_162_652),
            (49, 50, 0.95, 0.998_974_660_132_767_9),
        ] {
            let bound = upper_bound(errors, trials, confidence).unwrap();
            assert!((bound - expected).abs() < 1e-9, "{errors} of {trials}: {bound}");
        }
        assert_eq!(upper_bound(0, 0, 0.95).unwrap(), 1.0);
        assert_eq!(upper_bound(7, 7, 0.95).unwrap(), 1.0);
        assert!(upper_bound(8, 7, 0.95).is_err() && upper_bound(1, 7, 1.0).is_err());
    }
}
