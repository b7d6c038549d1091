//! One process at work on a study.

use std::fs::TryLockError;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use foliar_learn::{LearnError, Photographs, Recipe, Trial, TrialEpoch, TrialEvent, Trials};
use foliar_nn::Device;
use foliar_runlog::StopReason;
use foliar_study::StudyFile;

use crate::error::TuneError;
use crate::event::TuneEvent;
use crate::folder::Folder;
use crate::plan::Plan;
use crate::report::Report;

/// How long a worker may be silent: longer than any epoch's validation takes.
const LEASE: Duration = Duration::from_secs(900);
/// How often a worker that trains says that it is alive.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(20);
/// How soon to look again whether another process has computed the features.
const PAUSE: Duration = Duration::from_millis(250);

/// How the work ended.
#[derive(Debug)]
pub enum Ended {
    /// All is done.
    Finished(Box<Report>),
    /// The observer said stop; what was in hand was given back.
    Interrupted,
}

/// What the observer of [`tune`] is.
pub(crate) type Observer<'a> = &'a mut dyn FnMut(TuneEvent<'_>) -> ControlFlow<()>;

/// Sees an epoch of a training, and says how that goes on.
pub(crate) type OnEpoch<'a> =
    dyn FnMut(&mut StudyFile, &TrialEpoch) -> Result<ControlFlow<StopReason>, TuneError> + 'a;

/// Works on the study in `folder` until it is done, together with other processes that do the same, and writes the result.
/// `photographs` are those of the folder's plan, opened with its recipe. `worker` is kept in the study for display.
///
/// # Errors
/// Photographs or a plan that the study was not begun with, a study of another version, a folder that can not be written, a
/// search in which every trial diverged.
pub fn tune(
    device: &dyn Device,
    folder: &Folder,
    photographs: Photographs,
    worker: &str,
    observe: &mut dyn FnMut(TuneEvent<'_>) -> ControlFlow<()>,
) -> Result<Ended, TuneError> {
    let plan = folder.plan();
    plan.validate(&photographs)?;
    let definition = plan.definition(&photographs.dataset.fingerprint())?;
    let study = StudyFile::open_or_create(&folder.study(), &definition)?.with_lease(LEASE);
    let trials = Trials::new(device, &plan.recipe, photographs.dataset.classes.len())?;
    let worker = worker.to_owned();
    let mut session =
        Session { device, folder, plan, photographs: &photographs, trials, study, worker, observe };
    match session.work()? {
        ControlFlow::Continue(report) => Ok(Ended::Finished(Box::new(report))),
        ControlFlow::Break(()) => Ok(Ended::Interrupted),
    }
}

/// What all parts of the work share.
pub(crate) struct Session<'a> {
    pub(crate) device: &'a dyn Device,
    pub(crate) folder: &'a Folder,
    pub(crate) plan: &'a Plan,
    pub(crate) photographs: &'a Photographs,
    trials: Trials<'a>,
    pub(crate) study: StudyFile,
    pub(crate) worker: String,
    pub(crate) observe: Observer<'a>,
}

impl Session<'_> {
    fn work(&mut self) -> Result<ControlFlow<(), Report>, TuneError> {
        if let ControlFlow::Break(()) = self.search()? {
            return Ok(ControlFlow::Break(()));
        }
        let best = self.best()?;
        let decay = match self.cross_validate(&best)? {
            ControlFlow::Continue(chosen) => chosen,
            ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
        };
        let recipe = self.plan.tuned(&best.setting, decay.as_ref().map(|decay| decay.chosen));
        let repeats = match self.repeat(&recipe)? {
            ControlFlow::Continue(repeats) => repeats,
            ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
        };
        let contest = match self.finale(&recipe)? {
            ControlFlow::Continue(contest) => contest,
            ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
        };
        let report = self.report(best, decay, repeats, contest)?;
        self.folder.write_json(&self.folder.result(), &report)?;
        Ok(ControlFlow::Continue(report))
    }

    /// Trains `recipe` in memory; breaks if whoever watches wants to leave. `epoch` sees the epochs of the last phase and may
    /// say why to stop; `alive` is called from time to time.
    pub(crate) fn train(
        &mut self,
        recipe: &Recipe,
        photographs: &Photographs,
        epoch: &mut OnEpoch<'_>,
        alive: &mut dyn FnMut(&mut StudyFile) -> Result<(), TuneError>,
    ) -> Result<ControlFlow<(), Trial>, TuneError> {
        let (plan, study, observe) = (self.plan, &mut self.study, &mut *self.observe);
        let (last, epochs) = (recipe.phases.len() as u32, plan.epochs());
        let (mut failure, mut heard) = (None, Instant::now());
        let mut heartbeat = |study: &mut StudyFile| {
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
                (TrialEvent::Epoch(ended), Ok(())) if ended.best.phase == last => {
                    let value = plan.objective.of(ended);
                    let told = observe(TuneEvent::Epoch { epoch: ended.epoch_of_phase, epochs, value });
                    match told {
                        ControlFlow::Continue(()) => epoch(study, ended),
                        ControlFlow::Break(()) => Ok(ControlFlow::Break(StopReason::Interrupted)),
                    }
                }
                (event, Ok(())) => {
                    let told = match event {
                        TrialEvent::Features { done, all } => observe(TuneEvent::Features { done, all }),
                        _ => observe(TuneEvent::Step),
                    };
                    Ok(match told {
                        ControlFlow::Continue(()) => ControlFlow::Continue(()),
                        ControlFlow::Break(()) => ControlFlow::Break(StopReason::Interrupted),
                    })
                }
            };
            flow.unwrap_or_else(|error| {
                failure = Some(error);
                ControlFlow::Break(StopReason::Observer)
            })
        };
        let trial: Result<Trial, LearnError> = self.trials.run(recipe, photographs, &mut watch);
        match (failure, trial?) {
            (Some(error), _) => Err(error),
            (None, Trial { reason: StopReason::Interrupted, .. }) => Ok(ControlFlow::Break(())),
            (None, trial) => Ok(ControlFlow::Continue(trial)),
        }
    }

    /// Computes the features of frozen parts, which all trials share. One process at a time: the others then read what the
    /// first has kept.
    pub(crate) fn prepare(&mut self) -> Result<ControlFlow<()>, TuneError> {
        let plan = self.plan;
        if !plan.recipe.phases.iter().any(foliar_learn::Phase::is_cached) {
            return Ok(ControlFlow::Continue(()));
        }
        let lock = self.folder.lock_file()?;
        while let Err(TryLockError::WouldBlock) = lock.try_lock() {
            if self.wait(PAUSE).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        let (recipe, photographs, observe) = (&plan.recipe, self.photographs, &mut *self.observe);
        let flow =
            self.trials.prepare(recipe, photographs, &mut |done, all| match observe(TuneEvent::Features {
                done,
                all,
            }) {
                ControlFlow::Continue(()) => ControlFlow::Continue(()),
                ControlFlow::Break(()) => ControlFlow::Break(StopReason::Interrupted),
            })?;
        Ok(if flow.is_break() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Sleeps while others work.
    pub(crate) fn wait(&mut self, pause: Duration) -> ControlFlow<()> {
        (self.observe)(TuneEvent::Waiting)?;
        std::thread::sleep(pause);
        ControlFlow::Continue(())
    }
}
