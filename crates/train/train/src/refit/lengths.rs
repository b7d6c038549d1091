//! A refit by gradient descent, as in the epochs before it.
//!
//! Cross-validation tries the planned number of epochs, and a half, a quarter and an eighth of it, each with a whole schedule:
//! training that is cut short ends at a high rate, and is not what the last classifier gets.

use std::ops::ControlFlow;

use foliar_runlog::StopReason;

use super::{Progress, Refit, Source};
use crate::best_epoch::{BestEpoch, EpochScore};
use crate::epochs::{Observer, Position, train_epochs};
use crate::error::TrainError;
use crate::out_of_fold::{OutOfFoldPredictions, Validated};
use crate::phase::Phase;
use crate::phase_trainer::{PhaseTrainer, Step};
use crate::photographs::Photographs;

impl Source<'_> {
    /// A classifier trained on `whole` for as long as the classifiers of the folds did best.
    pub(super) fn by_length(
        &self,
        whole: &Photographs,
        folds: &[Photographs],
        progress: &mut Progress<'_>,
    ) -> Result<ControlFlow<StopReason, Refit>, TrainError> {
        let planned = &self.recipe.phases[0];
        let lengths = lengths(planned.epochs);
        let all = folds.len() * lengths.len() + 1;
        let mut done = 0;
        let mut progress = || {
            done += 1;
            progress(done, all)
        };
        let mut choice = BestEpoch::default();
        let mut best = None;
        for epochs in lengths {
            let phase = Phase { epochs, ..planned.clone() };
            let validated = match self.cross_validate(folds, &phase, &mut progress)? {
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
        let state = match self.train(whole, &phase)? {
            ControlFlow::Continue(trainer) => trainer.outcome(),
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        if let ControlFlow::Break(reason) = progress() {
            return Ok(ControlFlow::Break(reason));
        }
        Ok(ControlFlow::Continue(Refit {
            graph: self.graph.clone(),
            state,
            best: score,
            strength: None,
            out_of_fold,
            judged: None,
        }))
    }

    /// What classifiers trained as `phase` says on all but a fold predict for that fold; `None` if one of them diverged.
    /// `progress` is told of each classifier.
    fn cross_validate(
        &self,
        folds: &[Photographs],
        phase: &Phase,
        progress: &mut dyn FnMut() -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Option<Validated>>, TrainError> {
        let dataset = &self.photographs.dataset;
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
        let validated =
            Validated::of(predictions.sorted(dataset.outputs().len()), dataset).filter(|_| !diverged);
        Ok(ControlFlow::Continue(validated))
    }

    /// Trains on the training photographs of `photographs` as `phase` says.
    fn train<'a>(
        &'a self,
        photographs: &'a Photographs,
        phase: &'a Phase,
    ) -> Result<ControlFlow<StopReason, PhaseTrainer<'a>>, TrainError> {
        let mut trainer = match self.begin(photographs, phase)? {
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
