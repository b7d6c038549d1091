//! The result as the plain values that its pictures and its page are drawn from.

use std::collections::BTreeMap;

use foliar_bayes::{self as bayes, Direction, Domain, Scale, Study};
use foliar_metrics as metrics;
use foliar_report::Number;
use foliar_report::study::{self, StudyView};
use foliar_study::{State, StoredTrial};
use foliar_tune::{Objective, PairedComparison, Report, WeightDecay};

use super::words;

/// Values along each side of the model's surface.
const GRID: usize = 48;
/// Chance of being feasible below which the surface has a gap.
const FEASIBLE: f64 = 0.5;

/// The view of `report`, whose trials and model are `trials` and `study`; `photographs` names their folder.
pub(super) fn of(report: &Report, trials: &[StoredTrial], study: &Study, photographs: &str) -> StudyView {
    let number = match report.objective {
        Objective::Loss => Number::Plain,
        Objective::Accuracy | Objective::MacroF1 => Number::Percent,
    };
    let parameters: Vec<study::Parameter> = report.space.parameters().iter().map(parameter).collect();
    let runs = report.repeats.iter().flat_map(|repeats| &repeats.runs);
    StudyView {
        subject: format!("{} on {photographs}", report.model),
        objective: study::Objective {
            name: report.objective.name().to_owned(),
            direction: direction(report.direction),
            number,
        },
        surface: surface(report, study, &parameters),
        parameters,
        trials: trials.iter().map(trial).collect(),
        best: Some(report.best.id.0),
        repeats: runs.filter_map(|run| run.value).collect(),
        importance: report.importance.iter().flatten().map(importance).collect(),
        cross_validation: report.weight_decay.as_ref().and_then(cross_validation),
        comparison: report.test.as_ref().map(|found| comparison(found, report)),
        warnings: words::warnings(report),
    }
}

fn direction(direction: Direction) -> study::Direction {
    match direction {
        Direction::Minimise => study::Direction::Minimise,
        Direction::Maximise => study::Direction::Maximise,
    }
}

fn scale(scale: Scale) -> foliar_report::Scale {
    match scale {
        Scale::Linear => foliar_report::Scale::Linear,
        Scale::Log => foliar_report::Scale::Log,
        Scale::Momentum => foliar_report::Scale::Momentum,
    }
}

/// `learning-rate` as it is read: `learning rate`.
fn spaced(name: &str) -> String {
    name.replace('-', " ")
}

fn parameter(parameter: &bayes::Parameter) -> study::Parameter {
    let domain = match &parameter.domain {
        Domain::Float { low, high, scale: on } => {
            study::Domain::Float { low: *low, high: *high, scale: scale(*on) }
        }
        Domain::Integer { low, high, scale: on } => {
            study::Domain::Integer { low: *low, high: *high, scale: scale(*on) }
        }
        Domain::Choice { options } => study::Domain::Choice { options: options.clone() },
    };
    study::Parameter { name: spaced(&parameter.name), domain }
}

fn setting(setting: &bayes::Setting) -> study::Setting {
    let value = |value: &bayes::Value| match value {
        bayes::Value::Float(value) => study::Value::Number(*value),
        bayes::Value::Integer(value) => study::Value::Number(*value as f64),
        bayes::Value::Choice(value) => study::Value::Choice(value.clone()),
    };
    setting.iter().map(|(name, of)| (spaced(name), value(of))).collect::<BTreeMap<_, _>>()
}

fn trial(trial: &StoredTrial) -> study::Trial {
    let took = trial.started.zip(trial.ended).and_then(|(from, to)| to.duration_since(from).ok());
    let point = |report: &bayes::Report| study::Point {
        fold: report.step.fold,
        epoch: report.step.epoch,
        value: Some(report.value).filter(|value| value.is_finite()),
    };
    study::Trial {
        number: trial.record.id.0,
        state: match trial.state {
            State::Finished => study::State::Finished,
            State::Pruned => study::State::Pruned,
            State::Infeasible => study::State::Infeasible,
            State::Failed | State::Abandoned => study::State::Failed,
            State::Waiting | State::Running => study::State::Running,
        },
        setting: setting(&trial.record.setting),
        value: trial.record.value(),
        curve: trial.record.reports.iter().map(point).collect(),
        seconds: took.map(|took| took.as_secs_f64()),
    }
}

fn importance(importance: &bayes::Importance) -> study::Importance {
    study::Importance { name: spaced(&importance.name), main: importance.main, total: importance.total }
}

/// What the model expects over the first two parameters, all others as in the best trial.
fn surface(report: &Report, study: &Study, parameters: &[study::Parameter]) -> Option<study::Surface> {
    let [x, y, ..] = parameters else { return None };
    let [x_name, y_name, ..] = report.space.parameters() else { return None };
    let (xs, ys) = (x.grid(GRID), y.grid(GRID));
    let mut settings = Vec::with_capacity(xs.len() * ys.len());
    for &at_y in &ys {
        for &at_x in &xs {
            let others = report.best.setting.iter().map(|(name, value)| (name.to_owned(), value.clone()));
            let here = [(x_name, at_x), (y_name, at_y)];
            let here = here.map(|(parameter, at)| (parameter.name.clone(), value(parameter, at)));
            settings.push(others.chain(here).collect());
        }
    }
    let predictions = study.predict_all(&settings).ok()??;
    let expected = |prediction: &bayes::Prediction| {
        (prediction.feasible >= FEASIBLE && prediction.value.is_finite()).then_some(prediction.value)
    };
    let values = predictions.iter().map(expected).collect();
    Some(study::Surface { x: x.name.clone(), y: y.name.clone(), xs, ys, values })
}

/// A point of the grid as a value of `parameter`, within its range whatever the grid's rounding.
fn value(parameter: &bayes::Parameter, at: f64) -> bayes::Value {
    match parameter.domain {
        Domain::Integer { low, high, .. } => bayes::Value::Integer((at.round() as i64).clamp(low, high)),
        Domain::Float { low, high, .. } => bayes::Value::Float(at.clamp(low, high)),
        Domain::Choice { .. } => bayes::Value::Float(at),
    }
}

fn cross_validation(decay: &WeightDecay) -> Option<study::CrossValidation> {
    let place = |penalty: f64| decay.candidates.iter().position(|row| row.penalty == penalty);
    let candidate = |row: &foliar_tune::PenaltyRow| study::Candidate {
        penalty: row.penalty,
        mean: row.mean,
        standard_error: row.standard_error.unwrap_or(0.0),
    };
    Some(study::CrossValidation {
        penalty: "weight decay".to_owned(),
        folds: decay.candidates.first()?.folds.len() as u32,
        candidates: decay.candidates.iter().map(candidate).collect(),
        best: place(decay.best)?,
        chosen: place(decay.chosen)?,
    })
}

fn comparison(found: &PairedComparison, report: &Report) -> study::Comparison {
    let PairedComparison { tuned, untuned, difference } = found;
    let estimate = |of: metrics::Estimate| study::Estimate { value: of.value, low: of.low, high: of.high };
    let measure = |name: &str, number, direction, values: [metrics::Estimate; 3]| {
        let [tuned, untuned, difference] = values.map(estimate);
        study::Measure { name: name.to_owned(), number, direction, tuned, untuned, difference }
    };
    let (maximise, minimise) = (study::Direction::Maximise, study::Direction::Minimise);
    study::Comparison {
        photographs: difference.photographs as u64,
        tuned: setting(&report.tuned),
        untuned: setting(&report.untuned),
        measures: vec![
            measure(
                "accuracy",
                Number::Percent,
                maximise,
                [tuned.accuracy, untuned.accuracy, difference.accuracy],
            ),
            measure("loss", Number::Plain, minimise, [tuned.loss, untuned.loss, difference.loss]),
            measure(
                "macro F1",
                Number::Percent,
                maximise,
                [tuned.macro_f1, untuned.macro_f1, difference.macro_f1],
            ),
        ],
    }
}
