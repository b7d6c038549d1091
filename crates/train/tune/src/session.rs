//! A worker's session: one process that works on a study.

use std::fs::TryLockError;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use foliar_nn::Device;
use foliar_runlog::StopReason;
use foliar_study::StoredStudy;
use foliar_train::{Photographs, Recipe, TrainError, Trial, TrialEpoch, TrialEvent, Trials};

use crate::error::TuneError;
use crate::event::TuneEvent;
use crate::folder::Folder;
use crate::plan::Plan;

/// How often a training worker renews its lease.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(20);
/// How soon to check again whether another process has computed the features.
const PAUSE: Duration = Duration::from_millis(250);

/// The observer; see [`crate::tune`].
pub(crate) type Observer<'a> = &'a mut dyn FnMut(TuneEvent<'_>) -> ControlFlow<()>;

/// Sees each epoch of a training, and says whether it continues.
pub(crate) type OnEpoch<'a> =
    dyn FnMut(&mut StoredStudy, &TrialEpoch) -> Result<ControlFlow<StopReason>, TuneError> + 'a;

/// State that all stages of the pipeline share.
pub(crate) struct Session<'a> {
    pub(crate) device: &'a dyn Device,
    pub(crate) folder: &'a Folder,
    pub(crate) plan: &'a Plan,
    pub(crate) photographs: &'a Photographs,
    pub(crate) trials: Trials<'a>,
    pub(crate) study: StoredStudy,
    pub(crate) worker: String,
    pub(crate) observe: Observer<'a>,
}

impl Session<'_> {
    /// Trains `recipe` in memory; breaks if the observer stops the work. `epoch` sees the epochs of the last phase and can stop
    /// the training; `alive` is called at intervals to renew the lease.
    pub(crate) fn train(
        &mut self,
        recipe: &Recipe,
        photographs: &Photographs,
        epoch: &mut OnEpoch<'_>,
        alive: &mut dyn FnMut(&mut StoredStudy) -> Result<(), TuneError>,
    ) -> Result<ControlFlow<(), Trial>, TuneError> {
        let (plan, study, observe) = (self.plan, &mut self.study, &mut *self.observe);
        let (last, epochs) = (recipe.phases.len() as u32, plan.epochs());
        let (mut failure, mut heard) = (None, Instant::now());
        let mut heartbeat = |study: &mut StoredStudy| {
            if heard.elapsed() < HEARTBEAT {
                return Ok(());
            }
            heard = Instant::now();
            alive(study)
        };
        let mut watch = |event: TrialEvent<'_>| {
            let heard = match event {
                TrialEvent::Epoch(_) => Ok(()),
                _ => heartbeat(study),
            };
            let flow = match (event, heard) {
                (_, Err(error)) => Err(error),
                (TrialEvent::Epoch(ended), Ok(())) if ended.score.phase == last => {
                    let value = plan.objective.of(ended);
                    match observe(TuneEvent::Epoch { epoch: ended.epoch_of_phase, epochs, value }) {
                        ControlFlow::Continue(()) => epoch(study, ended),
                        ControlFlow::Break(()) => Ok(ControlFlow::Break(StopReason::Interrupted)),
                    }
                }
                (event, Ok(())) => {
                    let seen = match event {
                        TrialEvent::Features { done, all } => TuneEvent::Features { done, all },
                        _ => TuneEvent::Step,
                    };
                    Ok(observe(seen).map_break(|()| StopReason::Interrupted))
                }
            };
            flow.unwrap_or_else(|error| {
                failure = Some(error);
                ControlFlow::Break(StopReason::Observer)
            })
        };
        let trial: Result<Trial, TrainError> = self.trials.run(recipe, photographs, &mut watch);
        match (failure, trial?) {
            (Some(error), _) => Err(error),
            (None, Trial { reason: StopReason::Interrupted, .. }) => Ok(ControlFlow::Break(())),
            (None, trial) => Ok(ControlFlow::Continue(trial)),
        }
    }

    /// Computes the features of frozen layers, which all trials share. One process computes them; the others wait and then read
    /// its cache.
    pub(crate) fn prepare(&mut self) -> Result<ControlFlow<()>, TuneError> {
        let plan = self.plan;
        if !plan.recipe.phases.iter().any(foliar_train::Phase::is_cached) {
            return Ok(ControlFlow::Continue(()));
        }
        let lock = self.folder.lock_file()?;
        while let Err(TryLockError::WouldBlock) = lock.try_lock() {
            if self.wait(PAUSE).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        let (recipe, photographs, observe) = (&plan.recipe, self.photographs, &mut *self.observe);
        let flow = self.trials.prepare(recipe, photographs, &mut |done, all| {
            observe(TuneEvent::Features { done, all }).map_break(|()| StopReason::Interrupted)
        })?;
        Ok(flow.map_break(|_| ()))
    }

    /// Waits while other workers work.
    pub(crate) fn wait(&mut self, pause: Duration) -> ControlFlow<()> {
        (self.observe)(TuneEvent::Waiting)?;
        std::thread::sleep(pause);
        ControlFlow::Continue(())
    }
}
