//! Optimisers: three steps against PyTorch, and steps that can be followed by hand.

mod common;

use common::{LONG, Random, assert_same_on_all_pools};
use foliar_kernels::update::{AdamW, Sgd, adamw, sgd};

const START: [f32; 5] = [1.0, -2.0, 0.5, 3.0, -0.25];
const GRADIENTS: [[f32; 5]; 3] =
    [[0.1, -0.2, 0.3, -0.4, 0.05], [-0.3, 0.1, 0.2, 0.25, -1.0], [0.7, 0.7, -0.1, 0.0, 2.0]];

const SGD: Sgd = Sgd {
    learning_rate: 0.1,
    momentum: 0.0,
    dampening: 0.0,
    nesterov: false,
    weight_decay: 0.0,
    first_step: true,
};

const ADAMW: AdamW =
    AdamW { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01, step: 1 };

/// PyTorch fuses some products and sums, so the last bit may differ in each step.
#[track_caller]
fn assert_equal_but_for_the_last_bits(actual: &[f32], expected: &[f32], what: &str) {
    for (actual, expected) in actual.iter().zip(expected) {
        let error = (actual - expected).abs();
        assert!(error <= 2.0 * f32::EPSILON * expected.abs(), "{what}: {actual} is not {expected}");
    }
}

/// Three steps of `torch.optim.SGD`.
#[test]
fn sgd_equals_pytorch() {
    let cases = [
        (SGD, [0.95, -2.06, 0.459_999_98, 3.014_999_9, -0.355_000_02]),
        (
            Sgd { weight_decay: 0.01, ..SGD },
            [0.946_992_93, -2.054_036, 0.458_581_48, 3.005_953_8, -0.354_340_76],
        ),
        (Sgd { momentum: 0.9, ..SGD }, [0.959_9, -2.034_8, 0.390_7, 3.060_9, -0.273_55]),
        (
            Sgd { learning_rate: 0.05, momentum: 0.9, dampening: 0.3, weight_decay: 1e-3, ..SGD },
            [0.981_663_35, -2.003_577_2, 0.449_433_77, 3.036_861_7, -0.260_216_65],
        ),
        (
            Sgd { momentum: 0.9, nesterov: true, weight_decay: 5e-4, ..SGD },
            [0.913_507_34, -2.090_523_7, 0.361_447_8, 3.068_586_8, -0.376_109_9],
        ),
    ];
    for (settings, expected) in cases {
        let (mut params, mut buffer) = (START, [f32::NAN; 5]);
        for (index, gradient) in GRADIENTS.iter().enumerate() {
            let step = Sgd { first_step: index == 0, ..settings };
            sgd(&mut params, gradient, &mut buffer, &step);
        }
        assert_equal_but_for_the_last_bits(&params, &expected, &format!("{settings:?}"));
    }
}

/// Three steps of `torch.optim.AdamW`.
#[test]
fn adamw_equals_pytorch() {
    let cases = [
        (
            AdamW { learning_rate: 1e-2, ..ADAMW },
            [0.990_393_16, -1.992_198_7, 0.474_630_53, 3.012_175_6, -0.256_083_8],
        ),
        (
            AdamW { learning_rate: 3e-3, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weight_decay: 0.1, ..ADAMW },
            [0.996_301_65, -1.996_415_1, 0.492_206_48, 3.000_908_1, -0.251_691_88],
        ),
    ];
    for (settings, expected) in cases {
        let (mut params, mut m, mut v) = (START, [0.0; 5], [0.0; 5]);
        for (gradient, step) in GRADIENTS.iter().zip(1..) {
            adamw(&mut params, gradient, &mut m, &mut v, &AdamW { step, ..settings });
        }
        assert_equal_but_for_the_last_bits(&params, &expected, &format!("{settings:?}"));
    }
}

/// All numbers are powers of two, so each step is exact.
#[test]
fn sgd_by_hand() {
    let step = Sgd { learning_rate: 0.5, momentum: 0.5, dampening: 0.5, weight_decay: 0.25, ..SGD };
    let (mut params, mut buffer) = ([4.0], [f32::NAN]);
    sgd(&mut params, &[1.0], &mut buffer, &step);
    // g = 1 + 4/4 = 2, which becomes the buffer undampened.
    assert_eq!((params, buffer), ([3.0], [2.0]));
    sgd(&mut params, &[0.25], &mut buffer, &Sgd { first_step: false, ..step });
    // g = 1/4 + 3/4 = 1, b = 2/2 + 1/2.
    assert_eq!((params, buffer), ([2.25], [1.5]));
}

#[test]
fn sgd_without_momentum_needs_no_buffer() {
    let mut params = [1.0, f32::INFINITY];
    sgd(&mut params, &[1.0, 1.0], &mut [], &Sgd { learning_rate: 0.25, ..SGD });
    assert_eq!(params, [0.75, f32::INFINITY]);
}

/// The first step of AdamW is the learning rate against the gradient's sign, whatever its size.
#[test]
fn the_first_step_of_adamw_has_the_length_of_the_learning_rate() {
    let settings = AdamW { learning_rate: 0.125, weight_decay: 0.0, ..ADAMW };
    let (mut params, mut m, mut v) = ([1.0; 3], [0.0; 3], [0.0; 3]);
    adamw(&mut params, &[1e-3, -1e3, 0.0], &mut m, &mut v, &settings);
    assert!((params[0] - 0.875).abs() < 1e-5 && (params[1] - 1.125).abs() < 1e-5);
    assert_eq!(params[2], 1.0);
}

#[test]
fn threads_do_not_change_a_bit() {
    let mut random = Random::new(1);
    let (params, grads, buffer) = (random.values(LONG), random.values(LONG), random.values(LONG));
    assert_same_on_all_pools("sgd", || {
        let (mut params, mut buffer) = (params.clone(), buffer.clone());
        let step = Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-4, first_step: false, ..SGD };
        sgd(&mut params, &grads, &mut buffer, &step);
        [params, buffer].concat()
    });
    assert_same_on_all_pools("adamw", || {
        let (mut params, mut m, mut v) = (params.clone(), vec![0.0; LONG], vec![0.0; LONG]);
        adamw(&mut params, &grads, &mut m, &mut v, &ADAMW);
        [params, m, v].concat()
    });
}
