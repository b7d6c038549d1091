//! Intervals of the share of successes in independent trials.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | p̂ | share of successes |
//! | z | 1.959964, the 97.5 % point of the normal distribution |

/// 97.5 % point of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Interval of a share, 95 %, from `successes` of `trials` (Wilson 1927, "Probable Inference", equation 5). All of
/// [0, 1] for no trials.
pub fn wilson(successes: usize, trials: usize) -> [f64; 2] {
    wilson_of(successes as f64, trials as f64)
}

/// The same where successes have been shared out.
pub(crate) fn wilson_of(successes: f64, n: f64) -> [f64; 2] {
    if n <= 0.0 {
        return [0.0, 1.0];
    }
    let share = successes / n;
    let scale = 1.0 + Z * Z / n;
    let centre = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    [((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0)]
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
}
