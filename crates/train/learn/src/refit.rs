//! The last fit: a classifier that learns from every photograph, and what is known of it without holding any back.
//!
//! Photographs held back for validation choose the epoch and the temperature, and the classifier never learns from them: of
//! a hundred photographs that costs twenty. Where the network is frozen and its features are kept, a classifier trains in
//! less than a second, so both can be had. K classifiers are trained, each on all photographs but a fold. What each says of
//! its fold, put together, is what one classifier says of photographs that it has not learnt from (Stone 1974,
//! "Cross-validatory choice and assessment of statistical predictions"): of these outputs the epoch is chosen, the
//! temperature fitted, and every figure of the bundle computed. Then one is trained on all photographs for as many epochs.

use std::ops::ControlFlow;

use foliar_nn::{Device, Graph, StateDict};
use foliar_runlog::StopReason;
use rayon::prelude::*;

use crate::checkpoint::{Best, Choice};
use crate::error::LearnError;
use crate::held_out::HeldOut;
use crate::phase::Freeze;
use crate::photographs::Photographs;
use crate::recipe::Recipe;
use crate::trainee::{Beginning, Trainee, Validated};

/// A classifier that has learnt from every photograph.
pub(crate) struct Refit {
    /// All tensors of the network.
    pub(crate) state: StateDict,
    /// The epochs that it was trained for, and how well classifiers trained for as many do on photographs that they have not
    /// learnt from.
    pub(crate) best: Best,
    /// Outputs of those for every photograph.
    pub(crate) held_out: HeldOut,
}

/// What a last fit is made with.
pub(crate) struct Source<'a> {
    pub(crate) device: &'a dyn Device,
    pub(crate) graph: &'a Graph,
    pub(crate) recipe: &'a Recipe,
    pub(crate) photographs: &'a Photographs,
    /// All tensors, those of the classifier as training begins with them.
    pub(crate) beginning: StateDict,
}

/// Whether a run that keeps the epoch `kept` ends with a last fit: if the recipe asks for it, the epoch is one of a
/// classifier on features that are kept, one view of each photograph, and a draw, not the folders, chose what to validate on.
pub(crate) fn applies(recipe: &Recipe, photographs: &Photographs, kept: &Best) -> bool {
    let first = &recipe.phases[0];
    recipe.refit >= 2
        && kept.phase == 1
        && first.freeze == Freeze::Backbone
        && first.views == Some(1)
        && photographs.validation_is_drawn()
}

impl Source<'_> {
    /// Makes it. `progress` is told (classifiers trained, in all) and may end the work.
    pub(crate) fn refit(
        &self,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Refit>, LearnError> {
        let Self { recipe, photographs, .. } = self;
        let phase = &recipe.phases[0];
        let count = recipe.refit as usize;
        let folds = photographs.folds(count, recipe.seed);
        let mut epochs = vec![HeldOut::default(); phase.epochs as usize];
        for (index, fold) in folds.iter().enumerate().filter(|(_, fold)| !fold.splits.validation.is_empty()) {
            let mut each = |trainee: &mut Trainee<'_>, epoch: usize| {
                let outputs = trainee.held_out()?;
                epochs[epoch].extend(outputs, index as u32 + 1);
                Ok(())
            };
            if let ControlFlow::Break(reason) = self.train(fold, phase.epochs, &mut each)? {
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
        let mut choice = Choice::default();
        let mut chosen = None;
        for (epoch, validated) in (1..).zip(judged) {
            let finite = validated.as_ref().is_some_and(Validated::is_finite);
            if finite && choice.take(Best::new(epoch, 1, validated.as_ref())) {
                chosen = validated.zip(choice.kept);
            }
        }
        let Some((validated, best)) = chosen else {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        };
        let whole = photographs.undivided();
        let state = match self.train(&whole, best.epoch, &mut |_, _| Ok(()))? {
            ControlFlow::Continue(state) => state,
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        if let ControlFlow::Break(reason) = progress(count + 1, count + 1) {
            return Ok(ControlFlow::Break(reason));
        }
        Ok(ControlFlow::Continue(Refit { state, best, held_out: validated.held_out }))
    }

    /// Trains on the training photographs of `photographs` for the first so many epochs of the recipe.
    fn train(
        &self,
        photographs: &Photographs,
        epochs: u32,
        each: &mut dyn FnMut(&mut Trainee<'_>, usize) -> Result<(), LearnError>,
    ) -> Result<ControlFlow<StopReason, StateDict>, LearnError> {
        let Self { device, graph, recipe, beginning, .. } = self;
        let phase = &recipe.phases[0];
        let (device, state) = (*device, beginning.clone());
        let beginning = Beginning { device, graph, recipe, phase, photographs, state };
        // The features are there already.
        let mut trainee = match Trainee::begin(beginning, &mut |_, _| ControlFlow::Continue(()))? {
            ControlFlow::Continue(trainee) => trainee,
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        let steps = trainee.batches();
        for epoch in 0..epochs {
            let flow =
                trainee.epoch(epoch, 0, &|batch| phase.rate(steps, epoch, batch), &mut |stats, _| {
                    if stats.taken {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(StopReason::NonFiniteLoss)
                    }
                })?;
            if let ControlFlow::Break(reason) = flow {
                return Ok(ControlFlow::Break(reason));
            }
            each(&mut trainee, epoch as usize)?;
        }
        let state = trainee.outcome();
        Ok(if state.is_finite() {
            ControlFlow::Continue(state)
        } else {
            ControlFlow::Break(StopReason::NonFiniteLoss)
        })
    }
}
