//! Functions whose minimum is known. `bench/bayes.py` holds the same ones.
//!
//! | name | box | source |
//! | --- | --- | --- |
//! | `branin` | -5 to 10, 0 to 15 | Dixon and Szegő (1978) |
//! | `hartmann6` | 0 to 1, six times | Dixon and Szegő (1978) |
//! | `ackley5` | ±32.768, five times | Ackley (1987) |
//! | `rosenbrock4` | -5 to 10, four times | Rosenbrock (1960) |
//! | `sgd` | rate 1e-5 to 10, momentum 0 to 0.999 | second moments of heavy-ball gradient descent, exact |

use std::f64::consts::{E, PI, TAU};

/// A function on a box, with a known minimum.
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: &'static str,
    /// Lower and upper bound of each coordinate.
    pub(crate) bounds: Vec<(f64, f64)>,
    /// Where the minimum is.
    pub(crate) optimum: Vec<f64>,
    /// The minimum.
    pub(crate) minimum: f64,
    /// Standard deviation of the noise it always has.
    pub(crate) noise: f64,
    /// Its value; none where it cannot be computed.
    pub(crate) value: fn(&[f64]) -> Option<f64>,
}

/// The function called `name`.
pub(crate) fn named(name: &str) -> Option<Function> {
    let function = match name {
        "branin" => Function {
            name: "branin",
            bounds: vec![(-5.0, 10.0), (0.0, 15.0)],
            optimum: vec![PI, 2.275],
            minimum: 10.0 / (8.0 * PI),
            noise: 0.0,
            value: |x| Some(branin(x)),
        },
        "hartmann6" => Function {
            name: "hartmann6",
            bounds: vec![(0.0, 1.0); 6],
            optimum: vec![0.20168952, 0.15001069, 0.47687398, 0.27533243, 0.31165162, 0.65730054],
            minimum: -3.32236801141551,
            noise: 0.0,
            value: |x| Some(hartmann6(x)),
        },
        "ackley5" => Function {
            name: "ackley5",
            bounds: vec![(-32.768, 32.768); 5],
            optimum: vec![0.0; 5],
            minimum: 0.0,
            noise: 0.0,
            value: |x| Some(ackley(x)),
        },
        "rosenbrock4" => Function {
            name: "rosenbrock4",
            bounds: vec![(-5.0, 10.0); 4],
            optimum: vec![1.0; 4],
            minimum: 0.0,
            noise: 0.0,
            value: |x| Some(rosenbrock(x)),
        },
        "sgd" => Function {
            name: "sgd",
            bounds: vec![(-5.0, 1.0), (0.0, 1000_f64.ln())],
            optimum: vec![-0.7008589, 2.51273766],
            minimum: 0.1121877268614172,
            noise: 0.005,
            value: sgd,
        },
        _ => return None,
    };
    Some(function)
}

fn branin(x: &[f64]) -> f64 {
    let inner = x[1] - 5.1 / (4.0 * PI * PI) * x[0] * x[0] + 5.0 / PI * x[0] - 6.0;
    inner * inner + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x[0].cos() + 10.0
}

fn hartmann6(x: &[f64]) -> f64 {
    const WEIGHTS: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
    const SCALES: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const CENTRES: [[f64; 6]; 4] = [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];
    let bump = |term: usize| {
        let distance: f64 =
            (0..6).map(|axis| SCALES[term][axis] * (x[axis] - CENTRES[term][axis]).powi(2)).sum();
        WEIGHTS[term] * (-distance).exp()
    };
    -(0..4).map(bump).sum::<f64>()
}

fn ackley(x: &[f64]) -> f64 {
    let count = x.len() as f64;
    let root = (x.iter().map(|v| v * v).sum::<f64>() / count).sqrt();
    let waves = x.iter().map(|v| (TAU * v).cos()).sum::<f64>() / count;
    -20.0 * (-0.2 * root).exp() - waves.exp() + 20.0 + E
}

fn rosenbrock(x: &[f64]) -> f64 {
    x.windows(2).map(|pair| 100.0 * (pair[1] - pair[0] * pair[0]).powi(2) + (1.0 - pair[0]).powi(2)).sum()
}

/// Expected validation loss after 120 steps of heavy-ball gradient descent with gradient noise, over eight curvatures from 1
/// to 0.001. `x` is the rate's decimal logarithm and `-ln(1 - momentum)`. The second moments of weight `w` and velocity `v`
/// follow an exact linear recursion; where one exceeds 20 the run has diverged.
fn sgd(x: &[f64]) -> Option<f64> {
    let (rate, momentum) = (10_f64.powf(x[0]), -(-x[1]).exp_m1());
    let (mut loss, mut total) = (0.0, 0.0);
    for direction in 0..8 {
        let curvature = 10_f64.powf(-3.0 * f64::from(direction) / 7.0);
        let pull = rate * curvature;
        let (mut ww, mut wv, mut vv) = (1.0, 0.0, 0.0);
        for _ in 0..120 {
            vv = momentum * momentum * vv - 2.0 * momentum * pull * wv
                + pull * pull * ww
                + rate * rate * 0.01 * curvature;
            let cross = momentum * wv - pull * ww;
            wv = cross + vv;
            ww += 2.0 * cross + vv;
            if ww.is_nan() || ww >= 20.0 {
                return None;
            }
        }
        loss += curvature.sqrt() * ww;
        total += curvature.sqrt();
    }
    Some(0.1 + 0.5 * loss / total)
}

/// The vector to subtract from a point, which moves the optimum by up to `shift` widths of the box, reflected into its inner
/// 90 %.
pub(crate) fn translation(function: &Function, shift: f64, seed: u64) -> Vec<f64> {
    let moved = function.bounds.iter().zip(&function.optimum).enumerate();
    let moved = moved.map(|(axis, (&(low, high), &optimum))| {
        if shift == 0.0 {
            return 0.0;
        }
        let uniform = (split_mix(seed * 1000 + axis as u64) >> 11) as f64 / (1_u64 << 53) as f64;
        let width = high - low;
        let mut target = (optimum - low) / width + shift * (2.0 * uniform - 1.0);
        while !(0.05..=0.95).contains(&target) {
            target = if target < 0.05 { 0.1 - target } else { 1.9 - target };
        }
        low + width * target - optimum
    });
    moved.collect()
}

/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
fn split_mix(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}
