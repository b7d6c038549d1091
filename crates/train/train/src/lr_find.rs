//! The learning-rate range test (Smith 2017, "Cyclical Learning Rates", section 3.3).
//!
//! | symbol | meaning |
//! | --- | --- |
//! | i, N | step from 0, number of steps |
//! | η_i | rate of step i, from 1e-6 to 10 in equal ratios |
//! | l_i | mean loss of step i's batch, in nats |
//! | s_i | smoothed loss: a moving average over about N / 10 steps, without the bias of its beginning |
//!
//! The test ends where s exceeds four times its lowest value, or a step cannot be taken. The proposal is a third of the
//! rate at which s is lowest: at the minimum itself the gain of a step and its harm are already equal, and the average lags
//! behind by half a decade.

use std::ops::ControlFlow;

use foliar_nn::Device;
use foliar_runlog::{self as runlog, Event, StopReason};
use serde::Serialize;

use crate::error::TrainError;
use crate::phase_trainer::{PhaseInit, PhaseTrainer, Step};
use crate::photographs::Photographs;
use crate::recipe::Recipe;
use crate::train::first_weights;

/// η_0 and η_(N-1).
const RANGE: [f64; 2] = [1e-6, 10.0];
/// Share of the steps that the moving average remembers.
const MEMORY: f64 = 0.1;
/// The smoothed loss over its lowest value at which the test ends.
const DIVERGED: f64 = 4.0;
/// Share of the rate of the lowest loss that is proposed.
const SHARE: f64 = 1.0 / 3.0;

/// Losses over rates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RateTest {
    /// η, rising.
    pub rates: Vec<f64>,
    /// l, one a rate.
    pub losses: Vec<f64>,
    /// s, one a rate.
    pub smoothed: Vec<f64>,
    /// The rate to use; `None` if the loss never fell.
    pub proposed: Option<f64>,
    /// The rate at which the loss exploded, if it did.
    pub diverged: Option<f64>,
}

/// Runs the test over `steps` steps of the last phase of `recipe`, from its first weights. `observe` sees the steps and may
/// end it early.
///
/// # Errors
/// As [`crate::train`]; nothing is written but kept features.
pub fn lr_find(
    device: &dyn Device,
    recipe: &Recipe,
    photographs: &Photographs,
    steps: u32,
    observe: &mut dyn FnMut(&Event) -> ControlFlow<StopReason>,
) -> Result<RateTest, TrainError> {
    let Some(phase) = recipe.phases.last() else { return Ok(RateTest::new(Vec::new(), Vec::new(), None, 1)) };
    let classes = photographs.dataset.outputs();
    let graph = recipe.network(classes.len())?;
    let (state, _) = first_weights(device, &graph, recipe, classes)?;
    let init = PhaseInit { device, graph: &graph, recipe, phase, photographs, state };
    let mut report = |done: usize, all: usize| {
        observe(&Event::Progress(runlog::Progress { what: "features".to_owned(), done, all }))
    };
    let mut trainer = match PhaseTrainer::begin(init, &mut report)? {
        ControlFlow::Continue(trainer) => trainer,
        ControlFlow::Break(_) => return Ok(RateTest::new(Vec::new(), Vec::new(), None, 1)),
    };
    let (mut rates, mut losses, mut diverged) = (Vec::new(), Vec::new(), None);
    let mut average = Average::over(steps as usize);
    let batches = trainer.batches();
    let taught = recipe.teacher.is_some();
    for epoch in 0.. {
        let first = epoch as usize * batches;
        let rate = |batch: usize| rate(first + batch, steps as usize);
        let flow =
            trainer.train_epoch(epoch, 0, &rate, &mut |&Step { stats, learning_rate: rate, .. }| {
                // Of a batch without labels there is only what a teacher says of it.
                let loss = match taught {
                    true => stats.objective,
                    false => stats.loss_sum / stats.photographs.max(1) as f64,
                };
                if !stats.taken || average.exploded(loss) {
                    diverged = Some(rate);
                    return ControlFlow::Break(StopReason::NonFiniteLoss);
                }
                rates.push(rate);
                losses.push(loss);
                if rates.len() >= steps as usize {
                    return ControlFlow::Break(StopReason::Finished);
                }
                let what = "rates".to_owned();
                observe(&Event::Progress(runlog::Progress { what, done: rates.len(), all: steps as usize }))
            })?;
        if flow.is_break() {
            break;
        }
    }
    Ok(RateTest::new(rates, losses, diverged, steps as usize))
}

fn rate(step: usize, steps: usize) -> f64 {
    let [low, high] = RANGE;
    let share = step.min(steps - 1) as f64 / (steps - 1).max(1) as f64;
    low * (high / low).powf(share)
}

/// A moving average of which the first value counts as much as later ones.
struct Average {
    decay: f64,
    sum: f64,
    weight: f64,
    lowest: Option<f64>,
}

impl Average {
    fn over(steps: usize) -> Self {
        let decay = (1.0 - 1.0 / (MEMORY * steps as f64)).clamp(0.0, 1.0);
        Self { decay, sum: 0.0, weight: 0.0, lowest: None }
    }

    fn push(&mut self, value: f64) -> f64 {
        self.sum = self.decay * self.sum + (1.0 - self.decay) * value;
        self.weight = self.decay * self.weight + (1.0 - self.decay);
        self.sum / self.weight
    }

    /// Takes a loss in and tells whether the average is far above its lowest value.
    fn exploded(&mut self, loss: f64) -> bool {
        let smoothed = self.push(loss);
        let lowest = self.lowest.map_or(smoothed, |lowest| lowest.min(smoothed));
        self.lowest = Some(lowest);
        smoothed > DIVERGED * lowest
    }
}

impl RateTest {
    fn new(rates: Vec<f64>, losses: Vec<f64>, diverged: Option<f64>, steps: usize) -> Self {
        let mut average = Average::over(steps);
        let smoothed: Vec<f64> = losses.iter().map(|&loss| average.push(loss)).collect();
        let lowest = (0..smoothed.len()).min_by(|&a, &b| smoothed[a].total_cmp(&smoothed[b]));
        let proposed = lowest.filter(|&index| index > 0).map(|index| SHARE * rates[index]);
        Self { rates, losses, smoothed, proposed, diverged }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_rise_from_end_to_end_in_equal_ratios() {
        assert_eq!((rate(0, 100), rate(99, 100)), (1e-6, 10.0));
        let ratio = rate(51, 100) / rate(50, 100);
        assert!((rate(11, 100) / rate(10, 100) / ratio - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_third_of_the_lowest_is_proposed() {
        let rates: Vec<f64> = (0..60).map(|step| rate(step, 60)).collect();
        // A valley around 0.1 in the logarithm of the rate.
        let losses = rates.iter().map(|rate| 1.0 + (rate.log10() + 1.0).powi(2) / 10.0).collect();
        let test = RateTest::new(rates, losses, None, 60);
        let proposed = test.proposed.unwrap();
        assert!((0.03..0.3).contains(&proposed), "{proposed}");
    }

    #[test]
    fn a_loss_that_only_rises_proposes_nothing() {
        let rates: Vec<f64> = (0..60).map(|step| rate(step, 60)).collect();
        let losses = (0..60).map(f64::from).collect();
        assert_eq!(RateTest::new(rates, losses, None, 60).proposed, None);
    }
}
