//! The exact GELU (Hendrycks and Gimpel 2016), `x Φ(x)`, with its gradient.
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

use crate::elementwise::{Accumulate, CHUNK};
use crate::isa::level::Level;
use crate::parallel::{Chunks, chunk_of, share_out};
use crate::sigmoid::exp;

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

#[inline(always)]
fn slope(x: f32) -> f32 {
    let (below, bell) = distribution(x);
    below + x * bell * DENSITY_AT_ZERO
}

/// `y = x Φ(x)`.
///
/// # Panics
///
/// If the lengths differ.
pub fn forward(x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "lengths differ");
    share_out(Chunks::new(y, CHUNK), |index, y| forward_chunk(chunk_of(x, CHUNK, index), y));
}

/// Gradient of the input `x` of [`forward`]: `dx = dy (Φ(x) + x φ(x))`.
///
/// # Panics
///
/// If the lengths differ.
pub fn backward(x: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    assert!(x.len() == dx.len() && dy.len() == dx.len(), "lengths differ");
    share_out(Chunks::new(dx, CHUNK), |index, dx| {
        backward_chunk(chunk_of(x, CHUNK, index), chunk_of(dy, CHUNK, index), accumulate, dx);
    });
}

/// [`backward`], written over `dy`.
///
/// # Panics
///
/// If the lengths differ.
pub fn backward_in_place(x: &[f32], dy: &mut [f32]) {
    assert_eq!(x.len(), dy.len(), "lengths differ");
    share_out(Chunks::new(dy, CHUNK), |index, dy| rescale_chunk(chunk_of(x, CHUNK, index), dy));
}

#[inline(always)]
fn forward_body(_: impl Level, x: &[f32], y: &mut [f32]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = x * distribution(x).0;
    }
}
multiversion!(fn forward_chunk(x: &[f32], y: &mut [f32]) = forward_body);

#[inline(always)]
fn backward_body(_: impl Level, x: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    let triples = dx.iter_mut().zip(x).zip(dy);
    match accumulate {
        Accumulate::Overwrite => triples.for_each(|((dx, &x), dy)| *dx = dy * slope(x)),
        Accumulate::Add => triples.for_each(|((dx, &x), dy)| *dx += dy * slope(x)),
    }
}
multiversion!(fn backward_chunk(x: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) = backward_body);

#[inline(always)]
fn rescale_body(_: impl Level, x: &[f32], dy: &mut [f32]) {
    dy.iter_mut().zip(x).for_each(|(dy, &x)| *dy *= slope(x));
}
multiversion!(fn rescale_chunk(x: &[f32], dy: &mut [f32]) = rescale_body);
