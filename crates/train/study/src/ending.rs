//! How a running trial ends.

use foliar_bayes::TrialId;
use rusqlite::{Transaction, params};

use crate::error::Failure;
use crate::{State, clock};

/// Moves a running trial to `state`, which is final or waiting.
pub(crate) fn set_ended(
    transaction: &Transaction,
    id: TrialId,
    state: State,
    value: Option<f64>,
    message: Option<&str>,
) -> Result<(), Failure> {
    let ended = state.is_final().then(clock::now);
    transaction.execute(
        "UPDATE trial SET state = ?2, value = ?3, message = ?4, ended = ?5, expires = NULL, seat = NULL
         WHERE id = ?1",
        params![id.0, state.name(), value, message, ended],
    )?;
    Ok(())
}
