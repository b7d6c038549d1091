//! What a study does besides its trials: named jobs, each done once, and findings that all workers agree on.
//!
//! A job is a name and, once it is done, a result, which is the caller's text. Jobs are claimed as trials are, and come back
//! as they do when a worker dies; but a job has no setting, and no number of deaths is its end.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::death::WAIT;
use crate::error::Failure;
use crate::seat::Seat;
use crate::{Budget, StudyError, StudyFile, clock, death};

/// A job that is this worker's to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// Which attempt this is, from 1. An older attempt's claim is no longer valid.
    pub attempt: u32,
}

/// What there is to do of some jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextJob {
    /// A job to do.
    Job(Job),
    /// Nothing yet: others do the last ones, which come back should their workers die. Ask again after this pause.
    Wait(Duration),
    /// All are done.
    Done,
}

impl StudyFile {
    /// Takes the first of the jobs `names` that is neither done nor in the hands of a living worker, in one step of which
    /// other workers see all or nothing. `worker` is kept for display.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn claim_job(&mut self, worker: &str, names: &[String]) -> Result<NextJob, StudyError> {
        let StudyFile { store, seat, lease, .. } = self;
        let path = store.path().to_owned();
        let (next, taken) = store.write(|transaction| {
            let mut taken = None;
            if seat.is_none() {
                taken = death::sit(transaction, &path, Budget::trials(0))?;
            }
            let seat = seat.as_ref().or(taken.as_ref()).map(|seat| seat.number);
            let (now, mut next) = (clock::now(), NextJob::Done);
            for name in names {
                match standing(transaction, name)? {
                    Standing::Finished => {}
                    Standing::Running { seat, expires }
                        if expires > now && !seat.is_some_and(|seat| Seat::is_free(&path, seat)) =>
                    {
                        next = NextJob::Wait(WAIT);
                    }
                    Standing::Running { .. } | Standing::Waiting => {
                        let expires = now.saturating_add(clock::milliseconds(*lease));
                        next = NextJob::Job(take(transaction, name, worker, seat, expires)?);
                        break;
                    }
                }
            }
            Ok((next, taken))
        })?;
        self.seat = self.seat.take().or(taken);
        Ok(next)
    }

    /// Says that the worker is alive. To be called several times per lease.
    ///
    /// # Errors
    /// [`StudyError::JobLost`] if the job was taken away: stop doing it.
    pub fn renew_job(&mut self, job: &Job) -> Result<(), StudyError> {
        let expires = clock::now().saturating_add(clock::milliseconds(self.lease));
        self.store.write(|transaction| {
            hold(transaction, job)?;
            transaction.execute("UPDATE job SET expires = ?2 WHERE name = ?1", params![job.name, expires])?;
            Ok(())
        })
    }

    /// Stores the result of a job.
    ///
    /// # Errors
    /// [`StudyError::JobLost`] if the job was taken away or is done: no job is done twice.
    pub fn finish_job(&mut self, job: &Job, result: &str) -> Result<(), StudyError> {
        self.store.write(|transaction| {
            hold(transaction, job)?;
            transaction.execute(
                "UPDATE job SET state = 'finished', result = ?2, seat = NULL, expires = NULL WHERE name = ?1",
                params![job.name, result],
            )?;
            Ok(())
        })
    }

    /// Gives a job back undone. The next claim, anyone's, takes it.
    ///
    /// # Errors
    /// As for [`StudyFile::finish_job`].
    pub fn release_job(&mut self, job: &Job) -> Result<(), StudyError> {
        self.store.write(|transaction| {
            hold(transaction, job)?;
            let waiting = "UPDATE job SET state = 'waiting', seat = NULL, expires = NULL WHERE name = ?1";
            transaction.execute(waiting, [&job.name])?;
            Ok(())
        })
    }

    /// Stores `finding` under `name` unless there is one already, and returns what is stored: of several workers that find
    /// different things, all go on with the first one's.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn settle(&mut self, name: &str, finding: &str) -> Result<String, StudyError> {
        self.store.write(|transaction| {
            transaction.execute(
                "INSERT INTO job (name, state, result) VALUES (?1, 'finished', ?2) ON CONFLICT (name) DO NOTHING",
                params![name, finding],
            )?;
            let stored = "SELECT coalesce(result, '') FROM job WHERE name = ?1";
            Ok(transaction.query_row(stored, [name], |row| row.get(0))?)
        })
    }

    /// Results of the jobs that are done, and findings, by name.
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

enum Standing {
    Waiting,
    Running { seat: Option<u32>, expires: i64 },
    Finished,
}

fn standing(connection: &Connection, name: &str) -> Result<Standing, Failure> {
    let mut statement = connection.prepare_cached("SELECT state, seat, expires FROM job WHERE name = ?1")?;
    let row = statement.query_row([name], |row| {
        let state: String = row.get(0)?;
        Ok((state, row.get(1)?, row.get::<_, Option<i64>>(2)?))
    });
    Ok(match row.optional()? {
        None => Standing::Waiting,
        Some((state, seat, expires)) => match (state.as_str(), expires) {
            ("finished", _) => Standing::Finished,
            ("running", Some(expires)) => Standing::Running { seat, expires },
            _ => Standing::Waiting,
        },
    })
}

fn take(
    transaction: &Transaction,
    name: &str,
    worker: &str,
    seat: Option<u32>,
    expires: i64,
) -> Result<Job, Failure> {
    transaction.execute(
        "INSERT INTO job (name, state, attempt, worker, seat, expires) VALUES (?1, 'running', 1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET state = 'running', attempt = attempt + 1, worker = ?2, seat = ?3,
             expires = ?4",
        params![name, worker, seat, expires],
    )?;
    let attempt =
        transaction.query_row("SELECT attempt FROM job WHERE name = ?1", [name], |row| row.get(0))?;
    Ok(Job { name: name.to_owned(), attempt })
}

/// Refuses a claim that is no longer the job's latest, or whose job is done.
fn hold(transaction: &Transaction, job: &Job) -> Result<(), Failure> {
    let held: bool = transaction.query_row(
        "SELECT count(*) FROM job WHERE name = ?1 AND attempt = ?2 AND state = 'running'",
        params![job.name, job.attempt],
        |row| row.get(0),
    )?;
    if held { Ok(()) } else { Err(Failure::JobLost { job: job.name.clone() }) }
}
