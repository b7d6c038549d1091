//! Dense convolution against a loop over taps in f64.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Random, assert_close, assert_same_on_all_pools, fewer, for_each_meeting, zeros};
use foliar_kernels::conv::{self, Conv};
use foliar_kernels::{Accumulate, Nhwc, Window};

struct Case {
    conv: Conv,
    x: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    dy: Vec<f32>,
    dx: Vec<f32>,
}

impl Case {
    fn new(conv: Conv, random: &mut Random) -> Self {
        Self {
            conv,
            x: random.values(conv.input.len()),
            weight: random.values(conv.weight_len()),
            bias: random.values(conv.channels),
            dy: random.values(conv.output().len()),
            dx: random.values(conv.input.len()),
        }
    }

    fn forward(&self, bias: Option<&[f32]>) -> Vec<f32> {
        let mut y = vec![f32::NAN; self.conv.output().len()];
        conv::forward(&self.conv, &self.x, &self.weight, bias, &mut y);
        y
    }

    fn backward_input(&self, accumulate: Accumulate) -> Vec<f32> {
        let mut dx = match accumulate {
            Accumulate::Overwrite => vec![f32::NAN; self.dx.len()],
            Accumulate::Add => self.dx.clone(),
        };
        conv::backward_input(&self.conv, &self.dy, &self.weight, accumulate, &mut dx);
        dx
    }

    fn backward_weight(&self) -> (Vec<f32>, Vec<f32>) {
        let mut dweight = vec![f32::NAN; self.weight.len()];
        let mut dbias = vec![f32::NAN; self.bias.len()];
        let mut partials = vec![f32::NAN; self.conv.partials_len()];
        conv::backward_weight(&self.conv, &self.x, &self.dy, &mut dweight, Some(&mut dbias), &mut partials);
        (dweight, dbias)
    }

    fn check(&self) {
        let Conv { input, channels, window } = self.conv;
        let what = format!("{:?}", self.conv);
        let inputs = input.c;
        let mut y = zeros(self.dy.len());
        let (mut dx, mut dweight, mut dbias) =
            (zeros(self.x.len()), zeros(self.weight.len()), zeros(channels));
        for_each_meeting(input, window, |output, tap, pixel| {
            for o in 0..channels {
                for i in 0..inputs {
                    let (at_x, at_y) = (pixel * inputs + i, output * channels + o);
                    let at_weight = (tap * inputs + i) * channels + o;
                    y[at_y] += f64::from(self.x[at_x]) * f64::from(self.weight[at_weight]);
                    dx[at_x] += f64::from(self.dy[at_y]) * f64::from(self.weight[at_weight]);
                    dweight[at_weight] += f64::from(self.dy[at_y]) * f64::from(self.x[at_x]);
                }
            }
        });
        for row in self.dy.chunks_exact(channels) {
            row.iter().zip(&mut dbias).for_each(|(&dy, sum)| *sum += f64::from(dy));
        }
        assert_close(&self.forward(None), &y, 3e-6, &format!("y of {what}"));
        for row in y.chunks_exact_mut(channels) {
            row.iter_mut().zip(&self.bias).for_each(|(y, &bias)| *y += f64::from(bias));
        }
        assert_close(&self.forward(Some(&self.bias)), &y, 3e-6, &format!("y with bias of {what}"));

        let overwritten = self.backward_input(Accumulate::Overwrite);
        assert_close(&overwritten, &dx, 3e-6, &format!("dx of {what}"));
        dx.iter_mut().zip(&self.dx).for_each(|(sum, &dx)| *sum += f64::from(dx));
        let added = self.backward_input(Accumulate::Add);
        assert_close(&added, &dx, 3e-6, &format!("added dx of {what}"));

        let (actual_weight, actual_bias) = self.backward_weight();
        assert_close(&actual_weight, &dweight, 3e-6, &format!("dweight of {what}"));
        assert_close(&actual_bias, &dbias, 3e-6, &format!("dbias of {what}"));
    }
}

fn conv(input: [usize; 4], channels: usize, window: Window) -> Conv {
    let [n, h, w, c] = input;
    Conv::new(Nhwc::new(n, h, w, c), channels, window).unwrap()
}

#[test]
fn random_shapes() {
    let mut random = Random::new(1);
    for _ in 0..fewer(150) {
        let (window, [h, w]) = random.window(5, 9);
        let channels = [1, 2, 3, 5, 8, 17, 64, 67];
        let input = [random.count(5), h, w, random.channels(&channels)];
        let conv = conv(input, random.channels(&channels), window);
        Case::new(conv, &mut random).check();
    }
}

/// The shapes that networks have, small.
#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn layers_of_networks() {
    let mut random = Random::new(2);
    for conv in [
        conv([3, 37, 33, 3], 16, Window::square(7, 2, 3)),
        conv([2, 32, 32, 3], 32, Window::same([3, 3], [2, 2], 32, 32)),
        conv([9, 14, 14, 32], 48, Window::square(3, 1, 1)),
        conv([9, 15, 14, 32], 48, Window::square(3, 2, 1)),
        conv([2, 7, 7, 130], 70, Window::square(3, 1, 1)),
        conv([4, 14, 14, 96], 64, Window::square(1, 1, 0)),
        conv([4, 14, 13, 96], 64, Window::square(1, 2, 0)),
        conv([2, 5, 5, 16], 300, Window::square(1, 1, 0)),
        // A tile of the weights' gradient begins inside a kernel row.
        conv([1, 6, 6, 300], 20, Window::square(3, 1, 1)),
        // Some input pixels are seen by no window.
        conv([2, 10, 10, 4], 4, Window::square(2, 3, 0)),
        // The padding is wider than the kernel.
        conv([1, 4, 4, 3], 5, Window::square(2, 1, 3)),
    ] {
        Case::new(conv, &mut random).check();
    }
}

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn threads_do_not_change_a_bit() {
    let mut random = Random::new(3);
    for conv in [
        conv([5, 30, 30, 3], 16, Window::square(3, 1, 1)),
        conv([9, 28, 28, 24], 40, Window::square(3, 2, 1)),
        conv([9, 20, 20, 64], 80, Window::square(1, 1, 0)),
        conv([3, 9, 9, 72], 96, Window::square(3, 1, 1)),
    ] {
        let case = Case::new(conv, &mut random);
        let what = format!("{conv:?}");
        assert_same_on_all_pools(&what, || case.forward(Some(&case.bias)));
        assert_same_on_all_pools(&what, || case.backward_input(Accumulate::Overwrite));
        assert_same_on_all_pools(&what, || case.backward_input(Accumulate::Add));
        assert_same_on_all_pools(&what, || case.backward_weight().0);
        assert_same_on_all_pools(&what, || case.backward_weight().1);
    }
}

#[test]
fn no_images() {
    let conv = conv([0, 8, 8, 3], 4, Window::square(3, 1, 1));
    let case = Case::new(conv, &mut Random::new(4));
    assert!(case.forward(None).is_empty());
    assert!(case.backward_input(Accumulate::Overwrite).is_empty());
    let (dweight, dbias) = case.backward_weight();
    assert!(dweight.iter().chain(&dbias).all(|&value| value == 0.0));
}

#[test]
fn a_window_larger_than_the_padded_input_is_refused() {
    assert_eq!(Conv::new(Nhwc::new(1, 2, 2, 1), 1, Window::square(5, 1, 1)), None);
}
