//! The Matérn-5/2 correlation with one length scale per dimension.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | `x` | `[d]` | unit coordinates |
//! | `ℓ` | `[d]` | length scales, in unit coordinates |
//! | `Δⱼ` | | `xⱼ - x'ⱼ`; for a choice 0 if equal, else 1 |
//! | `r² = Σ (Δⱼ / ℓⱼ)²` | | squared scaled distance |
//! | `k = (1 + s + s² / 3) e⁻ˢ`, `s = √5 r` | | correlation; `dk / d(r²) = -5/6 (1 + s) e⁻ˢ` |
//!
//! Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), eqs. 4.17 and 5.1 (ARD).

/// How distances along a coordinate are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    /// Distance is the difference.
    Ordered,
    /// Distance is 1 between any two options.
    Unordered,
}

impl Axis {
    /// `Δ` between two coordinates of this axis.
    pub(crate) fn difference(self, left: f64, right: f64) -> f64 {
        match self {
            Axis::Ordered => left - right,
            // Options lie in the middle of equal parts of 0 to 1, at most 1e9 of them.
            Axis::Unordered => f64::from(u8::from((left - right).abs() > 1e-10)),
        }
    }
}

/// `k` and `dk / d(r²)` at squared scaled distance `square`.
pub(crate) fn matern(square: f64) -> (f64, f64) {
    let s = (5.0 * square).sqrt();
    let decay = (-s).exp();
    ((1.0 + s + s * s / 3.0) * decay, -5.0 / 6.0 * (1.0 + s) * decay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlation_is_one_at_no_distance_and_falls() {
        assert_eq!(matern(0.0).0, 1.0);
        let values: Vec<f64> = (0..50).map(|step| matern(0.1 * f64::from(step)).0).collect();
        assert!(values.windows(2).all(|pair| pair[0] > pair[1] && pair[1] > 0.0));
    }

    #[test]
    fn the_slope_agrees_with_differences() {
        for square in [1e-3, 0.4, 3.0, 20.0] {
            let step = 1e-4 * square;
            let difference = (matern(square + step).0 - matern(square - step).0) / (2.0 * step);
            assert!((difference - matern(square).1).abs() < 1e-6, "{square}");
        }
    }

    #[test]
    fn options_are_equally_far_apart() {
        assert_eq!(Axis::Unordered.difference(0.125, 0.125), 0.0);
        assert_eq!(Axis::Unordered.difference(0.125, 0.375), Axis::Unordered.difference(0.125, 0.875));
    }
}
