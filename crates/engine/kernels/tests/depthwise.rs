//! Depthwise convolution against a loop over taps in f64.
#![allow(clippy::unwrap_used)]

mod common;

use common::norm::Norm;
use common::{Random, assert_close, assert_same_on_all_pools, fewer, for_each_meeting, zeros};
use foliar_kernels::depthwise::{self, Depthwise};
use foliar_kernels::fusion::{Backward, InputGradient, OutputGradient, OutputStatistics};
use foliar_kernels::norm::{self, ChannelSums};
use foliar_kernels::{Accumulate, Activation, Nhwc, Window};

struct Case {
    conv: Depthwise,
    x: Vec<f32>,
    weight: Vec<f32>,
    dy: Vec<f32>,
    dx: Vec<f32>,
}

impl Case {
    fn new(conv: Depthwise, random: &mut Random) -> Self {
        Self {
            conv,
            x: random.values(conv.input().len()),
            weight: random.values(conv.weight_len()),
            dy: random.values(conv.output().len()),
            dx: random.values(conv.input().len()),
        }
    }

    fn forward(&self) -> Vec<f32> {
        let mut y = vec![f32::NAN; self.dy.len()];
        depthwise::forward(&self.conv, &self.x, None, &self.weight, None, &mut y);
        y
    }

    /// The gradients of the input and the weights.
    fn backward(&self, accumulate: Accumulate) -> [Vec<f32>; 2] {
        let mut dx = match accumulate {
            Accumulate::Overwrite => vec![f32::NAN; self.dx.len()],
            Accumulate::Add => self.dx.clone(),
        };
        let dweight = self.backward_to(InputGradient::Stored(&mut dx, accumulate));
        [dx, dweight]
    }

    fn backward_to(&self, dx: InputGradient<'_>) -> Vec<f32> {
        let mut dweight = vec![f32::NAN; self.weight.len()];
        let mut partials = vec![f32::NAN; self.conv.partials_len()];
        let dy = OutputGradient::Plain(&self.dy);
        let from = Backward { x: &self.x, before: None, weight: &self.weight, dy };
        depthwise::backward(&self.conv, from, dx, &mut dweight, &mut partials);
        dweight
    }

    fn check(&self) {
        let (input, window) = (self.conv.input(), self.conv.window());
        let what = format!("{:?}", self.conv);
        let c = input.c();
        let (mut y, mut dx, mut dweight) =
            (zeros(self.dy.len()), zeros(self.x.len()), zeros(self.weight.len()));
        for_each_meeting(input, window, |output, tap, pixel| {
            for channel in 0..c {
                let (at_x, at_y, at_weight) = (pixel * c + channel, output * c + channel, tap * c + channel);
                y[at_y] += f64::from(self.x[at_x]) * f64::from(self.weight[at_weight]);
                dx[at_x] += f64::from(self.dy[at_y]) * f64::from(self.weight[at_weight]);
                dweight[at_weight] += f64::from(self.dy[at_y]) * f64::from(self.x[at_x]);
            }
        });
        assert_close(&self.forward(), &y, 1e-6, &format!("y of {what}"));
        let [overwritten, found] = self.backward(Accumulate::Overwrite);
        assert_close(&overwritten, &dx, 1e-6, &format!("dx of {what}"));
        assert_close(&found, &dweight, 2e-6, &format!("dweight of {what}"));
        assert_eq!(self.backward_to(InputGradient::Unwanted), found, "dweight of {what}");
        dx.iter_mut().zip(&self.dx).for_each(|(sum, &dx)| *sum += f64::from(dx));
        let [added, _] = self.backward(Accumulate::Add);
        assert_close(&added, &dx, 1e-6, &format!("added dx of {what}"));
    }
}

/// A case between two batch norms.
struct Fused {
    case: Case,
    before: Norm,
    after: Norm,
}

impl Fused {
    fn new(conv: Depthwise, random: &mut Random) -> Self {
        let before =
            Norm::new(conv.input().c(), random.pick(&[Activation::Identity, Activation::Relu6]), random);
        let after = Norm::new(conv.input().c(), Activation::Relu, random);
        Self { case: Case::new(conv, random), before, after }
    }

    fn forward(&self, statistics: Option<OutputStatistics<'_>>) -> Vec<f32> {
        let Case { conv, x, weight, .. } = &self.case;
        let mut y = vec![f32::NAN; self.case.dy.len()];
        depthwise::forward(conv, x, Some(self.before.scale_shift()), weight, statistics, &mut y);
        y
    }

    /// The output with its means and variances.
    fn statistics(&self) -> [Vec<f64>; 3] {
        let (conv, channels) = (&self.case.conv, self.case.conv.input().c());
        let (mut mean, mut variance) = (vec![f64::NAN; channels], vec![f64::NAN; channels]);
        let mut partials = vec![f64::NAN; conv.norm_partials_len()];
        let (means, variances) = (&mut mean, &mut variance);
        let statistics = OutputStatistics { mean: means, variance: variances, partials: &mut partials };
        let y = self.forward(Some(statistics)).iter().map(|&y| f64::from(y)).collect();
        [y, mean, variance]
    }

    /// g, dweight, dgamma and dbeta.
    fn backward(&self, y: &[f32]) -> [Vec<f32>; 4] {
        let Case { conv, x, weight, dy, .. } = &self.case;
        let channels = conv.input().c();
        let [dgamma, dbeta] = self.after.sums(y, dy);
        let mut memory = vec![f32::NAN; 2 * channels];
        let gradient = norm::InputGradient::of_batch(
            self.after.scale_shift(),
            y.len() / channels,
            &self.after.inv_std,
            [&dgamma, &dbeta],
            &mut memory,
        );
        let from = Backward {
            x,
            before: Some(self.before.scale_shift()),
            weight,
            dy: OutputGradient::Normalised { y, dy, gradient: &gradient },
        };
        let (mut g, mut dweight) = (vec![f32::NAN; x.len()], vec![f32::NAN; weight.len()]);
        let (mut dgamma, mut dbeta) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
        let to = InputGradient::Gated {
            g: &mut g,
            inv_std: &self.before.inv_std,
            sums: ChannelSums { dgamma: &mut dgamma, dbeta: &mut dbeta },
            partials: &mut vec![f64::NAN; conv.norm_partials_len()],
        };
        depthwise::backward(conv, from, to, &mut dweight, &mut vec![f32::NAN; conv.partials_len()]);
        [g, dweight, dgamma, dbeta]
    }

    /// Against the same passes one by one.
    fn check(&self) {
        let Case { conv, x, dy, weight, .. } = &self.case;
        let (what, channels) = (format!("{conv:?}"), conv.input().c());
        let case = Case {
            x: self.before.apply(x),
            weight: weight.clone(),
            dy: dy.clone(),
            dx: x.clone(),
            conv: *conv,
        };
        let y = case.forward();
        assert_eq!(self.forward(None), y, "y of {what}");
        let (mut mean, mut variance) = (vec![f64::NAN; channels], vec![f64::NAN; channels]);
        let mut partials = vec![f64::NAN; norm::partials_len(y.len() / channels, channels)];
        norm::statistics(&y, channels, &mut mean, &mut variance, &mut partials);
        let [_, found_mean, found_variance] = self.statistics();
        // A mean is as accurate as the values are large.
        mean.push(1.0);
        let floats = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<_>>();
        assert_close(&floats(&[&found_mean[..], &[1.0]].concat()), &mean, 1e-6, &format!("mean of {what}"));
        assert_close(&floats(&found_variance), &variance, 1e-6, &format!("variance of {what}"));

        let [dgamma, dbeta] = self.after.sums(&y, dy);
        let mut memory = vec![f32::NAN; 2 * channels];
        let (rows, inv_std) = (y.len() / channels, &self.after.inv_std);
        let scale_shift = self.after.scale_shift();
        let gradient =
            norm::InputGradient::of_batch(scale_shift, rows, inv_std, [&dgamma, &dbeta], &mut memory);
        let mut outer = vec![f32::NAN; y.len()];
        norm::backward_input(&y, dy, &gradient, Accumulate::Overwrite, &mut outer);
        let case = Case { dy: outer, ..case };
        let [mut dx, dweight] = case.backward(Accumulate::Overwrite);
        let [dgamma, dbeta] = self.before.sums(x, &dx);
        self.before.gate(&case.x, &mut dx);
        let [g, found_dweight, found_dgamma, found_dbeta] = self.backward(&y);
        assert_eq!(g, dx, "g of {what}");
        assert_eq!(found_dweight, dweight, "dweight of {what}");
        // Sums that cancel are as accurate as their terms are large.
        let scale = (x.len() as f32 / channels as f32).sqrt();
        let close = |found: Vec<f32>, expected: &[f32], name: &str| {
            let expected: Vec<_> = expected.iter().chain([&scale]).map(|&value| f64::from(value)).collect();
            assert_close(&[found, vec![scale]].concat(), &expected, 2e-6, &format!("{name} of {what}"));
        };
        close(found_dgamma, &dgamma, "dgamma");
        close(found_dbeta, &dbeta, "dbeta");
    }
}

fn depthwise(input: [usize; 4], window: impl Into<Option<Window>>) -> Depthwise {
    let [n, h, w, c] = input;
    Depthwise::new(Nhwc::new(n, h, w, c).unwrap(), window.into().unwrap()).unwrap()
}

#[test]
fn random_shapes() {
    let mut random = Random::new(1);
    for round in 0..fewer(300) {
        let (mut window, [mut h, mut w]) = random.window(5, 12);
        if round % 2 == 0 {
            window = Window::new([3, 3], window.stride(), window.pad()).unwrap();
            (h, w) = (h + 3, w + 3);
        }
        let c = random.channels(&[1, 2, 3, 5, 8, 15, 16, 17, 24, 31, 64, 70]);
        let input = [random.count(6), h, w, c];
        Case::new(depthwise(input, window), &mut random).check();
        Fused::new(depthwise(input, window), &mut random).check();
    }
}

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn layers_of_networks() {
    let mut random = Random::new(2);
    for (size, stride) in [(28, 1), (28, 2), (15, 2), (7, 1), (2, 1), (1, 1)] {
        for c in [24, 96, 100] {
            let conv = depthwise([3, size, size, c], Window::same([3, 3], [stride; 2], size, size));
            Case::new(conv, &mut random).check();
            Fused::new(conv, &mut random).check();
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn threads_do_not_change_a_bit() {
    let mut random = Random::new(3);
    for (size, stride) in [(40, 1), (41, 2)] {
        let conv = depthwise([9, size, size, 50], Window::same([3, 3], [stride; 2], size, size));
        let fused = Fused::new(conv, &mut random);
        let case = &fused.case;
        let what = format!("{conv:?}");
        assert_same_on_all_pools(&what, || case.forward());
        assert_same_on_all_pools(&what, || case.backward(Accumulate::Overwrite).concat());
        assert_same_on_all_pools(&what, || case.backward(Accumulate::Add).concat());
        let halves = |value: f64| [value as f32, (value - f64::from(value as f32)) as f32];
        assert_same_on_all_pools(&what, || {
            fused.statistics().concat().into_iter().flat_map(halves).collect()
        });
        let y = fused.forward(None);
        assert_same_on_all_pools(&what, || fused.backward(&y).concat());
    }
}

#[test]
fn no_images() {
    let fused = Fused::new(depthwise([0, 8, 8, 3], Window::square(3, 1, 1)), &mut Random::new(4));
    let case = &fused.case;
    assert!(case.forward().is_empty());
    let [dx, dweight] = case.backward(Accumulate::Overwrite);
    assert!(dx.is_empty() && dweight.iter().all(|&value| value == 0.0));
    assert!(fused.statistics().concat().iter().all(|&value| value == 0.0));
}
