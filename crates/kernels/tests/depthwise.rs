//! Depthwise convolution against a loop over taps in f64.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Random, assert_close, assert_same_on_all_pools, for_each_meeting, zeros};
use foliar_kernels::depthwise::{self, Depthwise};
use foliar_kernels::{Accumulate, Nhwc, Window};

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
            x: random.values(conv.input.len()),
            weight: random.values(conv.weight_len()),
            dy: random.values(conv.output().len()),
            dx: random.values(conv.input.len()),
        }
    }

    fn forward(&self) -> Vec<f32> {
        let mut y = vec![f32::NAN; self.dy.len()];
        depthwise::forward(&self.conv, &self.x, &self.weight, &mut y);
        y
    }

    fn backward_input(&self, accumulate: Accumulate) -> Vec<f32> {
        let mut dx = match accumulate {
            Accumulate::Overwrite => vec![f32::NAN; self.dx.len()],
            Accumulate::Add => self.dx.clone(),
        };
        depthwise::backward_input(&self.conv, &self.dy, &self.weight, accumulate, &mut dx);
        dx
    }

    fn backward_weight(&self) -> Vec<f32> {
        let mut dweight = vec![f32::NAN; self.weight.len()];
        let mut partials = vec![f32::NAN; self.conv.partials_len()];
        depthwise::backward_weight(&self.conv, &self.x, &self.dy, &mut dweight, &mut partials);
        dweight
    }

    fn check(&self) {
        let Depthwise { input, window } = self.conv;
        let what = format!("{:?}", self.conv);
        let c = input.c;
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
        let overwritten = self.backward_input(Accumulate::Overwrite);
        assert_close(&overwritten, &dx, 1e-6, &format!("dx of {what}"));
        dx.iter_mut().zip(&self.dx).for_each(|(sum, &dx)| *sum += f64::from(dx));
        let added = self.backward_input(Accumulate::Add);
        assert_close(&added, &dx, 1e-6, &format!("added dx of {what}"));
        assert_close(&self.backward_weight(), &dweight, 2e-6, &format!("dweight of {what}"));
    }
}

fn depthwise(input: [usize; 4], window: Window) -> Depthwise {
    let [n, h, w, c] = input;
    Depthwise::new(Nhwc::new(n, h, w, c), window).unwrap()
}

#[test]
fn random_shapes() {
    let mut random = Random::new(1);
    for round in 0..300 {
        let (mut window, [mut h, mut w]) = random.window(5, 12);
        if round % 2 == 0 {
            window.kernel = [3, 3];
            (h, w) = (h + 3, w + 3);
        }
        let c = random.pick(&[1, 2, 3, 5, 8, 15, 16, 17, 24, 31, 64, 70]);
        let input = [random.between(1, 6), h, w, c];
        Case::new(depthwise(input, window), &mut random).check();
    }
}

#[test]
fn layers_of_networks() {
    let mut random = Random::new(2);
    for (size, stride) in [(28, 1), (28, 2), (15, 2), (7, 1), (2, 1), (1, 1)] {
        for c in [24, 96, 100] {
            let conv = depthwise([3, size, size, c], Window::same([3, 3], [stride; 2], size, size));
            Case::new(conv, &mut random).check();
        }
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let mut random = Random::new(3);
    for (size, stride) in [(40, 1), (41, 2)] {
        let conv = depthwise([9, size, size, 50], Window::same([3, 3], [stride; 2], size, size));
        let case = Case::new(conv, &mut random);
        let what = format!("{conv:?}");
        assert_same_on_all_pools(&what, || case.forward());
        assert_same_on_all_pools(&what, || case.backward_input(Accumulate::Overwrite));
        assert_same_on_all_pools(&what, || case.backward_input(Accumulate::Add));
        assert_same_on_all_pools(&what, || case.backward_weight());
    }
}

#[test]
fn no_images() {
    let case = Case::new(depthwise([0, 8, 8, 3], Window::square(3, 1, 1)), &mut Random::new(4));
    assert!(case.forward().is_empty());
    assert!(case.backward_input(Accumulate::Overwrite).is_empty());
    assert!(case.backward_weight().iter().all(|&value| value == 0.0));
}
