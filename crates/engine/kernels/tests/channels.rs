//! Joining channels, scaling them, and squeezing values, against plain loops.

mod common;

use common::{LONG, Random, assert_close, assert_same_on_all_pools, fewer};
use foliar_kernels::channels::{
    concat_backward, concat_forward, scale_backward_factor, scale_backward_image, scale_forward,
};
use foliar_kernels::sigmoid::{
    sigmoid_backward, sigmoid_backward_in_place, sigmoid_forward, silu_backward, silu_backward_in_place,
    silu_forward,
};
use foliar_kernels::{Accumulate, Nhwc};

#[test]
fn channels_are_joined_and_parted() {
    let mut random = Random::new(1);
    for (rows, first, second) in [(1, 1, 1), (7, 3, 5), (fewer(3000), 17, 4), (0, 2, 2)] {
        let (a, b) = (random.values(rows * first), random.values(rows * second));
        let total = first + second;
        let y = assert_same_on_all_pools("concat", || {
            let mut y = vec![f32::NAN; rows * total];
            concat_forward([first, second], &a, &b, &mut y);
            y
        });
        for (i, &y) in y.iter().enumerate() {
            let (row, c) = (i / total, i % total);
            assert_eq!(y, if c < first { a[row * first + c] } else { b[row * second + c - first] });
        }
        let mut back = b.clone();
        concat_backward(total, 0, first, &y, Accumulate::Overwrite, &mut vec![f32::NAN; rows * first]);
        concat_backward(total, first, second, &y, Accumulate::Add, &mut back);
        assert!(back.iter().zip(&b).all(|(back, b)| *back == b + b));
        let mut front = vec![f32::NAN; rows * first];
        concat_backward(total, 0, first, &y, Accumulate::Overwrite, &mut front);
        assert_eq!(front, a);
    }
}

#[test]
fn channels_are_scaled() {
    let mut random = Random::new(2);
    for shape in [Nhwc::new(1, 1, 1, 1), Nhwc::new(3, 5, 4, 19), Nhwc::new(2, 40, fewer(30), 6)] {
        let shape = shape.unwrap();
        let what = format!("{shape:?}");
        let (x, dy, s) =
            (random.values(shape.len()), random.values(shape.len()), random.values(shape.n() * shape.c()));
        let factor = |i: usize| i / shape.image_len() * shape.c() + i % shape.c();
        let mut y = vec![f32::NAN; x.len()];
        scale_forward(shape, &x, &s, &mut y);
        assert!((0..x.len()).all(|i| y[i] == x[i] * s[factor(i)]), "{what}");
        for accumulate in [Accumulate::Overwrite, Accumulate::Add] {
            let old = if accumulate == Accumulate::Add { 0.25 } else { f32::NAN };
            let start = if accumulate == Accumulate::Add { 0.25 } else { 0.0 };
            let mut dx = vec![old; x.len()];
            scale_backward_image(shape, &dy, &s, accumulate, &mut dx);
            assert!((0..x.len()).all(|i| dx[i] == start + dy[i] * s[factor(i)]), "{what}");
            let ds = assert_same_on_all_pools("gradient of the factors", || {
                let mut ds = vec![old; s.len()];
                scale_backward_factor(shape, &x, &dy, accumulate, &mut ds);
                ds
            });
            let mut expected = vec![f64::from(start); s.len()];
            (0..x.len()).for_each(|i| expected[factor(i)] += f64::from(x[i]) * f64::from(dy[i]));
            assert_close(&ds, &expected, 1e-6, &what);
        }
    }
}

#[test]
fn sigmoid_and_silu_with_their_gradients() {
    let mut random = Random::new(3);
    let x: Vec<f32> = random.values(LONG).iter().map(|x| x * 20.0).collect();
    let dy = random.values(x.len());
    let sigma = |x: f32| 1.0 / (1.0 + (-f64::from(x)).exp());
    let all = |f: &dyn Fn(usize) -> f64| (0..x.len()).map(f).collect::<Vec<f64>>();
    let mut y = vec![f32::NAN; x.len()];
    silu_forward(&x, &mut y);
    assert_close(&y, &all(&|i| f64::from(x[i]) * sigma(x[i])), 1e-7, "silu");
    sigmoid_forward(&x, &mut y);
    assert_close(&y, &all(&|i| sigma(x[i])), 3e-7, "sigmoid");
    for accumulate in [Accumulate::Overwrite, Accumulate::Add] {
        let start = if accumulate == Accumulate::Add { 0.5 } else { 0.0 };
        let mut dx = vec![start; x.len()];
        sigmoid_backward(&y, &dy, accumulate, &mut dx);
        let slope = |i: usize| sigma(x[i]) * (1.0 - sigma(x[i]));
        assert_close(
            &dx,
            &all(&|i| f64::from(start) + f64::from(dy[i]) * slope(i)),
            1e-6,
            "sigmoid's gradient",
        );
        let mut dx = vec![start; x.len()];
        silu_backward(&x, &dy, accumulate, &mut dx);
        let slope = |i: usize| sigma(x[i]) * (1.0 + f64::from(x[i]) * (1.0 - sigma(x[i])));
        assert_close(&dx, &all(&|i| f64::from(start) + f64::from(dy[i]) * slope(i)), 1e-6, "silu's gradient");
    }
}

#[test]
fn gradients_in_place_are_those_beside() {
    let mut random = Random::new(4);
    let (values, dy) = (random.values(LONG), random.values(LONG));
    for (beside, in_place) in [
        (
            sigmoid_backward as fn(&[f32], &[f32], Accumulate, &mut [f32]),
            sigmoid_backward_in_place as fn(&[f32], &mut [f32]),
        ),
        (silu_backward, silu_backward_in_place),
    ] {
        let mut expected = vec![f32::NAN; dy.len()];
        beside(&values, &dy, Accumulate::Overwrite, &mut expected);
        let mut found = dy.clone();
        in_place(&values, &mut found);
        assert_eq!(found, expected);
    }
}

#[test]
fn infinities_saturate_and_nan_is_not_hidden() {
    let x = [f32::NEG_INFINITY, -200.0, 200.0, f32::INFINITY, f32::NAN];
    let mut y = [0.5; 5];
    sigmoid_forward(&x, &mut y);
    assert!(y[0] < 1e-37 && y[1] < 1e-37 && y[2] == 1.0 && y[3] == 1.0 && y[4].is_nan(), "{y:?}");
    silu_forward(&x[1..], &mut y[1..]);
    assert!(y[1].abs() < 1e-35 && y[2] == 200.0 && y[3] == f32::INFINITY && y[4].is_nan(), "{y:?}");
}
