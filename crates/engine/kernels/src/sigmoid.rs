//! The logistic function σ(x) = 1 / (1 + exp(-x)) and SiLU, x σ(x) (Elfwing, Uchibe and Doya 2017), with their gradients.
//!
//! exp is Cephes's `expf`: x = k ln 2 + r with |r| ≤ ln 2 / 2, exp(r) by a polynomial of degree 7, and k added to the exponent.
//! It is within 2 units in the last place of exact, and the compiler can vectorise it.

use crate::elementwise::{Accumulate, CHUNK};
use crate::isa::level::Level;
use crate::parallel::{Chunks, chunk_of, share_out};

/// exp(x). Beyond ± 87 it keeps the value at that bound, so that it is a normal number; NaN stays NaN.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const BOUND: f32 = 87.0;
    // Adding and subtracting 1.5 x 2²³ rounds to whole numbers, and leaves the number in the low bits between the two.
    const ROUND: f32 = 12_582_912.0;
    let x = if x > BOUND { BOUND } else { x };
    let x = if x < -BOUND { -BOUND } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = x - k * 0.693_359_4 - k * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p * r + coefficient;
    }
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    (p * r * r + r + 1.0) * power
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `y = σ(x)`.
///
/// # Panics
///
/// If the lengths differ.
pub fn sigmoid_forward(x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "lengths differ");
    share_out(Chunks::new(y, CHUNK), |index, y| sigmoid_chunk(chunk_of(x, CHUNK, index), y));
}

/// Gradient of the input of [`sigmoid_forward`] from its output `y`: `dx = dy y (1 - y)`.
///
/// # Panics
///
/// If the lengths differ.
pub fn sigmoid_backward(y: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    assert!(y.len() == dx.len() && dy.len() == dx.len(), "lengths differ");
    for_each(y, dy, dx, |y, dy, dx| sigmoid_backward_chunk(y, dy, accumulate, dx));
}

/// `y = x σ(x)`.
///
/// # Panics
///
/// If the lengths differ.
pub fn silu_forward(x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "lengths differ");
    share_out(Chunks::new(y, CHUNK), |index, y| silu_chunk(chunk_of(x, CHUNK, index), y));
}

/// Gradient of the input `x` of [`silu_forward`]: `dx = dy σ (1 + x (1 - σ))`.
///
/// # Panics
///
/// If the lengths differ.
pub fn silu_backward(x: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    assert!(x.len() == dx.len() && dy.len() == dx.len(), "lengths differ");
    for_each(x, dy, dx, |x, dy, dx| silu_backward_chunk(x, dy, accumulate, dx));
}

/// [`sigmoid_backward`], written over `dy`.
///
/// # Panics
///
/// If the lengths differ.
pub fn sigmoid_backward_in_place(y: &[f32], dy: &mut [f32]) {
    assert_eq!(y.len(), dy.len(), "lengths differ");
    share_out(Chunks::new(dy, CHUNK), |index, dy| sigmoid_rescale_chunk(chunk_of(y, CHUNK, index), dy));
}

/// [`silu_backward`], written over `dy`.
///
/// # Panics
///
/// If the lengths differ.
pub fn silu_backward_in_place(x: &[f32], dy: &mut [f32]) {
    assert_eq!(x.len(), dy.len(), "lengths differ");
    share_out(Chunks::new(dy, CHUNK), |index, dy| silu_rescale_chunk(chunk_of(x, CHUNK, index), dy));
}

fn for_each(values: &[f32], dy: &[f32], dx: &mut [f32], chunk: impl Fn(&[f32], &[f32], &mut [f32]) + Sync) {
    share_out(Chunks::new(dx, CHUNK), |index, dx| {
        chunk(chunk_of(values, CHUNK, index), chunk_of(dy, CHUNK, index), dx);
    });
}

#[inline(always)]
fn sigmoid_body(_: impl Level, x: &[f32], y: &mut [f32]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = sigmoid(x);
    }
}
multiversion!(fn sigmoid_chunk(x: &[f32], y: &mut [f32]) = sigmoid_body);

#[inline(always)]
fn silu_body(_: impl Level, x: &[f32], y: &mut [f32]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = x * sigmoid(x);
    }
}
multiversion!(fn silu_chunk(x: &[f32], y: &mut [f32]) = silu_body);

#[inline(always)]
fn chain(values: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32], slope: impl Fn(f32) -> f32) {
    let triples = dx.iter_mut().zip(values).zip(dy);
    match accumulate {
        Accumulate::Overwrite => triples.for_each(|((dx, &value), dy)| *dx = dy * slope(value)),
        Accumulate::Add => triples.for_each(|((dx, &value), dy)| *dx += dy * slope(value)),
    }
}

/// The derivative of σ where it is `y`.
#[inline(always)]
fn sigmoid_slope(y: f32) -> f32 {
    y * (1.0 - y)
}

/// The derivative of SiLU at `x`.
#[inline(always)]
fn silu_slope(x: f32) -> f32 {
    let s = sigmoid(x);
    s * (1.0 + x * (1.0 - s))
}

#[inline(always)]
fn sigmoid_rescale_body(_: impl Level, y: &[f32], dy: &mut [f32]) {
    dy.iter_mut().zip(y).for_each(|(dy, &y)| *dy *= sigmoid_slope(y));
}
multiversion!(fn sigmoid_rescale_chunk(y: &[f32], dy: &mut [f32]) = sigmoid_rescale_body);

#[inline(always)]
fn silu_rescale_body(_: impl Level, x: &[f32], dy: &mut [f32]) {
    dy.iter_mut().zip(x).for_each(|(dy, &x)| *dy *= silu_slope(x));
}
multiversion!(fn silu_rescale_chunk(x: &[f32], dy: &mut [f32]) = silu_rescale_body);

#[inline(always)]
fn sigmoid_backward_body(_: impl Level, y: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    chain(y, dy, accumulate, dx, sigmoid_slope);
}
multiversion!(
    fn sigmoid_backward_chunk(y: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) =
        sigmoid_backward_body
);

#[inline(always)]
fn silu_backward_body(_: impl Level, x: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    chain(x, dy, accumulate, dx, silu_slope);
}
multiversion!(
    fn silu_backward_chunk(x: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) = silu_backward_body
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_is_close_within_its_bounds_and_finite_beyond() {
        for step in -8600..=8600 {
            let x = step as f32 / 100.0;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 3e-7, "exp({x}) = {}", exp(x));
        }
        for x in [-1e30, -88.0, 88.0, f32::INFINITY, f32::NEG_INFINITY] {
            assert!(exp(x).is_normal(), "{x}");
        }
        assert!(exp(f32::NAN).is_nan());
    }
}
