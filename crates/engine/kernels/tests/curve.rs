//! Activations with a pass of their own, against the formulas in f64.

mod common;

use common::{LONG, Random, assert_close, assert_same_on_all_pools};
use foliar_kernels::Accumulate;
use foliar_kernels::curve::{Curve, backward, backward_in_place, forward};

const CURVES: [Curve; 5] = [Curve::Sigmoid, Curve::Silu, Curve::HardSigmoid, Curve::HardSwish, Curve::Gelu];

/// φ(x).
fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// Φ(x), by the series of its integral near 0 and by the continued fraction of its tail elsewhere.
fn below(x: f64) -> f64 {
    if x.abs() < 4.0 {
        let (mut term, mut sum) = (x, x);
        for k in 1..100 {
            term *= x * x / f64::from(2 * k + 1);
            sum += term;
        }
        return 0.5 + density(x) * sum;
    }
    let fraction = (1..100).rev().fold(x.abs(), |rest, k| x.abs() + f64::from(k) / rest);
    let tail = density(x) / fraction;
    if x > 0.0 { 1.0 - tail } else { tail }
}

fn sigma(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The value and the slope at `x`.
fn expected(curve: Curve, x: f64) -> [f64; 2] {
    let hard = (x + 3.0).clamp(0.0, 6.0) / 6.0;
    let within = if x > -3.0 && x < 3.0 { 1.0 / 6.0 } else { 0.0 };
    match curve {
        Curve::Sigmoid => [sigma(x), sigma(x) * (1.0 - sigma(x))],
        Curve::Silu => [x * sigma(x), sigma(x) * (1.0 + x * (1.0 - sigma(x)))],
        Curve::HardSigmoid => [hard, within],
        Curve::HardSwish => [x * hard, hard + x * within],
        Curve::Gelu => [x * below(x), below(x) + x * density(x)],
    }
}

#[test]
fn values_and_gradients() {
    let mut random = Random::new(3);
    let x: Vec<f32> = random.values(LONG).iter().map(|x| x * 20.0).collect();
    let dy = random.values(x.len());
    for curve in CURVES {
        let pairs: Vec<[f64; 2]> = x.iter().map(|&x| expected(curve, f64::from(x))).collect();
        let y = assert_same_on_all_pools("curve", || {
            let mut y = vec![f32::NAN; x.len()];
            forward(curve, &x, &mut y);
            y
        });
        let values: Vec<f64> = pairs.iter().map(|pair| pair[0]).collect();
        assert_close(&y, &values, 3e-7, &format!("{curve:?}"));
        let kept = if curve.keeps_output() { &y } else { &x };
        for (accumulate, start) in [(Accumulate::Overwrite, 0.0), (Accumulate::Add, 0.5)] {
            let mut dx = vec![start; x.len()];
            backward(curve, kept, &dy, accumulate, &mut dx);
            let gradients: Vec<f64> =
                (0..x.len()).map(|i| f64::from(start) + f64::from(dy[i]) * pairs[i][1]).collect();
            assert_close(&dx, &gradients, 1e-6, &format!("{curve:?}'s gradient, {accumulate:?}"));
        }
        let (mut beside, mut in_place) = (vec![f32::NAN; x.len()], dy.clone());
        backward(curve, kept, &dy, Accumulate::Overwrite, &mut beside);
        backward_in_place(curve, kept, &mut in_place);
        assert_eq!(in_place, beside, "{curve:?}");
    }
}

#[test]
fn corners_of_the_hard_ones() {
    let x = [-4.0, -3.0, 0.0, 3.0, 4.0];
    let mut y = [f32::NAN; 5];
    forward(Curve::HardSigmoid, &x, &mut y);
    assert_eq!(y, [0.0, 0.0, 0.5, 1.0, 1.0]);
    let mut slopes = [6.0; 5];
    backward_in_place(Curve::HardSigmoid, &y, &mut slopes);
    assert_eq!(slopes, [0.0, 0.0, 1.0, 0.0, 0.0]);
    forward(Curve::HardSwish, &x, &mut y);
    assert_eq!(y, [0.0, 0.0, 0.0, 3.0, 4.0]);
    let mut slopes = [1.0; 5];
    backward_in_place(Curve::HardSwish, &x, &mut slopes);
    assert_eq!(slopes, [0.0, 0.0, 0.5, 1.0, 1.0]);
}

#[test]
fn infinities_saturate_and_nan_is_not_hidden() {
    let x = [f32::NEG_INFINITY, -200.0, 200.0, f32::INFINITY, f32::NAN];
    let mut y = [0.5; 5];
    forward(Curve::Sigmoid, &x, &mut y);
    assert!(y[0] < 1e-37 && y[1] < 1e-37 && y[2] == 1.0 && y[3] == 1.0 && y[4].is_nan(), "{y:?}");
    forward(Curve::Silu, &x[1..], &mut y[1..]);
    assert!(y[1].abs() < 1e-35 && y[2] == 200.0 && y[3] == f32::INFINITY && y[4].is_nan(), "{y:?}");
    forward(Curve::HardSigmoid, &x, &mut y);
    assert!(y[..4] == [0.0, 0.0, 1.0, 1.0] && y[4].is_nan(), "{y:?}");
    forward(Curve::HardSwish, &x[1..], &mut y[1..]);
    assert!(y[1] == 0.0 && y[2] == 200.0 && y[3] == f32::INFINITY && y[4].is_nan(), "{y:?}");
}

#[test]
fn gelu_is_exact_in_both_tails() {
    let x: Vec<f32> = (-60..=60).map(|step| step as f32 * 0.2 + 0.01).collect();
    let mut y = vec![f32::NAN; x.len()];
    forward(Curve::Gelu, &x, &mut y);
    let ones = vec![1.0; x.len()];
    let mut slope = vec![f32::NAN; x.len()];
    backward(Curve::Gelu, &x, &ones, Accumulate::Overwrite, &mut slope);
    for ((&x, &y), &slope) in x.iter().zip(&y).zip(&slope) {
        let (wide, share) = (f64::from(x), below(f64::from(x)));
        let density = density(wide);
        // The square in the exponent is rounded to float32.
        let tolerance = 8e-7 + 1e-7 * wide * wide;
        assert!((f64::from(y) / (wide * share) - 1.0).abs() < tolerance, "gelu({x}) = {y}");
        let expected = share + wide * density;
        let scale = share + (wide * density).abs();
        assert!(
            (f64::from(slope) - expected).abs() < tolerance * scale,
            "gelu'({x}) = {slope}, not {expected}"
        );
    }
    forward(Curve::Gelu, &[f32::NAN, f32::INFINITY, -200.0, 200.0], &mut y[..4]);
    assert!(y[0].is_nan() && y[1] == f32::INFINITY && y[2].abs() < 1e-30 && y[3] == 200.0, "{:?}", &y[..4]);
}
