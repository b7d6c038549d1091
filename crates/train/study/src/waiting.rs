//! Trials that wait for a worker.

use foliar_bayes::{Params, TrialId};

use crate::Definition;
use crate::database::Sql;
use crate::error::Failure;

/// The next unused trial number.
pub(crate) fn next_id(sql: &mut dyn Sql) -> Result<TrialId, Failure> {
    let row = sql.first("SELECT coalesce(max(id) + 1, 0) FROM trial", &[])?;
    row.map_or(Ok(TrialId(0)), |row| Ok(TrialId(row.get(0)?)))
}

/// Adds trial `id`, which waits.
pub(crate) fn insert(
    sql: &mut dyn Sql,
    id: TrialId,
    params: &Params,
    definition: &Definition,
) -> Result<(), Failure> {
    sql.execute(
        "INSERT INTO trial (id, params, seed, state) VALUES (?1, ?2, ?3, 'waiting')",
        &[id.0.into(), json(params)?.as_str().into(), definition.trial_seed(id).into()],
    )?;
    Ok(())
}

/// Parameters as they are stored.
pub(crate) fn json(params: &Params) -> Result<String, Failure> {
    serde_json::to_string(params).map_err(|error| Failure::Damaged(error.to_string()))
}
