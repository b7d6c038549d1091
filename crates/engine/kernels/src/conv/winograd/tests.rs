//! Against a loop over taps in f64, for shapes too small to be worth it as well.

use super::{backward_input, backward_weight, can, forward, partials_len};
use crate::conv::Conv;
use crate::{Accumulate, Nhwc, Pad, Window};

/// A small generator (SplitMix64).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// Normal values.
    fn values(&mut self, len: usize) -> Vec<f32> {
        let mut uniform = || (self.bits() >> 11) as f64 / (1u64 << 53) as f64;
        (0..len)
            .map(|_| {
                ((-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()) as f32
            })
            .collect()
    }
}

/// The relative L2 errors of the output and of the gradients of the input and the weights.
fn errors(conv: &Conv, random: &mut Random) -> [f64; 3] {
    let (input, output) = (conv.input, conv.output);
    let (inputs, outputs) = (input.c, output.c);
    let x = random.values(input.len());
    let weight = random.values(conv.weight_len());
    let bias = random.values(outputs);
    let dy = random.values(output.len());
    let old_dx = random.values(input.len());

    let (mut y, mut dx, mut dweight) = (
        vec![0.0; output.len()],
        old_dx.iter().map(|&dx| f64::from(dx)).collect::<Vec<_>>(),
        vec![0.0; weight.len()],
    );
    for (index, y) in y.iter_mut().enumerate() {
        *y = f64::from(bias[index % outputs]);
    }
    for n in 0..input.n {
        for oy in 0..output.h {
            for ox in 0..output.w {
                let at_y = ((n * output.h + oy) * output.w + ox) * outputs;
                for tap in 0..9 {
                    let row = (oy + tap / 3).wrapping_sub(conv.window.pad.top);
                    let column = (ox + tap % 3).wrapping_sub(conv.window.pad.left);
                    if row >= input.h || column >= input.w {
                        continue;
                    }
                    let at_x = ((n * input.h + row) * input.w + column) * inputs;
                    for i in 0..inputs {
                        let at_weight = (tap * inputs + i) * outputs;
                        for o in 0..outputs {
                            y[at_y + o] += f64::from(x[at_x + i]) * f64::from(weight[at_weight + o]);
                            dx[at_x + i] += f64::from(dy[at_y + o]) * f64::from(weight[at_weight + o]);
                            dweight[at_weight + o] += f64::from(x[at_x + i]) * f64::from(dy[at_y + o]);
                        }
                    }
                }
            }
        }
    }
    let mut actual_y = vec![f32::NAN; y.len()];
    forward(conv, &x, &weight, Some(&bias), None, &mut actual_y);
    let mut actual_dx = old_dx;
    backward_input(conv, &dy, &weight, Accumulate::Add, &mut actual_dx);
    let mut actual_dweight = vec![f32::NAN; weight.len()];
    backward_weight(conv, &x, &dy, &mut actual_dweight, &mut vec![f32::NAN; partials_len(conv)]);
    [relative(&actual_y, &y), relative(&actual_dx, &dx), relative(&actual_dweight, &dweight)]
}

fn relative(actual: &[f32], expected: &[f64]) -> f64 {
    let square = |sum: f64, value: f64| sum + value * value;
    let error =
        actual.iter().zip(expected).map(|(&actual, expected)| f64::from(actual) - expected).fold(0.0, square);
    (error / expected.iter().copied().fold(1e-30, square)).sqrt()
}

fn conv([n, h, w, c]: [usize; 4], outputs: usize, pad: Pad) -> Conv {
    let window = Window::new([3, 3], [1, 1], pad).unwrap();
    let conv = Conv::new(Nhwc::new(n, h, w, c).unwrap(), outputs, window).unwrap();
    assert!(can(&conv));
    conv
}

#[test]
fn small_shapes() {
    let mut random = Random(1);
    let (cases, size, choices) = if cfg!(miri) { (3, 6, 6) } else { (100, 14, 10) };
    for _ in 0..cases {
        let pad = Pad {
            top: random.below(2),
            left: random.below(2),
            bottom: random.below(2),
            right: random.below(2),
        };
        let h = 3usize.saturating_sub(pad.top + pad.bottom) + random.below(size);
        let w = 3usize.saturating_sub(pad.left + pad.right) + random.below(size);
        let channels = [1, 2, 3, 5, 8, 17, 24, 48, 70, 130];
        let input = [1 + random.below(4), h, w, channels[random.below(choices)]];
        let conv = conv(input, channels[random.below(choices)], pad);
        check(&conv, &mut random);
    }
}

/// Those that go through panels of the weights, and whose gradients are summed at once or in several chunks.
#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn many_channels() {
    let mut random = Random(5);
    for (input, outputs) in
        [([3, 6, 7, 270], 250), ([1, 1, 2, 256], 256), ([14, 17, 5, 250], 290), ([1, 50, 20, 260], 270)]
    {
        check(&conv(input, outputs, Pad::all(1)), &mut random);
    }
}

fn check(conv: &Conv, random: &mut Random) {
    for error in errors(conv, random) {
        assert!(error < 3e-6, "{conv:?}: {error:e}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn errors_of_layers_are_below_the_bound() {
    let mut random = Random(2);
    for (n, size, channels) in [(1, 56, 64), (2, 28, 128), (2, 14, 256), (3, 7, 512)] {
        let conv = conv([n, size, size, channels], channels, Pad::all(1));
        let errors = errors(&conv, &mut random);
        println!("{size} {channels}: {:.2e} {:.2e} {:.2e}", errors[0], errors[1], errors[2]);
        assert!(errors.iter().all(|&error| error < 2e-6), "{conv:?}: {errors:?}");
    }
}
