//! Dense convolutions on layers of real networks, in operations a second (a multiply-add counts as two).
//!
//! `cargo bench -p foliar-kernels --bench convolution -- [FILTER]`; an item is an operation. `RAYON_NUM_THREADS` sets the
//! number of threads, `FOLIAR_ISA` the instructions. 3 x 3 windows of stride 1 are counted as direct convolutions, although
//! most go through Winograd's transform.
#![allow(clippy::unwrap_used)]

use divan::Bencher;
use divan::counter::ItemsCount;
use foliar_kernels::conv::{self, Conv};
use foliar_kernels::{Accumulate, Nhwc, Window};

fn main() {
    divan::main();
}

/// A layer; padding is SAME.
#[derive(Debug)]
struct Layer {
    images: usize,
    /// Side of the images in pixels.
    size: usize,
    inputs: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
}

const fn layer(
    images: usize,
    size: usize,
    [inputs, outputs]: [usize; 2],
    kernel: usize,
    stride: usize,
) -> Layer {
    Layer { images, size, inputs, outputs, kernel, stride }
}

const LAYERS: [Layer; 16] = [
    // The baseline's.
    layer(32, 128, [3, 32], 3, 1),
    layer(32, 64, [32, 64], 3, 1),
    // ResNet's first.
    layer(16, 224, [3, 64], 7, 2),
    // Its layers of one pixel.
    layer(16, 56, [256, 64], 1, 1),
    layer(16, 56, [64, 256], 1, 1),
    layer(16, 56, [256, 512], 1, 2),
    layer(16, 7, [512, 2048], 1, 1),
    layer(16, 7, [2048, 512], 1, 1),
    // Its layers of nine.
    layer(16, 56, [64, 64], 3, 1),
    layer(16, 28, [128, 128], 3, 1),
    layer(16, 56, [128, 128], 3, 2),
    layer(16, 14, [256, 256], 3, 1),
    layer(16, 7, [512, 512], 3, 1),
    layer(1, 7, [512, 512], 3, 1),
    // MobileNet's first.
    layer(32, 224, [3, 24], 3, 2),
    // A classifier.
    layer(32, 1, [768, 1000], 1, 1),
];

/// A layer with its tensors.
struct Work {
    conv: Conv,
    x: Vec<f32>,
    weight: Vec<f32>,
    y: Vec<f32>,
}

impl Work {
    fn new(layer: &Layer) -> Self {
        let Layer { images, size, inputs, outputs, kernel, stride } = *layer;
        let input = Nhwc::new(images, size, size, inputs).unwrap();
        let window = Window::same([kernel; 2], [stride; 2], size, size).unwrap();
        let conv = Conv::new(input, outputs, window).unwrap();
        let values = |len: usize| (0..len).map(|i| (i * 7919 % 1013) as f32 / 506.5 - 1.0).collect();
        Self {
            x: values(conv.input().len()),
            weight: values(conv.weight_len()),
            y: values(conv.output().len()),
            conv,
        }
    }

    fn operations(&self) -> ItemsCount {
        ItemsCount::new(2 * self.y.len() * self.conv.patch_len())
    }
}

#[divan::bench(args = &LAYERS)]
fn forward(bencher: Bencher<'_, '_>, layer: &Layer) {
    let mut work = Work::new(layer);
    let operations = work.operations();
    let Work { conv, x, weight, y } = &mut work;
    bencher.counter(operations).bench_local(|| conv::forward(conv, x, weight, None, y));
}

#[divan::bench(args = &LAYERS)]
fn input_gradient(bencher: Bencher<'_, '_>, layer: &Layer) {
    let mut work = Work::new(layer);
    let operations = work.operations();
    let Work { conv, x, weight, y } = &mut work;
    bencher
        .counter(operations)
        .bench_local(|| conv::backward_input(conv, y, weight, Accumulate::Overwrite, x));
}

#[divan::bench(args = &LAYERS)]
fn weight_gradient(bencher: Bencher<'_, '_>, layer: &Layer) {
    let mut work = Work::new(layer);
    let operations = work.operations();
    let Work { conv, x, weight, y } = &mut work;
    let mut partials = vec![0.0; conv.partials_len()];
    bencher
        .counter(operations)
        .bench_local(|| conv::backward_weight(conv, x, y, weight, None, &mut partials));
}
