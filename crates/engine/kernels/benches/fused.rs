//! Pointwise and depthwise convolutions between batch norms, in operations and in bytes a second.
//!
//! `cargo bench -p foliar-kernels --bench fused -- [FILTER]`; an item is an operation of the convolution (a multiply-add
//! counts as two), a byte one of the tensors that are read and written. `RAYON_NUM_THREADS` sets the number of threads,
//! `FOLIAR_ISA` the instructions.
#![allow(clippy::unwrap_used)]

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use foliar_kernels::depthwise::{self, Depthwise};
use foliar_kernels::fusion::{Backward, InputGradient, OutputGradient, OutputStatistics};
use foliar_kernels::norm::{self, Affine, ChannelSums, ScaleShift};
use foliar_kernels::pointwise::{self, Pointwise};
use foliar_kernels::{Activation, Nhwc, Window};

fn main() {
    divan::main();
}

/// Pixels, input and output channels: MobileNet v1 0.75 at 224 pixels and batches of 32, and ResNet-50's at 16.
const POINTWISE: [[usize; 3]; 8] = [
    [32 * 112 * 112, 24, 48],
    [32 * 56 * 56, 48, 96],
    [32 * 56 * 56, 96, 96],
    [32 * 28 * 28, 192, 192],
    [32 * 14 * 14, 384, 384],
    [32 * 7 * 7, 768, 768],
    [16 * 56 * 56, 64, 256],
    [16 * 14 * 14, 256, 1024],
];

/// Side in pixels, channels and stride: MobileNet v1 0.75 in batches of 32.
const DEPTHWISE: [[usize; 3]; 5] = [[112, 24, 1], [112, 48, 2], [56, 96, 1], [14, 384, 1], [7, 768, 1]];

/// A batch norm that changes little.
struct Norm {
    mean: Vec<f32>,
    scale: Vec<f32>,
}

impl Norm {
    fn new(channels: usize) -> Self {
        Self { mean: vec![0.1; channels], scale: vec![0.9; channels] }
    }

    fn scale_shift(&self) -> ScaleShift<'_> {
        let affine = Affine { center: &self.mean, scale: &self.scale, shift: &self.mean };
        ScaleShift { affine, activation: Activation::Relu }
    }
}

/// The tensors of a convolution between norms.
struct Work {
    x: Vec<f32>,
    y: Vec<f32>,
    dy: Vec<f32>,
    weight: Vec<f32>,
    before: Norm,
    after: Norm,
}

impl Work {
    fn new([x, y, weight]: [usize; 3], [inputs, outputs]: [usize; 2]) -> Self {
        let values =
            |len: usize| (0..len).map(|i| (i * 7919 % 1013) as f32 / 506.5 - 1.0).collect::<Vec<_>>();
        let (before, after) = (Norm::new(inputs), Norm::new(outputs));
        Self { x: values(x), y: values(y), dy: values(y), weight: values(weight), before, after }
    }

    fn forward(
        &mut self,
        bencher: Bencher<'_, '_>,
        operations: usize,
        partials: usize,
        convolve: impl Fn(&[f32], ScaleShift<'_>, &[f32], OutputStatistics<'_>, &mut [f32]),
    ) {
        let Self { x, y, weight, before, after, .. } = self;
        let channels = after.mean.len();
        let (mut mean, mut variance) = (vec![0.0; channels], vec![0.0; channels]);
        let mut partials = vec![0.0; partials];
        let bytes = size_of::<f32>() * (x.len() + y.len());
        bencher.counter(ItemsCount::new(operations)).counter(BytesCount::new(bytes)).bench_local(|| {
            let (mean, variance) = (&mut mean, &mut variance);
            let statistics = OutputStatistics { mean, variance, partials: &mut partials };
            convolve(x, before.scale_shift(), weight, statistics, y);
        });
    }

    fn backward(
        &self,
        bencher: Bencher<'_, '_>,
        operations: usize,
        [partials, norm_partials]: [usize; 2],
        convolve: impl Fn(Backward<'_>, InputGradient<'_>, &mut [f32], &mut [f32]),
    ) {
        let Self { x, y, dy, weight, before, after } = self;
        let (inputs, outputs) = (before.mean.len(), after.mean.len());
        let (mut dgamma, mut dbeta) = (vec![0.0; inputs], vec![0.0; inputs]);
        let (mut g, mut dweight) = (vec![0.0; x.len()], vec![0.0; weight.len()]);
        let (mut partials, mut norm_partials) = (vec![0.0; partials], vec![0.0; norm_partials]);
        let mut memory = vec![0.0; 2 * outputs];
        let sums: [&[f32]; 2] = [&after.mean, &after.mean];
        let rows = y.len() / outputs;
        let gradient =
            norm::InputGradient::of_batch(after.scale_shift(), rows, &after.scale, sums, &mut memory);
        let from = Backward {
            x,
            before: Some(before.scale_shift()),
            weight,
            dy: OutputGradient::Normalised { y, dy, gradient: &gradient },
        };
        let bytes = size_of::<f32>() * 2 * (x.len() + y.len());
        bencher.counter(ItemsCount::new(operations)).counter(BytesCount::new(bytes)).bench_local(|| {
            let to = InputGradient::Gated {
                g: &mut g,
                inv_std: &before.scale,
                sums: ChannelSums { dgamma: &mut dgamma, dbeta: &mut dbeta },
                partials: &mut norm_partials,
            };
            convolve(from, to, &mut dweight, &mut partials);
        });
    }
}

fn pointwise([rows, inputs, outputs]: [usize; 3]) -> (Pointwise, Work, usize) {
    let layer = Pointwise::new(rows, inputs, outputs).unwrap();
    let work = Work::new([rows * inputs, rows * outputs, layer.weight_len()], [inputs, outputs]);
    (layer, work, 2 * rows * layer.weight_len())
}

#[divan::bench(args = POINTWISE)]
fn pointwise_forward(bencher: Bencher<'_, '_>, shape: [usize; 3]) {
    let (layer, mut work, operations) = pointwise(shape);
    work.forward(bencher, operations, layer.norm_partials_len(), |x, before, weight, statistics, y| {
        pointwise::forward(&layer, x, Some(before), weight, Some(statistics), y);
    });
}

#[divan::bench(args = POINTWISE)]
fn pointwise_backward(bencher: Bencher<'_, '_>, shape: [usize; 3]) {
    let (layer, work, operations) = pointwise(shape);
    let partials = [layer.partials_len(), layer.norm_partials_len()];
    work.backward(bencher, 2 * operations, partials, |from, to, dweight, partials| {
        pointwise::backward(&layer, from, to, dweight, partials);
    });
}

fn depthwise([size, channels, stride]: [usize; 3]) -> (Depthwise, Work, usize) {
    let input = Nhwc::new(32, size, size, channels).unwrap();
    let conv = Depthwise::new(input, Window::same([3, 3], [stride; 2], size, size).unwrap()).unwrap();
    let lens = [conv.input().len(), conv.output().len(), conv.weight_len()];
    (conv, Work::new(lens, [channels; 2]), 2 * 9 * conv.output().len())
}

#[divan::bench(args = DEPTHWISE)]
fn depthwise_forward(bencher: Bencher<'_, '_>, shape: [usize; 3]) {
    let (conv, mut work, operations) = depthwise(shape);
    work.forward(bencher, operations, conv.norm_partials_len(), |x, before, weight, statistics, y| {
        depthwise::forward(&conv, x, Some(before), weight, Some(statistics), y);
    });
}

#[divan::bench(args = DEPTHWISE)]
fn depthwise_backward(bencher: Bencher<'_, '_>, shape: [usize; 3]) {
    let (conv, work, operations) = depthwise(shape);
    let partials = [conv.partials_len(), conv.norm_partials_len()];
    work.backward(bencher, 2 * operations, partials, |from, to, dweight, partials| {
        depthwise::backward(&conv, from, to, dweight, partials);
    });
}
