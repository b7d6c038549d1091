//! The tuned run, and the runs that it is compared with: an untuned one, as in many first projects, and one with foliar's own
//! default parameters.

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
use crate::folder::{DEFAULT, TUNED, UNTUNED, at};
use crate::job::JobOutcome;
use crate::session::{HEARTBEAT, Session};

/// The stored result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Trained {
    /// The epoch whose weights are in the bundle; none if the loss was never finite.
    epoch: Option<u32>,
}

/// Jobs of the comparisons.
const TEST: &str = "test";
const TEST_DEFAULT: &str = "test against the default";

/// The tuned classifier against others, on the test photos; none if there are no test photos, or if the other run diverged and
/// has no bundle.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FinalTests {
    /// Against the untuned run.
    pub(crate) untuned: Option<PairedComparison>,
    /// Against the run with the default parameters.
    pub(crate) default: Option<PairedComparison>,
}

impl Session<'_> {
    /// Trains the runs and compares them on the test photos.
    pub(crate) fn final_runs(&mut self, tuned: &Recipe) -> Result<ControlFlow<(), FinalTests>, TuneError> {
        let names = [UNTUNED, DEFAULT, TUNED].map(|name| format!("{name} run"));
        let recipes = [self.plan.untuned(), self.plan.recipe.clone(), tuned.clone()];
        let folders = [self.folder.untuned(), self.folder.default_run(), self.folder.tuned()];
        let flow =
            self.jobs(&names, &mut |session, job, place| session.run(job, &folders[place], &recipes[place]))?;
        if flow.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let mut tests = FinalTests::default();
        for (place, job, test) in [(0, TEST, &mut tests.untuned), (1, TEST_DEFAULT, &mut tests.default)] {
            let other: Trained = self.result(&names[place])?;
            if self.photographs.splits.test.is_empty() || other.epoch.is_none() {
                continue;
            }
            let folder = &folders[place];
            let flow = self.jobs(&[job.to_owned()], &mut |session, job, _| session.compare(job, folder))?;
            if flow.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            *test = Some(self.result(job)?);
        }
        Ok(ControlFlow::Continue(tests))
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
