//! Pointwise convolution between batch norms, against convolution and norms one by one.
#![allow(clippy::unwrap_used)]

mod common;

use common::norm::Norm;
use common::{Random, assert_close, assert_same_on_all_pools, fewer};
use foliar_kernels::conv::{self, Conv};
use foliar_kernels::fusion::{Backward, InputGradient, OutputGradient, OutputStatistics};
use foliar_kernels::norm::{self, ChannelSums};
use foliar_kernels::pointwise::{self, Pointwise};
use foliar_kernels::{Accumulate, Activation, Nhwc, Window};

struct Case {
    layer: Pointwise,
    x: Vec<f32>,
    weight: Vec<f32>,
    dy: Vec<f32>,
    dx: Vec<f32>,
    before: Option<Norm>,
    after: Option<Norm>,
}

/// What the backward pass finds.
#[derive(Debug, PartialEq)]
struct Found {
    dx: Vec<f32>,
    dweight: Vec<f32>,
    dgamma: Vec<f32>,
    dbeta: Vec<f32>,
}

/// What becomes of the gradient of the input where no norm is before.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    No,
    Yes(Accumulate),
}

impl Case {
    fn new([rows, inputs, outputs]: [usize; 3], random: &mut Random) -> Self {
        let activation = |random: &mut Random| random.pick(&[Activation::Identity, Activation::Relu6]);
        let layer = Pointwise::new(rows, inputs, outputs).unwrap();
        let before = (random.between(0, 3) > 0).then(|| Norm::new(inputs, activation(random), random));
        let after = (random.between(0, 3) > 0).then(|| Norm::new(outputs, activation(random), random));
        Self {
            layer,
            x: random.values(rows * inputs),
            weight: random.values(layer.weight_len()),
            dy: random.values(rows * outputs),
            dx: random.values(rows * inputs),
            before,
            after,
        }
    }

    fn conv(&self) -> Conv {
        let (rows, inputs, outputs) = (self.layer.rows(), self.layer.inputs(), self.layer.outputs());
        Conv::new(Nhwc::new(1, rows, 1, inputs).unwrap(), outputs, Window::square(1, 1, 0).unwrap()).unwrap()
    }

    /// The input of the convolution proper.
    fn a(&self) -> Vec<f32> {
        self.before.as_ref().map_or_else(|| self.x.clone(), |norm| norm.apply(&self.x))
    }

    fn forward(&self, statistics: Option<OutputStatistics<'_>>) -> Vec<f32> {
        let mut y = vec![f32::NAN; self.dy.len()];
        let before = self.before.as_ref().map(Norm::scale_shift);
        pointwise::forward(&self.layer, &self.x, before, &self.weight, statistics, &mut y);
        y
    }

    /// The output with its means and variances.
    fn statistics(&self) -> [Vec<f64>; 3] {
        let channels = self.layer.outputs();
        let (mut mean, mut variance) = (vec![f64::NAN; channels], vec![f64::NAN; channels]);
        let mut partials = vec![f64::NAN; self.layer.norm_partials_len()];
        let (means, variances) = (&mut mean, &mut variance);
        let statistics = OutputStatistics { mean: means, variance: variances, partials: &mut partials };
        let y = self.forward(Some(statistics)).iter().map(|&y| f64::from(y)).collect();
        [y, mean, variance]
    }

    fn backward(&self, y: &[f32], wanted: Wanted) -> Found {
        let (rows, inputs, outputs) = (self.layer.rows(), self.layer.inputs(), self.layer.outputs());
        let mut memory = vec![f32::NAN; 2 * outputs];
        let gradient = self.after.as_ref().map(|after| {
            let [dgamma, dbeta] = after.sums(y, &self.dy);
            let sums: [&[f32]; 2] = [&dgamma, &dbeta];
            norm::InputGradient::of_batch(after.scale_shift(), rows, &after.inv_std, sums, &mut memory)
        });
        let from = Backward {
            x: &self.x,
            before: self.before.as_ref().map(Norm::scale_shift),
            weight: &self.weight,
            dy: match &gradient {
                Some(gradient) => OutputGradient::Normalised { y, dy: &self.dy, gradient },
                None => OutputGradient::Plain(&self.dy),
            },
        };
        let adds = wanted == Wanted::Yes(Accumulate::Add) && self.before.is_none();
        let mut dx = if adds { self.dx.clone() } else { vec![f32::NAN; self.x.len()] };
        let mut dweight = vec![f32::NAN; self.weight.len()];
        let (mut dgamma, mut dbeta) = (vec![f32::NAN; inputs], vec![f32::NAN; inputs]);
        let mut norm_partials = vec![f64::NAN; self.layer.norm_partials_len()];
        let to = match (&self.before, wanted) {
            (_, Wanted::No) => InputGradient::Unwanted,
            (Some(before), _) => InputGradient::Gated {
                g: &mut dx,
                inv_std: &before.inv_std,
                sums: ChannelSums { dgamma: &mut dgamma, dbeta: &mut dbeta },
                partials: &mut norm_partials,
            },
            (None, Wanted::Yes(accumulate)) => InputGradient::Stored(&mut dx, accumulate),
        };
        let mut partials = vec![f32::NAN; self.layer.partials_len()];
        pointwise::backward(&self.layer, from, to, &mut dweight, &mut partials);
        Found { dx, dweight, dgamma, dbeta }
    }

    fn check(&self) {
        let (what, conv, a) = (format!("{:?}", self.layer), self.conv(), self.a());
        let (rows, outputs) = (self.layer.rows(), self.layer.outputs());
        let mut y = vec![f32::NAN; self.dy.len()];
        conv::forward(&conv, &a, &self.weight, None, &mut y);
        assert_eq!(self.forward(None), y, "y of {what}");
        let (mut mean, mut variance) = (vec![f64::NAN; outputs], vec![f64::NAN; outputs]);
        let mut partials = vec![f64::NAN; norm::partials_len(rows, outputs)];
        norm::statistics(&y, outputs, &mut mean, &mut variance, &mut partials);
        let [_, found_mean, found_variance] = self.statistics();
        // A mean is as accurate as the values are large.
        let scale = y.iter().fold(1.0_f32, |scale, y| scale.max(y.abs()));
        mean.push(f64::from(scale));
        let floats = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<_>>();
        let found_mean = [floats(&found_mean), vec![scale]].concat();
        assert_close(&found_mean, &mean, 1e-6, &format!("mean of {what}"));
        assert_close(&floats(&found_variance), &variance, 1e-6, &format!("variance of {what}"));

        let mut dy = self.dy.clone();
        if let Some(after) = &self.after {
            let [dgamma, dbeta] = after.sums(&y, &dy);
            let mut memory = vec![f32::NAN; 2 * outputs];
            let sums: [&[f32]; 2] = [&dgamma, &dbeta];
            let norm = after.scale_shift();
            let gradient = norm::InputGradient::of_batch(norm, rows, &after.inv_std, sums, &mut memory);
            norm::backward_input_in_place(&y, &mut dy, &gradient);
        }
        let mut dweight = vec![f32::NAN; self.weight.len()];
        let mut partials = vec![f32::NAN; conv.partials_len()];
        conv::backward_weight(&conv, &a, &dy, &mut dweight, None, &mut partials);
        // Sums that cancel are as accurate as their terms are large.
        let largest = |values: &[f32]| values.iter().fold(1.0_f32, |scale, value| scale.max(value.abs()));
        let scale = largest(&a) * largest(&dy) * (rows as f32).sqrt();
        let dweight: Vec<f64> = dweight.iter().chain([&scale]).map(|&value| f64::from(value)).collect();
        for wanted in [Wanted::Yes(Accumulate::Overwrite), Wanted::Yes(Accumulate::Add)] {
            let found = self.backward(&y, wanted);
            let found_dweight = [found.dweight.clone(), vec![scale]].concat();
            assert_close(&found_dweight, &dweight, 1e-6, &format!("dweight of {what}"));
            assert_eq!(self.backward(&y, Wanted::No).dweight, found.dweight, "dweight of {what}");
            let Wanted::Yes(accumulate) = wanted else { continue };
            let mut dx = self.dx.clone();
            let Some(before) = &self.before else {
                conv::backward_input(&conv, &dy, &self.weight, accumulate, &mut dx);
                assert_eq!(found.dx, dx, "dx of {what}");
                continue;
            };
            conv::backward_input(&conv, &dy, &self.weight, Accumulate::Overwrite, &mut dx);
            let [dgamma, dbeta] = before.sums(&self.x, &dx);
            before.gate(&a, &mut dx);
            assert_eq!(found.dx, dx, "g of {what}");
            let scale = largest(&dx) * (rows as f32).sqrt();
            for (found, expected, name) in [(found.dgamma, dgamma, "dgamma"), (found.dbeta, dbeta, "dbeta")] {
                let expected: Vec<_> = expected.iter().chain([&scale]).map(|&sum| f64::from(sum)).collect();
                assert_close(&[found, vec![scale]].concat(), &expected, 2e-6, &format!("{name} of {what}"));
            }
        }
    }
}

#[test]
fn random_shapes() {
    let mut random = Random::new(1);
    for _ in 0..fewer(150) {
        let channels = [1, 2, 3, 8, 15, 16, 17, 24, 48, 64, 70, 130];
        let shape = [random.count(500), random.channels(&channels), random.channels(&channels)];
        Case::new(shape, &mut random).check();
    }
}

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn layers_of_networks() {
    let mut random = Random::new(2);
    for shape in [[4 * 784, 24, 48], [4 * 784, 96, 96], [4 * 196, 192, 384], [4 * 49, 384, 768], [1, 32, 64]]
    {
        Case::new(shape, &mut random).check();
    }
}

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn threads_do_not_change_a_bit() {
    let mut random = Random::new(3);
    for shape in [[20_000, 20, 30], [900, 200, 100]] {
        let case = Case::new(shape, &mut random);
        let what = format!("{:?}", case.layer);
        let y = assert_same_on_all_pools(&what, || case.forward(None));
        let halves = |value: f64| [value as f32, (value - f64::from(value as f32)) as f32];
        assert_same_on_all_pools(&what, || case.statistics().concat().into_iter().flat_map(halves).collect());
        assert_same_on_all_pools(&what, || {
            let Found { dx, dweight, dgamma, dbeta } = case.backward(&y, Wanted::Yes(Accumulate::Overwrite));
            let used = case.before.is_some();
            [dx, dweight, if used { dgamma } else { vec![] }, if used { dbeta } else { vec![] }].concat()
        });
    }
}

#[test]
fn no_rows() {
    for _ in 0..8 {
        let case = Case::new([0, 5, 7], &mut Random::new(4));
        assert!(case.forward(None).is_empty());
        assert!(case.statistics().concat().iter().all(|&value| value == 0.0));
        let found = case.backward(&[], Wanted::Yes(Accumulate::Overwrite));
        assert!(found.dx.is_empty() && found.dweight.iter().all(|&value| value == 0.0));
    }
}
