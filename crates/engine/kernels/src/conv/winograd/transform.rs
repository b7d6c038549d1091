//! The transforms along one axis, which a tile takes along both.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | B^T | of the input | (6, 6) |
//! | G | of the weights | (6, 3) |
//! | A^T | of the products | (4, 6) |
//!
//! They multiply polynomials by their values at the points 0, a, -a, b, -b and infinity (Toom and Cook):
//!
//! ```text
//!       | a²b²    0   -(a²+b²)     0    1  0 |        | 1/(a²b²)  0      0     |
//!       |   0   -ab²    -b²        a    1  0 |        |  1/p     a/p    a²/p   |
//! B^T = |   0    ab²    -b²       -a    1  0 |    G = |  1/p    -a/p    a²/p   |    p = 2a²(a² - b²)
//!       |   0   -a²b    -a²        b    1  0 |        |  1/q     b/q    b²/q   |    q = 2b²(b² - a²)
//!       |   0    a²b    -a²       -b    1  0 |        |  1/q    -b/q    b²/q   |
//!       |   0   a²b²     0    -(a²+b²)  0  1 |        |   0       0      1     |
//!
//!       | 1   1    1   1    1  0 |
//! A^T = | 0   a   -a   b   -b  0 |
//!       | 0   a²   a²  b²   b² 0 |
//!       | 0   a³  -a³  b³  -b³ 1 |
//! ```
//!
//! With a = 5/8 and b = 3/2, which are exact in binary as are their powers, errors are half of those of the usual points, 1
//! and 2, as the values differ less in size (Barabasz et al. 2020, "Error analysis and improving the accuracy of Winograd
//! convolution for deep neural networks").

use crate::isa::level::Level;
use crate::isa::vector::Vector;

/// Output pixels of a tile along an axis.
pub(super) const OUTPUTS: usize = 4;

/// Taps of the window along an axis.
pub(super) const TAPS: usize = 3;

/// Values of a transformed tile along an axis, which are also the input pixels that it sees.
pub(super) const POINTS: usize = OUTPUTS + TAPS - 1;

/// Values of a transformed tile: the number of products of matrices.
pub(super) const FREQUENCIES: usize = POINTS * POINTS;

const A: f32 = 0.625;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
const A3: f32 = A2 * A;
const B3: f32 = B2 * B;

/// The weights' factors, rounded once.
const AT_ZERO: f32 = (1.0 / (A2 as f64 * B2 as f64)) as f32;
const AT_A: f64 = 0.5 / (A2 as f64 * (A2 as f64 - B2 as f64));
const AT_B: f64 = 0.5 / (B2 as f64 * (B2 as f64 - A2 as f64));
const EVEN_A: [f32; 2] = [AT_A as f32, (AT_A * A2 as f64) as f32];
const EVEN_B: [f32; 2] = [AT_B as f32, (AT_B * B2 as f64) as f32];
const ODD_A: f32 = (AT_A * A as f64) as f32;
const ODD_B: f32 = (AT_B * B as f64) as f32;

/// A product with one of the matrices.
pub(super) trait Transform<const FROM: usize, const TO: usize> {
    fn along_axis<L: Level, V: Vector<L>>(level: L, values: [V; FROM]) -> [V; TO];
}

/// `even + odd * factor` and `even - odd * factor`: the values at a point and its negative.
#[inline(always)]
fn at_both_signs<L: Level, V: Vector<L>>(level: L, even: V, odd: V, factor: f32) -> [V; 2] {
    [odd.mul_add(V::splat(level, factor), even), odd.mul_add(V::splat(level, -factor), even)]
}

/// B^T: pixels of the input to values.
pub(super) struct Input;

impl Transform<POINTS, POINTS> for Input {
    #[inline(always)]
    fn along_axis<L: Level, V: Vector<L>>(level: L, [x0, x1, x2, x3, x4, x5]: [V; POINTS]) -> [V; POINTS] {
        let constant = |value| V::splat(level, value);
        let (product, sum) = (constant(A2 * B2), constant(-(A2 + B2)));
        let first = x0.mul_add(product, x2.mul_add(sum, x4));
        let last = x1.mul_add(product, x3.mul_add(sum, x5));
        let (a2, b2) = (constant(-A2), constant(-B2));
        let [a, minus_a] = at_both_signs(level, x2.mul_add(b2, x4), x1.mul_add(b2, x3), A);
        let [b, minus_b] = at_both_signs(level, x2.mul_add(a2, x4), x1.mul_add(a2, x3), B);
        [first, a, minus_a, b, minus_b, last]
    }
}

/// G: taps of the weights to values.
pub(super) struct Weights;

impl Transform<TAPS, POINTS> for Weights {
    #[inline(always)]
    fn along_axis<L: Level, V: Vector<L>>(level: L, [w0, w1, w2]: [V; TAPS]) -> [V; POINTS] {
        let constant = |value| V::splat(level, value);
        let even = |factors: [f32; 2]| w0.mul_add(constant(factors[0]), w2.mul(constant(factors[1])));
        let [a, minus_a] = at_both_signs(level, even(EVEN_A), w1, ODD_A);
        let [b, minus_b] = at_both_signs(level, even(EVEN_B), w1, ODD_B);
        [w0.mul(constant(AT_ZERO)), a, minus_a, b, minus_b, w2]
    }
}

/// A^T: values of the products to pixels of the output.
pub(super) struct Output;

impl Transform<POINTS, OUTPUTS> for Output {
    #[inline(always)]
    fn along_axis<L: Level, V: Vector<L>>(level: L, [m0, m1, m2, m3, m4, m5]: [V; POINTS]) -> [V; OUTPUTS] {
        let constant = |value| V::splat(level, value);
        let (even_a, odd_a, even_b, odd_b) = (m1.add(m2), m1.sub(m2), m3.add(m4), m3.sub(m4));
        [
            m0.add(even_a.add(even_b)),
            odd_a.mul_add(constant(A), odd_b.mul(constant(B))),
            even_a.mul_add(constant(A2), even_b.mul(constant(B2))),
            odd_a.mul_add(constant(A3), odd_b.mul_add(constant(B3), m5)),
        ]
    }
}

/// A: pixels of the output's gradient to values.
pub(super) struct OutputGradient;

impl Transform<OUTPUTS, POINTS> for OutputGradient {
    #[inline(always)]
    fn along_axis<L: Level, V: Vector<L>>(level: L, [y0, y1, y2, y3]: [V; OUTPUTS]) -> [V; POINTS] {
        let constant = |value| V::splat(level, value);
        let (even_a, odd_a) = (y2.mul_add(constant(A2), y0), y3.mul_add(constant(A2), y1));
        let (even_b, odd_b) = (y2.mul_add(constant(B2), y0), y3.mul_add(constant(B2), y1));
        let [a, minus_a] = at_both_signs(level, even_a, odd_a, A);
        let [b, minus_b] = at_both_signs(level, even_b, odd_b, B);
        [y0, a, minus_a, b, minus_b, y3]
    }
}

/// G^T: values of the products to taps of the weights' gradient.
pub(super) struct WeightGradient;

impl Transform<POINTS, TAPS> for WeightGradient {
    #[inline(always)]
    fn along_axis<L: Level, V: Vector<L>>(level: L, [u0, u1, u2, u3, u4, u5]: [V; POINTS]) -> [V; TAPS] {
        let constant = |value| V::splat(level, value);
        let (even_a, odd_a, even_b, odd_b) = (u1.add(u2), u1.sub(u2), u3.add(u4), u3.sub(u4));
        let even = |tap: usize, rest: V| {
            even_a.mul_add(constant(EVEN_A[tap]), even_b.mul_add(constant(EVEN_B[tap]), rest))
        };
        [
            even(0, u0.mul(constant(AT_ZERO))),
            odd_a.mul_add(constant(ODD_A), odd_b.mul(constant(ODD_B))),
            even(1, u5),
        ]
    }
}
