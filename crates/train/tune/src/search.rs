//! The search: running trials until the budget is used up.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use foliar_bayes::{Best, ExpectedGain, Outcome, Report, Step, TrialId, Verdict};
use foliar_runlog::StopReason;
use foliar_study::{Budget, Lease, NextTrial, State, StoredTrial, StudyError};
use foliar_train::Trial;

use crate::error::TuneError;
use crate::event::{TrialEnd, TuneEvent};
use crate::search_stop::{SearchStop, SearchStopReason};
use crate::session::Session;

/// Fewest trials before the search can stop because of noise.
const FEWEST: u64 = 15;
/// The expected improvement must be below the noise level this many times in a row: a single time can be chance.
const IN_A_ROW: usize = 5;
/// A trial fails once it has lost this many workers.
const LOST_WORKERS: u32 = 5;
/// Name of the stored [`SearchStop`].
const STOP: &str = "search stop";
/// Name of the stored best trial.
const BEST: &str = "best";
/// Prefix of the names of stored expected gains; the number of ended trials follows.
const GAIN: &str = "expected gain after ";

impl Session<'_> {
    /// Runs trials until the budget is used up and all trials have ended, including those of other workers.
    pub(crate) fn search(&mut self) -> Result<ControlFlow<()>, TuneError> {
        self.study.enqueue_if_empty(&self.plan.first_params())?;
        if self.prepare()?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let mut reported = false;
        loop {
            let end = self.search_stop()?;
            if let (Some(end), false) = (&end, std::mem::replace(&mut reported, end.is_some())) {
                let _ = (self.observe)(TuneEvent::SearchEnded(end));
            }
            let trials = if end.is_some() { 0 } else { self.plan.trials };
            let flow = match self.study.claim(&self.worker, Budget { trials, lost_workers: LOST_WORKERS })? {
                NextTrial::Trial(lease) => self.trial(&lease)?,
                NextTrial::Wait(pause) => self.wait(pause),
                NextTrial::Done if end.is_some() => return Ok(ControlFlow::Continue(())),
                NextTrial::Done => {
                    self.store_stop(SearchStopReason::Trials)?;
                    ControlFlow::Continue(())
                }
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
    }

    /// The best trial. All workers use the one that the first worker stored.
    pub(crate) fn best(&mut self) -> Result<Best, TuneError> {
        let Some(best) = self.study.best()? else {
            let (trials, objective) = (self.study.counts()?.total(), self.plan.objective.name());
            return Err(TuneError::AllDiverged { trials, objective });
        };
        let stored = self.study.store_once(BEST, &self.to_json(&best)?)?;
        self.of_json(&stored)
    }

    /// When and why the search stopped, if it has; decides whether it stops now.
    pub(crate) fn search_stop(&mut self) -> Result<Option<SearchStop>, TuneError> {
        if let Some(stored) = self.study.results()?.get(STOP) {
            return self.of_json(stored).map(Some);
        }
        if let Some(limit) = self.plan.seconds {
            let spent: f64 = self.study.trials()?.iter().filter_map(StoredTrial::seconds).sum();
            if spent >= limit {
                return self.store_stop(SearchStopReason::Time).map(Some);
            }
        }
        if self.plan.stop_below_noise && self.below_noise()? {
            return self.store_stop(SearchStopReason::Noise).map(Some);
        }
        Ok(None)
    }

    fn store_stop(&mut self, reason: SearchStopReason) -> Result<SearchStop, TuneError> {
        let trials = self.study.counts()?.ended();
        let expected_gain = self.study.study()?.expected_gain();
        let stored =
            self.study.store_once(STOP, &self.to_json(&SearchStop { reason, trials, expected_gain })?)?;
        self.of_json(&stored)
    }

    /// Whether the expected improvement was below the noise level after each of the last trials. The value after each trial is
    /// stored, so that every worker decides the same.
    fn below_noise(&mut self) -> Result<bool, TuneError> {
        let counts = self.study.counts()?;
        if counts.ended() + IN_A_ROW as u64 <= FEWEST || counts.waiting > 0 {
            return Ok(false);
        }
        let name = |trials: u64| format!("{GAIN}{trials:06}");
        if !self.study.results()?.contains_key(&name(counts.ended())) {
            let expected_gain = self.study.study()?.expected_gain();
            self.study.store_once(&name(counts.ended()), &self.to_json(&expected_gain)?)?;
        }
        let results = self.study.results()?;
        let found = results.range(GAIN.to_owned()..).take_while(|(name, _)| name.starts_with(GAIN));
        let found: Vec<Option<ExpectedGain>> =
            found.map(|(_, json)| self.of_json(json)).collect::<Result<_, _>>()?;
        let below =
            |expected_gain: &Option<ExpectedGain>| expected_gain.is_some_and(ExpectedGain::below_noise);
        Ok(found.len() >= IN_A_ROW && found[found.len() - IN_A_ROW..].iter().all(below))
    }

    fn trial(&mut self, lease: &Lease) -> Result<ControlFlow<()>, TuneError> {
        let began = Instant::now();
        let (plan, trials) = (self.plan, self.plan.trials);
        let _ = (self.observe)(TuneEvent::TrialBegan { id: lease.id, params: &lease.params, trials });
        let recipe = plan.seeded(plan.tuned(&lease.params, None), lease.seed);
        let mut verdict = Verdict::Continue;
        let photographs = self.photographs;
        let tried = self.train(
            &recipe,
            photographs,
            &mut |study, epoch| {
                let step = Step { fold: 0, epoch: epoch.epoch_of_phase };
                verdict = match study.report(lease, Report { step, value: plan.objective.of(epoch) })? {
                    // A trial in its last epoch is finished, not pruned.
                    Verdict::Prune if epoch.epoch_of_phase >= plan.epochs() => Verdict::Continue,
                    verdict => verdict,
                };
                Ok(match verdict {
                    Verdict::Continue => ControlFlow::Continue(()),
                    Verdict::Prune => ControlFlow::Break(StopReason::Observer),
                    Verdict::Diverged => ControlFlow::Break(StopReason::NonFiniteLoss),
                })
            },
            &mut |study| Ok(study.heartbeat(lease)?),
        );
        let outcome = match tried {
            Ok(ControlFlow::Continue(trial)) => self.outcome(&trial, verdict),
            Ok(ControlFlow::Break(())) => {
                self.study.release(lease)?;
                return Ok(ControlFlow::Break(()));
            }
            Err(TuneError::Study(StudyError::LeaseLost { .. })) => return Ok(self.dropped(lease)),
            Err(error) => {
                // The parameters did not cause the error. It is more useful than an error of giving the trial back.
                let _ = self.study.release(lease);
                return Err(error);
            }
        };
        match self.study.finish(lease, outcome) {
            Err(StudyError::LeaseLost { .. }) => return Ok(self.dropped(lease)),
            ended => ended?,
        }
        let end = self.trial_end(lease, outcome, began.elapsed())?;
        Ok((self.observe)(TuneEvent::TrialEnded(&end)))
    }

    /// The lease expired, and another worker has the trial.
    fn dropped(&mut self, lease: &Lease) -> ControlFlow<()> {
        (self.observe)(TuneEvent::Dropped { what: &format!("trial {}", lease.id) })
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

    fn trial_end(&mut self, lease: &Lease, outcome: Outcome, took: Duration) -> Result<TrialEnd, TuneError> {
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
        let (id, params, seconds) = (lease.id, lease.params.clone(), took.as_secs_f64());
        Ok(TrialEnd { id, params, state, value, best, seconds })
    }
}
