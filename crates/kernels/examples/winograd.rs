//! Speed and rounding error of the 3 x 3 convolutions of real networks, which Winograd's transforms are for.
//!
//! `cargo run --release -p foliar-kernels --example winograd [IMAGES]`; 32 images unless told. Speed is in GFLOP/s of the
//! direct convolution's operations (a multiply-add counts as two), so that it can exceed the processor's limit. Errors are
//! relative L2 for a few images of normal values, against sums in f64. `RAYON_NUM_THREADS` sets the number of threads,
//! `FOLIAR_ISA` the instructions.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use foliar_kernels::conv::{self, Conv};
use foliar_kernels::{Accumulate, Nhwc, Window, isa};

/// Time spent on each kernel of each layer, at least.
const BUDGET: Duration = Duration::from_millis(150);

/// Pixels of the images whose errors are measured, at least: fewer would not be worth the transforms.
const ERROR_PIXELS: usize = 196;

/// Height and width, input channels, output channels.
const LAYERS: [(usize, usize, usize); 8] = [
    (56, 64, 64),
    (28, 128, 128),
    (14, 256, 256),
    (7, 512, 512),
    (64, 32, 64),
    (32, 64, 128),
    (16, 128, 256),
    (8, 256, 256),
];

fn main() {
    let images = std::env::args().nth(1).and_then(|images| images.parse().ok()).unwrap_or(32);
    println!("{:?}, {} threads", isa::selected(), rayon::current_num_threads());
    println!(
        "{:<26} {:>7} {:>7} {:>8}   {:>8} {:>8} {:>8}",
        "layer", "forward", "d input", "d weight", "error", "", ""
    );
    for (size, inputs, outputs) in LAYERS {
        let input = Nhwc::new(images, size, size, inputs);
        let window = Window::square(3, 1, 1);
        let few = Nhwc { n: ERROR_PIXELS.div_ceil(size * size), ..input };
        let Some((conv, few)) = Conv::new(input, outputs, window).zip(Conv::new(few, outputs, window)) else {
            continue;
        };
        let [forward, input_gradient, weight_gradient] = speeds(&conv);
        let errors = errors(&few);
        println!(
            "{:<26} {forward:>7.0} {input_gradient:>7.0} {weight_gradient:>8.0}   {:>8.1e} {:>8.1e} {:>8.1e}",
            format!("{images}x{size}x{size}x{inputs} to {outputs}"),
            errors[0],
            errors[1],
            errors[2],
        );
    }
}

/// Tensors of a convolution.
struct Tensors {
    x: Vec<f32>,
    weight: Vec<f32>,
    dy: Vec<f32>,
    y: Vec<f32>,
    dx: Vec<f32>,
    dweight: Vec<f32>,
    partials: Vec<f32>,
}

impl Tensors {
    fn new(conv: &Conv) -> Self {
        let mut state = 1_u64;
        let mut values = |len| normal(&mut state, len);
        let (x, weight, dy) =
            (values(conv.input.len()), values(conv.weight_len()), values(conv.output().len()));
        let partials = vec![0.0; conv.partials_len()];
        Self { y: dy.clone(), dx: x.clone(), dweight: weight.clone(), x, weight, dy, partials }
    }

    fn forward(&mut self, conv: &Conv) {
        conv::forward(conv, &self.x, &self.weight, None, &mut self.y);
    }

    fn backward_input(&mut self, conv: &Conv) {
        conv::backward_input(conv, &self.dy, &self.weight, Accumulate::Overwrite, &mut self.dx);
    }

    fn backward_weight(&mut self, conv: &Conv) {
        conv::backward_weight(conv, &self.x, &self.dy, &mut self.dweight, None, &mut self.partials);
    }
}

/// GFLOP/s of the three kernels.
fn speeds(conv: &Conv) -> [f64; 3] {
    let mut tensors = Tensors::new(conv);
    let work = 2.0 * (conv.output().len() * conv.patch_len()) as f64;
    [Tensors::forward, Tensors::backward_input, Tensors::backward_weight].map(|kernel| {
        kernel(&mut tensors, conv);
        let begin = Instant::now();
        let mut best = f64::INFINITY;
        while begin.elapsed() < BUDGET {
            let start = Instant::now();
            kernel(&mut tensors, conv);
            best = best.min(start.elapsed().as_secs_f64());
        }
        work / best / 1e9
    })
}

/// Relative L2 errors of the three kernels.
fn errors(conv: &Conv) -> [f64; 3] {
    let mut tensors = Tensors::new(conv);
    for kernel in [Tensors::forward, Tensors::backward_input, Tensors::backward_weight] {
        kernel(&mut tensors, conv);
    }
    let Tensors { x, weight, dy, y, dx, dweight, .. } = tensors;
    let (input, outputs) = (conv.input, conv.channels);
    let (mut exact_y, mut exact_dx, mut exact_dweight) =
        (vec![0.0; y.len()], vec![0.0; dx.len()], vec![0.0; dweight.len()]);
    for pixel in 0..input.rows() {
        let image = pixel / (input.h * input.w);
        for tap in 0..9 {
            let row = (pixel / input.w % input.h + tap / 3).wrapping_sub(1);
            let column = (pixel % input.w + tap % 3).wrapping_sub(1);
            if row >= input.h || column >= input.w {
                continue;
            }
            let seen = ((image * input.h + row) * input.w + column) * input.c;
            let (made, dy) = (&mut exact_y[pixel * outputs..][..outputs], &dy[pixel * outputs..][..outputs]);
            for i in 0..input.c {
                let x = f64::from(x[seen + i]);
                let at = (tap * input.c + i) * outputs;
                let mut sum = 0.0;
                for (o, (&weight, &dy)) in weight[at..at + outputs].iter().zip(dy).enumerate() {
                    let (weight, dy) = (f64::from(weight), f64::from(dy));
                    made[o] += x * weight;
                    sum += dy * weight;
                    exact_dweight[at + o] += dy * x;
                }
                exact_dx[seen + i] += sum;
            }
        }
    }
    [relative(&y, &exact_y), relative(&dx, &exact_dx), relative(&dweight, &exact_dweight)]
}

/// The L2 norm of the error over that of the exact values.
fn relative(actual: &[f32], exact: &[f64]) -> f64 {
    let error: f64 =
        actual.iter().zip(exact).map(|(&actual, exact)| (f64::from(actual) - exact).powi(2)).sum();
    (error / exact.iter().map(|exact| exact * exact).sum::<f64>()).sqrt()
}

/// Values that are normal, nearly: sums of twelve uniform ones.
fn normal(state: &mut u64, len: usize) -> Vec<f32> {
    let mut uniform = || {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 40) as f32 / (1 << 24) as f32
    };
    (0..len).map(|_| (0..12).map(|_| uniform()).sum::<f32>() - 6.0).collect()
}
