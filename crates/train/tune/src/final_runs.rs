//! The tuned run, and the runs that it is compared with: an untuned one, as in many first projects, and one with foliar's own
//! default parameters.

use std::fs;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use foliar_files::{make_folder, write_atomically};
use foliar_results::PairedComparison;
use foliar_runlog::{RunDir, StopReason};
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
        let runs = [UNTUNED, DEFAULT, TUNED];
        let names = runs.map(|name| format!("{name} run"));
        let recipes = [self.plan.untuned(), self.plan.recipe.clone(), tuned.clone()];
        let flow =
            self.jobs(&names, &mut |session, job, place| session.run(job, runs[place], &recipes[place]))?;
        self.folder.clear_workshop();
        if flow.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let mut tests = FinalTests::default();
        for (place, job, test) in [(0, TEST, &mut tests.untuned), (1, TEST_DEFAULT, &mut tests.default)] {
            let other: Trained = self.result(&names[place])?;
            if self.photographs.splits.test.is_empty() || other.epoch.is_none() {
                continue;
            }
            let run = runs[place];
            let flow = self.jobs(&[job.to_owned()], &mut |session, job, _| session.compare(job, run))?;
            if flow.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            *test = Some(self.result(job)?);
        }
        Ok(ControlFlow::Continue(tests))
    }

    fn run(&mut self, job: &Job, name: &str, recipe: &Recipe) -> Result<JobOutcome, TuneError> {
        let run = self.open_run(&self.folder.workplace(name), recipe)?;
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
        if kept.is_none() && name == TUNED {
            return Err(TuneError::FinalDiverged);
        }
        let result = self.to_json(&Trained { epoch: kept.map(|best| best.epoch) })?;
        Ok(JobOutcome::Done { result, value: None, files: self.folder.files_to_share(name)? })
    }

    /// Brings the run `name` of a shared study into this process' folder. What is there stays.
    pub(crate) fn fetch(&mut self, name: &str) -> Result<(), TuneError> {
        if !self.folder.is_shared() {
            return Ok(());
        }
        let folder = self.folder.run(name);
        for stored in self.study.file_names(&format!("{name}/"))? {
            let own = stored.strip_prefix(&format!("{name}/")).unwrap_or_default();
            let path = folder.join(own);
            // A name leads nowhere else.
            if path.parent() != Some(&folder) || path.file_name() != Some(own.as_ref()) || path.exists() {
                continue;
            }
            let Some(mut content) = self.study.file(&stored)? else { continue };
            if own == RunDir::DATA {
                content = self.with_own_photographs(&content)?;
            }
            make_folder(&folder).map_err(at(&folder))?;
            write_atomically(&path, |file| file.write_all(&content)).map_err(at(&path))?;
        }
        Ok(())
    }

    /// What a run says of its photographs, with the place where they are on this machine.
    fn with_own_photographs(&self, json: &[u8]) -> Result<Vec<u8>, TuneError> {
        #[derive(Serialize)]
        struct Root<'a>(#[serde(with = "foliar_files::any_path")] &'a Path);
        let changed = || {
            let mut document: serde_json::Value = serde_json::from_slice(json)?;
            document["root"] = serde_json::to_value(Root(&self.photographs.dataset.root))?;
            serde_json::to_vec_pretty(&document)
        };
        let damaged = |error: serde_json::Error| TuneError::DamagedStudy {
            study: self.folder.study().clone(),
            problem: format!("{}: {error}", RunDir::DATA),
        };
        changed().map_err(damaged)
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
