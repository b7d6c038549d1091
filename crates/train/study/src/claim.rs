//! A trial's life: claimed, reported on, ended.

use std::time::Duration;

use foliar_bayes::{Outcome, Report, Setting, Step, TrialId, Verdict};
use rusqlite::{Connection, Transaction, params};

use crate::death::WAIT;
use crate::ending::set_ended;
use crate::error::Failure;
use crate::{Budget, Definition, State, StudyError, StudyFile, clock, death, history};

/// What there is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// A trial to run.
    Trial(Claim),
    /// Nothing yet: the last trials run elsewhere, and come back should their workers die. Ask again after this pause.
    Wait(Duration),
    /// Nothing any more within this budget.
    Done,
}

/// A trial that is this worker's to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Its number.
    pub id: TrialId,
    /// The value of every parameter.
    pub setting: Setting,
    /// Of its random numbers: the same in every attempt, below 2^53.
    pub seed: u64,
    /// What earlier attempts have reported, for a worker that goes on from a checkpoint of theirs. The first report of this
    /// attempt replaces those of earlier ones from its step on, so that one that begins anew has nothing to take back.
    pub reports: Vec<Report>,
    /// Which attempt this is, from 1. An older attempt's claim is no longer valid.
    pub attempt: u32,
}

impl StudyFile {
    /// Takes the next trial to run, in one step of which other workers see all or nothing: one that waits or whose worker has
    /// died, the lowest number first; else a new one with the setting that the history as of now suggests, in which trials
    /// that run elsewhere are taken to turn out as the model expects. `worker` is kept for display.
    ///
    /// One `StudyFile` may hold several claims.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn claim(&mut self, worker: &str, budget: Budget) -> Result<Next, StudyError> {
        let StudyFile { store, definition, study, seat, lease } = self;
        let path = store.path().to_owned();
        let result = store.write(|transaction| {
            let mut taken = None;
            if seat.is_none() {
                taken = death::sit(transaction, &path, budget)?;
            }
            let seat = seat.as_ref().or(taken.as_ref()).map(|seat| seat.number);
            death::take_from_the_dead(transaction, &path, budget)?;
            let id = match first_waiting(transaction)? {
                Some(id) => id,
                None if history::counts(transaction)?.total() < budget.trials => {
                    history::refresh(study, transaction)?;
                    let id = next_id(transaction)?;
                    insert(transaction, id, &study.suggest(id), definition)?;
                    id
                }
                None => return Ok((pause(transaction)?.map_or(Next::Done, Next::Wait), taken)),
            };
            let now = clock::now();
            let expires = now.saturating_add(clock::milliseconds(*lease));
            transaction.execute(
                "UPDATE trial SET state = 'running', attempt = attempt + 1, worker = ?2, seat = ?3, expires = ?4,
                     started = ?5
                 WHERE id = ?1",
                params![id.0, worker, seat, expires, now],
            )?;
            Ok((Next::Trial(load(transaction, id)?), taken))
        });
        match result {
            Ok((next, taken)) => {
                // Only now: had the transaction failed, a dead worker's trials would still stand at this seat.
                self.seat = self.seat.take().or(taken);
                Ok(next)
            }
            Err(error) => {
                // What was read of the history may have been undone.
                self.study = self.definition.study();
                Err(error)
            }
        }
    }

    /// Says that the worker is alive. To be called several times per lease where reports are further apart.
    ///
    /// # Errors
    /// [`StudyError::ClaimLost`] if the trial was taken away: stop running it.
    pub fn heartbeat(&mut self, claim: &Claim) -> Result<(), StudyError> {
        let lease = self.lease;
        self.store.write(|transaction| renew(transaction, claim, lease))
    }

    /// Stores an intermediate value, says whether to go on, and counts as a heartbeat. Steps of one attempt come in order:
    /// one fold after the other.
    ///
    /// # Errors
    /// [`StudyError::ClaimLost`] if the trial was taken away: stop running it.
    pub fn report(&mut self, claim: &Claim, report: Report) -> Result<Verdict, StudyError> {
        let lease = self.lease;
        let records = self.store.write(|transaction| {
            renew(transaction, claim, lease)?;
            let Step { fold, epoch } = report.step;
            transaction.execute(
                "DELETE FROM report WHERE trial = ?1 AND attempt < ?2 AND (fold, epoch) >= (?3, ?4)",
                params![claim.id.0, claim.attempt, fold, epoch],
            )?;
            transaction.execute(
                "INSERT INTO report (trial, attempt, fold, epoch, value) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![claim.id.0, claim.attempt, fold, epoch, report.value],
            )?;
            history::records_at(transaction, claim.id, report.step)
        })?;
        Ok(self.definition.pruner.judge(claim.id, &records, self.definition.direction))
    }

    /// Stores how the trial ended. A value that is not finite counts as infeasible.
    ///
    /// # Errors
    /// [`StudyError::ClaimLost`] if the trial was taken away or has ended: no trial ends twice.
    pub fn finish(&mut self, claim: &Claim, outcome: Outcome) -> Result<(), StudyError> {
        let (state, value) = State::of(outcome);
        self.end(claim, state, value, None)
    }

    /// Stores that the trial ended by an error that says nothing about its setting.
    ///
    /// # Errors
    /// As for [`StudyFile::finish`].
    pub fn fail(&mut self, claim: &Claim, message: &str) -> Result<(), StudyError> {
        self.end(claim, State::Failed, None, Some(message))
    }

    /// Gives the trial back unfinished, for a worker that was asked to stop. The next claim, anyone's, takes it.
    ///
    /// # Errors
    /// As for [`StudyFile::finish`].
    pub fn release(&mut self, claim: &Claim) -> Result<(), StudyError> {
        self.end(claim, State::Waiting, None, None)
    }

    fn end(
        &mut self,
        claim: &Claim,
        state: State,
        value: Option<f64>,
        message: Option<&str>,
    ) -> Result<(), StudyError> {
        self.store.write(|transaction| {
            hold(transaction, claim)?;
            set_ended(transaction, claim.id, state, value, message)
        })
    }
}

/// The number after the largest.
pub(crate) fn next_id(transaction: &Transaction) -> Result<TrialId, Failure> {
    let id = transaction.query_row("SELECT coalesce(max(id) + 1, 0) FROM trial", [], |row| row.get(0))?;
    Ok(TrialId(id))
}

/// Adds trial `id`, waiting.
pub(crate) fn insert(
    transaction: &Transaction,
    id: TrialId,
    setting: &Setting,
    definition: &Definition,
) -> Result<(), Failure> {
    let json = serde_json::to_string(setting).map_err(|error| Failure::Damaged(error.to_string()))?;
    transaction.execute(
        "INSERT INTO trial (id, setting, seed, state) VALUES (?1, ?2, ?3, 'waiting')",
        params![id.0, json, definition.trial_seed(id)],
    )?;
    Ok(())
}

fn load(connection: &Connection, id: TrialId) -> Result<Claim, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT setting, seed, attempt FROM trial WHERE id = ?1")?;
    let mut rows = statement.query([id.0])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(Claim {
        id,
        setting: history::setting(row, 0)?,
        seed: row.get(1)?,
        reports: history::reports(connection, id)?,
        attempt: row.get(2)?,
    })
}

fn first_waiting(connection: &Connection) -> Result<Option<TrialId>, Failure> {
    let id: Option<u64> =
        connection.query_row("SELECT min(id) FROM trial WHERE state = 'waiting'", [], |row| row.get(0))?;
    Ok(id.map(TrialId))
}

/// Until the first lease ends, or for [`WAIT`]; none if nothing runs.
fn pause(connection: &Connection) -> Result<Option<Duration>, Failure> {
    let expires: Option<i64> =
        connection
            .query_row("SELECT min(expires) FROM trial WHERE state = 'running'", [], |row| row.get(0))?;
    let left =
        |expires: i64| Duration::from_millis(expires.saturating_sub(clock::now()).max(1).unsigned_abs());
    Ok(expires.map(|expires| left(expires).min(WAIT)))
}

/// Refuses a claim that is no longer the trial's latest, or whose trial has ended.
fn hold(transaction: &Transaction, claim: &Claim) -> Result<(), Failure> {
    let mut statement = transaction.prepare_cached("SELECT state, attempt FROM trial WHERE id = ?1")?;
    let mut rows = statement.query([claim.id.0])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let (state, attempt): (State, u32) = (history::state(row, 0)?, row.get(1)?);
    if state == State::Running && attempt == claim.attempt {
        return Ok(());
    }
    Err(Failure::ClaimLost { trial: claim.id, state })
}

fn renew(transaction: &Transaction, claim: &Claim, lease: Duration) -> Result<(), Failure> {
    hold(transaction, claim)?;
    let expires = clock::now().saturating_add(clock::milliseconds(lease));
    transaction.execute("UPDATE trial SET expires = ?2 WHERE id = ?1", params![claim.id.0, expires])?;
    Ok(())
}
