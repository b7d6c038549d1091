//! A study as one JSON document. Each parameter has its distribution in Optuna's JSON form
//! (`optuna.distributions.json_to_distribution`).

use std::io::{self, Write};

use foliar_bayes::{Direction, Domain, Parameter, Params, Scale, TrialId};
use serde::Serialize;

use super::{Export, unix};
use crate::{State, StoredTrial};

/// Increases when a field changes.
const VERSION: u32 = 3;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    fingerprint: &'a str,
    direction: Direction,
    seed: u64,
    /// Number of the best trial.
    best: Option<TrialId>,
    parameters: Vec<Searched<'a>>,
    trials: Vec<Tried<'a>>,
}

/// A parameter, in foliar's and in Optuna's form.
#[derive(Serialize)]
struct Searched<'a> {
    #[serde(flatten)]
    parameter: &'a Parameter,
    distribution: Distribution<'a>,
}

#[derive(Serialize)]
#[serde(tag = "name", content = "attributes")]
enum Distribution<'a> {
    #[serde(rename = "FloatDistribution")]
    Float { step: Option<f64>, low: f64, high: f64, log: bool },
    #[serde(rename = "IntDistribution")]
    Integer { log: bool, step: i64, low: i64, high: i64 },
    #[serde(rename = "CategoricalDistribution")]
    Choice { choices: &'a [String] },
}

impl<'a> Distribution<'a> {
    /// Optuna has no momentum scale; there it is linear.
    fn of(domain: &'a Domain) -> Self {
        match domain {
            Domain::Float { low, high, scale } => {
                Distribution::Float { step: None, low: *low, high: *high, log: *scale == Scale::Log }
            }
            Domain::Integer { low, high, scale } => {
                Distribution::Integer { log: *scale == Scale::Log, step: 1, low: *low, high: *high }
            }
            Domain::Choice { options } => Distribution::Choice { choices: options },
        }
    }
}

#[derive(Serialize)]
struct Tried<'a> {
    number: TrialId,
    state: State,
    value: Option<f64>,
    params: &'a Params,
    intermediate: Vec<Intermediate>,
    seed: u64,
    seconds: Option<f64>,
    /// Seconds since 1970, like `ended`.
    started: Option<f64>,
    ended: Option<f64>,
    attempts: u32,
    lost_workers: u32,
    worker: Option<&'a str>,
    instructions: Option<&'a str>,
    message: Option<&'a str>,
}

#[derive(Serialize)]
struct Intermediate {
    fold: u32,
    epoch: u32,
    /// Null if it was not finite.
    value: f64,
}

impl<'a> Tried<'a> {
    fn of(trial: &'a StoredTrial) -> Self {
        let record = &trial.record;
        let intermediate = record.reports.iter().map(|report| Intermediate {
            fold: report.step.fold,
            epoch: report.step.epoch,
            value: report.value,
        });
        Tried {
            number: record.id,
            state: trial.state,
            value: record.value(),
            params: &record.params,
            intermediate: intermediate.collect(),
            seed: trial.seed,
            seconds: trial.seconds(),
            started: unix(trial.started),
            ended: unix(trial.ended),
            attempts: trial.attempts,
            lost_workers: trial.lost_workers,
            worker: trial.worker.as_deref(),
            instructions: trial.instructions.as_deref(),
            message: trial.message.as_deref(),
        }
    }
}

pub(super) fn write(out: &mut dyn Write, export: &Export) -> io::Result<()> {
    let Export { definition, trials, best } = export;
    let parameters = definition.space.parameters().iter();
    let document = Document {
        version: VERSION,
        fingerprint: &definition.fingerprint,
        direction: definition.direction,
        seed: definition.seed,
        best: *best,
        parameters: parameters
            .map(|parameter| Searched { parameter, distribution: Distribution::of(&parameter.domain) })
            .collect(),
        trials: trials.iter().map(Tried::of).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}
