//! The 3 x 3 convolutions that Winograd's transforms are for, on all instruction sets and any number of threads, against a
//! loop over taps in f64. One test, as it switches the instruction sets for the whole process.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Random, assert_close, assert_same_on_all_pools, for_each_meeting, zeros};
use foliar_kernels::conv::{self, Conv};
use foliar_kernels::isa::{self, Isa};
use foliar_kernels::{Accumulate, Nhwc, Pad, Window};

/// Input (n, h, w, channels), output channels, and padding above, to the left, below and to the right.
const CASES: [([usize; 4], usize, [usize; 4]); 10] = [
    // Whole tiles.
    ([2, 16, 16, 32], 64, [1, 1, 1, 1]),
    // Tiles beyond the edge, several images a run.
    ([5, 7, 7, 64], 48, [1, 1, 1, 1]),
    // Channels that fill no vector.
    ([2, 13, 11, 27], 35, [1, 1, 1, 1]),
    ([3, 10, 9, 70], 131, [1, 1, 1, 1]),
    // No padding, and padding on some sides only.
    ([2, 14, 15, 32], 32, [0, 0, 0, 0]),
    ([2, 12, 17, 40], 24, [1, 0, 0, 1]),
    ([2, 17, 12, 24], 40, [0, 1, 1, 0]),
    // Bands of one image.
    ([1, 45, 38, 24], 24, [1, 1, 1, 1]),
    // Many tiles, which the gradient of the weights cuts into parts.
    ([9, 30, 31, 24], 32, [1, 1, 1, 1]),
    // Many weights.
    ([5, 8, 7, 260], 270, [1, 1, 1, 1]),
];

struct Case {
    conv: Conv,
    x: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    dy: Vec<f32>,
    dx: Vec<f32>,
}

impl Case {
    fn new(([n, h, w, c], channels, [top, left, bottom, right]): ([usize; 4], usize, [usize; 4])) -> Self {
        let window = Window { kernel: [3, 3], stride: [1, 1], pad: Pad { top, left, bottom, right } };
        let conv = Conv::new(Nhwc::new(n, h, w, c), channels, window).unwrap();
        let mut random = Random::new(channels as u64);
        Self {
            conv,
            x: random.values(conv.input.len()),
            weight: random.values(conv.weight_len()),
            bias: random.values(channels),
            dy: random.values(conv.output().len()),
            dx: random.values(conv.input.len()),
        }
    }

    /// The output, the gradient of the input added to one, and that of the weights.
    fn results(&self) -> Vec<f32> {
        let mut y = vec![f32::NAN; self.dy.len()];
        conv::forward(&self.conv, &self.x, &self.weight, Some(&self.bias), &mut y);
        let mut dx = self.dx.clone();
        conv::backward_input(&self.conv, &self.dy, &self.weight, Accumulate::Add, &mut dx);
        let mut dweight = vec![f32::NAN; self.weight.len()];
        let mut partials = vec![f32::NAN; self.conv.partials_len()];
        conv::backward_weight(&self.conv, &self.x, &self.dy, &mut dweight, None, &mut partials);
        [y, dx, dweight].concat()
    }

    /// The same in f64, separately.
    fn expected(&self) -> [Vec<f64>; 3] {
        let (inputs, outputs) = (self.conv.input.c, self.conv.channels);
        let (mut y, mut dx, mut dweight) =
            (zeros(self.dy.len()), zeros(self.x.len()), zeros(self.weight.len()));
        y.iter_mut().enumerate().for_each(|(index, y)| *y = f64::from(self.bias[index % outputs]));
        dx.iter_mut().zip(&self.dx).for_each(|(sum, &dx)| *sum = f64::from(dx));
        for_each_meeting(self.conv.input, self.conv.window, |output, tap, pixel| {
            for i in 0..inputs {
                let (at_x, row) = (pixel * inputs + i, tap * inputs + i);
                let x = f64::from(self.x[at_x]);
                for o in 0..outputs {
                    let (weight, dy) = (self.weight[row * outputs + o], self.dy[output * outputs + o]);
                    y[output * outputs + o] += x * f64::from(weight);
                    dx[at_x] += f64::from(dy) * f64::from(weight);
                    dweight[row * outputs + o] += f64::from(dy) * x;
                }
            }
        });
        [y, dx, dweight]
    }
}

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn right_on_all_instruction_sets_and_the_same_for_any_number_of_threads() {
    for case in CASES.map(Case::new) {
        let expected = case.expected();
        for wanted in [Isa::Portable, Isa::Avx2, Isa::Avx512] {
            if isa::select(wanted) != wanted {
                continue;
            }
            let what = format!("{:?}, {wanted:?}", case.conv);
            let mut results = &assert_same_on_all_pools(&what, || case.results())[..];
            for (expected, name) in expected.iter().zip(["y", "dx", "dweight"]) {
                let (actual, rest) = results.split_at(expected.len());
                assert_close(actual, expected, 5e-6, &format!("{name} of {what}"));
                results = rest;
            }
        }
    }
}
