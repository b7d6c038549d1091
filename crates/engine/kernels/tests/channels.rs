//! Joining channels, scaling them, and squeezing values, against plain loops.

mod common;

use common::{Random, assert_close, assert_same_on_all_pools, fewer};
use foliar_kernels::channels::{
    concat_backward, concat_forward, scale_backward_factor, scale_backward_image, scale_forward,
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
