//! Times of equal steps.

use std::time::{Duration, Instant};

/// Steps before the clock runs: they touch all memory once and fill the caches.
const WARM_UP: usize = 2;
/// Fewest steps with the clock running.
const FEWEST: usize = 3;

/// Seconds that each of several equal steps took, ascending; not empty.
pub(super) struct Timing {
    seconds: Vec<f64>,
}

impl Timing {
    /// Warms up, calls `started`, and then takes the time of steps for `at_least` as long, and of three or more.
    pub(super) fn take<T>(
        subject: &mut T,
        at_least: Duration,
        started: impl FnOnce(&mut T),
        step: impl Fn(&mut T) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        for _ in 0..WARM_UP {
            step(subject)?;
        }
        started(subject);
        let mut seconds = Vec::new();
        let begin = Instant::now();
        while seconds.len() < FEWEST || begin.elapsed() < at_least {
            let start = Instant::now();
            step(subject)?;
            seconds.push(start.elapsed().as_secs_f64());
        }
        seconds.sort_by(f64::total_cmp);
        Ok(Self { seconds })
    }

    /// Ascending.
    pub(super) fn seconds(&self) -> &[f64] {
        &self.seconds
    }

    /// Seconds of the middle step; the mean of the two where the number is even.
    pub(super) fn median(&self) -> f64 {
        let middle = self.seconds.len() / 2;
        match self.seconds.len() % 2 {
            0 => (self.seconds[middle - 1] + self.seconds[middle]) / 2.0,
            _ => self.seconds[middle],
        }
    }

    pub(super) fn mean(&self) -> f64 {
        self.seconds.iter().sum::<f64>() / self.seconds.len() as f64
    }

    /// Seconds of the fastest and of the slowest step.
    pub(super) fn extremes(&self) -> (f64, f64) {
        (self.seconds[0], self.seconds[self.seconds.len() - 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_at_least_three_after_the_warm_up() {
        let mut steps = 0;
        let mut before = 0;
        let timing = Timing::take(
            &mut steps,
            Duration::ZERO,
            |steps| before = *steps,
            |steps| {
                *steps += 1;
                Ok(())
            },
        )
        .unwrap();
        assert_eq!((before, timing.seconds().len(), steps), (WARM_UP, FEWEST, WARM_UP + FEWEST));
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(Timing { seconds: vec![1.0, 2.0, 9.0] }.median(), 2.0);
        assert_eq!(Timing { seconds: vec![1.0, 2.0, 4.0, 9.0] }.median(), 3.0);
        assert_eq!(Timing { seconds: vec![1.0, 2.0, 9.0] }.extremes(), (1.0, 9.0));
    }
}
