//! The fully connected layer against loops in f64.

mod common;

use common::{Random, assert_close, assert_same_on_all_pools, zeros};
use foliar_kernels::Accumulate;
use foliar_kernels::linear::{self, Linear};

#[test]
fn random_shapes() {
    let mut random = Random::new(1);
    for _ in 0..60 {
        let sizes = [1, 2, 7, 33, 130, 257];
        let layer =
            Linear { rows: random.pick(&sizes), inputs: random.pick(&sizes), outputs: random.pick(&sizes) };
        let Linear { rows, inputs, outputs } = layer;
        let what = format!("{layer:?}");
        let (x, weight) = (random.values(rows * inputs), random.values(layer.weight_len()));
        let (bias, dy) = (random.values(outputs), random.values(rows * outputs));
        let old_dx = random.values(rows * inputs);

        let (mut y, mut dx) = (zeros(rows * outputs), zeros(rows * inputs));
        let (mut dweight, mut dbias) = (zeros(weight.len()), zeros(outputs));
        for r in 0..rows {
            for o in 0..outputs {
                let g = f64::from(dy[r * outputs + o]);
                y[r * outputs + o] += f64::from(bias[o]);
                dbias[o] += g;
                for i in 0..inputs {
                    let (x, weight) = (f64::from(x[r * inputs + i]), f64::from(weight[o * inputs + i]));
                    y[r * outputs + o] += x * weight;
                    dx[r * inputs + i] += g * weight;
                    dweight[o * inputs + i] += g * x;
                }
            }
        }

        let actual = assert_same_on_all_pools(&what, || {
            let mut y = vec![f32::NAN; rows * outputs];
            linear::forward(&layer, &x, &weight, Some(&bias), &mut y);
            y
        });
        assert_close(&actual, &y, 3e-6, &format!("y of {what}"));

        let actual = assert_same_on_all_pools(&what, || {
            let mut dx = vec![f32::NAN; x.len()];
            linear::backward_input(&layer, &dy, &weight, Accumulate::Overwrite, &mut dx);
            dx
        });
        assert_close(&actual, &dx, 3e-6, &format!("dx of {what}"));
        let mut added = old_dx.clone();
        linear::backward_input(&layer, &dy, &weight, Accumulate::Add, &mut added);
        dx.iter_mut().zip(&old_dx).for_each(|(sum, &old)| *sum += f64::from(old));
        assert_close(&added, &dx, 3e-6, &format!("added dx of {what}"));

        let actual = assert_same_on_all_pools(&what, || {
            let (mut dweight, mut dbias) = (vec![f32::NAN; weight.len()], vec![f32::NAN; outputs]);
            linear::backward_weight(&layer, &x, &dy, &mut dweight, Some(&mut dbias));
            dweight.extend(dbias);
            dweight
        });
        let (actual_weight, actual_bias) = actual.split_at(weight.len());
        assert_close(actual_weight, &dweight, 3e-6, &format!("dweight of {what}"));
        assert_close(actual_bias, &dbias, 3e-6, &format!("dbias of {what}"));

        let mut unbiased = vec![f32::NAN; rows * outputs];
        linear::forward(&layer, &x, &weight, None, &mut unbiased);
        for row in y.chunks_exact_mut(outputs) {
            row.iter_mut().zip(&bias).for_each(|(y, &bias)| *y -= f64::from(bias));
        }
        assert_close(&unbiased, &y, 3e-6, &format!("y without bias of {what}"));
    }
}
