//! Work besides the trials: named jobs, each done once, and values that all workers agree on.
//!
//! A job has a name and, once it is done, a result: text of the caller's. Jobs are claimed like trials and wait again when a
//! worker dies. Unlike a trial, a job has no parameters and never fails, however many workers it loses.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::database::{Access, Sql};
use crate::error::Failure;
use crate::lease_expiry::{WAIT, requeue_lost};
use crate::{Budget, StoredStudy, StudyError, clock};

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

impl StoredStudy {
    /// Claims the first of the jobs `names` that is not done and that no living worker holds. The claim is atomic. `worker`
    /// is stored for display.
    ///
    /// # Errors
    /// See [`StoredStudy`].
    pub fn claim_job(&mut self, worker: &str, names: &[String]) -> Result<NextJob, StudyError> {
        let (lease_time, reconnect_time) = (self.lease_time, self.database.reconnect_time());
        self.database.run(Access::Exclusive, |sql| {
            // The budget is of trials; jobs never fail.
            requeue_lost(sql, Budget { lost_workers: u32::MAX, ..Budget::trials(0) }, reconnect_time)?;
            sql.take_lock()?;
            let rows = sql.query("SELECT name, state FROM job", &[])?;
            let states = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?)));
            let states: BTreeMap<String, String> = states.collect::<Result<_, Failure>>()?;
            let mut next = NextJob::Done;
            for name in names {
                match states.get(name).map(String::as_str) {
                    Some("finished") => {}
                    Some("running") => next = NextJob::Wait(WAIT),
                    _ => return take(sql, name, worker, lease_time).map(NextJob::Job),
                }
            }
            Ok(next)
        })
    }

    /// Renews the lease. Call it several times per lease time. If the server cannot be reached it does nothing, as
    /// [`StoredStudy::heartbeat`].
    ///
    /// # Errors
    /// [`StudyError::JobLost`] if another worker has the job now: stop working on it.
    pub fn renew_job(&mut self, job: &Job) -> Result<(), StudyError> {
        let lease_time = clock::milliseconds(self.lease_time);
        let renewed = self.database.run(Access::Brief, |sql| {
            let values = [job.name.as_str().into(), job.attempt.into(), lease_time.into(), sql.lock().into()];
            let changed = sql.execute(
                "UPDATE job SET expires = {now} + ?3, worker_lock = ?4
                 WHERE name = ?1 AND attempt = ?2 AND state = 'running'",
                &values,
            )?;
            held(changed, job)
        });
        match renewed {
            Err(StudyError::Unreachable { .. }) => Ok(()),
            renewed => renewed,
        }
    }

    /// Stores the result of a job.
    ///
    /// # Errors
    /// [`StudyError::JobLost`] if another worker has the job now or it is done: no job is done twice.
    pub fn finish_job(&mut self, job: &Job, result: &str) -> Result<(), StudyError> {
        self.finish_job_with(job, result, &[])
    }

    /// Stores the result of a job, and with it files under their names, which replace those of before; all or nothing.
    ///
    /// # Errors
    /// As for [`StoredStudy::finish_job`].
    pub fn finish_job_with(
        &mut self,
        job: &Job,
        result: &str,
        files: &[(String, Vec<u8>)],
    ) -> Result<(), StudyError> {
        let access = if files.is_empty() { Access::Single } else { Access::Write };
        self.database.run(access, |sql| {
            let held_now = [job.name.as_str().into(), job.attempt.into(), result.into()];
            let changed = sql.execute(
                "UPDATE job SET state = 'finished', result = ?3, worker_lock = NULL, expires = NULL
                 WHERE name = ?1 AND attempt = ?2 AND state = 'running'",
                &held_now,
            )?;
            if changed == 0 && sql.retried() {
                // It may have been stored before the connection was lost.
                let stored = sql
                    .first("SELECT 1 FROM job WHERE name = ?1 AND attempt = ?2 AND result = ?3", &held_now)?;
                if stored.is_some() {
                    return Ok(());
                }
            }
            held(changed, job)?;
            for (name, content) in files {
                sql.execute(
                    "INSERT INTO file (name, content) VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET content = ?2",
                    &[name.as_str().into(), content.as_slice().into()],
                )?;
            }
            Ok(())
        })
    }

    /// Gives the job back unfinished. The next claim of any worker takes it.
    ///
    /// # Errors
    /// As for [`StoredStudy::finish_job`].
    pub fn release_job(&mut self, job: &Job) -> Result<(), StudyError> {
        self.database.run(Access::Single, |sql| {
            let changed = sql.execute(
                "UPDATE job SET state = 'waiting', worker_lock = NULL, expires = NULL
                 WHERE name = ?1 AND attempt = ?2 AND state = 'running'",
                &[job.name.as_str().into(), job.attempt.into()],
            )?;
            held(changed, job)
        })
    }

    /// Stores `value` under `name` unless a value is there already, and returns the stored value. So workers that compute
    /// different values all continue with the first one.
    ///
    /// # Errors
    /// See [`StoredStudy`].
    pub fn store_once(&mut self, name: &str, value: &str) -> Result<String, StudyError> {
        self.database.run(Access::Write, |sql| {
            sql.execute(
                "INSERT INTO job (name, state, result) VALUES (?1, 'finished', ?2) ON CONFLICT (name) DO NOTHING",
                &[name.into(), value.into()],
            )?;
            let stored = sql.first("SELECT result FROM job WHERE name = ?1", &[name.into()])?;
            stored.map_or(Ok(None), |row| row.optional(0)).map(Option::unwrap_or_default)
        })
    }

    /// Results of finished jobs and values of [`StoredStudy::store_once`], by name.
    ///
    /// # Errors
    /// See [`StoredStudy`].
    pub fn results(&mut self) -> Result<BTreeMap<String, String>, StudyError> {
        self.database.run(Access::Single, |sql| {
            let rows = sql.query("SELECT name, result FROM job WHERE state = 'finished'", &[])?;
            rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
        })
    }

    /// Names of the stored files that begin with `prefix`, in order.
    ///
    /// # Errors
    /// See [`StoredStudy`].
    pub fn file_names(&mut self, prefix: &str) -> Result<Vec<String>, StudyError> {
        let names: Vec<String> = self.database.run(Access::Single, |sql| {
            sql.query("SELECT name FROM file ORDER BY name", &[])?.iter().map(|row| row.get(0)).collect()
        })?;
        Ok(names.into_iter().filter(|name| name.starts_with(prefix)).collect())
    }

    /// The stored file `name`, none if there is none.
    ///
    /// # Errors
    /// See [`StoredStudy`].
    pub fn file(&mut self, name: &str) -> Result<Option<Vec<u8>>, StudyError> {
        self.database.run(Access::Single, |sql| {
            let row = sql.first("SELECT content FROM file WHERE name = ?1", &[name.into()])?;
            row.map(|row| row.get(0)).transpose()
        })
    }
}

fn take(sql: &mut dyn Sql, name: &str, worker: &str, lease_time: Duration) -> Result<Job, Failure> {
    let values = [name.into(), worker.into(), sql.lock().into(), clock::milliseconds(lease_time).into()];
    let row = sql.first(
        "INSERT INTO job (name, state, attempt, worker, worker_lock, expires)
         VALUES (?1, 'running', 1, ?2, ?3, {now} + ?4)
         ON CONFLICT (name) DO UPDATE SET state = 'running', attempt = job.attempt + 1, worker = ?2,
             worker_lock = ?3, expires = {now} + ?4
         RETURNING attempt",
        &values,
    )?;
    let row = row.ok_or_else(|| Failure::Damaged(format!("{name} cannot be claimed")))?;
    Ok(Job { name: name.to_owned(), attempt: row.get(0)? })
}

/// Refuses a lease that is not the job's latest, or whose job is done: it has changed no row.
fn held(changed: u64, job: &Job) -> Result<(), Failure> {
    if changed > 0 { Ok(()) } else { Err(Failure::JobLost { job: job.name.clone() }) }
}
