//! The epochs of a phase: the one loop that runs, trials and refits share.

use std::ops::ControlFlow;

use foliar_runlog::StopReason;

use crate::error::TrainError;
use crate::phase_trainer::{PhaseTrainer, Step};

/// Sees what happens in a phase and may end it. Validation, logs, checkpoints and pruning are observers.
pub(crate) trait Observer {
    /// A step was taken.
    fn step(&mut self, step: &Step<'_>) -> ControlFlow<StopReason>;

    /// An epoch ended; `trainer` can validate now. `epoch` counts from 0 within the phase.
    fn epoch(
        &mut self,
        trainer: &mut PhaseTrainer<'_>,
        epoch: u32,
    ) -> Result<ControlFlow<StopReason>, TrainError>;
}

/// Where in a phase training begins or goes on.
#[derive(Clone, Copy, Default)]
pub(crate) struct Position {
    /// Epochs of the run before this phase: the order of photographs and their augmentation depend on the epoch of the run.
    pub(crate) epochs_before: u32,
    /// Epochs of this phase that are done.
    pub(crate) epoch: u32,
    /// Steps of the next epoch that are done.
    pub(crate) step: u32,
}

/// Trains from `position` to the end of the phase. A loss that is not finite, or an observer, ends it early.
pub(crate) fn train_epochs(
    trainer: &mut PhaseTrainer<'_>,
    position: Position,
    observer: &mut dyn Observer,
) -> Result<ControlFlow<StopReason>, TrainError> {
    let (phase, steps) = (trainer.phase(), trainer.batches());
    let mut first_step = position.step as usize;
    for epoch in position.epoch..phase.epochs {
        let flow = trainer.train_epoch(
            position.epochs_before + epoch,
            first_step,
            &|step| phase.rate(steps, epoch, step),
            &mut |step| match step.stats.taken {
                true => observer.step(step),
                false => ControlFlow::Break(StopReason::NonFiniteLoss),
            },
        )?;
        if flow.is_break() {
            return Ok(flow);
        }
        let flow = observer.epoch(trainer, epoch)?;
        if flow.is_break() {
            return Ok(flow);
        }
        first_step = 0;
    }
    Ok(ControlFlow::Continue(()))
}
