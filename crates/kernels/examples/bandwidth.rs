//! Speed of the kernels that are bound by memory, in GB/s of the tensors that they read and write.
//!
//! `cargo run --release -p foliar-kernels --example bandwidth`. `RAYON_NUM_THREADS` sets the number of
//! threads, `FOLIAR_ISA` the instructions.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use foliar_kernels::norm::{self, ChannelSums, InputGradient, Normalisation};
use foliar_kernels::pool::{self, Pool};
use foliar_kernels::update::{Sgd, sgd};
use foliar_kernels::{Accumulate, Activation, Nhwc, Window, elementwise, isa};

/// Time spent on each kernel, at least.
const BUDGET: Duration = Duration::from_millis(100);

fn main() {
    println!("{:?}, {} threads", isa::selected(), rayon::current_num_threads());
    for (rows, channels) in [
        (16 * 112 * 112, 64),
        (32 * 112 * 112, 24),
        (16 * 56 * 56, 256),
        (16 * 14 * 14, 1024),
        (32 * 64 * 64, 16),
    ] {
        println!("{rows} rows of {channels} channels");
        batch_norm(rows, channels);
    }
    max_pool(Nhwc::new(16, 112, 112, 64));
    optimiser(25_000_000);
}

fn batch_norm(rows: usize, channels: usize) {
    let len = rows * channels;
    let (x, residual, mut y) = (vec![0.5; len], vec![0.25; len], vec![1.0; len]);
    let (mut moments, mut squares) = (vec![0.0; channels], vec![0.0; channels]);
    let (mean, variance) = (vec![0.0; channels], vec![1.0; channels]);
    let affine = norm::Affine { center: &mean, scale: &variance, shift: &mean };
    let mut partials = vec![0.0; norm::partials_len(rows, channels)];
    report("statistics", len, || norm::statistics(&x, channels, &mut moments, &mut squares, &mut partials));
    let relu = Normalisation { affine, activation: Activation::Relu };
    report("apply, ReLU", 2 * len, || norm::apply(&x, relu, None, &mut y));
    report("apply, residual, ReLU", 3 * len, || norm::apply(&x, relu, Some(&residual), &mut y));
    let (mut dgamma, mut dbeta, mut g) = (mean.clone(), mean.clone(), residual);
    report("backward: sums, ReLU", 2 * len, || {
        let sums = ChannelSums { dgamma: &mut dgamma, dbeta: &mut dbeta };
        norm::backward_sums(&x, &g, relu, &variance, sums, &mut partials);
    });
    report("backward: sums, residual, ReLU", 4 * len, || {
        let sums = ChannelSums { dgamma: &mut dgamma, dbeta: &mut dbeta };
        norm::backward_residual(&x, &y, &mut g, relu, &variance, sums, &mut partials);
    });
    let mut memory = vec![0.0; 2 * channels];
    let gradient = InputGradient::of_batch(relu, rows, &variance, [&dgamma, &dbeta], &mut memory);
    report("backward: input, in place", 3 * len, || norm::backward_input_in_place(&x, &mut g, &gradient));
    report("add", 3 * len, || elementwise::add_assign(&x, &mut y));
}

fn max_pool(input: Nhwc) {
    let Some(pool) = Pool::new(input, Window::square(3, 2, 1)) else {
        return;
    };
    println!("{pool:?}");
    let len = pool.output().len();
    let (x, mut y, mut indices) = (vec![0.5; input.len()], vec![0.0; len], vec![0; len]);
    report("max", input.len() + len, || pool::max_forward(&pool, &x, &mut y, &mut indices));
    let mut dx = x.clone();
    report("backward: max", input.len() + len, || {
        pool::max_backward(&pool, &y, &indices, Accumulate::Overwrite, &mut dx)
    });
}

fn optimiser(len: usize) {
    println!("{len} parameters");
    let (mut params, grads, mut buffer) = (vec![0.5; len], vec![1e-3; len], vec![0.0; len]);
    let step = Sgd {
        learning_rate: 1e-6,
        momentum: 0.9,
        dampening: 0.0,
        nesterov: false,
        weight_decay: 1e-4,
        first_step: false,
    };
    report("sgd", 5 * len, || sgd(&mut params, &grads, &mut buffer, &step));
}

/// Prints the speed of the fastest run, after one to warm up, where a run moves `floats` floats.
fn report(name: &str, floats: usize, mut work: impl FnMut()) {
    work();
    let start = Instant::now();
    let mut best = f64::INFINITY;
    while start.elapsed() < BUDGET {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    let rate = (floats * size_of::<f32>()) as f64 / best / 1e9;
    println!("  {name:<32} {:>8.2} ms {rate:>7.1} GB/s", best * 1e3);
}
