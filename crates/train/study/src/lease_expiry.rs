//! What happens to the trials and jobs of a worker that has died or hangs: they wait again.

use std::path::Path;
use std::time::Duration;

use foliar_bayes::TrialId;
use rusqlite::{Connection, Transaction, params};

use crate::error::Failure;
use crate::worker_lock::WorkerLock;
use crate::{Budget, State, clock};

/// How soon to check again whether another worker has died.
pub(crate) const WAIT: Duration = Duration::from_millis(250);

/// A running trial, and what shows whether its worker is alive.
struct Running {
    id: TrialId,
    worker_lock: Option<u32>,
    expires: i64,
    lost_workers: u32,
}

fn running(connection: &Connection) -> Result<Vec<Running>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT id, worker_lock, expires, lost_workers FROM trial WHERE state = 'running' ORDER BY id",
    )?;
    let rows = statement.query_map([], |row| {
        let id = TrialId(row.get(0)?);
        Ok(Running { id, worker_lock: row.get(1)?, expires: row.get(2)?, lost_workers: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes a lock for a worker that has none yet. The lock was free, so its former holder is gone: that worker's trials and
/// jobs wait again. The lock counts as held once the transaction is committed.
pub(crate) fn acquire_lock(
    transaction: &Transaction,
    path: &Path,
    budget: Budget,
) -> Result<Option<WorkerLock>, Failure> {
    let Some(lock) = WorkerLock::take(path) else { return Ok(None) };
    for trial in running(transaction)?.iter().filter(|trial| trial.worker_lock == Some(lock.number)) {
        requeue(transaction, trial, budget)?;
    }
    requeue_jobs(transaction, lock.number)?;
    Ok(Some(lock))
}

/// Requeues the trials whose worker has released its lock or let its lease run out.
pub(crate) fn requeue_expired(transaction: &Transaction, path: &Path, budget: Budget) -> Result<(), Failure> {
    let now = clock::now();
    for trial in running(transaction)? {
        let gone = trial.worker_lock.is_some_and(|number| WorkerLock::is_free(path, number));
        if gone || trial.expires <= now {
            requeue(transaction, &trial, budget)?;
        }
    }
    Ok(())
}

/// Counts a lost worker: the trial waits for another one, or fails if it has lost too many.
fn requeue(transaction: &Transaction, trial: &Running, budget: Budget) -> Result<(), Failure> {
    let lost_workers = trial.lost_workers.saturating_add(1);
    transaction
        .execute("UPDATE trial SET lost_workers = ?2 WHERE id = ?1", params![trial.id.0, lost_workers])?;
    if lost_workers < budget.lost_workers {
        return end_lease(transaction, trial.id, State::Waiting, None, None);
    }
    let message = format!("its worker died {lost_workers} times");
    end_lease(transaction, trial.id, State::Failed, None, Some(&message))
}

/// Requeues the jobs of the worker that held lock `number` before.
fn requeue_jobs(transaction: &Transaction, number: u32) -> Result<(), Failure> {
    transaction.execute(
        "UPDATE job SET state = 'waiting', worker_lock = NULL, expires = NULL
         WHERE state = 'running' AND worker_lock = ?1",
        [number],
    )?;
    Ok(())
}

/// Moves a running trial to `state`, which is final or waiting.
pub(crate) fn end_lease(
    transaction: &Transaction,
    id: TrialId,
    state: State,
    value: Option<f64>,
    message: Option<&str>,
) -> Result<(), Failure> {
    let ended = state.is_final().then(clock::now);
    transaction.execute(
        "UPDATE trial SET state = ?2, value = ?3, message = ?4, ended = ?5, expires = NULL, worker_lock = NULL
         WHERE id = ?1",
        params![id.0, state.name(), value, message, ended],
    )?;
    Ok(())
}
