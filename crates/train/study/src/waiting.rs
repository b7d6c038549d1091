//! Trials that wait for a worker.

use foliar_bayes::{Params, TrialId};
use rusqlite::{Transaction, params};

use crate::Definition;
use crate::error::Failure;

/// The next unused trial number.
pub(crate) fn next_id(transaction: &Transaction) -> Result<TrialId, Failure> {
    let id = transaction.query_row("SELECT coalesce(max(id) + 1, 0) FROM trial", [], |row| row.get(0))?;
    Ok(TrialId(id))
}

/// Adds trial `id`, which waits.
pub(crate) fn insert(
    transaction: &Transaction,
    id: TrialId,
    params: &Params,
    definition: &Definition,
) -> Result<(), Failure> {
    let json = serde_json::to_string(params).map_err(|error| Failure::Damaged(error.to_string()))?;
    transaction.execute(
        "INSERT INTO trial (id, params, seed, state) VALUES (?1, ?2, ?3, 'waiting')",
        params![id.0, json, definition.trial_seed(id)],
    )?;
    Ok(())
}
