//! A worker's lease of a trial: claiming, reporting, ending.

use std::time::{Duration, Instant};

use foliar_bayes::{Outcome, Params, Report, Step, Study, TrialId, Verdict};

use crate::database::{Access, Sql};
use crate::error::Failure;
use crate::lease_expiry::{WAIT, requeue_lost};
use crate::{Budget, State, StoredStudy, StudyError, clock, history, waiting};

/// What a worker should do next.
#[derive(Debug, Clone, PartialEq)]
pub enum NextTrial {
    /// Run this trial.
    Trial(Lease),
    /// Other workers run the last trials, which wait again if those workers die. Ask again after this pause.
    Wait(Duration),
    /// The budget is used up and every trial has ended.
    Done,
}

/// A trial that this worker holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    /// The trial's number.
    pub id: TrialId,
    /// The value of every parameter.
    pub params: Params,
    /// Seeds the trial's random numbers: the same in every attempt, below 2^53.
    pub seed: u64,
    /// What earlier attempts reported, for a worker that continues from their checkpoint. The first report of this attempt
    /// replaces the earlier ones from its step on, so a worker that starts again need not delete anything.
    pub reports: Vec<Report>,
    /// Which attempt this is, from 1. The lease of an older attempt is no longer valid.
    pub attempt: u32,
}

/// A claim fits the model outside of the lock if the last fit took longer than this.
const QUICK_FIT: Duration = Duration::from_millis(20);
/// How often a fit outside of the lock may be in vain because the history has changed meanwhile. The next one holds the lock.
const ROUNDS: u32 = 3;

impl StoredStudy {
    /// Claims the next trial to run, atomically: the waiting trial with the lowest number, including those of workers that
    /// have died; else a new trial with the parameters that the current history suggests. The model assumes that running
    /// trials turn out as it predicts. `worker` is stored for display.
    ///
    /// One study may hold several leases.
    ///
    /// # Errors
    /// See [`StoredStudy`].
    pub fn claim(&mut self, worker: &str, budget: Budget) -> Result<NextTrial, StudyError> {
        for round in 0.. {
            match self.try_to_claim(worker, budget, round >= ROUNDS) {
                Ok(Some(next)) => return Ok(next),
                // The history has changed while the model was fitted.
                Ok(None) => {}
                Err(error) => {
                    // The history that was read may have been rolled back.
                    self.study = self.definition.study();
                    return Err(error);
                }
            }
        }
        Ok(NextTrial::Wait(WAIT))
    }

    fn try_to_claim(
        &mut self,
        worker: &str,
        budget: Budget,
        fits_inside: bool,
    ) -> Result<Option<NextTrial>, StudyError> {
        let StoredStudy { database, definition, study, lease_time, fit_time, instructions } = self;
        let reconnect_time = database.reconnect_time();
        let fits_inside = fits_inside || *fit_time <= QUICK_FIT;
        let mut suggest = |study: &mut Study, id| {
            let began = Instant::now();
            let params = study.suggest(id);
            *fit_time = began.elapsed();
            params
        };
        let mut suggested = None;
        if !fits_inside && database.lock().is_some() {
            let seen = database.run(Access::Single, |sql| history::refresh(study, sql, reconnect_time))?;
            if !seen.waiting && !seen.lost && seen.total < budget.trials {
                suggested = Some((seen, suggest(study, TrialId(seen.total))));
            }
        }
        let holder = Holder { worker, lease_time: *lease_time, instructions: instructions.as_deref() };
        database.run(Access::Exclusive, |sql| {
            let mut seen = history::refresh(study, sql, reconnect_time)?;
            if seen.lost || sql.lock().is_none() {
                requeue_lost(sql, budget, reconnect_time)?;
                sql.take_lock()?;
                seen = history::refresh(study, sql, reconnect_time)?;
            }
            if seen.waiting {
                return holder.take_waiting(sql).map(|lease| Some(NextTrial::Trial(lease)));
            }
            if seen.total >= budget.trials {
                return Ok(Some(pause(sql)?.map_or(NextTrial::Done, NextTrial::Wait)));
            }
            let id = TrialId(seen.total);
            let params = match suggested.take() {
                Some((fitted, params)) if fitted == seen => params,
                Some(_) if !fits_inside => return Ok(None),
                _ => suggest(study, id),
            };
            holder
                .insert(sql, id, params, definition.trial_seed(id))
                .map(|lease| Some(NextTrial::Trial(lease)))
        })
    }

    /// Renews the lease. Call it several times per lease time if reports are further apart. If the server cannot be reached it
    /// does nothing: the lease lasts until it expires, and a later call renews it.
    ///
    /// # Errors
    /// [`StudyError::LeaseLost`] if another worker has the trial now: stop running it.
    pub fn heartbeat(&mut self, lease: &Lease) -> Result<(), StudyError> {
        let lease_time = self.lease_time;
        match self.database.run(Access::Brief, |sql| renew(sql, lease, lease_time)) {
            Err(StudyError::Unreachable { .. }) => Ok(()),
            renewed => renewed,
        }
    }

    /// Stores an intermediate value, renews the lease, and says whether to continue. The steps of one attempt must come in
    /// order, one fold after the other.
    ///
    /// # Errors
    /// [`StudyError::LeaseLost`] if another worker has the trial now: stop running it.
    pub fn report(&mut self, lease: &Lease, report: Report) -> Result<Verdict, StudyError> {
        let lease_time = self.lease_time;
        let Step { fold, epoch } = report.step;
        let step = [lease.id.0.into(), fold.into(), epoch.into()];
        let stored = [&step[..], &[lease.attempt.into(), report.value.into()]].concat();
        let records = self.database.run(Access::Write, |sql| {
            renew(sql, lease, lease_time)?;
            if lease.attempt > 1 || sql.retried() {
                // What earlier attempts reported, and this report if it was stored before the connection was lost.
                sql.execute(
                    "DELETE FROM report WHERE trial = ?1 AND (fold, epoch) >= (?2, ?3)
                         AND (attempt < ?4 OR (fold, epoch) = (?2, ?3) AND ?5 = 1)",
                    &[&step[..], &[lease.attempt.into(), i64::from(sql.retried()).into()]].concat(),
                )?;
            }
            sql.execute(
                "INSERT INTO report (trial, fold, epoch, attempt, value) VALUES (?1, ?2, ?3, ?4, ?5)",
                &stored,
            )?;
            history::records_at(sql, lease.id, report.step)
        })?;
        Ok(self.definition.pruner.judge(lease.id, &records, self.definition.direction))
    }

    /// Stores how the trial ended. A value that is not finite counts as infeasible.
    ///
    /// # Errors
    /// [`StudyError::LeaseLost`] if another worker has the trial now or it has ended: no trial ends twice.
    pub fn finish(&mut self, lease: &Lease, outcome: Outcome) -> Result<(), StudyError> {
        let (state, value) = State::of(outcome);
        self.end(lease, state, value, None)
    }

    /// Stores that the trial ended with an error that says nothing about its parameters.
    ///
    /// # Errors
    /// As for [`StoredStudy::finish`].
    pub fn fail(&mut self, lease: &Lease, message: &str) -> Result<(), StudyError> {
        self.end(lease, State::Failed, None, Some(message))
    }

    /// Gives the trial back unfinished, for a worker that was asked to stop. The next claim of any worker takes it.
    ///
    /// # Errors
    /// As for [`StoredStudy::finish`].
    pub fn release(&mut self, lease: &Lease) -> Result<(), StudyError> {
        self.end(lease, State::Waiting, None, None)
    }

    /// Moves the trial to `state`, which is final or waiting, if its lease is the latest.
    fn end(
        &mut self,
        lease: &Lease,
        state: State,
        value: Option<f64>,
        message: Option<&str>,
    ) -> Result<(), StudyError> {
        let values = [
            lease.id.0.into(),
            lease.attempt.into(),
            state.name().into(),
            value.into(),
            message.into(),
            i64::from(state.is_final()).into(),
        ];
        self.database.run(Access::Single, |sql| {
            let changed = sql.execute(
                "UPDATE trial SET state = ?3, value = ?4, message = ?5, expires = NULL, worker_lock = NULL,
                     ended = CASE WHEN ?6 = 1 THEN {now} END
                 WHERE id = ?1 AND attempt = ?2 AND state = 'running'",
                &values,
            )?;
            if changed > 0 {
                return Ok(());
            }
            match lost(sql, lease)? {
                // It was stored before the connection was lost: the attempt is this one's.
                (attempt, Failure::LeaseLost { state: stored, .. })
                    if sql.retried() && attempt == lease.attempt && stored == state =>
                {
                    Ok(())
                }
                (_, failure) => Err(failure),
            }
        })
    }
}

/// Who takes a trial, and for how long.
#[derive(Clone, Copy)]
struct Holder<'a> {
    worker: &'a str,
    lease_time: Duration,
    instructions: Option<&'a str>,
}

impl Holder<'_> {
    /// Takes the first waiting trial.
    fn take_waiting(self, sql: &mut dyn Sql) -> Result<Lease, Failure> {
        let values = [
            self.worker.into(),
            sql.lock().into(),
            clock::milliseconds(self.lease_time).into(),
            self.instructions.into(),
        ];
        let row = sql.first(
            "UPDATE trial SET state = 'running', attempt = attempt + 1, worker = ?1, worker_lock = ?2,
                 started = {now}, expires = {now} + ?3, instructions = ?4
             WHERE id = (SELECT min(id) FROM trial WHERE state = 'waiting')
             RETURNING id, params, seed, attempt",
            &values,
        )?;
        let row = row.ok_or_else(|| Failure::Damaged("a waiting trial has gone".to_owned()))?;
        let (id, attempt) = (TrialId(row.get(0)?), row.get(3)?);
        // The first attempt has no reports to read.
        let reports = if attempt > 1 { history::reports(sql, id)? } else { Vec::new() };
        Ok(Lease { id, params: history::params(&row, 1)?, seed: row.get(2)?, reports, attempt })
    }

    /// Adds a trial and takes it.
    fn insert(self, sql: &mut dyn Sql, id: TrialId, params: Params, seed: u64) -> Result<Lease, Failure> {
        let values = [
            id.0.into(),
            waiting::json(&params)?.as_str().into(),
            seed.into(),
            self.worker.into(),
            sql.lock().into(),
            clock::milliseconds(self.lease_time).into(),
            self.instructions.into(),
        ];
        sql.execute(
            "INSERT INTO trial
                 (id, params, seed, state, attempt, worker, worker_lock, started, expires, instructions)
             VALUES (?1, ?2, ?3, 'running', 1, ?4, ?5, {now}, {now} + ?6, ?7)",
            &values,
        )?;
        Ok(Lease { id, params, seed, reports: Vec::new(), attempt: 1 })
    }
}

/// The time until the first lease expires, at most [`WAIT`]; none if no trial runs.
fn pause(sql: &mut dyn Sql) -> Result<Option<Duration>, Failure> {
    let row = sql.first("SELECT min(expires) - {now} FROM trial WHERE state = 'running'", &[])?;
    let left: Option<i64> = row.map_or(Ok(None), |row| row.optional(0))?;
    Ok(left.map(|left| Duration::from_millis(left.max(1).unsigned_abs()).min(WAIT)))
}

/// Renews a lease, which also tells the others that its worker is connected.
fn renew(sql: &mut dyn Sql, lease: &Lease, lease_time: Duration) -> Result<(), Failure> {
    let values =
        [lease.id.0.into(), lease.attempt.into(), clock::milliseconds(lease_time).into(), sql.lock().into()];
    let changed = sql.execute(
        "UPDATE trial SET expires = {now} + ?3, worker_lock = ?4
         WHERE id = ?1 AND attempt = ?2 AND state = 'running'",
        &values,
    )?;
    if changed > 0 { Ok(()) } else { Err(lost(sql, lease)?.1) }
}

/// Why `lease` does not hold its trial, and the trial's latest attempt.
fn lost(sql: &mut dyn Sql, lease: &Lease) -> Result<(u32, Failure), Failure> {
    let row = sql.first("SELECT attempt, state FROM trial WHERE id = ?1", &[lease.id.0.into()])?;
    let row = row.ok_or_else(|| Failure::Damaged(format!("it has no trial {}", lease.id)))?;
    Ok((row.get(0)?, Failure::LeaseLost { trial: lease.id, state: history::state(&row, 1)? }))
}
