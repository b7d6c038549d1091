//! Reads trials from the tables.

use foliar_bayes::{Params, Record, Report, Step, Study, TrialId};
use rusqlite::{Connection, Row, params};

use crate::error::Failure;
use crate::{Counts, State, StoredTrial, clock};

/// Updates `study` from the file. A trial that has ended no longer changes and is not read again.
pub(crate) fn refresh(study: &mut Study, connection: &Connection) -> Result<(), Failure> {
    let mut statement =
        connection.prepare_cached("SELECT id, state, value, params FROM trial ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = TrialId(row.get(0)?);
        let known = study.records().binary_search_by_key(&id, |record| record.id);
        if known.is_ok_and(|place| study.records()[place].outcome.is_some()) {
            continue;
        }
        let state = state(row, 1)?;
        let outcome = state.outcome(row.get(2)?);
        let params = params(row, 3)?;
        study.put(Record { id, params, reports: reports(connection, id)?, outcome })?;
    }
    Ok(())
}

/// All trials, ordered by number.
pub(crate) fn trials(connection: &Connection) -> Result<Vec<StoredTrial>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT id, state, value, params, seed, attempt, lost_workers, worker, message, started, ended
         FROM trial ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    let mut trials = Vec::new();
    while let Some(row) = rows.next()? {
        let id = TrialId(row.get(0)?);
        let state = state(row, 1)?;
        let outcome = state.outcome(row.get(2)?);
        let moment = |column| row.get::<_, Option<i64>>(column).map(|moment| moment.map(clock::moment));
        trials.push(StoredTrial {
            record: Record { id, params: params(row, 3)?, reports: reports(connection, id)?, outcome },
            state,
            seed: row.get(4)?,
            attempts: row.get(5)?,
            lost_workers: row.get(6)?,
            worker: row.get(7)?,
            message: row.get(8)?,
            started: moment(9)?,
            ended: moment(10)?,
        });
    }
    Ok(trials)
}

/// The values that trial `id` has reported, in order of arrival.
pub(crate) fn reports(connection: &Connection, id: TrialId) -> Result<Vec<Report>, Failure> {
    let mut statement = connection
        .prepare_cached("SELECT fold, epoch, value FROM report WHERE trial = ?1 ORDER BY sequence")?;
    let reports = statement.query_map([id.0], |row| {
        let step = Step { fold: row.get(0)?, epoch: row.get(1)? };
        Ok(Report { step, value: number(row.get(2)?) })
    })?;
    Ok(reports.collect::<Result<_, _>>()?)
}

/// What a pruner needs to judge trial `id` at `step`: its own reports, and the other trials' reports at the same step.
pub(crate) fn records_at(connection: &Connection, id: TrialId, step: Step) -> Result<Vec<Record>, Failure> {
    let record = |id, reports| Record { id, params: Params::default(), reports, outcome: None };
    let mut records = vec![record(id, reports(connection, id)?)];
    let mut statement = connection.prepare_cached(
        "SELECT trial, value FROM report WHERE fold = ?1 AND epoch = ?2 AND trial <> ?3
         ORDER BY trial, sequence",
    )?;
    let mut rows = statement.query(params![step.fold, step.epoch, id.0])?;
    while let Some(row) = rows.next()? {
        let other = TrialId(row.get(0)?);
        let report = Report { step, value: number(row.get(1)?) };
        match records.last_mut().filter(|last| last.id == other) {
            Some(last) => last.reports.push(report),
            None => records.push(record(other, vec![report])),
        }
    }
    Ok(records)
}

/// How many trials are in each state.
pub(crate) fn counts(connection: &Connection) -> Result<Counts, Failure> {
    let mut statement = connection.prepare_cached("SELECT count(*), state FROM trial GROUP BY state")?;
    let mut rows = statement.query([])?;
    let mut counts = Counts::default();
    while let Some(row) = rows.next()? {
        *counts.of_mut(state(row, 1)?) = row.get(0)?;
    }
    Ok(counts)
}

pub(crate) fn state(row: &Row, column: usize) -> Result<State, Failure> {
    let name: String = row.get(column)?;
    State::named(&name).ok_or_else(|| Failure::Damaged(format!("unknown trial state {name:?}")))
}

pub(crate) fn params(row: &Row, column: usize) -> Result<Params, Failure> {
    let json: String = row.get(column)?;
    serde_json::from_str(&json).map_err(|error| Failure::Damaged(format!("parameters {json}: {error}")))
}

/// SQLite stores NaN as NULL.
fn number(stored: Option<f64>) -> f64 {
    stored.unwrap_or(f64::NAN)
}
