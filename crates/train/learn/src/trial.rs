//! Training that leaves nothing behind: a recipe is tried in memory and told how it did.
//!
//! The same phases, batches, rates and choice of an epoch as [`crate::train`], without log, checkpoints and bundle. Two
//! things are left to the run that a trial is meant for: statistics of batch norms are not estimated anew at the end, and
//! the split is that of the photographs, whatever the recipe's seed and shares say.

use std::ops::ControlFlow;

use foliar_metrics::Metrics;
use foliar_nn::{Device, Graph, StateDict, zoo};
use foliar_runlog::StopReason;

use crate::checkpoint::{Best, Choice};
use crate::error::LearnError;
use crate::photographs::Photographs;
use crate::recipe::Recipe;
use crate::train::random_weights;
use crate::trainee::{Beginning, Trainee};

/// What happens in a trial.
#[derive(Clone, Copy, Debug)]
pub enum TrialEvent<'a> {
    /// The frozen part computes features.
    Features {
        /// Photographs done.
        done: usize,
        /// Photographs in all.
        all: usize,
    },
    /// A step was taken.
    Step,
    /// An epoch ended.
    Epoch(&'a TrialEpoch),
}

/// An epoch and how the network does on the validation photographs after it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialEpoch {
    /// Epoch of the whole trial, its phase, and its validation losses.
    pub best: Best,
    /// Epoch within its phase, from 1.
    pub epoch_of_phase: u32,
    /// All figures on the validation photographs.
    pub metrics: Metrics,
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Why: [`StopReason::Finished`], [`StopReason::NonFiniteLoss`] if it diverged, or what the observer said.
    pub reason: StopReason,
    /// The epoch whose weights a run would keep, as [`Choice`] says; `None` if no epoch was finished.
    pub kept: Option<TrialEpoch>,
}

/// Tries recipes of one network, whose pretrained weights are read once.
pub struct Trials<'a> {
    device: &'a dyn Device,
    graph: Graph,
    /// The weights of the file, without those of a fresh classifier.
    given: StateDict,
}

impl<'a> Trials<'a> {
    /// Prepares trials of `recipe`'s network for `classes` classes.
    ///
    /// # Errors
    /// As [`crate::check`].
    pub fn new(device: &'a dyn Device, recipe: &Recipe, classes: usize) -> Result<Self, LearnError> {
        crate::train::check(recipe, classes)?;
        let graph = zoo::build(&recipe.model, classes)?;
        let given = match &recipe.weights {
            Some(weights) => weights.load(&graph)?.0,
            None => StateDict::default(),
        };
        Ok(Self { device, graph, given })
    }

    /// Computes the features that trials of `recipe` share, where its phases keep them; trials then read them. `progress` is
    /// told (photographs done, in all) and may end the work.
    ///
    /// # Errors
    /// As [`Trials::run`].
    pub fn prepare(
        &self,
        recipe: &Recipe,
        photographs: &Photographs,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason>, LearnError> {
        for phase in recipe.phases.iter().filter(|phase| phase.is_cached()) {
            let state = self.first_weights(recipe)?;
            let beginning =
                Beginning { device: self.device, graph: &self.graph, recipe, phase, photographs, state };
            if let ControlFlow::Break(reason) = Trainee::begin(beginning, progress)? {
                return Ok(ControlFlow::Break(reason));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn first_weights(&self, recipe: &Recipe) -> Result<StateDict, LearnError> {
        let mut state = random_weights(self.device, &self.graph, recipe)?;
        let given = self.given.tensors.iter();
        state.tensors.extend(given.map(|(name, tensor)| (name.clone(), tensor.clone())));
        Ok(state)
    }

    /// Trains as `recipe` says, whose network and weights are those of [`Trials::new`], on the training photographs and
    /// measures on those for validation, of which there must be some. `observe` may end the trial at any event.
    ///
    /// # Errors
    /// A recipe out of range, no validation photographs, photographs that can not be read any more.
    pub fn run(
        &self,
        recipe: &Recipe,
        photographs: &Photographs,
        observe: &mut dyn FnMut(TrialEvent<'_>) -> ControlFlow<StopReason>,
    ) -> Result<Trial, LearnError> {
        recipe.validate()?;
        let mut state = self.first_weights(recipe)?;
        let mut course = Course { choice: Choice::default(), kept: None, epochs: 0, observe };
        let mut reason = StopReason::Finished;
        for (index, phase) in recipe.phases.iter().enumerate() {
            let (device, graph) = (self.device, &self.graph);
            let beginning = Beginning { device, graph, recipe, phase, photographs, state: state.outcome() };
            let observe = &mut *course.observe;
            let begun =
                Trainee::begin(beginning, &mut |done, all| observe(TrialEvent::Features { done, all }))?;
            let mut trainee = match begun {
                ControlFlow::Continue(trainee) => trainee,
                ControlFlow::Break(stop) => {
                    reason = stop;
                    break;
                }
            };
            if let ControlFlow::Break(stop) = course.phase(&mut trainee, index as u32 + 1)? {
                reason = stop;
                break;
            }
            state = trainee.state();
        }
        Ok(Trial { reason, kept: course.kept })
    }
}

/// A trial under way.
struct Course<'a> {
    choice: Choice,
    kept: Option<TrialEpoch>,
    /// Epochs that are done.
    epochs: u32,
    observe: &'a mut dyn FnMut(TrialEvent<'_>) -> ControlFlow<StopReason>,
}

impl Course<'_> {
    fn phase(
        &mut self,
        trainee: &mut Trainee<'_>,
        number: u32,
    ) -> Result<ControlFlow<StopReason>, LearnError> {
        let (phase, steps) = (trainee.phase(), trainee.batches());
        for epoch in 0..phase.epochs {
            let observe = &mut *self.observe;
            let flow = trainee.epoch(
                self.epochs,
                0,
                &|batch| phase.rate(steps, epoch, batch),
                &mut |stats, _| match stats.taken {
                    true => observe(TrialEvent::Step),
                    false => ControlFlow::Break(StopReason::NonFiniteLoss),
                },
            )?;
            if flow.is_break() {
                return Ok(flow);
            }
            let Some(validated) = trainee.validate()? else {
                let what =
                    "no photographs are held back for validation; without them settings can not be compared";
                return Err(trainee.refuse(what));
            };
            if !validated.metrics.loss.is_finite() {
                return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
            }
            self.epochs += 1;
            let best = Best::new(self.epochs, number, Some(&validated));
            let ended = TrialEpoch { best, epoch_of_phase: epoch + 1, metrics: validated.metrics };
            let flow = (self.observe)(TrialEvent::Epoch(&ended));
            if self.choice.take(best) {
                self.kept = Some(ended);
            }
            if flow.is_break() {
                return Ok(flow);
            }
        }
        // Weights that have just ceased to be finite may still have given finite outputs.
        let finite = trainee.state().is_finite();
        Ok(if finite { ControlFlow::Continue(()) } else { ControlFlow::Break(StopReason::NonFiniteLoss) })
    }
}
