//! What happens to the trials and jobs of a worker that has died or hangs: they wait again.

use std::time::Duration;

use crate::database::Sql;
use crate::error::Failure;
use crate::{Budget, clock};

/// How soon to check again whether another worker has died.
pub(crate) const WAIT: Duration = Duration::from_millis(250);

/// Requeues the trials and jobs whose worker has let its lease run out, and shortens the leases of workers that are gone to
/// `reconnect_time`, within which a worker that has only lost its connection comes back.
///
/// Each statement finds and changes its rows at once, since reports of other workers may come in between.
pub(crate) fn requeue_lost(
    sql: &mut dyn Sql,
    budget: Budget,
    reconnect_time: Duration,
) -> Result<(), Failure> {
    let reconnect_time = clock::milliseconds(reconnect_time).into();
    sql.execute(
        "UPDATE trial SET expires = {now} + ?1 WHERE state = 'running' AND {gone} AND expires > {now} + ?1",
        std::slice::from_ref(&reconnect_time),
    )?;
    // The trial waits for another worker, or fails if it has lost too many.
    sql.execute(
        "UPDATE trial SET
             lost_workers = lost_workers + 1, expires = NULL, worker_lock = NULL,
             state = CASE WHEN lost_workers + 1 < ?1 THEN 'waiting' ELSE 'failed' END,
             ended = CASE WHEN lost_workers + 1 < ?1 THEN NULL ELSE {now} END,
             message = CASE WHEN lost_workers + 1 < ?1 THEN NULL
                 ELSE 'its worker died ' || (lost_workers + 1) || ' times' END
         WHERE state = 'running' AND expires <= {now}",
        &[budget.lost_workers.into()],
    )?;
    requeue_lost_jobs(sql, reconnect_time)
}

fn requeue_lost_jobs(sql: &mut dyn Sql, reconnect_time: crate::value::Value) -> Result<(), Failure> {
    sql.execute(
        "UPDATE job SET expires = {now} + ?1 WHERE state = 'running' AND {gone} AND expires > {now} + ?1",
        &[reconnect_time],
    )?;
    sql.execute(
        "UPDATE job SET state = 'waiting', worker_lock = NULL, expires = NULL
         WHERE state = 'running' AND expires <= {now}",
        &[],
    )?;
    Ok(())
}
