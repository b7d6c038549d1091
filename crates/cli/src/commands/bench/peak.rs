//! The most that the processor can compute, by measurement.

use std::time::Instant;

use foliar_nn::peak;

/// Rounds whose time is taken at once: about a millisecond, short enough to fall between what else the machine does.
const ROUNDS: usize = 50_000;
const REPETITIONS: usize = 100;

/// Floating-point operations a second of all threads together, in thousands of millions, while they do nothing but
/// multiply and add in registers; an addition and a multiplication are two. The best of many short measurements on each
/// thread, all threads at work.
pub(super) fn measure() -> f64 {
    let rates = rayon::broadcast(|_| {
        let rate = |_| {
            let start = Instant::now();
            peak::run(ROUNDS);
            2e-9 * peak::multiply_adds(ROUNDS) as f64 / start.elapsed().as_secs_f64()
        };
        (0..REPETITIONS).map(rate).fold(0.0, f64::max)
    });
    rates.iter().sum()
}
