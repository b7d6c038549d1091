//! The refit: a classifier that learns from every photograph, after cross-validation has told how good it will be.
//!
//! Photographs held back for validation choose the epoch and the temperature, and the classifier never learns from them: of
//! a hundred photographs that costs twenty. Where the network is frozen and its features are kept, a classifier is found in
//! less than a second, so both can be had. K classifiers are found, each from all photographs but a fold. The predictions of
//! each for its fold, put together, are out-of-fold predictions (Stone 1974, "Cross-validatory choice and assessment of
//! statistical predictions"): they fit the temperature, and give every figure of the bundle. That is done for several penalties
//! ([`strengths`]) or numbers of epochs ([`lengths`]), whichever way classifiers are found; what has the lowest calibrated loss
//! is kept, and one classifier is found so from all photographs.
//!
//! The prediction sets are calibrated on the predictions of the K classifiers and used with the one that learned from all.
//! That is cross-validation calibration: it has no distribution-free guarantee (Barber et al. 2021, "Predictive inference with
//! the jackknife+", section 1, gives one only where the K classifiers themselves predict), and it covers about what is promised
//! where classifiers trained on all but a fold and on all behave alike.
//!
//! Where the recipe goes on to tune the last stages of the network on kept features, the folds judge that too ([`tuning`]).

mod difference;
mod lengths;
mod strengths;
mod tuning;

use std::ops::ControlFlow;

use foliar_nn::{Device, Graph, StateDict};
use foliar_runlog::StopReason;

use crate::best_epoch::EpochScore;
use crate::error::TrainError;
use crate::out_of_fold::OutOfFoldPredictions;
use crate::phase::{Freeze, Phase};
use crate::phase_trainer::{PhaseInit, PhaseTrainer};
use crate::photographs::Photographs;
use crate::recipe::{Head, Recipe};

use self::strengths::Solved;
pub(crate) use self::tuning::{Judged, Tuned};

/// A classifier that has learned from every photograph.
pub(crate) struct Refit {
    /// The network: that of the run, or the one whose classifier sees square roots of the features' shares.
    pub(crate) graph: Graph,
    /// All tensors of the network.
    pub(crate) state: StateDict,
    /// How good the classifiers of the folds were. Its epoch is the number of epochs that cross-validation chose; 0 for a
    /// classifier that was solved.
    pub(crate) best: EpochScore,
    /// The penalty that cross-validation chose for a classifier that was solved.
    pub(crate) strength: Option<f64>,
    /// The predictions of the classifiers of the folds for every photograph.
    pub(crate) out_of_fold: OutOfFoldPredictions,
    /// What the folds say of tuning the last stages too; `None` where nobody asked for that.
    pub(crate) judged: Option<Judged>,
}

impl Refit {
    /// The phase of the recipe, from 1, that its weights are of.
    pub(crate) fn phase(&self) -> u32 {
        if self.judged.as_ref().is_some_and(Judged::is_tuned) { 2 } else { 1 }
    }
}

/// What a refit is made with.
pub(crate) struct Source<'a> {
    pub(crate) device: &'a dyn Device,
    pub(crate) graph: &'a Graph,
    pub(crate) recipe: &'a Recipe,
    pub(crate) photographs: &'a Photographs,
    /// All tensors, those of the classifier as training begins with them.
    pub(crate) init: StateDict,
    /// Whether that classifier knows some of the classes. It is then trained on: solving would forget what it has learned from
    /// photographs that are not here.
    pub(crate) goes_on: bool,
}

/// Told after each classifier with (found so far, in all); may end the work.
type Progress<'a> = dyn FnMut(usize, usize) -> ControlFlow<StopReason> + 'a;

/// Whether a run that keeps the epoch `kept` may end with a refit, before any weights are read: if the recipe asks for it, and a draw,
/// not the folders, chose what to validate on.
pub(crate) fn may_apply(recipe: &Recipe, photographs: &Photographs, kept: &EpochScore) -> bool {
    let first = &recipe.phases[0];
    recipe.refit >= 2
        && first.freeze == Freeze::Backbone
        && first.augmented_views.is_some()
        && photographs.validation_is_drawn()
        && (kept.phase == 1 || tuned_phase(recipe, photographs).is_some())
}

/// The phase after that of the classifier, where it tunes stages on features that are kept and is the last one. Of several labels a
/// photograph nothing compares it with the frozen network.
fn tuned_phase<'a>(recipe: &'a Recipe, photographs: &Photographs) -> Option<&'a Phase> {
    match &recipe.phases[..] {
        [_, phase] if phase.is_cached() && photographs.dataset.label_sets.is_none() => Some(phase),
        _ => None,
    }
}

impl Source<'_> {
    /// Whether a run that keeps the epoch `kept`, and that [`may_apply`] allows, ends with a refit: if that epoch is one of a classifier
    /// on features that are kept, or folds judge what came after it.
    pub(crate) fn applies(&self, kept: &EpochScore) -> Result<bool, TrainError> {
        Ok(kept.phase == 1 || self.is_solved()?)
    }

    /// Whether the classifier is solved, not trained.
    fn is_solved(&self) -> Result<bool, TrainError> {
        Ok(self.recipe.head == Head::Logistic && !self.goes_on && self.is_linear()?)
    }

    fn tuned_phase(&self) -> Option<&Phase> {
        tuned_phase(self.recipe, self.photographs)
    }

    /// Finds it. A network that is no longer finite ends as [`StopReason::NonFiniteLoss`].
    pub(crate) fn refit(
        &self,
        progress: &mut Progress<'_>,
    ) -> Result<ControlFlow<StopReason, Refit>, TrainError> {
        let whole = self.photographs.undivided();
        let folds = self.photographs.folds(self.recipe.refit as usize, self.recipe.seed);
        let found = if self.is_solved()? {
            match self.by_strength(&whole, &folds, progress)? {
                ControlFlow::Continue(Solved { refit, starts }) => match self.tuned_phase().zip(starts) {
                    Some((phase, starts)) => {
                        self.tuned_or_solved(&whole, &folds, phase, refit, starts, progress)?
                    }
                    None => ControlFlow::Continue(refit),
                },
                ControlFlow::Break(reason) => ControlFlow::Break(reason),
            }
        } else {
            self.by_length(&whole, &folds, progress)?
        };
        Ok(match found {
            ControlFlow::Continue(refit) if !refit.state.is_finite() => {
                ControlFlow::Break(StopReason::NonFiniteLoss)
            }
            found => found,
        })
    }

    /// Trainer of the classifier on `photographs`, whose features are there already.
    fn begin<'a>(
        &'a self,
        photographs: &'a Photographs,
        phase: &'a Phase,
    ) -> Result<ControlFlow<StopReason, PhaseTrainer<'a>>, TrainError> {
        let Self { device, graph, recipe, init, .. } = self;
        let (device, state) = (*device, init.clone());
        let init = PhaseInit { device, graph, recipe, phase, photographs, state };
        PhaseTrainer::begin(init, &mut |_, _| ControlFlow::Continue(()))
    }
}
