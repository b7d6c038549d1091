//! Grouped convolution against a loop over taps in f64.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Random, assert_close, assert_same_on_all_pools, fewer};
use foliar_kernels::conv::grouped::{Grouped, Prepared, backward_input, backward_weight, forward};
use foliar_kernels::{Accumulate, Activation, Nhwc, Window};

/// A convolution with numbers for it.
struct Case {
    conv: Grouped,
    x: Vec<f32>,
    weight: Vec<f32>,
    dy: Vec<f32>,
    /// What a gradient is added to.
    old: Vec<f32>,
}

impl Case {
    fn new(
        [n, h, w, c]: [usize; 4],
        channels: usize,
        groups: usize,
        window: Window,
        random: &mut Random,
    ) -> Self {
        let conv = Grouped::new(Nhwc::new(n, h, w, c).unwrap(), channels, groups, window).unwrap();
        Self {
            conv,
            x: random.values(conv.input().len()),
            weight: random.values(conv.weight_len()),
            dy: random.values(conv.output().len()),
            old: random.values(conv.input().len()),
        }
    }

    /// Calls `visit(place in x, place in weight, place in y)` for all products.
    fn products(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let (input, output, window) = (self.conv.input(), self.conv.output(), self.conv.window());
        let (inputs, outputs) = (input.c() / self.conv.groups(), output.c() / self.conv.groups());
        for at in 0..output.rows() {
            let (image, i, j) = (at / output.w() / output.h(), at / output.w() % output.h(), at % output.w());
            for tap in 0..window.area() {
                let (a, b) = (tap / window.kernel()[1], tap % window.kernel()[1]);
                let y = (i * window.stride()[0] + a).wrapping_sub(window.pad().top);
                let x = (j * window.stride()[1] + b).wrapping_sub(window.pad().left);
                if y >= input.h() || x >= input.w() {
                    continue;
                }
                let pixel = ((image * input.h() + y) * input.w() + x) * input.c();
                for channel in 0..output.c() {
                    let group = channel / outputs;
                    for within in 0..inputs {
                        let weight = (tap * inputs + within) * output.c() + channel;
                        visit(pixel + group * inputs + within, weight, at * output.c() + channel);
                    }
                }
            }
        }
    }

    /// Output, gradient of the input added to `old`, gradient of the weights.
    fn results(&self) -> [Vec<f32>; 3] {
        let mut y = vec![f32::NAN; self.dy.len()];
        forward(&self.conv, &self.x, &self.weight, &mut y);
        let mut dx = self.old.clone();
        backward_input(&self.conv, &self.dy, &self.weight, Accumulate::Add, &mut dx);
        let mut dweight = vec![f32::NAN; self.weight.len()];
        let mut partials = vec![f32::NAN; self.conv.partials_len()];
        backward_weight(&self.conv, &self.x, &self.dy, &mut dweight, &mut partials);
        [y, dx, dweight]
    }

    fn check(&self) {
        let wide = |value: &f32| f64::from(*value);
        let mut y = vec![0.0; self.dy.len()];
        let mut dx: Vec<f64> = self.old.iter().map(wide).collect();
        let mut dweight = vec![0.0; self.weight.len()];
        self.products(|x, weight, out| {
            y[out] += wide(&self.x[x]) * wide(&self.weight[weight]);
            dx[x] += wide(&self.dy[out]) * wide(&self.weight[weight]);
            dweight[weight] += wide(&self.dy[out]) * wide(&self.x[x]);
        });
        let what = format!("{:?}", self.conv);
        let [found, found_dx, found_dweight] = self.results();
        assert_close(&found, &y, 3e-6, &what);
        assert_close(&found_dx, &dx, 3e-6, &what);
        assert_close(&found_dweight, &dweight, 3e-6, &what);
        let mut overwritten = vec![f32::NAN; self.old.len()];
        backward_input(&self.conv, &self.dy, &self.weight, Accumulate::Overwrite, &mut overwritten);
        dx.iter_mut().zip(&self.old).for_each(|(dx, old)| *dx -= wide(old));
        assert_close(&overwritten, &dx, 3e-6, &what);

        let channels = self.conv.channels();
        let bias: Vec<f32> = (0..channels).map(|channel| channel as f32 / channels as f32 - 0.5).collect();
        let prepared = Prepared::new(self.conv, &self.weight, bias.clone(), Activation::Relu);
        y.iter_mut().enumerate().for_each(|(at, y)| *y = (*y + wide(&bias[at % channels])).max(0.0));
        let mut found = vec![f32::NAN; y.len()];
        prepared.forward(self.conv.input().n(), &self.x, &mut found);
        assert_close(&found, &y, 3e-6, &what);
    }
}

#[test]
fn random_shapes() {
    let mut random = Random::new(1);
    for _ in 0..fewer(120) {
        let (window, [h, w]) = random.window(4, 8);
        let groups = random.pick(&[1, 2, 3, 8]);
        let [inputs, outputs] = [0; 2].map(|_| random.channels(&[1, 2, 4, 5, 8, 17, 24, 40]));
        let input = [random.count(4), h, w, groups * inputs];
        Case::new(input, groups * outputs, groups, window, &mut random).check();
    }
}

/// The shapes that networks have, small, and one with a filter for each channel.
#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn layers_of_networks() {
    let mut random = Random::new(2);
    for (input, channels, groups, window) in [
        ([3, 29, 28, 48], 48, 6, Window::square(3, 2, 1)),
        ([9, 14, 14, 120], 120, 5, Window::square(3, 1, 1)),
        ([2, 7, 7, 256], 256, 32, Window::square(3, 1, 1)),
        ([2, 14, 14, 128], 128, 32, Window::square(3, 2, 1)),
        ([2, 9, 9, 36], 36, 36, Window::square(3, 1, 1)),
        ([2, 9, 9, 36], 72, 2, Window::square(1, 1, 0)),
        ([2, 9, 9, 30], 300, 1, Window::square(3, 1, 1)),
    ] {
        let case = Case::new(input, channels, groups, window.unwrap(), &mut random);
        case.check();
        assert_same_on_all_pools("grouped", || case.results().concat());
    }
}

#[test]
fn no_images_and_groups_that_do_not_divide() {
    let window = Window::square(3, 1, 1).unwrap();
    let case = Case::new([0, 8, 8, 4], 6, 2, window, &mut Random::new(4));
    let [y, dx, dweight] = case.results();
    assert!(y.is_empty() && dx.is_empty() && dweight.iter().all(|&value| value == 0.0));
    let input = Nhwc::new(1, 8, 8, 4).unwrap();
    for (channels, groups) in [(6, 4), (8, 3), (4, 0), (4, 8)] {
        assert_eq!(Grouped::new(input, channels, groups, window), None, "{channels} in {groups}");
    }
}
