//! Activations that are computed in a pass of their own.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | σ(x) | logistic function, 1 / (1 + exp(-x)) |
//! | x σ(x) | SiLU (Elfwing, Uchibe and Doya 2017) |
//! | h(x) | hard sigmoid, min(max(x + 3, 0), 6) / 6 (Courbariaux, Bengio and David 2015; in this form Howard et al. 2019) |
//! | x h(x) | hard swish (Howard et al. 2019, "Searching for MobileNetV3", section 5.2) |
//! | x Φ(x) | GELU with the normal distribution's Φ, exactly (Hendrycks and Gimpel 2016) |
//!
//! exp is Cephes's `expf`: x = k ln 2 + r with |r| ≤ ln 2 / 2, exp(r) by a polynomial of degree 7, and k added to the exponent.
//! It is within 2 units in the last place of exact, and the compiler can vectorise it.

use crate::activation::relu6;
use crate::elementwise::{Accumulate, CHUNK};
use crate::gelu::{gelu, gelu_slope};
use crate::isa::level::Level;
use crate::parallel::{Chunks, chunk_of, share_out};

/// An activation with a pass of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// σ(x).
    Sigmoid,
    /// x σ(x).
    Silu,
    /// h(x); its gradient is 0 at both corners.
    HardSigmoid,
    /// x h(x); its gradient is 0 at -3 and 1 at 3.
    HardSwish,
    /// x Φ(x).
    Gelu,
}

impl Curve {
    /// Whether the gradient is read off the output; otherwise off the input.
    #[inline]
    pub fn keeps_output(self) -> bool {
        matches!(self, Self::Sigmoid | Self::HardSigmoid)
    }
}

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

/// h(x); NaN stays NaN.
#[inline(always)]
fn hard_sigmoid(x: f32) -> f32 {
    relu6(x + 3.0) * (1.0 / 6.0)
}

/// `y = curve(x)`.
///
/// # Panics
///
/// If the lengths differ.
pub fn forward(curve: Curve, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "lengths differ");
    share_out(Chunks::new(y, CHUNK), |index, y| forward_chunk(curve, chunk_of(x, CHUNK, index), y));
}

/// Gradient of the input of [`forward`] from that of the output, `dy`: `dx = dy curve'(x)`. `kept` is the output where
/// [`Curve::keeps_output`] says so, else the input.
///
/// # Panics
///
/// If the lengths differ.
pub fn backward(curve: Curve, kept: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    assert!(kept.len() == dx.len() && dy.len() == dx.len(), "lengths differ");
    share_out(Chunks::new(dx, CHUNK), |index, dx| {
        let (kept, dy) = (chunk_of(kept, CHUNK, index), chunk_of(dy, CHUNK, index));
        backward_chunk(curve, kept, dy, accumulate, dx);
    });
}

/// [`backward`], written over `dy`.
///
/// # Panics
///
/// If the lengths differ.
pub fn backward_in_place(curve: Curve, kept: &[f32], dy: &mut [f32]) {
    assert_eq!(kept.len(), dy.len(), "lengths differ");
    share_out(Chunks::new(dy, CHUNK), |index, dy| rescale_chunk(curve, chunk_of(kept, CHUNK, index), dy));
}

// One loop for each curve, or the compiler would not vectorise them.

#[inline(always)]
fn forward_body(_: impl Level, curve: Curve, x: &[f32], y: &mut [f32]) {
    match curve {
        Curve::Sigmoid => map(x, y, sigmoid),
        Curve::Silu => map(x, y, |x| x * sigmoid(x)),
        Curve::HardSigmoid => map(x, y, hard_sigmoid),
        Curve::HardSwish => map(x, y, |x| x * hard_sigmoid(x)),
        Curve::Gelu => map(x, y, gelu),
    }
}
multiversion!(fn forward_chunk(curve: Curve, x: &[f32], y: &mut [f32]) = forward_body);

#[inline(always)]
fn map(x: &[f32], y: &mut [f32], function: impl Fn(f32) -> f32) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = function(x);
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

/// The derivative of h where it is `y`.
#[inline(always)]
fn hard_sigmoid_slope(y: f32) -> f32 {
    if (y > 0.0) & (y < 1.0) { 1.0 / 6.0 } else { 0.0 }
}

/// The derivative of hard swish at `x`.
#[inline(always)]
fn hard_swish_slope(x: f32) -> f32 {
    let slope = x * (1.0 / 3.0) + 0.5;
    let slope = if x <= -3.0 { 0.0 } else { slope };
    if x >= 3.0 { 1.0 } else { slope }
}

#[inline(always)]
fn rescale_body(_: impl Level, curve: Curve, kept: &[f32], dy: &mut [f32]) {
    match curve {
        Curve::Sigmoid => rescale(kept, dy, sigmoid_slope),
        Curve::Silu => rescale(kept, dy, silu_slope),
        Curve::HardSigmoid => rescale(kept, dy, hard_sigmoid_slope),
        Curve::HardSwish => rescale(kept, dy, hard_swish_slope),
        Curve::Gelu => rescale(kept, dy, gelu_slope),
    }
}
multiversion!(fn rescale_chunk(curve: Curve, kept: &[f32], dy: &mut [f32]) = rescale_body);

#[inline(always)]
fn rescale(kept: &[f32], dy: &mut [f32], slope: impl Fn(f32) -> f32) {
    dy.iter_mut().zip(kept).for_each(|(dy, &kept)| *dy *= slope(kept));
}

#[inline(always)]
fn backward_body(
    level: impl Level,
    curve: Curve,
    kept: &[f32],
    dy: &[f32],
    accumulate: Accumulate,
    dx: &mut [f32],
) {
    match accumulate {
        Accumulate::Overwrite => {
            dx.copy_from_slice(dy);
            rescale_body(level, curve, kept, dx);
        }
        Accumulate::Add => match curve {
            Curve::Sigmoid => add(kept, dy, dx, sigmoid_slope),
            Curve::Silu => add(kept, dy, dx, silu_slope),
            Curve::HardSigmoid => add(kept, dy, dx, hard_sigmoid_slope),
            Curve::HardSwish => add(kept, dy, dx, hard_swish_slope),
            Curve::Gelu => add(kept, dy, dx, gelu_slope),
        },
    }
}
multiversion!(
    fn backward_chunk(curve: Curve, kept: &[f32], dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) =
        backward_body
);

#[inline(always)]
fn add(kept: &[f32], dy: &[f32], dx: &mut [f32], slope: impl Fn(f32) -> f32) {
    for ((dx, &kept), dy) in dx.iter_mut().zip(kept).zip(dy) {
        *dx += dy * slope(kept);
    }
}

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
