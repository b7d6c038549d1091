//! Jobs after the trials. The first worker that is free does each job.

use std::ops::ControlFlow;
use std::time::Instant;

use foliar_study::{Job, NextJob, StudyError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::TuneError;
use crate::event::TuneEvent;
use crate::session::Session;

/// The measured result of a training in memory: a fold or a repeat.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// The objective; none if it diverged.
    pub(crate) value: Option<f64>,
    /// The epoch after which it was measured, counted over the whole training; 0 if there is none.
    pub(crate) epoch: u32,
}

/// How an attempt at a job ended.
pub(crate) enum JobOutcome {
    /// The job is done: its result, and its objective if it has one.
    Done {
        result: String,
        value: Option<f64>,
        /// Files for the other workers, by their names in the study.
        files: Vec<(String, Vec<u8>)>,
    },
    /// The observer has stopped the work.
    Interrupted,
}

impl Session<'_> {
    /// Does the jobs `names` with `work`, which gets the session, the job and its position; returns when all are done, by this
    /// worker or others. `work` must renew the lease if it takes long.
    pub(crate) fn jobs(
        &mut self,
        names: &[String],
        work: &mut dyn FnMut(&mut Self, &Job, usize) -> Result<JobOutcome, TuneError>,
    ) -> Result<ControlFlow<()>, TuneError> {
        loop {
            let job = match self.study.claim_job(&self.worker, names)? {
                NextJob::Job(job) => job,
                NextJob::Done => return Ok(ControlFlow::Continue(())),
                NextJob::Wait(pause) => match self.wait(pause) {
                    ControlFlow::Continue(()) => continue,
                    ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
                },
            };
            let place = names.iter().position(|name| *name == job.name).unwrap_or(0);
            let began = Instant::now();
            let event = TuneEvent::JobBegan { name: &job.name, place: place + 1, jobs: names.len() };
            let flow = (self.observe)(event);
            let attempt = if flow.is_break() { Ok(JobOutcome::Interrupted) } else { work(self, &job, place) };
            let finished = match attempt {
                Ok(JobOutcome::Done { result, value, files }) => {
                    self.study.finish_job_with(&job, &result, &files).map(|()| value).map_err(TuneError::from)
                }
                Ok(JobOutcome::Interrupted) => {
                    self.study.release_job(&job)?;
                    return Ok(ControlFlow::Break(()));
                }
                Err(error) => Err(error),
            };
            match finished {
                Ok(value) => {
                    let seconds = began.elapsed().as_secs_f64();
                    let flow = (self.observe)(TuneEvent::JobEnded { name: &job.name, value, seconds });
                    if flow.is_break() {
                        return Ok(flow);
                    }
                }
                // The lease expired, and another worker has the job.
                Err(TuneError::Study(StudyError::JobLost { .. })) => {
                    let _ = (self.observe)(TuneEvent::Dropped { what: &job.name });
                }
                Err(error) => {
                    let _ = self.study.release_job(&job);
                    return Err(error);
                }
            }
        }
    }

    /// Trains `recipe` in memory on `photographs`, as a job.
    pub(crate) fn measure(
        &mut self,
        job: &Job,
        recipe: &foliar_train::Recipe,
        photographs: &foliar_train::Photographs,
    ) -> Result<JobOutcome, TuneError> {
        let tried = self.train(
            recipe,
            photographs,
            &mut |study, _| {
                study.renew_job(job)?;
                Ok(ControlFlow::Continue(()))
            },
            &mut |study| Ok(study.renew_job(job)?),
        )?;
        let ControlFlow::Continue(trial) = tried else { return Ok(JobOutcome::Interrupted) };
        let kept = trial.kept.filter(|_| trial.reason == foliar_runlog::StopReason::Finished);
        let value = kept.as_ref().map(|kept| self.plan.objective.of(kept)).filter(|value| value.is_finite());
        let measured = Measured { value, epoch: kept.map_or(0, |kept| kept.score.epoch) };
        Ok(JobOutcome::Done { result: self.to_json(&measured)?, value, files: Vec::new() })
    }

    /// The stored result of a finished job.
    pub(crate) fn result<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, TuneError> {
        let results = self.study.results()?;
        match results.get(name) {
            Some(json) => self.of_json(json),
            None => Err(self.damaged(format!("it has no result for `{name}`"))),
        }
    }

    pub(crate) fn to_json(&self, value: &impl Serialize) -> Result<String, TuneError> {
        serde_json::to_string(value).map_err(|error| self.damaged(error.to_string()))
    }

    pub(crate) fn of_json<T: DeserializeOwned>(&self, json: &str) -> Result<T, TuneError> {
        serde_json::from_str(json).map_err(|error| self.damaged(format!("{json}: {error}")))
    }

    fn damaged(&self, problem: String) -> TuneError {
        TuneError::DamagedStudy { study: self.folder.study().clone(), problem }
    }
}
