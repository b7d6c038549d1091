//! The refit: a classifier that learns from every photograph, after cross-validation has told how good it will be.
//!
//! Photographs held back for validation choose the epoch and the temperature, and the classifier never learns from them: of
//! a hundred photographs that costs twenty. Where the network is frozen and its features are kept, a classifier trains in
//! less than a second, so both can be had. K classifiers are trained, each on all photographs but a fold. The predictions of
//! each for its fold, put together, are out-of-fold predictions (Stone 1974, "Cross-validatory choice and assessment of
//! statistical predictions"): they choose the epoch, fit the temperature, and give every figure of the bundle. Then one
//! classifier is trained on all photographs with a whole schedule that does as much as theirs did by then.
//!
//! The prediction sets are calibrated on the predictions of the K classifiers and used with the one that learned from all.
//! That is cross-validation calibration: it has no distribution-free guarantee (Barber et al. 2021, "Predictive inference with
//! the jackknife+", section 1, gives one only where the K classifiers themselves predict), and it covers about what is promised
//! where classifiers trained on all but a fold and on all behave alike.

use std::ops::ControlFlow;

use foliar_metrics::{Groups, best_epoch};
use foliar_nn::{Device, Graph, StateDict};
use foliar_runlog::StopReason;
use rayon::prelude::*;

use crate::best_epoch::EpochScore;
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
    /// The epoch that cross-validation chose, and how good the classifiers of the folds were after it.
    pub(crate) best: EpochScore,
    /// Epochs of the refit itself; see [`matched_epochs`].
    pub(crate) epochs: u32,
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
        let phase = &recipe.phases[0];
        let count = recipe.refit as usize;
        let folds = photographs.folds(count, recipe.seed);
        let mut epochs = vec![OutOfFoldPredictions::default(); phase.epochs as usize];
        for (index, fold) in folds.iter().enumerate().filter(|(_, fold)| !fold.splits.validation.is_empty()) {
            let mut predictions = FoldPredictions { epochs: &mut epochs, fold: index as u32 + 1 };
            if let ControlFlow::Break(reason) = self.train(fold, phase, &mut predictions)? {
                return Ok(ControlFlow::Break(reason));
            }
            if let ControlFlow::Break(reason) = progress(index + 1, count + 1) {
                return Ok(ControlFlow::Break(reason));
            }
        }
        let classes = &photographs.dataset.classes;
        let judged: Vec<Option<Validated>> = epochs
            .into_par_iter()
            .map(|outputs| Validated::of(outputs.sorted(classes.len()), classes))
            .collect();
        let (losses, clusters) = (losses(&judged), photographs.clusters());
        let photos =
            judged.iter().flatten().next().map_or(&[][..], |validated| &validated.out_of_fold.photos);
        let groups = Groups::new(&photos.iter().map(|&photo| clusters[photo] as u64).collect::<Vec<_>>());
        let chosen = best_epoch(&losses, &groups);
        let validated =
            chosen.and_then(|chosen| Some((chosen.epoch, judged.into_iter().nth(chosen.epoch)??)));
        let Some((epoch, validated)) = validated else {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        };
        let best = EpochScore::new(epoch as u32 + 1, 1, Some(&validated));
        let whole = photographs.undivided();
        let epochs = matched_epochs(phase, best.epoch);
        let phase = Phase { epochs, ..phase.clone() };
        let state = match self.train(&whole, &phase, &mut Unobserved)? {
            ControlFlow::Continue(state) => state,
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        if let ControlFlow::Break(reason) = progress(count + 1, count + 1) {
            return Ok(ControlFlow::Break(reason));
        }
        Ok(ControlFlow::Continue(Refit { state, best, epochs, out_of_fold: validated.out_of_fold }))
    }

    /// Trains on the training photographs of `photographs` as `phase` says.
    fn train(
        &self,
        photographs: &Photographs,
        phase: &Phase,
        observer: &mut dyn Observer,
    ) -> Result<ControlFlow<StopReason, StateDict>, TrainError> {
        let Self { device, graph, recipe, init, .. } = self;
        let (device, state) = (*device, init.clone());
        let init = PhaseInit { device, graph, recipe, phase, photographs, state };
        // The features are there already.
        let mut trainer = match PhaseTrainer::begin(init, &mut |_, _| ControlFlow::Continue(()))? {
            ControlFlow::Continue(trainer) => trainer,
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        if let ControlFlow::Break(reason) = train_epochs(&mut trainer, Position::default(), observer)? {
            return Ok(ControlFlow::Break(reason));
        }
        let state = trainer.outcome();
        Ok(if state.is_finite() {
            ControlFlow::Continue(state)
        } else {
            ControlFlow::Break(StopReason::NonFiniteLoss)
        })
    }
}

/// For each epoch the calibrated loss of each photograph, in nats; not a number where an output was not finite.
fn losses(epochs: &[Option<Validated>]) -> Vec<Vec<f64>> {
    let count =
        epochs.iter().flatten().map(|validated| validated.out_of_fold.labels.len()).max().unwrap_or(0);
    let losses = |validated: &Option<Validated>| match validated {
        Some(validated) if validated.is_finite() => validated.calibrated_losses(),
        _ => vec![f64::NAN; count],
    };
    epochs.iter().map(losses).collect()
}

/// Epochs for which `phase`, whole, does as much as its first `epoch` epochs do within the planned schedule. A schedule that is
/// cut ends at a high rate, one that is squeezed into so many epochs does less: what a network has learned goes with the sum of
/// its learning rates, which is matched here. At least 1, at most the planned number.
fn matched_epochs(phase: &Phase, epoch: u32) -> u32 {
    // An epoch of so many steps: enough for the shape of the schedule, the same for any number of photographs.
    const STEPS: usize = 32;
    let sum = |phase: &Phase, epochs: u32| -> f64 {
        let rates = (0..epochs).flat_map(|epoch| (0..STEPS).map(move |step| (epoch, step)));
        rates.map(|(epoch, step)| phase.rate(STEPS, epoch, step)).sum()
    };
    let wanted = sum(phase, epoch);
    let whole = |epochs: u32| sum(&Phase { epochs, ..phase.clone() }, epochs);
    (1..=phase.epochs).find(|&epochs| whole(epochs) >= (1.0 - 1e-9) * wanted).unwrap_or(phase.epochs)
}

/// Collects what a classifier predicts for its fold after each epoch.
struct FoldPredictions<'a> {
    /// Predictions of all folds, by epoch.
    epochs: &'a mut [OutOfFoldPredictions],
    /// The fold, from 1.
    fold: u32,
}

impl Observer for FoldPredictions<'_> {
    fn step(&mut self, _: &Step<'_>) -> ControlFlow<StopReason> {
        ControlFlow::Continue(())
    }

    fn epoch(
        &mut self,
        trainer: &mut PhaseTrainer<'_>,
        epoch: u32,
    ) -> Result<ControlFlow<StopReason>, TrainError> {
        self.epochs[epoch as usize].extend(trainer.out_of_fold()?, self.fold);
        Ok(ControlFlow::Continue(()))
    }
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
    use crate::recipe::Recipe;
    use crate::schedule::Schedule;

    #[test]
    fn a_whole_schedule_does_as_much_as_the_part_that_it_replaces() {
        let mut phase = Recipe::quick("baseline").phases[0].clone();
        assert_eq!((phase.epochs, phase.learning_rate.schedule), (30, Schedule::Cosine));
        assert_eq!([1, 7, 12, 30].map(|epoch| matched_epochs(&phase, epoch)), [2, 14, 22, 30]);
        phase.learning_rate.schedule = Schedule::Constant;
        assert!(
            (1..=30).all(|epoch| matched_epochs(&phase, epoch) == epoch),
            "a constant rate is whole wherever it ends"
        );
    }
}
