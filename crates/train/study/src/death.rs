//! Trials and jobs taken from workers that have died or hang.

use std::path::Path;
use std::time::Duration;

use foliar_bayes::TrialId;
use rusqlite::{Connection, Transaction, params};

use crate::ending::set_ended;
use crate::error::Failure;
use crate::seat::Seat;
use crate::{Budget, State, clock};

/// How soon to look again whether another worker has died.
pub(crate) const WAIT: Duration = Duration::from_millis(250);

/// A running trial, and what tells whether its worker lives.
struct Running {
    id: TrialId,
    seat: Option<u32>,
    expires: i64,
    deaths: u32,
}

fn running(connection: &Connection) -> Result<Vec<Running>, Failure> {
    let mut statement = connection
        .prepare_cached("SELECT id, seat, expires, deaths FROM trial WHERE state = 'running' ORDER BY id")?;
    let rows = statement.query_map([], |row| {
        let id = TrialId(row.get(0)?);
        Ok(Running { id, seat: row.get(1)?, expires: row.get(2)?, deaths: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes a seat for a worker that has none yet; trials and jobs of whoever sat there before come back, for it was free. The
/// seat counts as held once the transaction is committed.
pub(crate) fn sit(transaction: &Transaction, path: &Path, budget: Budget) -> Result<Option<Seat>, Failure> {
    let Some(seat) = Seat::take(path) else { return Ok(None) };
    for trial in running(transaction)?.iter().filter(|trial| trial.seat == Some(seat.number)) {
        bury(transaction, trial, budget)?;
    }
    evacuate(transaction, seat.number)?;
    Ok(Some(seat))
}

/// Returns the trials whose worker has left its seat or let its lease run out.
pub(crate) fn take_from_the_dead(
    transaction: &Transaction,
    path: &Path,
    budget: Budget,
) -> Result<(), Failure> {
    let now = clock::now();
    for trial in running(transaction)? {
        let left = trial.seat.is_some_and(|seat| Seat::is_free(path, seat));
        if left || trial.expires <= now {
            bury(transaction, &trial, budget)?;
        }
    }
    Ok(())
}

/// Counts the death of a running trial's worker: the trial waits for another, or fails if this was one too many.
fn bury(transaction: &Transaction, trial: &Running, budget: Budget) -> Result<(), Failure> {
    let deaths = trial.deaths.saturating_add(1);
    transaction.execute("UPDATE trial SET deaths = ?2 WHERE id = ?1", params![trial.id.0, deaths])?;
    if deaths < budget.deaths {
        return set_ended(transaction, trial.id, State::Waiting, None, None);
    }
    let message = format!("its worker died {deaths} times");
    set_ended(transaction, trial.id, State::Failed, None, Some(&message))
}

/// Returns the jobs of whoever sat at `seat` before; it was free.
fn evacuate(transaction: &Transaction, seat: u32) -> Result<(), Failure> {
    let waiting =
        "UPDATE job SET state = 'waiting', seat = NULL, expires = NULL WHERE state = 'running' AND seat = ?1";
    transaction.execute(waiting, [seat])?;
    Ok(())
}
