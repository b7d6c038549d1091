//! A dense convolution with its tensors, and what it should return.

use foliar_kernels::conv::{self, Conv};
use foliar_kernels::{Accumulate, Nhwc, Window};

use super::{Random, assert_close, for_each_meeting, zeros};

/// A convolution of `input` (n, h, w, channels) to so many channels.
pub(crate) fn conv(input: [usize; 4], channels: usize, window: impl Into<Option<Window>>) -> Conv {
    let [n, h, w, c] = input;
    Conv::new(Nhwc::new(n, h, w, c).unwrap(), channels, window.into().unwrap()).unwrap()
}

/// A convolution and random tensors.
pub(crate) struct Case {
    conv: Conv,
    x: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    dy: Vec<f32>,
    dx: Vec<f32>,
}

impl Case {
    pub(crate) fn new(conv: Conv, random: &mut Random) -> Self {
        Self {
            conv,
            x: random.values(conv.input().len()),
            weight: random.values(conv.weight_len()),
            bias: random.values(conv.channels()),
            dy: random.values(conv.output().len()),
            dx: random.values(conv.input().len()),
        }
    }

    pub(crate) fn forward(&self, bias: Option<&[f32]>) -> Vec<f32> {
        let mut y = vec![f32::NAN; self.conv.output().len()];
        conv::forward(&self.conv, &self.x, &self.weight, bias, &mut y);
        y
    }

    pub(crate) fn backward_input(&self, accumulate: Accumulate) -> Vec<f32> {
        let mut dx = match accumulate {
            Accumulate::Overwrite => vec![f32::NAN; self.dx.len()],
            Accumulate::Add => self.dx.clone(),
        };
        conv::backward_input(&self.conv, &self.dy, &self.weight, accumulate, &mut dx);
        dx
    }

    pub(crate) fn backward_weight(&self) -> (Vec<f32>, Vec<f32>) {
        let mut dweight = vec![f32::NAN; self.weight.len()];
        let mut dbias = vec![f32::NAN; self.bias.len()];
        let mut partials = vec![f32::NAN; self.conv.partials_len()];
        conv::backward_weight(&self.conv, &self.x, &self.dy, &mut dweight, Some(&mut dbias), &mut partials);
        (dweight, dbias)
    }

    /// Everything that both passes find.
    pub(crate) fn results(&self) -> Vec<f32> {
        let (dweight, dbias) = self.backward_weight();
        let dx = [Accumulate::Overwrite, Accumulate::Add]
            .map(|accumulate| self.backward_input(accumulate))
            .concat();
        [self.forward(None), self.forward(Some(&self.bias)), dx, dweight, dbias].concat()
    }

    /// What a loop over taps in f64 finds: the output without bias, the gradients of input, weights and bias.
    pub(crate) fn expected(&self) -> [Vec<f64>; 4] {
        let (inputs, channels) = (self.conv.input().c(), self.conv.channels());
        let [mut y, mut dx, mut dweight, mut dbias] =
            [&self.dy, &self.x, &self.weight, &self.bias].map(|values| zeros(values.len()));
        for_each_meeting(self.conv.input(), self.conv.window(), |output, tap, pixel| {
            for i in 0..inputs {
                let at_x = pixel * inputs + i;
                let x = f64::from(self.x[at_x]);
                for o in 0..channels {
                    let (at_y, at_weight) = (output * channels + o, (tap * inputs + i) * channels + o);
                    let (weight, dy) = (f64::from(self.weight[at_weight]), f64::from(self.dy[at_y]));
                    y[at_y] += x * weight;
                    dx[at_x] += dy * weight;
                    dweight[at_weight] += dy * x;
                }
            }
        });
        for row in self.dy.chunks_exact(channels) {
            row.iter().zip(&mut dbias).for_each(|(&dy, sum)| *sum += f64::from(dy));
        }
        [y, dx, dweight, dbias]
    }

    /// Panics unless both passes find what is expected, up to `tolerance`.
    pub(crate) fn check(&self, [y, dx, dweight, dbias]: &[Vec<f64>; 4], tolerance: f64, what: &str) {
        let close = |found: &[f32], expected: &[f64], name: &str| {
            assert_close(found, expected, tolerance, &format!("{name} of {:?}, {what}", self.conv));
        };
        let sum = |(a, &b): (&f64, &f32)| a + f64::from(b);
        close(&self.forward(None), y, "y");
        let with_bias: Vec<f64> = y.iter().zip(self.bias.iter().cycle()).map(sum).collect();
        close(&self.forward(Some(&self.bias)), &with_bias, "y with bias");

        close(&self.backward_input(Accumulate::Overwrite), dx, "dx");
        let added: Vec<f64> = dx.iter().zip(&self.dx).map(sum).collect();
        close(&self.backward_input(Accumulate::Add), &added, "added dx");

        let (found_weight, found_bias) = self.backward_weight();
        close(&found_weight, dweight, "dweight");
        close(&found_bias, dbias, "dbias");
    }
}
