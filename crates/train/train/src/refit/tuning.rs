//! Tuning of the last stages of a network, judged by the folds of the refit.
//!
//! Classifiers of the folds, and one of all photographs, are solved first, under no weak penalty ([`super::strengths`]). From each of
//! them the last stages and the classifier learn together, on kept features of what stands before them: features that a good
//! classifier stands on are changed less (Kumar et al. 2022, "Fine-tuning can distort pretrained features and underperform
//! out-of-distribution", section 3.4). The mean of the weights before and after is tried as well; it is often better than both (Wortsman
//! et al. 2022, "Robust fine-tuning of zero-shot models", equation 1, with a mixing coefficient of 1/2).
//!
//! Every photograph is judged by networks that have not learned from it, in both states, and by the solved classifiers with the
//! penalty that did best. Of the two tuned states the one with the lower calibrated loss takes the place of the frozen network where
//! its loss is lower by more than a standard error (Breiman et al. 1984, "Classification and Regression Trees", section 3.4.3, for the
//! choice of the simplest model within one): where a test of the paired losses, which exchanges whole groups, finds a
//! difference that chance gives less often than one beyond a standard error. Else the simpler one stays.

use std::ops::ControlFlow;

use foliar_metrics::PairedDifference;
use foliar_nn::StateDict;
use foliar_runlog::StopReason;

use super::difference::{Calibrated, is_better};
use super::strengths::Starts;
use super::{Progress, Refit, Source};
use crate::best_epoch::EpochScore;
use crate::epochs::{Observer, Position, train_epochs};
use crate::error::TrainError;
use crate::out_of_fold::{OutOfFoldPredictions, Validated};
use crate::phase::Phase;
use crate::phase_trainer::{PhaseInit, PhaseTrainer, Step};
use crate::photographs::Photographs;

/// How far from the frozen network the weights lie that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tuned {
    /// As tuning left them.
    Whole,
    /// The mean of those before and after.
    Halfway,
}

/// What the folds say of tuning.
#[derive(Clone, Debug)]
pub(crate) enum Judged {
    /// A network of a fold diverged.
    Diverged,
    /// The better of the tuned states minus the solved one, both calibrated.
    Compared { tuned: Tuned, difference: PairedDifference },
}

impl Judged {
    /// Whether a tuned state is better than the frozen network by more than a standard error, and kept.
    pub(crate) fn is_tuned(&self) -> bool {
        match self {
            Judged::Diverged => false,
            Judged::Compared { difference, .. } => is_better(difference),
        }
    }
}

/// What networks that were tuned on all but a fold predict for it, in both states.
#[derive(Default)]
struct OfFolds {
    whole: OutOfFoldPredictions,
    halfway: OutOfFoldPredictions,
}

impl Source<'_> {
    /// The last stages tuned on `whole` as `phase` says, if the folds find that better than the `solved` classifier on the frozen
    /// network; else that one.
    pub(super) fn tuned_or_solved(
        &self,
        whole: &Photographs,
        folds: &[Photographs],
        phase: &Phase,
        solved: Refit,
        starts: Starts,
        progress: &mut Progress<'_>,
    ) -> Result<ControlFlow<StopReason, Refit>, TrainError> {
        let dataset = &whole.dataset;
        let Starts { strength, of_all, of_folds } = starts;
        let all = of_folds.len() + 1;
        let mut of_tuned = OfFolds::default();
        for (done, (number, start)) in of_folds.into_iter().enumerate() {
            let fold = &folds[number as usize - 1];
            let mut trainer = match self.tune(fold, phase, &start, &mut || progress(done, all))? {
                ControlFlow::Continue(trainer) => trainer,
                ControlFlow::Break(StopReason::NonFiniteLoss) => return Ok(diverged(solved)),
                ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
            };
            of_tuned.whole.extend(trainer.out_of_fold()?, number);
            trainer.put(mean(start, &trainer.outcome()))?;
            of_tuned.halfway.extend(trainer.out_of_fold()?, number);
        }
        let OfFolds { whole: tuned, halfway } = of_tuned;
        let candidates =
            [(Tuned::Whole, tuned), (Tuned::Halfway, halfway)].into_iter().filter_map(|(state, found)| {
                let validated = Validated::of(found.sorted(dataset.outputs().len()), dataset)?;
                validated.is_finite().then_some((state, validated))
            });
        let loss = |validated: &Validated| validated.calibration.loss;
        let best = candidates.min_by(|(_, a), (_, b)| loss(a).total_cmp(&loss(b)));
        let Some((tuned, validated)) = best else { return Ok(diverged(solved)) };
        let before = Calibrated { predictions: &solved.out_of_fold, temperature: solved.best.temperature };
        let difference = self.difference(Calibrated::of(&validated), before)?;
        let judged = Judged::Compared { tuned, difference };
        if !judged.is_tuned() {
            return Ok(ControlFlow::Continue(Refit { judged: Some(judged), ..solved }));
        }
        let trainer = match self.tune(whole, phase, &of_all, &mut || progress(all - 1, all))? {
            ControlFlow::Continue(trainer) => trainer,
            ControlFlow::Break(StopReason::NonFiniteLoss) => return Ok(diverged(solved)),
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        let state = match tuned {
            Tuned::Whole => trainer.outcome(),
            Tuned::Halfway => mean(of_all, &trainer.outcome()),
        };
        let best = EpochScore::new(phase.epochs, 2, Some(&validated));
        let out_of_fold = validated.out_of_fold;
        Ok(ControlFlow::Continue(Refit {
            graph: self.graph.clone(),
            state,
            best,
            strength: Some(strength),
            out_of_fold,
            judged: Some(judged),
        }))
    }

    /// Tunes the network `start` on the training photographs of `photographs` as `phase` says. `progress` is asked after each step
    /// and may end it.
    fn tune<'a>(
        &'a self,
        photographs: &'a Photographs,
        phase: &'a Phase,
        start: &StateDict,
        progress: &mut dyn FnMut() -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, PhaseTrainer<'a>>, TrainError> {
        let Self { device, graph, recipe, .. } = self;
        let (device, state) = (*device, start.clone());
        let init = PhaseInit { device, graph, recipe, phase, photographs, state };
        let mut trainer = match PhaseTrainer::begin(init, &mut |_, _| progress())? {
            ControlFlow::Continue(trainer) => trainer,
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        Ok(match train_epochs(&mut trainer, Position::default(), &mut Asking(progress))? {
            ControlFlow::Continue(()) => ControlFlow::Continue(trainer),
            ControlFlow::Break(reason) => ControlFlow::Break(reason),
        })
    }
}

fn diverged(solved: Refit) -> ControlFlow<StopReason, Refit> {
    ControlFlow::Continue(Refit { judged: Some(Judged::Diverged), ..solved })
}

/// The mean of two states of one network.
fn mean(mut before: StateDict, after: &StateDict) -> StateDict {
    for (name, tensor) in &mut before.tensors {
        if let Some(after) = after.tensors.get(name) {
            tensor
                .data
                .iter_mut()
                .zip(&after.data)
                .for_each(|(value, after)| *value = 0.5 * (*value + after));
        }
    }
    before
}

/// Asks after each step whether to go on.
struct Asking<'a>(&'a mut dyn FnMut() -> ControlFlow<StopReason>);

impl Observer for Asking<'_> {
    fn step(&mut self, _: &Step<'_>) -> ControlFlow<StopReason> {
        (self.0)()
    }

    fn epoch(&mut self, _: &mut PhaseTrainer<'_>, _: u32) -> Result<ControlFlow<StopReason>, TrainError> {
        Ok(ControlFlow::Continue(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foliar_nn::Tensor;

    #[test]
    fn halfway_lies_between_two_states() {
        let state = |values: [f32; 2]| {
            let tensor = Tensor { shape: vec![2], data: values.to_vec() };
            StateDict { tensors: [("fc.bias".to_owned(), tensor)].into(), steps: 0 }
        };
        let found = mean(state([1.0, -2.0]), &state([2.0, 4.0]));
        assert_eq!(found.tensors["fc.bias"].data, [1.5, 1.0]);
    }
}
