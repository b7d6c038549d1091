//! The trials.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use foliar_bayes::{Best, Outcome, Progress, Report, Step, TrialId, Verdict};
use foliar_runlog::StopReason;
use foliar_study::{Budget, Claim, Next, State, StoredTrial, StudyError};
use foliar_train::Trial;

use crate::ending::{Ending, SearchEnd};
use crate::error::TuneError;
use crate::event::{TrialEnd, TuneEvent};
use crate::session::Session;

/// Trials before an end in the noise is thought of.
const FEWEST: u64 = 15;
/// Trials in a row after which the improvement that can be expected must be below the noise: one may be chance.
const IN_A_ROW: usize = 5;
/// Workers that a trial may lose before it counts as failed.
const DEATHS: u32 = 5;
/// Name of the finding that ends the search.
const END: &str = "search";
/// Name of the finding that the search is for.
const BEST: &str = "best";
/// Begins the names of findings about the progress after so many trials.
const PROGRESS: &str = "progress after ";

impl Session<'_> {
    /// Runs trials until the budget is spent and all have ended, wherever they run.
    pub(crate) fn search(&mut self) -> Result<ControlFlow<()>, TuneError> {
        self.study.begin_with(&self.plan.first_settings())?;
        if self.prepare()?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let mut told = false;
        loop {
            let end = self.end()?;
            if let (Some(end), false) = (&end, std::mem::replace(&mut told, end.is_some())) {
                let _ = (self.observe)(TuneEvent::SearchEnded(end));
            }
            let trials = if end.is_some() { 0 } else { self.plan.trials };
            let flow = match self.study.claim(&self.worker, Budget { trials, deaths: DEATHS })? {
                Next::Trial(claim) => self.trial(&claim)?,
                Next::Wait(pause) => self.wait(pause),
                Next::Done if end.is_some() => return Ok(ControlFlow::Continue(())),
                Next::Done => {
                    self.settle_end(Ending::Trials)?;
                    ControlFlow::Continue(())
                }
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
    }

    /// The trial whose setting all that follows is about: of several workers' opinions, the first one's.
    pub(crate) fn best(&mut self) -> Result<Best, TuneError> {
        let Some(best) = self.study.best()? else {
            let (trials, objective) = (self.study.counts()?.total(), self.plan.objective.name());
            return Err(TuneError::AllDiverged { trials, objective });
        };
        let stored = self.study.settle(BEST, &self.to_json(&best)?)?;
        self.of_json(&stored)
    }

    /// The end of the search, if it has ended; decides whether it ends now.
    pub(crate) fn end(&mut self) -> Result<Option<SearchEnd>, TuneError> {
        if let Some(stored) = self.study.results()?.get(END) {
            return self.of_json(stored).map(Some);
        }
        if let Some(limit) = self.plan.seconds {
            let spent: f64 = self.study.trials()?.iter().map(seconds).sum();
            if spent >= limit {
                return self.settle_end(Ending::Time).map(Some);
            }
        }
        if self.plan.stop_in_noise && self.in_noise()? {
            return self.settle_end(Ending::Noise).map(Some);
        }
        Ok(None)
    }

    fn settle_end(&mut self, ending: Ending) -> Result<SearchEnd, TuneError> {
        let trials = self.study.counts()?.ended();
        let progress = self.study.study()?.progress();
        let stored = self.study.settle(END, &self.to_json(&SearchEnd { ending, trials, progress })?)?;
        self.of_json(&stored)
    }

    /// Whether the last trials all left less to be expected than the noise. What is found after a trial is stored, so that
    /// whoever goes on finds the same.
    fn in_noise(&mut self) -> Result<bool, TuneError> {
        let counts = self.study.counts()?;
        if counts.ended() + IN_A_ROW as u64 <= FEWEST || counts.waiting > 0 {
            return Ok(false);
        }
        let name = |trials: u64| format!("{PROGRESS}{trials:06}");
        if !self.study.results()?.contains_key(&name(counts.ended())) {
            let progress = self.study.study()?.progress();
            self.study.settle(&name(counts.ended()), &self.to_json(&progress)?)?;
        }
        let results = self.study.results()?;
        let found = results.range(PROGRESS.to_owned()..).take_while(|(name, _)| name.starts_with(PROGRESS));
        let found: Vec<Option<Progress>> =
            found.map(|(_, json)| self.of_json(json)).collect::<Result<_, _>>()?;
        let lost = |progress: &Option<Progress>| progress.is_some_and(Progress::below_noise);
        Ok(found.len() >= IN_A_ROW && found[found.len() - IN_A_ROW..].iter().all(lost))
    }

    fn trial(&mut self, claim: &Claim) -> Result<ControlFlow<()>, TuneError> {
        let began = Instant::now();
        let (plan, trials) = (self.plan, self.plan.trials);
        let _ = (self.observe)(TuneEvent::TrialBegan { id: claim.id, setting: &claim.setting, trials });
        let recipe = plan.seeded(plan.tuned(&claim.setting, None), claim.seed);
        let mut verdict = Verdict::Continue;
        let photographs = self.photographs;
        let tried = self.train(
            &recipe,
            photographs,
            &mut |study, epoch| {
                let step = Step { fold: 0, epoch: epoch.epoch_of_phase };
                verdict = match study.report(claim, Report { step, value: plan.objective.of(epoch) })? {
                    // What has run to its end has a value.
                    Verdict::Prune if epoch.epoch_of_phase >= plan.epochs() => Verdict::Continue,
                    verdict => verdict,
                };
                Ok(match verdict {
                    Verdict::Continue => ControlFlow::Continue(()),
                    Verdict::Prune => ControlFlow::Break(StopReason::Observer),
                    Verdict::Diverged => ControlFlow::Break(StopReason::NonFiniteLoss),
                })
            },
            &mut |study| Ok(study.heartbeat(claim)?),
        );
        let outcome = match tried {
            Ok(ControlFlow::Continue(trial)) => self.outcome(&trial, verdict),
            Ok(ControlFlow::Break(())) => {
                self.study.release(claim)?;
                return Ok(ControlFlow::Break(()));
            }
            // The worker was silent for too long, and another has the trial.
            Err(TuneError::Study(StudyError::ClaimLost { .. })) => return Ok(ControlFlow::Continue(())),
            Err(error) => {
                // Nothing that the setting is to blame for; the error is worth more than what giving it back says.
                let _ = self.study.release(claim);
                return Err(error);
            }
        };
        match self.study.finish(claim, outcome) {
            Err(StudyError::ClaimLost { .. }) => return Ok(ControlFlow::Continue(())),
            ended => ended?,
        }
        let end = self.trial_end(claim, outcome, began.elapsed())?;
        Ok((self.observe)(TuneEvent::TrialEnded(&end)))
    }

    fn outcome(&self, trial: &Trial, verdict: Verdict) -> Outcome {
        match (verdict, trial.reason, &trial.kept) {
            (Verdict::Prune, ..) => Outcome::Pruned,
            (Verdict::Continue, StopReason::Finished, Some(kept)) => {
                Outcome::Value { value: self.plan.objective.of(kept) }
            }
            _ => Outcome::Infeasible,
        }
    }

    fn trial_end(&mut self, claim: &Claim, outcome: Outcome, took: Duration) -> Result<TrialEnd, TuneError> {
        let direction = self.plan.objective.direction();
        let measured = self.study.records()?.iter().filter_map(|record| Some((record.id, record.value()?)));
        let best: Option<(TrialId, f64)> =
            measured.min_by(|a, b| direction.cost(a.1).total_cmp(&direction.cost(b.1)));
        let (state, value) = match outcome {
            Outcome::Value { value } if value.is_finite() => (State::Finished, Some(value)),
            Outcome::Value { .. } | Outcome::Infeasible => (State::Infeasible, None),
            Outcome::Pruned => (State::Pruned, None),
            Outcome::Abandoned => (State::Abandoned, None),
        };
        let (id, setting, seconds) = (claim.id, claim.setting.clone(), took.as_secs_f64());
        Ok(TrialEnd { id, setting, state, value, best, seconds })
    }
}

/// How long a trial took, in its last attempt.
fn seconds(trial: &StoredTrial) -> f64 {
    let took = trial.started.zip(trial.ended).and_then(|(from, to)| to.duration_since(from).ok());
    took.map_or(0.0, |took| took.as_secs_f64())
}
