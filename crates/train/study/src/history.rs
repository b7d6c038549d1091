//! Reads trials from the tables.

use std::time::Duration;

use foliar_bayes::{Outcome, Params, Record, Report, Step, Study, TrialId};

use crate::database::Sql;
use crate::error::Failure;
use crate::value::Row;
use crate::{Counts, State, StoredTrial, clock};

/// What a worker that claims a trial needs to know of the history besides the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Seen {
    /// Trials in any state.
    pub(crate) total: u64,
    /// Trials that have ended. Trials are only added, and end once: histories with equal numbers are equal to the model.
    pub(crate) ended: u64,
    /// Whether a trial waits.
    pub(crate) waiting: bool,
    /// Whether the worker of a running trial seems to be lost.
    pub(crate) lost: bool,
}

/// Updates `study` from the tables by one statement. A trial that has ended no longer changes and is not read again.
pub(crate) fn refresh(
    study: &mut Study,
    sql: &mut dyn Sql,
    reconnect_time: Duration,
) -> Result<Seen, Failure> {
    let first_open = study.records().iter().position(|record| record.outcome.is_none());
    let from = first_open.unwrap_or(study.records().len()) as u64;
    let rows = sql.query(
        "SELECT trial.id, state, trial.value, params, fold, epoch, report.value,
             state = 'running' AND (expires <= {now} OR ({gone} AND expires > {now} + ?2))
         FROM trial LEFT JOIN report ON report.trial = trial.id
         WHERE trial.id >= ?1 ORDER BY trial.id, report.sequence",
        &[from.into(), clock::milliseconds(reconnect_time).into()],
    )?;
    let mut seen = Seen::default();
    for rows in rows.chunk_by(|one, next| one.0.first() == next.0.first()) {
        let row = &rows[0];
        let id = TrialId(row.get(0)?);
        let state = state(row, 1)?;
        seen.waiting |= state == State::Waiting;
        seen.lost |= row.optional(7)?.unwrap_or(false);
        let known = study.records().binary_search_by_key(&id, |record| record.id);
        if known.is_ok_and(|place| study.records()[place].outcome.is_some()) {
            continue;
        }
        study.put(record(id, state, rows)?)?;
    }
    seen.total = study.records().len() as u64;
    seen.ended = study.records().iter().filter(|record| record.outcome.is_some()).count() as u64;
    Ok(seen)
}

/// All trials, ordered by number.
pub(crate) fn trials(sql: &mut dyn Sql) -> Result<Vec<StoredTrial>, Failure> {
    let rows = sql.query(
        "SELECT trial.id, state, trial.value, params, fold, epoch, report.value,
             seed, trial.attempt, lost_workers, worker, message, started, ended, instructions
         FROM trial LEFT JOIN report ON report.trial = trial.id ORDER BY trial.id, report.sequence",
        &[],
    )?;
    let trial = |rows: &[Row]| {
        let row = &rows[0];
        let state = state(row, 1)?;
        let moment = |column| row.optional(column).map(|moment| moment.map(clock::moment));
        Ok(StoredTrial {
            record: record(TrialId(row.get(0)?), state, rows)?,
            state,
            seed: row.get(7)?,
            attempts: row.get(8)?,
            lost_workers: row.get(9)?,
            worker: row.optional(10)?,
            message: row.optional(11)?,
            started: moment(12)?,
            ended: moment(13)?,
            instructions: row.optional(14)?,
        })
    };
    rows.chunk_by(|one, next| one.0.first() == next.0.first()).map(trial).collect()
}

/// A trial from its rows, one for each report: number, state, value, parameters, and fold, epoch and value of the report.
fn record(id: TrialId, state: State, rows: &[Row]) -> Result<Record, Failure> {
    let outcome: Option<Outcome> = state.outcome(rows[0].optional(2)?);
    let reported = rows.iter().filter(|row| row.optional::<u32>(4).is_ok_and(|fold| fold.is_some()));
    let reports = reported.map(|row| report(row, 4)).collect::<Result<_, _>>()?;
    Ok(Record { id, params: params(&rows[0], 3)?, reports, outcome })
}

/// The values that trial `id` has reported, in order of arrival.
pub(crate) fn reports(sql: &mut dyn Sql, id: TrialId) -> Result<Vec<Report>, Failure> {
    let rows = sql
        .query("SELECT fold, epoch, value FROM report WHERE trial = ?1 ORDER BY sequence", &[id.0.into()])?;
    rows.iter().map(|row| report(row, 0)).collect()
}

/// What a pruner needs to judge trial `id` at `step`: its own reports, and the other trials' reports at the same step.
pub(crate) fn records_at(sql: &mut dyn Sql, id: TrialId, step: Step) -> Result<Vec<Record>, Failure> {
    let record = |id, reports| Record { id, params: Params::default(), reports, outcome: None };
    let mut records = vec![record(id, Vec::new())];
    let rows = sql.query(
        "SELECT trial, fold, epoch, value FROM report WHERE trial = ?1 OR (fold = ?2 AND epoch = ?3)
         ORDER BY trial <> ?1, trial, sequence",
        &[id.0.into(), step.fold.into(), step.epoch.into()],
    )?;
    for row in rows {
        let (trial, report) = (TrialId(row.get(0)?), report(&row, 1)?);
        match records.last_mut().filter(|last| last.id == trial) {
            Some(last) => last.reports.push(report),
            None => records.push(record(trial, vec![report])),
        }
    }
    Ok(records)
}

/// How many trials are in each state.
pub(crate) fn counts(sql: &mut dyn Sql) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    for row in sql.query("SELECT count(*), state FROM trial GROUP BY state", &[])? {
        *counts.of_mut(state(&row, 1)?) = row.get(0)?;
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

/// Fold, epoch and value from `column` on. NaN is stored as NULL.
fn report(row: &Row, column: usize) -> Result<Report, Failure> {
    let step = Step { fold: row.get(column)?, epoch: row.get(column + 1)? };
    Ok(Report { step, value: row.optional(column + 2)?.unwrap_or(f64::NAN) })
}
