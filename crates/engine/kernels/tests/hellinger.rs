//! Square roots of shares against plain loops in float64, and their gradient against slopes.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Random, assert_close, assert_same_on_all_pools, fewer};
use foliar_kernels::Accumulate;
use foliar_kernels::hellinger::{FLOOR, backward, forward};

/// A row in float64.
fn roots(x: &[f64]) -> Vec<f64> {
    let mean = x.iter().map(|x| x.max(0.0)).sum::<f64>() / x.len() as f64 + f64::from(FLOOR);
    x.iter().map(|x| (x.max(0.0) / mean).sqrt()).collect()
}

fn doubles(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

#[test]
fn values_are_those_of_plain_loops() {
    let mut random = Random::new(7);
    for case in 0..fewer(30) {
        let (rows, channels) = (random.count(300), random.channels(&[1, 2, 7, 32, 192, 768]));
        let what = format!("case {case}: {rows} x {channels}");
        let x = random.values(rows * channels);
        let expected: Vec<f64> = x.chunks_exact(channels).flat_map(|row| roots(&doubles(row))).collect();
        let found = assert_same_on_all_pools(&what, || {
            let mut y = vec![f32::NAN; x.len()];
            forward(channels, &x, &mut y);
            y
        });
        assert_close(&found, &expected, 1e-6, &what);
    }
}

#[test]
fn the_gradient_is_the_slope() {
    let mut random = Random::new(8);
    for channels in [1, 2, 5, 40] {
        // Away from 0, where the slope is not finite; some are below.
        let x: Vec<f32> = random.values(3 * channels).iter().map(|x| x + 0.3 * x.signum()).collect();
        let dy = random.values(x.len());
        let mut expected = Vec::new();
        for (row, dy) in x.chunks_exact(channels).zip(dy.chunks_exact(channels)) {
            let value =
                |row: &[f64]| -> f64 { roots(row).iter().zip(dy).map(|(y, &dy)| y * f64::from(dy)).sum() };
            for place in 0..channels {
                let moved = |step: f64| {
                    let mut row = doubles(row);
                    row[place] += step;
                    value(&row)
                };
                expected.push((moved(1e-6) - moved(-1e-6)) / 2e-6);
            }
        }
        let found = assert_same_on_all_pools("gradient", || {
            let mut dx = vec![f32::NAN; x.len()];
            backward(channels, &x, &dy, Accumulate::Overwrite, &mut dx);
            dx
        });
        assert_close(&found, &expected, 1e-5, &format!("{channels} channels"));
        let mut twice = found.clone();
        backward(channels, &x, &dy, Accumulate::Add, &mut twice);
        assert!(twice.iter().zip(&found).all(|(twice, once)| *twice == 2.0 * once));
    }
}

#[test]
fn rows_of_nothing_stay_and_nan_is_not_hidden() {
    let mut y = [f32::NAN; 6];
    forward(3, &[0.0, -1.0, 0.0, 0.0, f32::NAN, 1.0], &mut y);
    assert_eq!(y[..3], [0.0; 3]);
    assert!(y[4].is_nan());
    let mut dx = [f32::NAN; 3];
    backward(3, &[0.0, -1.0, 0.0], &[1.0; 3], Accumulate::Overwrite, &mut dx);
    assert_eq!(dx, [0.0; 3]);
    // However small a feature is, its slope is finite.
    backward(3, &[1e-30, 2.0, 1.0], &[1.0; 3], Accumulate::Overwrite, &mut dx);
    assert!(dx.iter().all(|slope| slope.is_finite()));
}
