//! The result as plain values for charts and page.

use std::collections::BTreeMap;

use foliar_bayes::{self as bayes, Direction, Domain, Scale, Study};
use foliar_metrics::Estimate;
use foliar_report::Number;
use foliar_report::study::{self, StudyView};
use foliar_study::{State, StoredTrial};
use foliar_tune::{Objective, PairedComparison, TuningResult, WeightDecay, WeightDecayResult};

use super::words;

/// Points along each side of the model's surface.
const GRID: usize = 48;
/// Probability of being feasible below which the surface has a gap.
const FEASIBLE: f64 = 0.5;

/// The view of `result`, whose trials and model are `trials` and `study`; `photographs` names their folder.
pub(super) fn of(
    result: &TuningResult,
    trials: &[StoredTrial],
    study: &Study,
    photographs: &str,
) -> StudyView {
    let number = match result.objective {
        Objective::Loss => Number::Plain,
        Objective::Accuracy | Objective::MacroF1 => Number::Percent,
    };
    let parameters: Vec<study::Parameter> = result.space.parameters().iter().map(parameter).collect();
    let runs = result.repeats.iter().flat_map(|repeats| &repeats.runs);
    StudyView {
        subject: format!("{} on {photographs}", result.model),
        objective: study::Objective {
            name: result.objective.name().to_owned(),
            direction: direction(result.direction),
            number,
        },
        surface: surface(result, study, &parameters),
        parameters,
        trials: trials.iter().map(trial).collect(),
        best: Some(result.best.id.0),
        repeats: runs.filter_map(|run| run.value).collect(),
        importance: result.importance.iter().flatten().map(importance).collect(),
        cross_validation: result.weight_decay.as_ref().and_then(cross_validation),
        comparison: result.test.as_ref().map(|compared| comparison(compared, result)),
        warnings: words::warnings(result),
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

/// Name for display: `learning rate` for `learning-rate`.
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

fn setting(params: &bayes::Params) -> study::Setting {
    let value = |value: &bayes::Value| match value {
        bayes::Value::Float(value) => study::Value::Number(*value),
        bayes::Value::Integer(value) => study::Value::Number(*value as f64),
        bayes::Value::Choice(value) => study::Value::Choice(value.clone()),
    };
    params.iter().map(|(name, of)| (spaced(name), value(of))).collect::<BTreeMap<_, _>>()
}

fn trial(trial: &StoredTrial) -> study::Trial {
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
        setting: setting(&trial.record.params),
        value: trial.record.value(),
        curve: trial.record.reports.iter().map(point).collect(),
        seconds: trial.seconds(),
    }
}

fn importance(importance: &bayes::Importance) -> study::Importance {
    study::Importance { name: spaced(&importance.name), main: importance.main, total: importance.total }
}

/// The model's prediction over the first two parameters, with all others as in the best trial.
fn surface(result: &TuningResult, study: &Study, parameters: &[study::Parameter]) -> Option<study::Surface> {
    let [x, y, ..] = parameters else { return None };
    let [x_name, y_name, ..] = result.space.parameters() else { return None };
    let (xs, ys) = (x.grid(GRID), y.grid(GRID));
    let mut points = Vec::with_capacity(xs.len() * ys.len());
    for &at_y in &ys {
        for &at_x in &xs {
            let others = result.best.params.iter().map(|(name, value)| (name.to_owned(), value.clone()));
            let here = [(x_name, at_x), (y_name, at_y)];
            let here = here.map(|(parameter, at)| (parameter.name.clone(), value(parameter, at)));
            points.push(others.chain(here).collect());
        }
    }
    let predictions = study.predict_all(&points).ok()??;
    let expected = |prediction: &bayes::Prediction| {
        (prediction.feasible >= FEASIBLE && prediction.value.is_finite()).then_some(prediction.value)
    };
    let values = predictions.iter().map(expected).collect();
    Some(study::Surface { x: x.name.clone(), y: y.name.clone(), xs, ys, values })
}

/// A grid point as a value of `parameter`, clipped to its range against rounding of the grid.
fn value(parameter: &bayes::Parameter, at: f64) -> bayes::Value {
    match parameter.domain {
        Domain::Integer { low, high, .. } => bayes::Value::Integer((at.round() as i64).clamp(low, high)),
        Domain::Float { low, high, .. } => bayes::Value::Float(at.clamp(low, high)),
        Domain::Choice { .. } => bayes::Value::Float(at),
    }
}

fn cross_validation(decay: &WeightDecay) -> Option<study::CrossValidation> {
    let place = |penalty: f64| decay.candidates.iter().position(|row| row.weight_decay == penalty);
    let candidate = |row: &WeightDecayResult| study::Candidate {
        penalty: row.weight_decay,
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

fn comparison(compared: &PairedComparison, result: &TuningResult) -> study::Comparison {
    let PairedComparison { tuned, untuned, difference } = compared;
    let estimate = |of: Estimate| study::Estimate { value: of.value, low: of.low, high: of.high };
    let measure = |name: &str, number, direction, values: [Estimate; 3]| {
        let [tuned, untuned, difference] = values.map(estimate);
        study::Measure { name: name.to_owned(), number, direction, tuned, untuned, difference }
    };
    let (maximise, minimise) = (study::Direction::Maximise, study::Direction::Minimise);
    let accuracy = [tuned.accuracy, untuned.accuracy, difference.accuracy];
    let loss = [tuned.loss, untuned.loss, difference.loss];
    let macro_f1 = [tuned.macro_f1, untuned.macro_f1, difference.macro_f1];
    study::Comparison {
        photographs: difference.photographs as u64,
        groups: difference.groups as u64,
        p_value: Some(difference.accuracy_p_value),
        tuned: setting(&result.tuned),
        untuned: setting(&result.untuned),
        measures: vec![
            measure("accuracy", Number::Percent, maximise, accuracy),
            measure("loss", Number::Plain, minimise, loss),
            measure("macro F1", Number::Percent, maximise, macro_f1),
        ],
    }
}
