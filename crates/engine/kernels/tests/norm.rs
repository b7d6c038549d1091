//! Batch norm against the definition in f64.

mod common;

use common::{Random, assert_close, assert_same_on_all_pools, fewer, zeros};
use foliar_kernels::norm::{self, Affine, ChannelSums, InputGradient, ScaleShift};
use foliar_kernels::{Accumulate, Activation};

const EPSILON: f64 = 1e-5;

/// `values`, under Miri those that are at most `most`.
fn up_to(most: usize, values: &[usize]) -> impl Iterator<Item = usize> {
    values.iter().copied().filter(move |&value| !cfg!(miri) || value <= most)
}

/// Mean and biased variance per channel.
fn moments(x: &[f32], channels: usize) -> (Vec<f64>, Vec<f64>) {
    let rows = (x.len() / channels) as f64;
    let (mut mean, mut variance) = (zeros(channels), zeros(channels));
    for row in x.chunks_exact(channels) {
        row.iter().zip(&mut mean).for_each(|(&x, mean)| *mean += f64::from(x) / rows);
    }
    for row in x.chunks_exact(channels) {
        for ((&x, mean), variance) in row.iter().zip(&mean).zip(&mut variance) {
            *variance += (f64::from(x) - mean).powi(2) / rows;
        }
    }
    (mean, variance)
}

fn statistics(x: &[f32], channels: usize) -> (Vec<f32>, Vec<f32>) {
    let (mut mean, mut variance) = (vec![f64::NAN; channels], vec![f64::NAN; channels]);
    let mut partials = vec![f64::NAN; norm::partials_len(x.len() / channels, channels)];
    norm::statistics(x, channels, &mut mean, &mut variance, &mut partials);
    let floats = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
    (floats(mean), floats(variance))
}

#[test]
fn statistics_of_random_shapes() {
    let mut random = Random::new(1);
    for channels in up_to(17, &[1, 3, 7, 8, 16, 24, 31, 64, 100, 257, 2048]) {
        for rows in up_to(63, &[1, 2, 9, 63, 1000, 3001]) {
            let what = format!("{rows} x {channels}");
            let x = random.values(rows * channels);
            let (mut mean, variance) = moments(&x, channels);
            let (mut actual_mean, actual_variance) = statistics(&x, channels);
            // A mean is as accurate as the values are large.
            mean.push(1.0);
            actual_mean.push(1.0);
            assert_close(&actual_mean, &mean, 2e-7, &format!("mean of {what}"));
            assert_close(&actual_variance, &variance, 3e-7, &format!("variance of {what}"));
        }
    }
}

/// A naive mean of squares minus squared mean would lose every digit here.
#[test]
fn a_large_mean_costs_no_accuracy() {
    let mut random = Random::new(2);
    let (rows, channels) = (fewer(20_000), 5);
    let x: Vec<f32> = random.values(rows * channels).iter().map(|x| x * 0.5 + 4096.0).collect();
    let (mean, variance) = moments(&x, channels);
    let (actual_mean, actual_variance) = statistics(&x, channels);
    assert_close(&actual_mean, &mean, 1e-7, "mean");
    assert_close(&actual_variance, &variance, 1e-6, "variance");
}

/// Deviations are taken from the mean of the rows before, which may be far from that of the next.
#[test]
fn a_mean_that_moves_costs_no_accuracy() {
    let mut random = Random::new(12);
    let channels = 5;
    for levels in [&[0.0, 4096.0][..], &[4096.0, 0.0], &[1.0, -1000.0, 1000.0, 3.0], &[1e6, 0.0, 0.0, 0.0]] {
        for rows in up_to(130, &[130, 1000, 20_000]) {
            let part = (rows * channels).div_ceil(levels.len());
            let values = random.values(rows * channels);
            let x: Vec<f32> = values.iter().enumerate().map(|(i, x)| x * 0.5 + levels[i / part]).collect();
            let (mut mean, variance) = moments(&x, channels);
            let (mut actual_mean, actual_variance) = statistics(&x, channels);
            // A mean is as accurate as the values are large.
            mean.push(1000.0);
            actual_mean.push(1000.0);
            assert_close(&actual_mean, &mean, 1e-6, &format!("mean of {rows} at {levels:?}"));
            assert_close(&actual_variance, &variance, 1e-6, &format!("variance of {rows} at {levels:?}"));
        }
    }
}

#[test]
fn constant_and_missing_rows() {
    let (mean, variance) = statistics(&[0.1; 3000], 3);
    assert_eq!((mean, variance), (vec![0.1; 3], vec![0.0; 3]));
    let (mean, variance) = statistics(&[], 3);
    assert_eq!((mean, variance), (vec![0.0; 3], vec![0.0; 3]));
}

#[test]
fn a_channel_with_nan_does_not_touch_its_neighbours() {
    let mut x = Random::new(3).values(500 * 20);
    x[40 * 20 + 7] = f32::NAN;
    let (mean, variance) = statistics(&x, 20);
    for channel in 0..20 {
        assert_eq!(mean[channel].is_nan(), channel == 7);
        assert_eq!(variance[channel].is_nan(), channel == 7);
    }
}

/// One batch norm with residual and activation: kernels on one side, the definition on the other.
struct Case {
    channels: usize,
    activation: Activation,
    x: Vec<f32>,
    residual: Option<Vec<f32>>,
    gamma: Vec<f32>,
    beta: Vec<f32>,
    dy: Vec<f32>,
    old_dx: Vec<f32>,
    mean: Vec<f32>,
    inv_std: Vec<f32>,
    scale: Vec<f32>,
}

/// What the backward pass yields.
struct Gradients {
    /// Where it is stored.
    g: Option<Vec<f32>>,
    dgamma: Vec<f32>,
    dbeta: Vec<f32>,
    dx: Vec<f32>,
    added: Vec<f32>,
}

impl Case {
    fn new(
        rows: usize,
        channels: usize,
        activation: Activation,
        residual: bool,
        random: &mut Random,
    ) -> Self {
        let len = rows * channels;
        let x: Vec<f32> = random.values(len).iter().map(|x| x * 3.0 + 1.0).collect();
        let (mean, variance) = statistics(&x, channels);
        let inv_std = |&variance: &f32| (1.0 / (f64::from(variance) + EPSILON).sqrt()) as f32;
        let inv_std: Vec<f32> = variance.iter().map(inv_std).collect();
        let residual = residual.then(|| random.values(len));
        let gamma: Vec<f32> = random.values(channels).iter().map(|gamma| gamma * 4.0).collect();
        Self {
            channels,
            activation,
            residual,
            scale: gamma.iter().zip(&inv_std).map(|(a, b)| a * b).collect(),
            gamma,
            beta: random.values(channels),
            dy: random.values(len),
            old_dx: random.values(len),
            inv_std,
            mean,
            x,
        }
    }

    fn scale_shift(&self, activation: Activation) -> ScaleShift<'_> {
        let affine = Affine { center: &self.mean, scale: &self.scale, shift: &self.beta };
        ScaleShift { affine, activation }
    }

    fn forward(&self) -> Vec<f32> {
        let mut y = vec![f32::NAN; self.x.len()];
        norm::apply(&self.x, self.scale_shift(self.activation), self.residual.as_deref(), &mut y);
        y
    }

    fn backward(&self, y: &[f32]) -> Gradients {
        let Self { x, channels, inv_std, .. } = self;
        let rows = x.len() / channels;
        let mut dy = self.dy.clone();
        let (mut dgamma, mut dbeta) = (vec![f32::NAN; *channels], vec![f32::NAN; *channels]);
        let mut partials = vec![f64::NAN; norm::partials_len(rows, *channels)];
        let sums = ChannelSums { dgamma: &mut dgamma, dbeta: &mut dbeta };
        let scale_shift = self.scale_shift(self.activation);
        let (g, scale_shift) = if self.residual.is_some() {
            norm::backward_residual(x, y, &mut dy, scale_shift, inv_std, sums, &mut partials);
            (Some(dy.clone()), self.scale_shift(Activation::Identity))
        } else {
            norm::backward_sums(x, &dy, scale_shift, inv_std, sums, &mut partials);
            (None, scale_shift)
        };
        let mut memory = vec![f32::NAN; 2 * channels];
        let gradient = InputGradient::of_batch(scale_shift, rows, inv_std, [&dgamma, &dbeta], &mut memory);
        let mut dx = vec![f32::NAN; x.len()];
        norm::backward_input(x, &dy, &gradient, Accumulate::Overwrite, &mut dx);
        let mut added = self.old_dx.clone();
        norm::backward_input(x, &dy, &gradient, Accumulate::Add, &mut added);
        norm::backward_input_in_place(x, &mut dy, &gradient);
        assert_eq!(dy, dx);
        Gradients { g, dgamma, dbeta, dx, added }
    }

    fn check(&self) {
        let c = self.channels;
        let rows = self.x.len() / c;
        let what = format!("{rows} x {c}, {:?}", self.activation);
        let (mean, variance) = moments(&self.x, c);
        let inv_std: Vec<f64> = variance.iter().map(|variance| 1.0 / (variance + EPSILON).sqrt()).collect();

        let actual = self.forward();
        let normal = |i: usize| (f64::from(self.x[i]) - mean[i % c]) * inv_std[i % c];
        let y: Vec<f64> = (0..self.x.len())
            .map(|i| {
                let residual = self.residual.as_ref().map_or(0.0, |residual| f64::from(residual[i]));
                let y = normal(i) * f64::from(self.gamma[i % c]) + f64::from(self.beta[i % c]) + residual;
                match self.activation {
                    Activation::Identity => y,
                    Activation::Relu => y.max(0.0),
                    Activation::Relu6 => y.clamp(0.0, 6.0),
                }
            })
            .collect();
        assert_close(&actual, &y, 1e-6, &format!("y of {what}"));

        let gradients = self.backward(&actual);
        let g: Vec<f64> = (0..self.x.len())
            .map(|i| if self.activation.passes(actual[i]) { f64::from(self.dy[i]) } else { 0.0 })
            .collect();
        if let Some(stored) = &gradients.g {
            assert_close(stored, &g, 0.0, &format!("g of {what}"));
        }
        let (mut dgamma, mut dbeta) = (zeros(c), zeros(c));
        for (i, g) in g.iter().enumerate() {
            dgamma[i % c] += g * normal(i);
            dbeta[i % c] += g;
        }
        // Sums that cancel are as accurate as their terms are large.
        let scale = (rows as f64).sqrt();
        let close = |actual: &[f32], expected: &[f64], name| {
            let (mut actual, mut expected) = (actual.to_vec(), expected.to_vec());
            actual.push(scale as f32);
            expected.push(f64::from(scale as f32));
            assert_close(&actual, &expected, 1e-6, &format!("{name} of {what}"));
        };
        close(&gradients.dgamma, &dgamma, "dgamma");
        close(&gradients.dbeta, &dbeta, "dbeta");

        let m = rows as f64;
        let mut dx: Vec<f64> = (0..g.len())
            .map(|i| {
                let channel = i % c;
                let factor = f64::from(self.gamma[channel]) * inv_std[channel] / m;
                factor * (m * g[i] - dbeta[channel] - normal(i) * dgamma[channel])
            })
            .collect();
        assert_close(&gradients.dx, &dx, 3e-6, &format!("dx of {what}"));
        dx.iter_mut().zip(&self.old_dx).for_each(|(sum, &old)| *sum += f64::from(old));
        assert_close(&gradients.added, &dx, 3e-6, &format!("added dx of {what}"));
    }
}

#[test]
fn forward_and_backward_of_random_shapes() {
    let mut random = Random::new(4);
    for channels in up_to(17, &[1, 3, 8, 17, 24, 64, 130, 512]) {
        for rows in up_to(50, &[4, 50, 777]) {
            for activation in [Activation::Identity, Activation::Relu, Activation::Relu6] {
                let residual = random.between(0, 1) == 1;
                Case::new(rows, channels, activation, residual, &mut random).check();
            }
        }
    }
}

/// The gradient of the input against central differences of the whole function, by way of f64.
#[test]
fn gradient_agrees_with_finite_differences() {
    let mut random = Random::new(5);
    let case = Case::new(6, 3, Activation::Identity, false, &mut random);
    let loss = |x: &[f64]| -> f64 {
        let channel = |c: usize| (0..6).map(move |row| row * 3 + c);
        (0..3)
            .map(|c| {
                let mean = channel(c).map(|i| x[i]).sum::<f64>() / 6.0;
                let variance = channel(c).map(|i| (x[i] - mean).powi(2)).sum::<f64>() / 6.0;
                let scale = f64::from(case.gamma[c]) / (variance + EPSILON).sqrt();
                channel(c).map(|i| f64::from(case.dy[i]) * (x[i] - mean) * scale).sum::<f64>()
            })
            .sum()
    };
    let x: Vec<f64> = case.x.iter().map(|&x| f64::from(x)).collect();
    let expected: Vec<f64> = (0..x.len())
        .map(|i| {
            let step = 1e-4;
            let (mut above, mut below) = (x.clone(), x.clone());
            above[i] += step;
            below[i] -= step;
            (loss(&above) - loss(&below)) / (2.0 * step)
        })
        .collect();
    let gradients = case.backward(&case.forward());
    assert_close(&gradients.dx, &expected, 1e-5, "dx");
}

#[test]
fn frozen_statistics() {
    let mut random = Random::new(6);
    let case = Case::new(300, 19, Activation::Relu, false, &mut random);
    let y = case.forward();
    let mut memory = vec![f32::NAN; 2 * case.channels];
    let gradient = InputGradient::of_constants(case.scale_shift(case.activation), &mut memory);
    let mut dx = vec![f32::NAN; y.len()];
    norm::backward_input(&case.x, &case.dy, &gradient, Accumulate::Overwrite, &mut dx);
    let mut added = case.old_dx.clone();
    norm::backward_input(&case.x, &case.dy, &gradient, Accumulate::Add, &mut added);
    for i in 0..y.len() {
        let expected = if y[i] > 0.0 { case.dy[i] * case.scale[i % case.channels] } else { 0.0 };
        assert_eq!(dx[i], expected);
        assert_eq!(added[i], case.old_dx[i] + expected);
    }
}

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn threads_do_not_change_a_bit() {
    let mut random = Random::new(7);
    for (rows, channels) in [(9000, 24), (3000, 130), (100, 2048)] {
        let residual = channels != 24;
        let case = Case::new(rows, channels, Activation::Relu, residual, &mut random);
        let what = format!("{rows} x {channels}");
        assert_same_on_all_pools(&what, || {
            let (mut mean, variance) = statistics(&case.x, channels);
            mean.extend(variance);
            mean
        });
        assert_same_on_all_pools(&what, || case.forward());
        let y = case.forward();
        assert_same_on_all_pools(&what, || {
            let gradients = case.backward(&y);
            [
                gradients.g.unwrap_or_default(),
                gradients.dgamma,
                gradients.dbeta,
                gradients.dx,
                gradients.added,
            ]
            .concat()
        });
    }
}
