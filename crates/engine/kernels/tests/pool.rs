//! Pooling against loops over the window.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Random, assert_close, assert_same_on_all_pools, fewer, for_each_meeting, zeros};
use foliar_kernels::pool::{self, Divisor, Pool};
use foliar_kernels::{Accumulate, Nhwc, Pad, Window};

fn max_forward(pool: &Pool, x: &[f32]) -> (Vec<f32>, Vec<u8>) {
    let len = pool.output().len();
    let (mut y, mut indices) = (vec![f32::NAN; len], vec![77; len]);
    pool::max_forward(pool, x, &mut y, &mut indices);
    (y, indices)
}

fn start(accumulate: Accumulate, old: &[f32]) -> Vec<f32> {
    match accumulate {
        Accumulate::Overwrite => vec![f32::NAN; old.len()],
        Accumulate::Add => old.to_vec(),
    }
}

fn random_pool(random: &mut Random) -> Pool {
    let (window, [h, w]) = random.window(4, 8);
    let c = random.channels(&[1, 3, 8, 17, 24, 64]);
    Pool::new(Nhwc::new(random.count(4), h, w, c).unwrap(), window).unwrap()
}

#[test]
fn maximum_and_its_gradient() {
    let mut random = Random::new(1);
    for _ in 0..fewer(200) {
        let pool = random_pool(&mut random);
        let what = format!("{pool:?}");
        let c = pool.input().c();
        // Few different values, so that there are ties.
        let x: Vec<f32> = random.values(pool.input().len()).iter().map(|x| (x * 4.0).round()).collect();
        let (y, indices) = max_forward(&pool, &x);
        let dy = random.values(y.len());

        let mut best: Vec<Option<(f32, usize, usize)>> = vec![None; y.len()];
        for_each_meeting(pool.input(), pool.window(), |output, tap, pixel| {
            for channel in 0..c {
                let value = x[pixel * c + channel];
                let best = &mut best[output * c + channel];
                if best.is_none_or(|(largest, ..)| value > largest) {
                    *best = Some((value, tap, pixel * c + channel));
                }
            }
        });
        let mut dx = zeros(x.len());
        for (i, best) in best.iter().enumerate() {
            let (value, tap, element) = best.unwrap_or_else(|| panic!("{what}: a window sees no pixel"));
            assert_eq!((y[i], usize::from(indices[i])), (value, tap), "{what}");
            dx[element] += f64::from(dy[i]);
        }
        let old = random.values(x.len());
        for accumulate in [Accumulate::Overwrite, Accumulate::Add] {
            let mut actual = start(accumulate, &old);
            pool::max_backward(&pool, &dy, &indices, accumulate, &mut actual);
            if accumulate == Accumulate::Add {
                dx.iter_mut().zip(&old).for_each(|(sum, &old)| *sum += f64::from(old));
            }
            assert_close(&actual, &dx, 1e-6, &what);
        }
    }
}

/// As PyTorch: the first of equals counts, and NaN is larger than anything.
#[test]
fn ties_nan_and_infinities() {
    let pool =
        Pool::new(Nhwc::new(1, 1, 6, 1).unwrap(), Window::new([1, 3], [1, 3], Pad::default()).unwrap())
            .unwrap();
    for (x, value, index) in [
        ([2.0, 2.0, 1.0], 2.0, 0),
        ([f32::NEG_INFINITY; 3], f32::NEG_INFINITY, 0),
        ([1.0, f32::NAN, 2.0], f32::NAN, 1),
        ([f32::NAN, 1.0, f32::NAN], f32::NAN, 2),
        ([1.0, f32::INFINITY, f32::INFINITY], f32::INFINITY, 1),
    ] {
        let (y, indices) = max_forward(&pool, &[x, x].concat());
        for (y, at) in y.iter().zip(indices) {
            assert_eq!((y.to_bits(), at), (value.to_bits(), index), "maximum of {x:?}");
        }
    }
}

/// Values and positions as `torch.nn.functional.max_pool2d(x, 3, 2, 1, return_indices=True)` returns them.
#[test]
fn maximum_with_padding_equals_pytorch() {
    let mut x: Vec<f32> = (0..25).map(|i| (i * 7 % 11) as f32 - 5.0).collect();
    x[6] = f32::NAN;
    x[24] = x[23];
    let pool = Pool::new(Nhwc::new(1, 5, 5, 1).unwrap(), Window::square(3, 2, 1).unwrap()).unwrap();
    let (y, indices) = max_forward(&pool, &x);
    let elements: Vec<usize> = (0..9)
        .map(|i| {
            let position = usize::from(indices[i]);
            let (row, column) = (i / 3 * 2 + position / 3 - 1, i % 3 * 2 + position % 3 - 1);
            row * 5 + column
        })
        .collect();
    let nan = f32::NAN;
    let maxima = [nan, nan, 5.0, nan, nan, 5.0, 3.0, 4.0, 2.0];
    assert!(y.iter().zip(&maxima).all(|(y, maximum)| y.to_bits() == maximum.to_bits()), "{y:?}");
    assert_eq!(elements, [6, 6, 3, 6, 6, 14, 20, 17, 23]);
}

#[test]
fn a_window_that_sees_no_pixel() {
    let window = Window::square(1, 1, 1).unwrap();
    let pool = Pool::new(Nhwc::new(1, 1, 1, 1).unwrap(), window).unwrap();
    let (y, indices) = max_forward(&pool, &[3.0]);
    assert_eq!(y[0], f32::NEG_INFINITY);
    assert_eq!((y[4], indices[4]), (3.0, 0));
    let mut dx = [f32::NAN];
    let dy: Vec<f32> = (0..9).map(|i| i as f32).collect();
    pool::max_backward(&pool, &dy, &indices, Accumulate::Overwrite, &mut dx);
    assert_eq!(dx, [4.0]);
    for divisor in [Divisor::Window, Divisor::Visible] {
        let mut y = [f32::NAN; 9];
        pool::average_forward(&pool, divisor, &[3.0], &mut y);
        assert_eq!(y, [0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0]);
        pool::average_backward(&pool, divisor, &dy, Accumulate::Overwrite, &mut dx);
        assert_eq!(dx, [4.0]);
    }
}

#[test]
fn average_and_its_gradient() {
    let mut random = Random::new(2);
    for _ in 0..fewer(200) {
        let pool = random_pool(&mut random);
        let divisor = random.pick(&[Divisor::Window, Divisor::Visible]);
        let what = format!("{pool:?}, {divisor:?}");
        let c = pool.input().c();
        let x = random.values(pool.input().len());
        let dy = random.values(pool.output().len());

        let mut visible = vec![0.0; pool.output().rows()];
        for_each_meeting(pool.input(), pool.window(), |output, _, _| visible[output] += 1.0);
        let (mut y, mut dx) = (zeros(dy.len()), zeros(x.len()));
        for_each_meeting(pool.input(), pool.window(), |output, _, pixel| {
            let share = match divisor {
                Divisor::Window => 1.0 / pool.window().area() as f64,
                Divisor::Visible => 1.0 / visible[output],
            };
            for channel in 0..c {
                y[output * c + channel] += share * f64::from(x[pixel * c + channel]);
                dx[pixel * c + channel] += share * f64::from(dy[output * c + channel]);
            }
        });

        let mut actual = vec![f32::NAN; dy.len()];
        pool::average_forward(&pool, divisor, &x, &mut actual);
        assert_close(&actual, &y, 1e-6, &what);
        let old = random.values(x.len());
        for accumulate in [Accumulate::Overwrite, Accumulate::Add] {
            let mut actual = start(accumulate, &old);
            pool::average_backward(&pool, divisor, &dy, accumulate, &mut actual);
            if accumulate == Accumulate::Add {
                dx.iter_mut().zip(&old).for_each(|(sum, &old)| *sum += f64::from(old));
            }
            assert_close(&actual, &dx, 1e-6, &what);
        }
    }
}

#[test]
fn global_average_and_its_gradient() {
    let mut random = Random::new(3);
    for [n, h, w, c] in
        [[1, 1, 1, 1], [3, 7, 7, 33], [2, 40, fewer(30), 5], [4, 7, 7, fewer(512)], [0, 7, 7, 4]]
    {
        let shape = Nhwc::new(n, h, w, c).unwrap();
        let what = format!("{shape:?}");
        let (x, dy) = (random.values(shape.len()), random.values(n * c));
        let share = 1.0 / (h * w) as f64;
        let (mut y, mut dx) = (zeros(n * c), zeros(x.len()));
        for (i, &x) in x.iter().enumerate() {
            let mean = i / shape.image_len() * c + i % c;
            y[mean] += share * f64::from(x);
            dx[i] = share * f64::from(dy[mean]);
        }
        let mut actual = vec![f32::NAN; n * c];
        pool::global_average_forward(shape, &x, &mut actual);
        assert_close(&actual, &y, 1e-6, &what);
        let old = random.values(x.len());
        for accumulate in [Accumulate::Overwrite, Accumulate::Add] {
            let mut actual = start(accumulate, &old);
            pool::global_average_backward(shape, &dy, accumulate, &mut actual);
            if accumulate == Accumulate::Add {
                dx.iter_mut().zip(&old).for_each(|(sum, &old)| *sum += f64::from(old));
            }
            assert_close(&actual, &dx, 1e-6, &what);
        }
    }
}

#[test]
fn adaptive_average_and_its_gradient() {
    let mut random = Random::new(5);
    for ([n, h, w, c], output) in
        [([2, 7, 7, 5], 7), ([1, 1, 2, 3], 7), ([3, 10, 9, 4], 3), ([2, 8, 3, 17], 5)]
    {
        let shape = Nhwc::new(n, h, w, c).unwrap();
        let what = format!("{shape:?} to {output}");
        let (x, dy) = (random.values(shape.len()), random.values(n * output * output * c));
        let (mut y, mut dx) = (zeros(dy.len()), zeros(x.len()));
        let seen = |place: usize, extent: usize| {
            let ends = [place as f64, place as f64 + 1.0].map(|end| end * extent as f64 / output as f64);
            (ends[0].floor() as usize)..(ends[1].ceil() as usize)
        };
        for (i, y) in y.iter_mut().enumerate() {
            let (image, pixel, channel) = (i / c / (output * output), i / c % (output * output), i % c);
            let (rows, columns) = (seen(pixel / output, h), seen(pixel % output, w));
            let share = 1.0 / (rows.len() * columns.len()) as f64;
            for row in rows {
                for column in columns.clone() {
                    let element = ((image * h + row) * w + column) * c + channel;
                    *y += share * f64::from(x[element]);
                    dx[element] += share * f64::from(dy[i]);
                }
            }
        }
        let mut actual = vec![f32::NAN; dy.len()];
        pool::adaptive_average_forward(shape, output, &x, &mut actual);
        assert_close(&actual, &y, 1e-6, &what);
        let old = random.values(x.len());
        for accumulate in [Accumulate::Overwrite, Accumulate::Add] {
            let mut actual = start(accumulate, &old);
            pool::adaptive_average_backward(shape, output, &dy, accumulate, &mut actual);
            if accumulate == Accumulate::Add {
                dx.iter_mut().zip(&old).for_each(|(sum, &old)| *sum += f64::from(old));
            }
            assert_close(&actual, &dx, 1e-6, &what);
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn threads_do_not_change_a_bit() {
    let mut random = Random::new(4);
    let pool = Pool::new(Nhwc::new(5, 40, 41, 33).unwrap(), Window::square(3, 2, 1).unwrap()).unwrap();
    let (x, dy) = (random.values(pool.input().len()), random.values(pool.output().len()));
    let (_, indices) = max_forward(&pool, &x);
    assert_same_on_all_pools("maximum", || {
        let (mut y, indices) = max_forward(&pool, &x);
        y.extend(indices.iter().map(|&index| f32::from(index)));
        y
    });
    assert_same_on_all_pools("gradient of the maximum", || {
        let mut dx = vec![f32::NAN; x.len()];
        pool::max_backward(&pool, &dy, &indices, Accumulate::Overwrite, &mut dx);
        dx
    });
    assert_same_on_all_pools("average", || {
        let mut y = vec![f32::NAN; dy.len()];
        pool::average_forward(&pool, Divisor::Visible, &x, &mut y);
        y
    });
    assert_same_on_all_pools("gradient of the average", || {
        let mut dx = vec![f32::NAN; x.len()];
        pool::average_backward(&pool, Divisor::Visible, &dy, Accumulate::Overwrite, &mut dx);
        dx
    });
    assert_same_on_all_pools("global average", || {
        let mut y = vec![f32::NAN; 5 * 33];
        pool::global_average_forward(pool.input(), &x, &mut y);
        y
    });
    assert_same_on_all_pools("gradient of the global average", || {
        let mut dx = vec![f32::NAN; x.len()];
        pool::global_average_backward(pool.input(), &dy[..5 * 33], Accumulate::Overwrite, &mut dx);
        dx
    });
}
