//! The tuned run, and the untuned run that it is compared with.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use foliar_results::PairedComparison;
use foliar_runlog::StopReason;
use foliar_study::Job;
use foliar_train::{Recipe, Run, train};
use serde::{Deserialize, Serialize};

use crate::error::TuneError;
use crate::event::TuneEvent;
use crate::folder::{TUNED, UNTUNED, at};
use crate::job::JobOutcome;
use crate::session::{HEARTBEAT, Session};

/// The stored result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Trained {
    /// The epoch whose weights are in the bundle; none if the loss was never finite.
    epoch: Option<u32>,
}

const TEST: &str = "test";

impl Session<'_> {
    /// Trains both runs and compares them on the test photos; none if there are no test photos, or if the untuned run
    /// diverged and has no bundle.
    pub(crate) fn final_runs(
        &mut self,
        tuned: &Recipe,
    ) -> Result<ControlFlow<(), Option<PairedComparison>>, TuneError> {
        let names = [UNTUNED, TUNED].map(|name| format!("{name} run"));
        let recipes = [self.plan.untuned(), tuned.clone()];
        let folders = [self.folder.untuned(), self.folder.tuned()];
        let flow =
            self.jobs(&names, &mut |session, job, place| session.run(job, &folders[place], &recipes[place]))?;
        if flow.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let untuned: Trained = self.result(&names[0])?;
        if self.photographs.splits.test.is_empty() || untuned.epoch.is_none() {
            return Ok(ControlFlow::Continue(None));
        }
        let flow = self.jobs(&[TEST.to_owned()], &mut |session, job, _| session.compare(job))?;
        if flow.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(Some(self.result(TEST)?)))
    }

    fn run(&mut self, job: &Job, folder: &Path, recipe: &Recipe) -> Result<JobOutcome, TuneError> {
        let run = self.open_run(folder, recipe)?;
        let (study, observe) = (&mut self.study, &mut *self.observe);
        let (mut failure, mut heard) = (None, Instant::now());
        let outcome = train(self.device, &run, self.photographs, &mut |event| {
            if heard.elapsed() >= HEARTBEAT {
                heard = Instant::now();
                if let Err(error) = study.renew_job(job) {
                    failure = Some(error);
                    return ControlFlow::Break(StopReason::Interrupted);
                }
            }
            observe(TuneEvent::Training(event)).map_break(|()| StopReason::Interrupted)
        })?;
        if let Some(error) = failure {
            return Err(error.into());
        }
        if outcome.reason == StopReason::Interrupted {
            return Ok(JobOutcome::Interrupted);
        }
        let kept = outcome.bundle.and(outcome.best);
        if kept.is_none() && *folder == self.folder.tuned() {
            return Err(TuneError::FinalDiverged);
        }
        let result = self.to_json(&Trained { epoch: kept.map(|best| best.epoch) })?;
        Ok(JobOutcome::Done { result, value: None })
    }

    /// Opens the run that an earlier attempt at the job has started in `folder`, or starts a new one.
    fn open_run(&self, folder: &Path, recipe: &Recipe) -> Result<Run, TuneError> {
        if let Ok(run) = Run::open(folder)
            && run.recipe == *recipe
        {
            run.check(self.photographs)?;
            return Ok(run);
        }
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(at(folder))?;
        }
        Ok(Run::create(folder, recipe, self.photographs)?)
    }
}
