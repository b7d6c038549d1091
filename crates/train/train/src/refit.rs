//! The refit: a classifier that learns from every photograph, after cross-validation has told how good it will be.
//!
//! Photographs held back for validation choose the epoch and the temperature, and the classifier never learns from them: of
//! a hundred photographs that costs twenty. Where the network is frozen and its features are kept, a classifier trains in
//! less than a second, so both can be had. K classifiers are trained, each on all photographs but a fold. The predictions of
//! each for its fold, put together, are out-of-fold predictions (Stone 1974, "Cross-validatory choice and assessment of
//! statistical predictions"): they fit the temperature, and give every figure of the bundle. That is done for the planned number
//! of epochs, and for a half, a quarter and an eighth of it, each with a whole schedule: training that is cut short ends at a high
//! rate, and is not what the last classifier gets. The length with the lowest calibrated loss is kept, and one classifier is
//! trained that long on all photographs.
//!
//! The prediction sets are calibrated on the predictions of the K classifiers and used with the one that learned from all.
//! That is cross-validation calibration: it has no distribution-free guarantee (Barber et al. 2021, "Predictive inference with
//! the jackknife+", section 1, gives one only where the K classifiers themselves predict), and it covers about what is promised
//! where classifiers trained on all but a fold and on all behave alike.

use std::ops::ControlFlow;

use foliar_nn::{Device, Graph, StateDict};
use foliar_runlog::StopReason;

use crate::best_epoch::{BestEpoch, EpochScore};
use crate::epochs::{Observer, Position, train_epochs};
use crate::error::TrainError;
use crate::out_of_fold::{OutOfFoldPredictions, Validated};
use crate::phase::{Freeze, Phase};
use crate::phase_trainer::{PhaseInit, PhaseTrainer, Step};
use crate::photographs::Photographs;
use crate::recipe::Recipe;

/// A classifier that has learned from every photograph.
pub(crate) struct Refit {
    /// All tensors of the network.
    pub(crate) state: StateDict,
    /// The number of epochs that cross-validation chose, and how good the classifiers of the folds were after so many.
    pub(crate) best: EpochScore,
    /// Their predictions for every photograph.
    pub(crate) out_of_fold: OutOfFoldPredictions,
}

/// What a refit is made with.
pub(crate) struct Source<'a> {
    pub(crate) device: &'a dyn Device,
    pub(crate) graph: &'a Graph,
    pub(crate) recipe: &'a Recipe,
    pub(crate) photographs: &'a Photographs,
    /// All tensors, those of the classifier as training begins with them.
    pub(crate) init: StateDict,
}

/// Whether a run that keeps the epoch `kept` ends with a refit: if the recipe asks for it, the epoch is one of a
/// classifier on features that are kept, one view of each photograph, and a draw, not the folders, chose what to validate on.
pub(crate) fn applies(recipe: &Recipe, photographs: &Photographs, kept: &EpochScore) -> bool {
    let first = &recipe.phases[0];
    recipe.refit >= 2
        && kept.phase == 1
        && first.freeze == Freeze::Backbone
        && first.augmented_views == Some(1)
        && photographs.validation_is_drawn()
}

impl Source<'_> {
    /// Trains it. `progress` is told (classifiers trained, in all) and may end the work.
    pub(crate) fn refit(
        &self,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Refit>, TrainError> {
        let Self { recipe, photographs, .. } = self;
        let folds = photographs.folds(recipe.refit as usize, recipe.seed);
        let lengths = lengths(recipe.phases[0].epochs);
        let all = folds.len() * lengths.len() + 1;
        let mut done = 0;
        let mut progress = || {
            done += 1;
            progress(done, all)
        };
        let mut choice = BestEpoch::default();
        let mut best = None;
        for epochs in lengths {
            let phase = Phase { epochs, ..recipe.phases[0].clone() };
            let validated = match self.cross_validate(&folds, &phase, &mut progress)? {
                ControlFlow::Continue(validated) => validated,
                ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
            };
            if let Some(validated) = validated.filter(Validated::is_finite)
                && choice.take(EpochScore::new(epochs, 1, Some(&validated)))
            {
                best = Some((phase, validated.out_of_fold));
            }
        }
        let (Some(score), Some((phase, out_of_fold))) = (choice.kept, best) else {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        };
        let whole = photographs.undivided();
        let state = match self.train(&whole, &phase)? {
            ControlFlow::Continue(trainer) => trainer.outcome(),
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        if !state.is_finite() {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        }
        if let ControlFlow::Break(reason) = progress() {
            return Ok(ControlFlow::Break(reason));
        }
        Ok(ControlFlow::Continue(Refit { state, best: score, out_of_fold }))
    }

    /// What classifiers trained as `phase` says on all but a fold predict for that fold; `None` if one of them diverged.
    /// `progress` is told of each classifier.
    fn cross_validate(
        &self,
        folds: &[Photographs],
        phase: &Phase,
        progress: &mut dyn FnMut() -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Option<Validated>>, TrainError> {
        let classes = &self.photographs.dataset.classes;
        let mut predictions = OutOfFoldPredictions::default();
        let mut diverged = false;
        for (fold, number) in folds.iter().zip(1..) {
            if !fold.splits.validation.is_empty() {
                match self.train(fold, phase)? {
                    ControlFlow::Continue(mut trainer) => predictions.extend(trainer.out_of_fold()?, number),
                    ControlFlow::Break(StopReason::NonFiniteLoss) => diverged = true,
                    ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
                }
            }
            if let ControlFlow::Break(reason) = progress() {
                return Ok(ControlFlow::Break(reason));
            }
        }
        let validated = Validated::of(predictions.sorted(classes.len()), classes).filter(|_| !diverged);
        Ok(ControlFlow::Continue(validated))
    }

    /// Trains on the training photographs of `photographs` as `phase` says.
    fn train<'a>(
        &'a self,
        photographs: &'a Photographs,
        phase: &'a Phase,
    ) -> Result<ControlFlow<StopReason, PhaseTrainer<'a>>, TrainError> {
        let Self { device, graph, recipe, init, .. } = self;
        let (device, state) = (*device, init.clone());
        let init = PhaseInit { device, graph, recipe, phase, photographs, state };
        // The features are there already.
        let mut trainer = match PhaseTrainer::begin(init, &mut |_, _| ControlFlow::Continue(()))? {
            ControlFlow::Continue(trainer) => trainer,
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        Ok(match train_epochs(&mut trainer, Position::default(), &mut Unobserved)? {
            ControlFlow::Continue(()) => ControlFlow::Continue(trainer),
            ControlFlow::Break(reason) => ControlFlow::Break(reason),
        })
    }
}

/// The numbers of epochs that are tried where `planned` are: all, a half, a quarter, an eighth, rounded up.
fn lengths(planned: u32) -> Vec<u32> {
    let mut lengths: Vec<u32> = (0..4).map(|halvings| planned.div_ceil(1 << halvings)).collect();
    lengths.dedup();
    lengths
}

/// Trains without looking.
struct Unobserved;

impl Observer for Unobserved {
    fn step(&mut self, _: &Step<'_>) -> ControlFlow<StopReason> {
        ControlFlow::Continue(())
    }

    fn epoch(&mut self, _: &mut PhaseTrainer<'_>, _: u32) -> Result<ControlFlow<StopReason>, TrainError> {
        Ok(ControlFlow::Continue(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_length_is_tried_twice() {
        assert_eq!(lengths(30), [30, 15, 8, 4]);
        assert_eq!(lengths(4), [4, 2, 1]);
        assert_eq!(lengths(1), [1]);
    }
}
