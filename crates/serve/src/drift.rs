//! Whether photographs are still as those that the classifier was calibrated on.
//!
//! A bundle promises two shares of new photographs of its classes: at most one in twenty is out-of-distribution, and at most a share
//! alpha fits no class, so that its prediction set is empty. Of the last [`WINDOW`] photographs as many more than that, that chance alone
//! would hardly do it, are an alarm: other plants, another camera, another season.

use std::collections::VecDeque;

use foliar_model::{Bundle, OOD_SHARE, Prediction};

/// Photographs that a share is taken of, the last ones.
pub(crate) const WINDOW: usize = 500;
/// Below so many photographs there is no alarm.
const FEWEST: usize = 50;
/// How unlikely so many must be. Windows overlap and many are looked at.
const UNLIKELY: f64 = 1e-5;
/// Standard errors by which the promise itself may be off, as it was calibrated on so many groups of photographs.
const DOUBT: f64 = 2.0;

/// A thing of which a bundle promises how often it happens.
#[derive(Clone, Debug)]
pub(crate) struct Signal {
    pub(crate) name: &'static str,
    /// Share that is promised of new photographs of the classes; `None` if nothing is.
    pub(crate) promised: Option<f64>,
    /// Share beyond which something has changed: the promise, and what it may be off by.
    allowed: f64,
    last: VecDeque<bool>,
    hits: usize,
}

impl Signal {
    fn new(name: &'static str, promised: Option<f64>, groups: usize) -> Self {
        let p = promised.unwrap_or(1.0);
        let doubt = DOUBT * (p * (1.0 - p) / groups.max(1) as f64).sqrt();
        Self { name, promised, allowed: (p + doubt).min(1.0), last: VecDeque::new(), hits: 0 }
    }

    fn record(&mut self, hit: bool) {
        self.last.push_back(hit);
        self.hits += usize::from(hit);
        if self.last.len() > WINDOW {
            self.hits -= usize::from(self.last.pop_front() == Some(true));
        }
    }

    /// Share of the last photographs; `None` without any.
    pub(crate) fn share(&self) -> Option<f64> {
        (!self.last.is_empty()).then(|| self.hits as f64 / self.last.len() as f64)
    }

    /// Whether there were too many to be chance.
    pub(crate) fn alarm(&self) -> bool {
        self.promised.is_some()
            && self.last.len() >= FEWEST
            && chance_of_at_least(self.hits, self.last.len(), self.allowed) < UNLIKELY
    }
}

/// What is watched of one classifier.
#[derive(Clone, Debug)]
pub(crate) struct Drift(pub(crate) [Signal; 3]);

impl Drift {
    pub(crate) fn new(bundle: &Bundle) -> Self {
        let uncertainty = bundle.uncertainty.as_ref();
        let groups = uncertainty.map_or(0, |uncertainty| uncertainty.groups);
        let outside = uncertainty.and_then(|uncertainty| uncertainty.ood.as_ref()).map(|_| OOD_SHARE);
        let empty = uncertainty.map(|uncertainty| uncertainty.level().sets.alpha);
        Self([
            Signal::new("out-of-distribution", outside, groups),
            Signal::new("empty-set", empty, groups),
            Signal::new("unknown", None, groups),
        ])
    }

    pub(crate) fn record(&mut self, prediction: &Prediction) {
        let hits = [
            prediction.distance().is_some_and(|distance| distance > 1.0),
            prediction.set().is_some_and(<[usize]>::is_empty),
            prediction.abstention().is_some(),
        ];
        self.0.iter_mut().zip(hits).for_each(|(signal, hit)| signal.record(hit));
    }
}

/// Probability that of `n` independent things, each of probability `p`, `k` or more happen.
fn chance_of_at_least(k: usize, n: usize, p: f64) -> f64 {
    if k == 0 || p >= 1.0 {
        return 1.0;
    }
    if p <= 0.0 {
        return 0.0;
    }
    // ln of the binomial coefficient, built up term by term.
    let (ln_p, ln_q) = (p.ln(), (-p).ln_1p());
    let mut ln_choose = 0.0;
    let mut sum = 0.0;
    for i in 0..=n {
        if i > 0 {
            ln_choose += ((n - i + 1) as f64 / i as f64).ln();
        }
        if i >= k {
            sum += (ln_choose + i as f64 * ln_p + (n - i) as f64 * ln_q).exp();
        }
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_those_of_the_binomial_distribution() {
        for (k, n, p, expected) in [
            (0, 5, 0.5, 1.0),
            (5, 5, 0.5, 0.031_25),
            (3, 5, 0.5, 0.5),
            (2, 3, 0.1, 0.028),
            (1, 500, 0.01, 0.993_429_5),
        ] {
            let chance = chance_of_at_least(k, n, p);
            assert!((chance - expected).abs() < 1e-7, "{k} of {n} at {p}: {chance}");
        }
    }

    fn signal(every: usize, photographs: usize) -> Signal {
        let mut signal = Signal::new("x", Some(0.05), 200);
        (0..photographs).for_each(|i| signal.record(i % every == 0));
        signal
    }

    #[test]
    fn an_alarm_needs_many_more_than_promised() {
        assert!(!signal(20, 2000).alarm(), "as promised");
        assert!(!signal(12, 2000).alarm(), "within the doubt of the promise");
        assert!(signal(4, 2000).alarm());
        assert!(!signal(1, FEWEST - 1).alarm(), "too few");
        assert!(signal(1, FEWEST).alarm());
        assert!(!Signal::new("x", None, 0).alarm());
    }

    #[test]
    fn an_alarm_ends_when_photographs_are_as_promised_again() {
        let mut signal = signal(1, WINDOW);
        assert_eq!((signal.share(), signal.alarm()), (Some(1.0), true));
        (0..WINDOW).for_each(|_| signal.record(false));
        assert_eq!((signal.share(), signal.alarm(), signal.last.len()), (Some(0.0), false, WINDOW));
    }
}
