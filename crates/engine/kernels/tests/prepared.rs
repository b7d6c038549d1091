//! Layers with folded weights, against convolution, bias, residual and activation one by one.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Random, assert_close, assert_same_on_all_pools, fewer};
use foliar_kernels::conv::{self, Conv};
use foliar_kernels::depthwise::{self, Depthwise};
use foliar_kernels::separable::Separable;
use foliar_kernels::{Activation, Nhwc, Window};

const ACTIVATIONS: [Activation; 3] = [Activation::Identity, Activation::Relu, Activation::Relu6];

/// What follows a convolution, one thing after the other.
fn follow(y: &mut [f32], bias: &[f32], residual: Option<&[f32]>, activation: Activation) -> Vec<f64> {
    let after = |(index, y): (usize, &mut f32)| {
        let sum = f64::from(*y) + f64::from(bias[index % bias.len()]);
        let sum = sum + residual.map_or(0.0, |residual| f64::from(residual[index]));
        let [low, high] = match activation {
            Activation::Identity => [f64::NEG_INFINITY, f64::INFINITY],
            Activation::Relu => [0.0, f64::INFINITY],
            Activation::Relu6 => [0.0, 6.0],
        };
        sum.clamp(low, high)
    };
    y.iter_mut().enumerate().map(after).collect()
}

fn check_conv(conv: Conv, tolerance: f64, random: &mut Random) {
    let what = format!("{conv:?}");
    let (x, weight) = (random.values(conv.input().len()), random.values(conv.weight_len()));
    let bias = random.values(conv.channels());
    let other = random.values(conv.output().len());
    let mut sums = vec![f32::NAN; other.len()];
    conv::forward(&conv, &x, &weight, None, &mut sums);
    for residual in [None, Some(&other[..])] {
        let activation = random.pick(&ACTIVATIONS);
        let expected = follow(&mut sums, &bias, residual, activation);
        let layer = conv::Prepared::new(conv, weight.clone(), bias.clone(), activation);
        let images = conv.input().n();
        let mut y = vec![f32::NAN; other.len()];
        layer.forward(images, &x, residual, &mut y);
        assert_close(&y, &expected, tolerance, &format!("{activation:?}, {}, {what}", residual.is_some()));
        let (image, result) = (conv.input().image_len(), conv.output().image_len());
        let mut last = vec![f32::NAN; result];
        let residual = residual.map(|residual| &residual[(images - 1) * result..]);
        layer.forward(1, &x[(images - 1) * image..], residual, &mut last);
        assert_eq!(last, y[(images - 1) * result..], "alone, {what}");
    }
}

#[test]
fn dense_layers() {
    let mut random = Random::new(1);
    for _ in 0..fewer(200) {
        let (window, [h, w]) = random.window(4, 9);
        let channels = [1, 2, 3, 8, 9, 15, 16, 17, 24, 33, 48, 70, 130];
        let input = Nhwc::new(random.count(3), h, w, random.channels(&channels)).unwrap();
        check_conv(Conv::new(input, random.channels(&channels), window).unwrap(), 2e-6, &mut random);
    }
}

#[test]
fn layers_of_one_pixel_and_through_winograd() {
    let mut random = Random::new(2);
    for (window, [n, size, inputs, outputs], tolerance) in [
        (Window::PIXEL, [2, 7, 200, 300], 2e-6),
        (Window::PIXEL, [1, 1, 768, 40], 2e-6),
        (Window::square(3, 1, 1).unwrap(), [2, 12, 32, 40], 2e-6),
        (Window::square(3, 1, 0).unwrap(), [1, 14, 24, 24], 2e-6),
        // So small that only the convolution it is compared with goes through Winograd's, which rounds otherwise.
        (Window::square(3, 1, 1).unwrap(), [2, 9, 32, 40], 1e-5),
    ]
    .into_iter()
    .take(fewer(5))
    {
        let input = Nhwc::new(n, size, size, inputs).unwrap();
        check_conv(Conv::new(input, outputs, window).unwrap(), tolerance, &mut random);
    }
}

/// A depthwise layer, its weights and biases.
fn depthwise_layer(
    conv: Depthwise,
    random: &mut Random,
) -> (depthwise::Prepared, Vec<f32>, Vec<f32>, Activation) {
    let (weight, bias) = (random.values(conv.weight_len()), random.values(conv.input().c()));
    let activation = random.pick(&ACTIVATIONS);
    (depthwise::Prepared::new(conv, weight.clone(), bias.clone(), activation), weight, bias, activation)
}

#[test]
fn depthwise_layers() {
    let mut random = Random::new(3);
    for case in 0..fewer(150) {
        let (window, [h, w]) = random.window(5, 12);
        let channels = random.channels(&[1, 3, 4, 7, 8, 16, 21, 24, 40, 72]);
        // Windows of three columns have loops of their own.
        let window = if case % 2 == 0 && h > 2 && w > 2 {
            Window::square(3, 1 + case % 3 % 2, 1).unwrap()
        } else {
            window
        };
        let conv = Depthwise::new(Nhwc::new(random.count(3), h, w, channels).unwrap(), window).unwrap();
        let (layer, weight, bias, activation) = depthwise_layer(conv, &mut random);
        let x = random.values(conv.input().len());
        let mut sums = vec![f32::NAN; conv.output().len()];
        depthwise::forward(&conv, &x, None, &weight, None, &mut sums);
        let expected = follow(&mut sums, &bias, None, activation);
        let mut y = vec![f32::NAN; sums.len()];
        layer.forward(conv.input().n(), &x, &mut y);
        assert_close(&y, &expected, 2e-6, &format!("{activation:?}, {conv:?}"));
    }
}

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn a_separable_layer_is_the_same_bits_as_its_parts() {
    let mut random = Random::new(4);
    for (size, channels, outputs, stride, residual) in
        [(57, 24, 40, 1, false), (64, 33, 33, 1, true), (113, 25, 48, 2, false), (130, 8, 3, 1, true)]
    {
        let input = Nhwc::new(2, size, size, channels).unwrap();
        let conv = Depthwise::new(input, Window::square(3, stride, 1).unwrap()).unwrap();
        let next = Conv::new(conv.output(), outputs, Window::PIXEL).unwrap();
        let (depthwise, weight, bias, activation) = depthwise_layer(conv, &mut random);
        let again = depthwise::Prepared::new(conv, weight, bias, activation);
        let (weight, bias) = (random.values(next.weight_len()), random.values(outputs));
        let prepare = || conv::Prepared::new(next, weight.clone(), bias.clone(), Activation::Relu6);
        let Ok(joined) = Separable::join(depthwise, prepare()) else { panic!("{conv:?} is large") };
        let x = random.values(input.len());
        let other = random.values(next.output().len());
        let residual = residual.then_some(&other[..]);
        let (mut between, mut expected) = (vec![f32::NAN; conv.output().len()], vec![f32::NAN; other.len()]);
        again.forward(2, &x, &mut between);
        prepare().forward(2, &between, residual, &mut expected);
        let found = assert_same_on_all_pools(&format!("{conv:?}"), || {
            let mut y = vec![f32::NAN; other.len()];
            joined.forward(2, &x, residual, &mut y);
            y
        });
        assert_eq!(found, expected, "{conv:?}");
    }
}

#[test]
fn small_layers_are_not_joined() {
    let conv = Depthwise::new(Nhwc::new(1, 7, 7, 8).unwrap(), Window::square(3, 1, 1).unwrap()).unwrap();
    let next = Conv::new(conv.output(), 8, Window::PIXEL).unwrap();
    let depthwise = depthwise::Prepared::new(conv, vec![0.0; 72], vec![0.0; 8], Activation::Identity);
    let pointwise = conv::Prepared::new(next, vec![0.0; 64], vec![0.0; 8], Activation::Identity);
    assert!(Separable::join(depthwise, pointwise).is_err());
}
