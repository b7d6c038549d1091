//! Random data, tolerances and thread pools for the tests.
//!
//! Miri is some thousand times slower than the processor. Under it there are fewer cases with smaller shapes, of the same kinds.
#![allow(dead_code, clippy::unwrap_used)]

pub(crate) mod conv;
pub(crate) mod norm;

use foliar_kernels::{Nhwc, Pad, Window};

/// That many cases or rows, under Miri a thirtieth of them.
pub(crate) const fn fewer(usual: usize) -> usize {
    if cfg!(miri) { usual.div_ceil(30) } else { usual }
}

/// Elements of a slice that elementwise kernels cut into several chunks, the last of which is not full.
pub(crate) const LONG: usize = if cfg!(miri) { 33_003 } else { 100_003 };

/// A small generator (SplitMix64): the tests' data are the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `low..=high`.
    pub(crate) fn between(&mut self, low: usize, high: usize) -> usize {
        low + (self.bits() % (high - low + 1) as u64) as usize
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.between(0, choices.len() - 1)]
    }

    /// One of `choices`, which rise; under Miri at most two vectors and a rest.
    pub(crate) fn channels(&mut self, choices: &[usize]) -> usize {
        let most = if cfg!(miri) { 17 } else { usize::MAX };
        self.pick(&choices[..choices.partition_point(|&channels| channels <= most)])
    }

    /// One of `1..=most` images or rows.
    pub(crate) fn count(&mut self, most: usize) -> usize {
        self.between(1, if cfg!(miri) { most.div_ceil(10).max(2) } else { most })
    }

    /// Values in [-1, 1), multiples of 2^-23.
    pub(crate) fn values(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| (self.bits() >> 40) as f32 / (1u64 << 23) as f32 - 1.0).collect()
    }

    /// A window of up to `kernel` x `kernel` with padding below the kernel on each side, and an input shape
    /// of up to `size` x `size` that it fits into.
    pub(crate) fn window(&mut self, kernel: usize, size: usize) -> (Window, [usize; 2]) {
        let size = if cfg!(miri) { size.div_ceil(2) } else { size };
        let kernel = [self.between(1, kernel), self.between(1, kernel)];
        let pad = Pad {
            top: self.between(0, kernel[0] - 1),
            left: self.between(0, kernel[1] - 1),
            bottom: self.between(0, kernel[0] - 1),
            right: self.between(0, kernel[1] - 1),
        };
        let stride = [self.between(1, 3), self.between(1, 3)];
        let input = [self.between(kernel[0], kernel[0] + size), self.between(kernel[1], kernel[1] + size)];
        (Window::new(kernel, stride, pad).unwrap(), input)
    }
}

/// Panics unless `actual` is `expected` up to `tolerance` times the largest expected magnitude.
#[track_caller]
pub(crate) fn assert_close(actual: &[f32], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1e-30_f64, |scale, value| scale.max(value.abs()));
    for (index, (&actual, &expected)) in actual.iter().zip(expected).enumerate() {
        let error = (f64::from(actual) - expected).abs();
        assert!(
            error <= tolerance * scale,
            "{what}: element {index} is {actual}, not {expected} (largest {scale})"
        );
    }
}

/// Runs `work` on pools of 1, 2, 3 and 8 threads, under Miri of 1 and 3, and panics unless all results agree bit for bit.
#[track_caller]
pub(crate) fn assert_same_on_all_pools(what: &str, work: impl Fn() -> Vec<f32> + Sync) -> Vec<f32> {
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(&work)
    };
    let first = on(1);
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    for &threads in if cfg!(miri) { &[3][..] } else { &[2, 3, 8] } {
        assert!(bits(&on(threads)) == bits(&first), "{what}: depends on the number of threads");
    }
    first
}

/// Calls `visit` with each output pixel (row index), each tap (index in the kernel) and the input pixel (row
/// index) that they meet in, if it is inside the image.
pub(crate) fn for_each_meeting(input: Nhwc, window: Window, mut visit: impl FnMut(usize, usize, usize)) {
    let (h, w) = window.output(input.h(), input.w()).unwrap();
    for n in 0..input.n() {
        for oy in 0..h {
            for ox in 0..w {
                for a in 0..window.kernel()[0] {
                    for b in 0..window.kernel()[1] {
                        let y = (oy * window.stride()[0] + a).wrapping_sub(window.pad().top);
                        let x = (ox * window.stride()[1] + b).wrapping_sub(window.pad().left);
                        if y < input.h() && x < input.w() {
                            visit(
                                (n * h + oy) * w + ox,
                                a * window.kernel()[1] + b,
                                (n * input.h() + y) * input.w() + x,
                            );
                        }
                    }
                }
            }
        }
    }
}

pub(crate) fn zeros(len: usize) -> Vec<f64> {
    vec![0.0; len]
}
