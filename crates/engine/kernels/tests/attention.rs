//! Attention against plain loops in float64.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Random, assert_close, assert_same_on_all_pools, fewer};
use foliar_kernels::attention::Attention;
use foliar_kernels::{Accumulate, Nhwc};

/// The output, and the gradient of the input for `dy`.
fn naive(shape: [usize; 4], x: &[f32], dy: &[f32]) -> (Vec<f64>, Vec<f64>) {
    let [images, tokens, heads, width] = shape;
    let channels = heads * width;
    let (mut y, mut dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
    let factor = 1.0 / (width as f64).sqrt();
    for (image, head) in (0..images).flat_map(|image| (0..heads).map(move |head| (image, head))) {
        let place = |part: usize, token: usize, c: usize| {
            (image * tokens + token) * 3 * channels + part * channels + head * width + c
        };
        let output = |token: usize, c: usize| (image * tokens + token) * channels + head * width + c;
        let at = |part: usize, token: usize, c: usize| f64::from(x[place(part, token, c)]);
        for query in 0..tokens {
            let scores: Vec<f64> = (0..tokens)
                .map(|key| (0..width).map(|c| at(0, query, c) * at(1, key, c)).sum::<f64>() * factor)
                .collect();
            let most = scores.iter().copied().fold(f64::MIN, f64::max);
            let sum: f64 = scores.iter().map(|score| (score - most).exp()).sum();
            let shares: Vec<f64> = scores.iter().map(|score| (score - most).exp() / sum).collect();
            for c in 0..width {
                y[output(query, c)] = (0..tokens).map(|key| shares[key] * at(2, key, c)).sum();
            }
            let slopes: Vec<f64> = (0..tokens)
                .map(|key| (0..width).map(|c| f64::from(dy[output(query, c)]) * at(2, key, c)).sum())
                .collect();
            let mean: f64 = shares.iter().zip(&slopes).map(|(share, slope)| share * slope).sum();
            for key in 0..tokens {
                let slope = shares[key] * (slopes[key] - mean) * factor;
                for c in 0..width {
                    dx[place(0, query, c)] += slope * at(1, key, c);
                    dx[place(1, key, c)] += slope * at(0, query, c);
                    dx[place(2, key, c)] += shares[key] * f64::from(dy[output(query, c)]);
                }
            }
        }
    }
    (y, dx)
}

#[test]
fn attention_is_that_of_plain_loops_whatever_the_shape() {
    let mut random = Random::new(1);
    for case in 0..fewer(60) {
        let images = random.count(3);
        let tokens = random.pick(&[1, 2, 5, 16, 17, 50, 95, 96, 97, 197, 200]);
        let tokens = if cfg!(miri) { tokens.min(5) } else { tokens };
        let (heads, width) = (random.pick(&[1, 2, 3, 6]), random.pick(&[1, 2, 5, 8, 32, 33, 64, 80]));
        let shape = [images, tokens, heads, width];
        let input = Nhwc::new(images, 1, tokens, 3 * heads * width).unwrap();
        let attention = Attention::new(input, heads).unwrap();
        let what = format!("case {case}, {attention:?}");
        let x: Vec<f32> = random.values(input.len()).iter().map(|x| 2.0 * x).collect();
        let (dy, old) = (random.values(input.len() / 3), random.values(input.len()));
        let (expected, gradient) = naive(shape, &x, &dy);
        let y = assert_same_on_all_pools(&what, || {
            let mut y = vec![f32::NAN; dy.len()];
            attention.forward(&x, &mut y);
            y
        });
        assert_close(&y, &expected, 3e-6, &what);
        let dx = assert_same_on_all_pools(&what, || {
            let mut dx = vec![f32::NAN; x.len()];
            attention.backward(&x, &dy, Accumulate::Overwrite, &mut dx);
            dx
        });
        assert_close(&dx, &gradient, 1e-5, &what);
        let mut added = old.clone();
        attention.backward(&x, &dy, Accumulate::Add, &mut added);
        let sum: Vec<f64> = gradient.iter().zip(&old).map(|(new, old)| new + f64::from(*old)).collect();
        assert_close(&added, &sum, 1e-5, &what);
        // A photograph's result does not depend on those beside it.
        let mut alone = vec![f32::NAN; dy.len() / images];
        attention.of_images(1).forward(&x[..x.len() / images], &mut alone);
        assert_eq!(alone, y[..alone.len()], "{what}");
    }
}

#[test]
fn large_scores_do_not_overflow() {
    let attention = Attention::new(Nhwc::new(1, 1, 3, 3).unwrap(), 1).unwrap();
    let mut y = [0.0; 3];
    attention.forward(&[1e10, 1e10, 1.0, 1e10, -1e10, 2.0, 0.0, 0.0, 3.0], &mut y);
    assert!((y[0] - 1.0).abs() < 1e-6 && (y[2] - 2.0).abs() < 1e-6, "{y:?}");
    attention.forward(&[f32::NAN, 1.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 3.0], &mut y);
    assert!(y[0].is_nan() && y[1].is_finite(), "{y:?}");
}

#[test]
fn channels_must_fit_the_heads() {
    let shape = |channels| Nhwc::new(1, 1, 4, channels).unwrap();
    assert!(Attention::new(shape(12), 2).is_some());
    for (channels, heads) in [(12, 0), (12, 3), (12, 5), (13, 2), (2, 1), (12, usize::MAX)] {
        assert!(Attention::new(shape(channels), heads).is_none(), "{channels} of {heads}");
    }
}
