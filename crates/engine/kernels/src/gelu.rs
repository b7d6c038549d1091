//! The exact GELU (Hendrycks and Gimpel 2016), `x Φ(x)`, at one number.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | Φ(x) | distribution function of the normal distribution, `(1 + erf(x / √2)) / 2` |
//! | φ(x) | its density, `exp(-x² / 2) / √(2 π)` |
//! | z, t | `\|x\|`, `1 / (1 + p z)` |
//! | P | polynomial of degree 8 |
//!
//! `Φ(-z) = exp(-z² / 2) t P(t)`: what the exponential is multiplied by falls slowly from 1/2, and t P(t) is within a relative
//! 1e-7 of it. So both tails keep their relative precision, which `1 + erf` would lose on the left, and the density costs
//! nothing more. The coefficients are those of the polynomial that is exact at Chebyshev's nodes for z of 0 to 14.

use crate::curve::exp;

/// p.
const SLOPE: f32 = 0.26;
/// Coefficients of P, that of the highest power first.
const POLYNOMIAL: [f32; 9] = [
    0.032_189_06,
    -0.160_858_18,
    0.267_731_3,
    -0.169_100_52,
    0.173_176_77,
    0.045_955_975,
    0.104_291_79,
    0.102_844_976,
    0.103_768_85,
];
/// 1 / √(2 π).
const DENSITY_AT_ZERO: f32 = 0.398_942_3;

/// Φ(x), and exp(-x² / 2).
#[inline(always)]
fn distribution(x: f32) -> (f32, f32) {
    let bell = exp(-0.5 * x * x);
    let t = 1.0 / (1.0 + SLOPE * x.abs());
    let mut p = POLYNOMIAL[0];
    for &coefficient in &POLYNOMIAL[1..] {
        p = p * t + coefficient;
    }
    let tail = bell * t * p;
    (if x > 0.0 { 1.0 - tail } else { tail }, bell)
}

/// `x Φ(x)`.
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    x * distribution(x).0
}

/// The derivative of [`gelu`] at `x`, `Φ(x) + x φ(x)`.
#[inline(always)]
pub(crate) fn gelu_slope(x: f32) -> f32 {
    let (below, bell) = distribution(x);
    below + x * bell * DENSITY_AT_ZERO
}
