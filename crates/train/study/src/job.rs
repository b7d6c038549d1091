//! Work besides the trials: named jobs, each done once, and values that all workers agree on.
//!
//! A job has a name and, once it is done, a result: text of the caller's. Jobs are claimed like trials and wait again when a
//! worker dies. Unlike a trial, a job has no parameters and never fails, however many workers it loses.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::error::Failure;
use crate::lease_expiry::WAIT;
use crate::worker_lock::WorkerLock;
use crate::{Budget, StudyError, StudyFile, clock, lease_expiry};

/// A job that this worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// Which attempt this is, from 1. The lease of an older attempt is no longer valid.
    pub attempt: u32,
}

/// What a worker should do next about some jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextJob {
    /// Do this job.
    Job(Job),
    /// Other workers do the remaining jobs, which wait again if those workers die. Ask again after this pause.
    Wait(Duration),
    /// All jobs are done.
    Done,
}

impl StudyFile {
    /// Claims the first of the jobs `names` that is not done and that no living worker holds. The claim is atomic. `worker`
    /// is stored for display.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn claim_job(&mut self, worker: &str, names: &[String]) -> Result<NextJob, StudyError> {
        let StudyFile { store, worker_lock, lease_time, .. } = self;
        let path = store.path().to_owned();
        let (next, acquired) = store.write(|transaction| {
            let mut acquired = None;
            if worker_lock.is_none() {
                acquired = lease_expiry::acquire_lock(transaction, &path, Budget::trials(0))?;
            }
            let lock = worker_lock.as_ref().or(acquired.as_ref()).map(|lock| lock.number);
            let (now, mut next) = (clock::now(), NextJob::Done);
            for name in names {
                match state_of(transaction, name)? {
                    JobState::Finished => {}
                    JobState::Running { worker_lock, expires }
                        if expires > now
                            && !worker_lock.is_some_and(|number| WorkerLock::is_free(&path, number)) =>
                    {
                        next = NextJob::Wait(WAIT);
                    }
                    JobState::Running { .. } | JobState::Waiting => {
                        let expires = now.saturating_add(clock::milliseconds(*lease_time));
                        next = NextJob::Job(take(transaction, name, worker, lock, expires)?);
                        break;
                    }
                }
            }
            Ok((next, acquired))
        })?;
        self.worker_lock = self.worker_lock.take().or(acquired);
        Ok(next)
    }

    /// Renews the lease. Call it several times per lease time.
    ///
    /// # Errors
    /// [`StudyError::JobLost`] if another worker has the job now: stop working on it.
    pub fn renew_job(&mut self, job: &Job) -> Result<(), StudyError> {
        let expires = clock::now().saturating_add(clock::milliseconds(self.lease_time));
        self.store.write(|transaction| {
            check_held(transaction, job)?;
            transaction.execute("UPDATE job SET expires = ?2 WHERE name = ?1", params![job.name, expires])?;
            Ok(())
        })
    }

    /// Stores the result of a job.
    ///
    /// # Errors
    /// [`StudyError::JobLost`] if another worker has the job now or it is done: no job is done twice.
    pub fn finish_job(&mut self, job: &Job, result: &str) -> Result<(), StudyError> {
        self.store.write(|transaction| {
            check_held(transaction, job)?;
            transaction.execute(
                "UPDATE job SET state = 'finished', result = ?2, worker_lock = NULL, expires = NULL WHERE name = ?1",
                params![job.name, result],
            )?;
            Ok(())
        })
    }

    /// Gives the job back unfinished. The next claim of any worker takes it.
    ///
    /// # Errors
    /// As for [`StudyFile::finish_job`].
    pub fn release_job(&mut self, job: &Job) -> Result<(), StudyError> {
        self.store.write(|transaction| {
            check_held(transaction, job)?;
            let waiting =
                "UPDATE job SET state = 'waiting', worker_lock = NULL, expires = NULL WHERE name = ?1";
            transaction.execute(waiting, [&job.name])?;
            Ok(())
        })
    }

    /// Stores `value` under `name` unless a value is there already, and returns the stored value. So workers that compute
    /// different values all continue with the first one.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn store_once(&mut self, name: &str, value: &str) -> Result<String, StudyError> {
        self.store.write(|transaction| {
            transaction.execute(
                "INSERT INTO job (name, state, result) VALUES (?1, 'finished', ?2) ON CONFLICT (name) DO NOTHING",
                params![name, value],
            )?;
            let stored = "SELECT coalesce(result, '') FROM job WHERE name = ?1";
            Ok(transaction.query_row(stored, [name], |row| row.get(0))?)
        })
    }

    /// Results of finished jobs and values of [`StudyFile::store_once`], by name.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn results(&mut self) -> Result<BTreeMap<String, String>, StudyError> {
        self.store.read(|transaction| {
            let query = "SELECT name, result FROM job WHERE state = 'finished'";
            let mut statement = transaction.prepare_cached(query)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

enum JobState {
    Waiting,
    Running { worker_lock: Option<u32>, expires: i64 },
    Finished,
}

fn state_of(connection: &Connection, name: &str) -> Result<JobState, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT state, worker_lock, expires FROM job WHERE name = ?1")?;
    let row = statement.query_row([name], |row| {
        let state: String = row.get(0)?;
        Ok((state, row.get(1)?, row.get::<_, Option<i64>>(2)?))
    });
    Ok(match row.optional()? {
        None => JobState::Waiting,
        Some((state, worker_lock, expires)) => match (state.as_str(), expires) {
            ("finished", _) => JobState::Finished,
            ("running", Some(expires)) => JobState::Running { worker_lock, expires },
            _ => JobState::Waiting,
        },
    })
}

fn take(
    transaction: &Transaction,
    name: &str,
    worker: &str,
    worker_lock: Option<u32>,
    expires: i64,
) -> Result<Job, Failure> {
    transaction.execute(
        "INSERT INTO job (name, state, attempt, worker, worker_lock, expires) VALUES (?1, 'running', 1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET state = 'running', attempt = attempt + 1, worker = ?2, worker_lock = ?3,
             expires = ?4",
        params![name, worker, worker_lock, expires],
    )?;
    let attempt =
        transaction.query_row("SELECT attempt FROM job WHERE name = ?1", [name], |row| row.get(0))?;
    Ok(Job { name: name.to_owned(), attempt })
}

/// Refuses a lease that is not the job's latest, or whose job is done.
fn check_held(transaction: &Transaction, job: &Job) -> Result<(), Failure> {
    let held: bool = transaction.query_row(
        "SELECT count(*) FROM job WHERE name = ?1 AND attempt = ?2 AND state = 'running'",
        params![job.name, job.attempt],
        |row| row.get(0),
    )?;
    if held { Ok(()) } else { Err(Failure::JobLost { job: job.name.clone() }) }
}
