//! Training that leaves nothing behind: a recipe is tried in memory and told how it did.
//!
//! The same phases, batches, rates and choice of an epoch as [`crate::train`], without log, checkpoints and bundle. Two
//! things are left to the run that a trial is meant for: statistics of batch norms are not estimated anew at the end, and
//! the split is that of the photographs, whatever the recipe's seed and shares say.

use std::ops::ControlFlow;

use foliar_metrics::Metrics;
use foliar_nn::{Device, Graph, StateDict};
use foliar_runlog::StopReason;

use crate::best_epoch::{BestEpoch, EpochScore};
use crate::epochs::{Observer, Position, train_epochs};
use crate::error::TrainError;
use crate::initial::Given;
use crate::out_of_fold::Figures;
use crate::phase_trainer::{PhaseInit, PhaseTrainer, Step};
use crate::photographs::Photographs;
use crate::recipe::Recipe;
use crate::train::{given, random_weights};

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
    pub score: EpochScore,
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
    /// The epoch whose weights a run would keep, as [`BestEpoch`] says; `None` if no epoch was finished.
    pub kept: Option<TrialEpoch>,
}

/// Tries recipes of one network, whose pretrained weights are read once.
pub struct Trials<'a> {
    device: &'a dyn Device,
    graph: Graph,
    /// What the file of weights gives.
    given: Given,
}

impl<'a> Trials<'a> {
    /// Prepares trials of `recipe`'s network for `classes`.
    ///
    /// # Errors
    /// As [`crate::check`].
    pub fn new(device: &'a dyn Device, recipe: &Recipe, classes: &[String]) -> Result<Self, TrainError> {
        crate::train::check(recipe, classes)?;
        let graph = recipe.network(classes.len())?;
        let given = given(&graph, recipe, classes)?;
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
    ) -> Result<ControlFlow<StopReason>, TrainError> {
        for phase in recipe.phases.iter().filter(|phase| phase.is_cached()) {
            let state = self.first_weights(recipe)?;
            let init =
                PhaseInit { device: self.device, graph: &self.graph, recipe, phase, photographs, state };
            if let ControlFlow::Break(reason) = PhaseTrainer::begin(init, progress)? {
                return Ok(ControlFlow::Break(reason));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn first_weights(&self, recipe: &Recipe) -> Result<StateDict, TrainError> {
        let mut state = random_weights(self.device, &self.graph, recipe)?;
        self.given.put_into(&mut state);
        Ok(state)
    }

    /// Trains as `recipe` says, whose network and weights are those of [`Trials::new`], on the training photographs and
    /// measures on those for validation, of which there must be some. `observe` may end the trial at any event.
    ///
    /// # Errors
    /// A recipe out of range, no validation photographs, photographs that cannot be read any more.
    pub fn run(
        &self,
        recipe: &Recipe,
        photographs: &Photographs,
        observe: &mut dyn FnMut(TrialEvent<'_>) -> ControlFlow<StopReason>,
    ) -> Result<Trial, TrainError> {
        recipe.validate()?;
        let mut state = self.first_weights(recipe)?;
        let mut observer =
            TrialObserver { best: BestEpoch::default(), kept: None, phase: 0, epochs: 0, observe };
        for phase in &recipe.phases {
            let (device, graph) = (self.device, &self.graph);
            let init = PhaseInit { device, graph, recipe, phase, photographs, state: state.outcome() };
            let observe = &mut *observer.observe;
            let begun =
                PhaseTrainer::begin(init, &mut |done, all| observe(TrialEvent::Features { done, all }))?;
            let mut trainer = match begun {
                ControlFlow::Continue(trainer) => trainer,
                ControlFlow::Break(reason) => return Ok(Trial { reason, kept: observer.kept }),
            };
            observer.phase += 1;
            let position = Position { epochs_before: observer.epochs, ..Position::default() };
            if let ControlFlow::Break(reason) = train_epochs(&mut trainer, position, &mut observer)? {
                return Ok(Trial { reason, kept: observer.kept });
            }
            state = trainer.state();
            // Weights that have just ceased to be finite may still have given finite outputs.
            if !state.is_finite() {
                return Ok(Trial { reason: StopReason::NonFiniteLoss, kept: observer.kept });
            }
        }
        Ok(Trial { reason: StopReason::Finished, kept: observer.kept })
    }
}

/// Validates after each epoch of a trial.
struct TrialObserver<'a> {
    best: BestEpoch,
    kept: Option<TrialEpoch>,
    /// Phase, from 1.
    phase: u32,
    /// Epochs that are done.
    epochs: u32,
    observe: &'a mut dyn FnMut(TrialEvent<'_>) -> ControlFlow<StopReason>,
}

impl Observer for TrialObserver<'_> {
    fn step(&mut self, _: &Step<'_>) -> ControlFlow<StopReason> {
        (self.observe)(TrialEvent::Step)
    }

    fn epoch(
        &mut self,
        trainer: &mut PhaseTrainer<'_>,
        epoch: u32,
    ) -> Result<ControlFlow<StopReason>, TrainError> {
        let Some(validated) = trainer.validate()? else {
            let what = "no photos are held back for validation; without them trials cannot be compared";
            return Err(trainer.refuse(what));
        };
        if !validated.figures.loss().is_finite() {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        }
        let score = EpochScore::new(self.epochs + 1, self.phase, Some(&validated));
        let Figures::OneOf(metrics) = validated.figures else {
            return Err(
                trainer.refuse("trials compare classifiers of one class a photo; leave --multi-label out")
            );
        };
        self.epochs += 1;
        let ended = TrialEpoch { score, epoch_of_phase: epoch + 1, metrics };
        let flow = (self.observe)(TrialEvent::Epoch(&ended));
        if self.best.take(score) {
            self.kept = Some(ended);
        }
        Ok(flow)
    }
}
