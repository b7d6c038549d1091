//! The instruction sets agree within rounding. One test, as it switches them for the whole process.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Random, assert_close};
use foliar_kernels::depthwise::{self, Depthwise};
use foliar_kernels::fusion::{self, Backward, OutputGradient};
use foliar_kernels::isa::{self, Isa};
use foliar_kernels::norm::{self, ChannelSums, InputGradient, ScaleShift};
use foliar_kernels::pool::{self, Divisor, Pool};
use foliar_kernels::update::{AdamW, Sgd, adamw, sgd};
use foliar_kernels::{Accumulate, Activation, Nhwc, Window, elementwise};

/// The results of all kernels with vector code of their own, one after the other.
fn everything(channels: usize) -> Vec<f32> {
    let mut random = Random::new(channels as u64);
    let mut results = Vec::new();
    for stride in [1, 2] {
        let input = Nhwc::new(2, 11, 10, channels).unwrap();
        let window = Window::square(3, stride, 1).unwrap();
        let conv = Depthwise::new(input, window).unwrap();
        let (x, weight) = (random.values(input.len()), random.values(conv.weight_len()));
        let dy = random.values(conv.output().len());
        let (mut y, mut dx, mut dweight) = (dy.clone(), x.clone(), weight.clone());
        depthwise::forward(&conv, &x, None, &weight, None, &mut y);
        let mut partials = vec![0.0; conv.partials_len()];
        let from = Backward { x: &x, before: None, weight: &weight, dy: OutputGradient::Plain(&dy) };
        let to = fusion::InputGradient::Stored(&mut dx, Accumulate::Add);
        depthwise::backward(&conv, from, to, &mut dweight, &mut partials);
        results.extend([&y[..], &dx, &dweight].concat());

        let pool = Pool::new(input, window).unwrap();
        let mut indices = vec![0; y.len()];
        pool::max_forward(&pool, &x, &mut y, &mut indices);
        results.extend(&y);
        results.extend(indices.iter().map(|&index| f32::from(index)));
        pool::average_forward(&pool, Divisor::Visible, &x, &mut y);
        pool::average_backward(&pool, Divisor::Window, &dy, Accumulate::Overwrite, &mut dx);
        results.extend([&y[..], &dx].concat());
    }

    let rows = 500;
    let (x, dy) = (random.values(rows * channels), random.values(rows * channels));
    let (gamma, beta) = (random.values(channels), random.values(channels));
    let (mut mean, mut variance) = (vec![0.0; channels], vec![0.0; channels]);
    let mut partials = vec![0.0; norm::partials_len(rows, channels)];
    norm::statistics(&x, channels, &mut mean, &mut variance, &mut partials);
    let inv_std: Vec<f32> = variance.iter().map(|variance| (1.0 / variance.sqrt()) as f32).collect();
    let mean: Vec<f32> = mean.iter().map(|&mean| mean as f32).collect();
    let variance: Vec<f32> = variance.iter().map(|&variance| variance as f32).collect();
    // Away from zero, so that rounding does not decide what passes.
    let mut y = x.clone();
    let affine = norm::Affine { center: &mean, scale: &gamma, shift: &beta };
    let scale_shift = ScaleShift { affine, activation: Activation::Relu6 };
    norm::apply(&x, scale_shift, Some(&dy), &mut y);
    let mask: Vec<f32> = dy.iter().map(|dy| dy.signum()).collect();
    let (mut g, mut dgamma, mut dbeta) = (dy.clone(), gamma.clone(), beta.clone());
    let sums = ChannelSums { dgamma: &mut dgamma, dbeta: &mut dbeta };
    norm::backward_residual(&x, &mask, &mut g, scale_shift, &inv_std, sums, &mut partials);
    let (mut dx, mut frozen) = (x.clone(), x.clone());
    let ungated = ScaleShift { affine, activation: Activation::Identity };
    let mut memory = vec![0.0; 2 * channels];
    let gradient = InputGradient::of_batch(ungated, rows, &inv_std, [&dgamma, &dbeta], &mut memory);
    norm::backward_input(&x, &g, &gradient, Accumulate::Add, &mut dx);
    let gradient = InputGradient::of_constants(ungated, &mut memory);
    norm::backward_input(&x, &g, &gradient, Accumulate::Add, &mut frozen);
    results.extend([&mean[..], &variance, &y, &g, &dx, &frozen].concat());
    results.extend(dgamma.iter().chain(&dbeta).map(|sum| sum / rows as f32));

    elementwise::activate_backward(Activation::Relu6, &mask, &dy, Accumulate::Add, &mut dx);
    let mut params = x.clone();
    let sgd_step = Sgd {
        learning_rate: 0.1,
        momentum: 0.9,
        dampening: 0.1,
        nesterov: true,
        weight_decay: 1e-3,
        first_step: false,
    };
    sgd(&mut params, &dy, &mut frozen, &sgd_step);
    let adamw_step =
        AdamW { learning_rate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weight_decay: 0.01, step: 3 };
    let (mut m, mut v) = (vec![0.1; dy.len()], vec![0.1; dy.len()]);
    adamw(&mut params, &dy, &mut m, &mut v, &adamw_step);
    results.extend([params, frozen, dx, m, v].concat());
    results
}

#[test]
#[cfg_attr(miri, ignore = "Miri has one set of instructions")]
fn instruction_sets_agree() {
    for channels in [1, 5, 8, 31, 72] {
        let mut expected: Option<Vec<f64>> = None;
        for isa in [Isa::Portable, Isa::Avx2, Isa::Avx512] {
            if isa::select(isa) != isa {
                continue;
            }
            let results = everything(channels);
            let what = format!("{channels} channels, {isa:?}");
            let expected =
                expected.get_or_insert_with(|| results.iter().map(|&value| f64::from(value)).collect());
            // The largest magnitude is about 10.
            assert_close(&results, expected, 3e-7, &what);
        }
    }
}
