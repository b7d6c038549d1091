//! A worker's lease of a trial: claiming, reporting, ending.

use std::time::Duration;

use foliar_bayes::{Outcome, Params, Report, Step, TrialId, Verdict};
use rusqlite::{Connection, Transaction, params};

use crate::error::Failure;
use crate::lease_expiry::{self, WAIT, end_lease};
use crate::waiting::{insert, next_id};
use crate::{Budget, State, StudyError, StudyFile, clock, history};

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

impl StudyFile {
    /// Claims the next trial to run, atomically: the waiting trial with the lowest number, including those of workers that
    /// have died; else a new trial with the parameters that the current history suggests. The model assumes that running
    /// trials turn out as it predicts. `worker` is stored for display.
    ///
    /// One `StudyFile` may hold several leases.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn claim(&mut self, worker: &str, budget: Budget) -> Result<NextTrial, StudyError> {
        let StudyFile { store, definition, study, worker_lock, lease_time } = self;
        let path = store.path().to_owned();
        let result = store.write(|transaction| {
            let mut acquired = None;
            if worker_lock.is_none() {
                acquired = lease_expiry::acquire_lock(transaction, &path, budget)?;
            }
            let lock = worker_lock.as_ref().or(acquired.as_ref()).map(|lock| lock.number);
            lease_expiry::requeue_expired(transaction, &path, budget)?;
            let id = match first_waiting(transaction)? {
                Some(id) => id,
                None if history::counts(transaction)?.total() < budget.trials => {
                    history::refresh(study, transaction)?;
                    let id = next_id(transaction)?;
                    insert(transaction, id, &study.suggest(id), definition)?;
                    id
                }
                None => return Ok((pause(transaction)?.map_or(NextTrial::Done, NextTrial::Wait), acquired)),
            };
            let now = clock::now();
            let expires = now.saturating_add(clock::milliseconds(*lease_time));
            transaction.execute(
                "UPDATE trial SET state = 'running', attempt = attempt + 1, worker = ?2, worker_lock = ?3, expires = ?4,
                     started = ?5
                 WHERE id = ?1",
                params![id.0, worker, lock, expires, now],
            )?;
            Ok((NextTrial::Trial(load(transaction, id)?), acquired))
        });
        match result {
            Ok((next, acquired)) => {
                // Only after the commit: if the transaction had failed, a dead worker's trials would still refer to this lock.
                self.worker_lock = self.worker_lock.take().or(acquired);
                Ok(next)
            }
            Err(error) => {
                // The history that was read may have been rolled back.
                self.study = self.definition.study();
                Err(error)
            }
        }
    }

    /// Renews the lease. Call it several times per lease time if reports are further apart.
    ///
    /// # Errors
    /// [`StudyError::LeaseLost`] if another worker has the trial now: stop running it.
    pub fn heartbeat(&mut self, lease: &Lease) -> Result<(), StudyError> {
        let lease_time = self.lease_time;
        self.store.write(|transaction| renew(transaction, lease, lease_time))
    }

    /// Stores an intermediate value, renews the lease, and says whether to continue. The steps of one attempt must come in
    /// order, one fold after the other.
    ///
    /// # Errors
    /// [`StudyError::LeaseLost`] if another worker has the trial now: stop running it.
    pub fn report(&mut self, lease: &Lease, report: Report) -> Result<Verdict, StudyError> {
        let lease_time = self.lease_time;
        let records = self.store.write(|transaction| {
            renew(transaction, lease, lease_time)?;
            let Step { fold, epoch } = report.step;
            transaction.execute(
                "DELETE FROM report WHERE trial = ?1 AND attempt < ?2 AND (fold, epoch) >= (?3, ?4)",
                params![lease.id.0, lease.attempt, fold, epoch],
            )?;
            transaction.execute(
                "INSERT INTO report (trial, attempt, fold, epoch, value) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![lease.id.0, lease.attempt, fold, epoch, report.value],
            )?;
            history::records_at(transaction, lease.id, report.step)
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
    /// As for [`StudyFile::finish`].
    pub fn fail(&mut self, lease: &Lease, message: &str) -> Result<(), StudyError> {
        self.end(lease, State::Failed, None, Some(message))
    }

    /// Gives the trial back unfinished, for a worker that was asked to stop. The next claim of any worker takes it.
    ///
    /// # Errors
    /// As for [`StudyFile::finish`].
    pub fn release(&mut self, lease: &Lease) -> Result<(), StudyError> {
        self.end(lease, State::Waiting, None, None)
    }

    fn end(
        &mut self,
        lease: &Lease,
        state: State,
        value: Option<f64>,
        message: Option<&str>,
    ) -> Result<(), StudyError> {
        self.store.write(|transaction| {
            check_held(transaction, lease)?;
            end_lease(transaction, lease.id, state, value, message)
        })
    }
}

fn load(connection: &Connection, id: TrialId) -> Result<Lease, Failure> {
    let mut statement = connection.prepare_cached("SELECT params, seed, attempt FROM trial WHERE id = ?1")?;
    let mut rows = statement.query([id.0])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(Lease {
        id,
        params: history::params(row, 0)?,
        seed: row.get(1)?,
        reports: history::reports(connection, id)?,
        attempt: row.get(2)?,
    })
}

fn first_waiting(connection: &Connection) -> Result<Option<TrialId>, Failure> {
    let id: Option<u64> =
        connection.query_row("SELECT min(id) FROM trial WHERE state = 'waiting'", [], |row| row.get(0))?;
    Ok(id.map(TrialId))
}

/// The time until the first lease expires, at most [`WAIT`]; none if no trial runs.
fn pause(connection: &Connection) -> Result<Option<Duration>, Failure> {
    let expires: Option<i64> =
        connection
            .query_row("SELECT min(expires) FROM trial WHERE state = 'running'", [], |row| row.get(0))?;
    let left =
        |expires: i64| Duration::from_millis(expires.saturating_sub(clock::now()).max(1).unsigned_abs());
    Ok(expires.map(|expires| left(expires).min(WAIT)))
}

/// Refuses a lease that is not the trial's latest, or whose trial has ended.
fn check_held(transaction: &Transaction, lease: &Lease) -> Result<(), Failure> {
    let mut statement = transaction.prepare_cached("SELECT state, attempt FROM trial WHERE id = ?1")?;
    let mut rows = statement.query([lease.id.0])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let (state, attempt): (State, u32) = (history::state(row, 0)?, row.get(1)?);
    if state == State::Running && attempt == lease.attempt {
        return Ok(());
    }
    Err(Failure::LeaseLost { trial: lease.id, state })
}

fn renew(transaction: &Transaction, lease: &Lease, lease_time: Duration) -> Result<(), Failure> {
    check_held(transaction, lease)?;
    let expires = clock::now().saturating_add(clock::milliseconds(lease_time));
    transaction.execute("UPDATE trial SET expires = ?2 WHERE id = ?1", params![lease.id.0, expires])?;
    Ok(())
}
