//! Logarithms of normal tail quantities that stay accurate far into the tail.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | `φ`, `Φ` | density and distribution function of the standard normal |
//! | `h(z) = φ(z) + z Φ(z)` | expected improvement of a unit normal whose mean lies `z` below the incumbent |
//! | `t = -z` | distance into the lower tail |
//! | `R(t) = Φ(-t) / φ(t) = 1 / (t + K)` | Mills' ratio |
//! | `K = 1 / (t + 2 / (t + 3 / (t + ...)))` | tail of its continued fraction (Laplace) |
//!
//! In the tail `h = φ (1 - t R) = φ K / (t + K)`, which subtracts no nearly equal numbers. The function is that of Ament et al., "Unexpected Improvements to Expected Improvement for Bayesian Optimization" (2023), eq. 9, who
//! reach it through `erfcx`.

/// `ln √(2π)`.
const LN_ROOT_TAU: f64 = 0.918_938_533_204_672_8;

/// Below this `z` the continued fraction is used; above it the direct formula loses at most two digits.
const TAIL: f64 = -5.0;

/// A logarithm and its derivative.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slope {
    /// The logarithm.
    pub(crate) value: f64,
    /// Its derivative with respect to the argument.
    pub(crate) derivative: f64,
}

/// `ln φ(z)`.
fn ln_density(z: f64) -> f64 {
    -0.5 * z * z - LN_ROOT_TAU
}

/// `Φ(z)`.
pub(crate) fn distribution(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// `K` for `t` of at least 5, where forty terms are exact to the last bit.
fn mills_tail(t: f64) -> f64 {
    let inner = (2..=40).rev().fold(t, |below, term| t + f64::from(term) / below);
    1.0 / inner
}

/// `ln Φ(z)` and its derivative `φ(z) / Φ(z)`.
pub(crate) fn ln_distribution(z: f64) -> Slope {
    if z > TAIL {
        let mass = distribution(z);
        Slope { value: mass.ln(), derivative: ln_density(z).exp() / mass }
    } else {
        let inverse_ratio = -z + mills_tail(-z);
        Slope { value: ln_density(z) - inverse_ratio.ln(), derivative: inverse_ratio }
    }
}

/// `ln h(z)` and its derivative `Φ(z) / h(z)`.
pub(crate) fn ln_improvement(z: f64) -> Slope {
    if z > TAIL {
        let mass = distribution(z);
        let improvement = ln_density(z).exp() + z * mass;
        Slope { value: improvement.ln(), derivative: mass / improvement }
    } else {
        let tail = mills_tail(-z);
        Slope { value: ln_density(z) + (tail / (tail - z)).ln(), derivative: 1.0 / tail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `z`, `ln h(z)` and `ln Φ(z)` to 18 digits, computed in 200-digit arithmetic.
    #[allow(clippy::excessive_precision)]
    const EXACT: [(f64, f64, f64); 15] = [
        (8.0, 2.07944154167983594, -6.22096057427178606e-16),
        (3.0, 1.09873966532770777, -0.0013508099647481938),
        (0.5, -0.359827683745063819, -0.368946415288656393),
        (0.0, -0.918938533204672742, -std::f64::consts::LN_2),
        (-1.0, -2.48512102571264134, -1.84102164500926351),
        (-3.0, -7.86968605960302852, -6.60772622151034954),
        (-4.999, -16.7389398164127405, -15.0598123736715763),
        (-5.0, -16.7443011626609901, -15.0649983939887257),
        (-5.001, -16.7496634489014381, -15.0701853816094401),
        (-8.0, -37.122364261692633, -35.0134371599145499),
        (-20.0, -206.917838509425098, -203.917155371097264),
        (-37.5, -711.294748447512722, -707.668989317507191),
        (-100.0, -5010.12957880024979, -5005.52420869420509),
        (-1e4, -50000019.3396193072, -50000010.1292789152),
        (-1e7, -50000000000033.1551, -50000000000017.037),
    ];

    #[test]
    fn logarithms_are_exact_far_into_the_tail() {
        for (z, improvement, mass) in EXACT {
            let close = |value: f64, exact: f64| (value - exact).abs() <= 4e-15 + 2e-13 * exact.abs();
            assert!(close(ln_improvement(z).value, improvement), "ln h({z}) = {}", ln_improvement(z).value);
            assert!(close(ln_distribution(z).value, mass), "ln Φ({z}) = {}", ln_distribution(z).value);
        }
    }

    #[test]
    fn derivatives_agree_with_differences() {
        for z in [4.0, 0.3, -2.0, -4.9, -5.1, -12.0, -60.0] {
            let step = 1e-5;
            for function in [ln_improvement, ln_distribution] {
                let difference = (function(z + step).value - function(z - step).value) / (2.0 * step);
                let derivative = function(z).derivative;
                assert!((difference - derivative).abs() <= 1e-6 * (1.0 + derivative.abs()), "at {z}");
            }
        }
    }

    #[test]
    fn branches_meet() {
        for function in [ln_improvement, ln_distribution] {
            let (above, below) = (function(TAIL + 1e-12), function(TAIL - 1e-12));
            assert!((above.value - below.value).abs() < 1e-10);
            assert!((above.derivative - below.derivative).abs() < 1e-10);
        }
    }
}
