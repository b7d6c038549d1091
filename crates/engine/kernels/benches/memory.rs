//! Kernels that are bound by memory, in bytes a second of the tensors that they read and write.
//!
//! `cargo bench -p foliar-kernels --bench memory -- [FILTER]`. `copy` is the limit to compare with. `RAYON_NUM_THREADS` sets
//! the number of threads, `FOLIAR_ISA` the instructions.
#![allow(clippy::unwrap_used)]

use divan::Bencher;
use divan::counter::BytesCount;
use foliar_kernels::norm::{self, Affine, ChannelSums, InputGradient, ScaleShift};
use foliar_kernels::pool::{self, Pool};
use foliar_kernels::update::{Sgd, sgd};
use foliar_kernels::{Accumulate, Activation, Nhwc, Window, elementwise};

fn main() {
    divan::main();
}

/// Rows and channels.
const NORMS: [[usize; 2]; 4] =
    [[32 * 112 * 112, 24], [16 * 112 * 112, 64], [16 * 56 * 56, 256], [16 * 14 * 14, 1024]];

/// Bytes of so many floats.
fn floats(count: usize) -> BytesCount {
    BytesCount::new(count * size_of::<f32>())
}

#[divan::bench(args = [1 << 16, 1 << 24])]
fn copy(bencher: Bencher<'_, '_>, len: usize) {
    let (x, mut y) = (vec![0.5; len], vec![0.0; len]);
    bencher.counter(floats(2 * len)).bench_local(|| elementwise::copy(&x, &mut y));
}

#[divan::bench(args = [1 << 16, 1 << 24])]
fn add(bencher: Bencher<'_, '_>, len: usize) {
    let (x, mut y) = (vec![0.5; len], vec![0.0; len]);
    bencher.counter(floats(3 * len)).bench_local(|| elementwise::add_assign(&x, &mut y));
}

/// A batch norm followed by ReLU, with its tensors.
struct Work {
    x: Vec<f32>,
    y: Vec<f32>,
    zeros: Vec<f32>,
    ones: Vec<f32>,
    partials: Vec<f64>,
}

impl Work {
    fn new([rows, channels]: [usize; 2]) -> Self {
        Self {
            x: vec![0.5; rows * channels],
            y: vec![1.0; rows * channels],
            zeros: vec![0.0; channels],
            ones: vec![1.0; channels],
            partials: vec![0.0; norm::partials_len(rows, channels)],
        }
    }
}

fn relu<'a>(zeros: &'a [f32], ones: &'a [f32]) -> ScaleShift<'a> {
    ScaleShift { affine: Affine { center: zeros, scale: ones, shift: zeros }, activation: Activation::Relu }
}

#[divan::bench(args = NORMS)]
fn norm_statistics(bencher: Bencher<'_, '_>, shape: [usize; 2]) {
    let Work { x, mut partials, .. } = Work::new(shape);
    let (mut mean, mut variance) = (vec![0.0; shape[1]], vec![0.0; shape[1]]);
    bencher
        .counter(floats(x.len()))
        .bench_local(|| norm::statistics(&x, shape[1], &mut mean, &mut variance, &mut partials));
}

#[divan::bench(args = NORMS)]
fn norm_apply(bencher: Bencher<'_, '_>, shape: [usize; 2]) {
    let Work { x, mut y, zeros, ones, .. } = Work::new(shape);
    bencher.counter(floats(2 * x.len())).bench_local(|| norm::apply(&x, relu(&zeros, &ones), None, &mut y));
}

#[divan::bench(args = NORMS)]
fn norm_backward_sums(bencher: Bencher<'_, '_>, shape: [usize; 2]) {
    let Work { x, y, zeros, ones, mut partials } = Work::new(shape);
    let (mut dgamma, mut dbeta) = (zeros.clone(), zeros.clone());
    bencher.counter(floats(2 * x.len())).bench_local(|| {
        let sums = ChannelSums { dgamma: &mut dgamma, dbeta: &mut dbeta };
        norm::backward_sums(&x, &y, relu(&zeros, &ones), &ones, sums, &mut partials);
    });
}

#[divan::bench(args = NORMS)]
fn norm_backward_input(bencher: Bencher<'_, '_>, shape: [usize; 2]) {
    let Work { x, mut y, zeros, ones, .. } = Work::new(shape);
    let mut memory = vec![0.0; 2 * shape[1]];
    let gradient =
        InputGradient::of_batch(relu(&zeros, &ones), shape[0], &ones, [&zeros, &zeros], &mut memory);
    bencher.counter(floats(3 * x.len())).bench_local(|| norm::backward_input_in_place(&x, &mut y, &gradient));
}

#[divan::bench]
fn max_pool(bencher: Bencher<'_, '_>) {
    let pool = Pool::new(Nhwc::new(16, 112, 112, 64).unwrap(), Window::square(3, 2, 1).unwrap()).unwrap();
    let (inputs, outputs) = (pool.input().len(), pool.output().len());
    let (x, mut y, mut indices) = (vec![0.5; inputs], vec![0.0; outputs], vec![0; outputs]);
    bencher
        .counter(floats(inputs + outputs))
        .bench_local(|| pool::max_forward(&pool, &x, &mut y, &mut indices));
}

#[divan::bench]
fn max_pool_backward(bencher: Bencher<'_, '_>) {
    let pool = Pool::new(Nhwc::new(16, 112, 112, 64).unwrap(), Window::square(3, 2, 1).unwrap()).unwrap();
    let (inputs, outputs) = (pool.input().len(), pool.output().len());
    let (mut dx, dy, indices) = (vec![0.5; inputs], vec![0.0; outputs], vec![0; outputs]);
    bencher
        .counter(floats(inputs + outputs))
        .bench_local(|| pool::max_backward(&pool, &dy, &indices, Accumulate::Overwrite, &mut dx));
}

#[divan::bench(args = [2_500_000, 25_000_000])]
fn sgd_step(bencher: Bencher<'_, '_>, len: usize) {
    let (mut weights, gradients, mut buffer) = (vec![0.5; len], vec![1e-3; len], vec![0.0; len]);
    let settings = Sgd {
        learning_rate: 1e-6,
        momentum: 0.9,
        dampening: 0.0,
        nesterov: false,
        weight_decay: 1e-4,
        first_step: false,
    };
    bencher.counter(floats(5 * len)).bench_local(|| sgd(&mut weights, &gradients, &mut buffer, &settings));
}
