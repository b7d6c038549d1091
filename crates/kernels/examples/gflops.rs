//! Speed of the convolutions on the layers of real networks, in GFLOP/s (a multiply-add counts as two).
//!
//! `cargo run --release -p foliar-kernels --example gflops [FILTER]` measures the layers whose name
//! contains FILTER. `RAYON_NUM_THREADS` sets the number of threads, `FOLIAR_ISA` the instructions.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use foliar_kernels::conv::{self, Conv};
use foliar_kernels::depthwise::{self, Depthwise};
use foliar_kernels::fusion::{Backward, InputGradient, OutputGradient};
use foliar_kernels::{Accumulate, Nhwc, Window, isa};

/// Time spent on each kernel of each layer, at least.
const BUDGET: Duration = Duration::from_millis(150);

/// Name, images, size of the input, input channels, output channels, kernel, stride; padding is SAME.
/// Depthwise layers have no output channels of their own.
type Layer = (&'static str, usize, usize, usize, Option<usize>, usize, usize);

const LAYERS: [Layer; 22] = [
    ("baseline first", 32, 128, 3, Some(32), 3, 1),
    ("baseline second", 32, 64, 32, Some(64), 3, 1),
    ("resnet first", 16, 224, 3, Some(64), 7, 2),
    ("resnet 1x1 reduce", 16, 56, 256, Some(64), 1, 1),
    ("resnet 1x1 expand", 16, 56, 64, Some(256), 1, 1),
    ("resnet 1x1 strided", 16, 56, 256, Some(512), 1, 2),
    ("resnet 1x1 last", 16, 7, 512, Some(2048), 1, 1),
    ("resnet 1x1 last in", 16, 7, 2048, Some(512), 1, 1),
    ("resnet 3x3", 16, 56, 64, Some(64), 3, 1),
    ("resnet 3x3", 16, 28, 128, Some(128), 3, 1),
    ("resnet 3x3 strided", 16, 56, 128, Some(128), 3, 2),
    ("resnet 3x3", 16, 14, 256, Some(256), 3, 1),
    ("resnet 3x3", 16, 7, 512, Some(512), 3, 1),
    ("resnet 3x3 one image", 1, 7, 512, Some(512), 3, 1),
    ("mobilenet first", 32, 224, 3, Some(24), 3, 2),
    ("mobilenet 1x1", 32, 112, 24, Some(48), 1, 1),
    ("mobilenet 1x1", 32, 14, 384, Some(384), 1, 1),
    ("mobilenet depthwise", 32, 112, 24, None, 3, 1),
    ("mobilenet depthwise strided", 32, 112, 48, None, 3, 2),
    ("mobilenet depthwise", 32, 56, 96, None, 3, 1),
    ("mobilenet depthwise", 32, 14, 384, None, 3, 1),
    ("mobilenet depthwise", 32, 7, 768, None, 3, 1),
];

fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    println!("{:?}, {} threads", isa::selected(), rayon::current_num_threads());
    println!(
        "{:<28} {:>20} {:>7}  {:>8} {:>8} {:>8}  GFLOP/s",
        "layer", "input", "MFLOP", "forward", "d input", "d weight"
    );
    for (name, n, size, c, outputs, kernel, stride) in LAYERS {
        if !name.contains(&filter) {
            continue;
        }
        let input = Nhwc::new(n, size, size, c);
        let window = Window::same([kernel; 2], [stride; 2], size, size);
        let (work, seconds) = match outputs {
            Some(outputs) => dense(input, outputs, window),
            None => separate(input, window),
        };
        let [forward, input_gradient, weight_gradient] = seconds.map(|seconds| work / seconds / 1e9);
        println!(
            "{name:<28} {:>20} {:>7.0}  {forward:>8.1} {input_gradient:>8.1} {weight_gradient:>8.1}",
            format!("{n}x{size}x{size}x{c}"),
            work / 1e6,
        );
    }
}

/// Operations and seconds of a dense convolution's three kernels.
fn dense(input: Nhwc, outputs: usize, window: Window) -> (f64, [f64; 3]) {
    let Some(conv) = Conv::new(input, outputs, window) else {
        return (0.0, [0.0; 3]);
    };
    let (x, weight, dy) = (values(input.len()), values(conv.weight_len()), values(conv.output().len()));
    let (mut y, mut dx, mut dweight) = (dy.clone(), x.clone(), weight.clone());
    let mut partials = values(conv.partials_len());
    let seconds = [
        seconds(|| conv::forward(&conv, &x, &weight, None, &mut y)),
        seconds(|| conv::backward_input(&conv, &dy, &weight, Accumulate::Overwrite, &mut dx)),
        seconds(|| conv::backward_weight(&conv, &x, &dy, &mut dweight, None, &mut partials)),
    ];
    (2.0 * (conv.output().len() * conv.patch_len()) as f64, seconds)
}

/// Operations and seconds of a depthwise convolution's three kernels.
fn separate(input: Nhwc, window: Window) -> (f64, [f64; 3]) {
    let Some(conv) = Depthwise::new(input, window) else {
        return (0.0, [0.0; 3]);
    };
    let (x, weight, dy) = (values(input.len()), values(conv.weight_len()), values(conv.output().len()));
    let (mut y, mut dx, mut dweight) = (dy.clone(), x.clone(), weight.clone());
    let mut partials = values(conv.partials_len());
    let from = Backward { x: &x, before: None, weight: &weight, dy: OutputGradient::Plain(&dy) };
    let mut backward =
        |to: InputGradient<'_>| depthwise::backward(&conv, from, to, &mut dweight, &mut partials);
    let seconds = [
        seconds(|| depthwise::forward(&conv, &x, None, &weight, None, &mut y)),
        seconds(|| backward(InputGradient::Stored(&mut dx, Accumulate::Overwrite))) / 2.0,
        seconds(|| backward(InputGradient::Unwanted)) / 2.0,
    ];
    (2.0 * (conv.output().len() * window.area()) as f64, seconds)
}

/// The shortest run, after one to warm up.
fn seconds(mut work: impl FnMut()) -> f64 {
    work();
    let start = Instant::now();
    let mut best = f64::INFINITY;
    while start.elapsed() < BUDGET {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

/// Values in [-0.5, 0.5) that no optimiser can foresee.
fn values(len: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    black_box(std::iter::repeat_with(next).take(len).collect())
}
