//! The result as plain values for charts and page.

use foliar_bayes::{Domain, Importance, Parameter, Params, Prediction, Study, Value};
use foliar_report::Number;
use foliar_report::study::{self, StudyView};
use foliar_results::{PairedComparison, Verdict};
use foliar_study::{State, StoredTrial};
use foliar_tune::{Objective, TuningResult, WeightDecay, WeightDecayResult};

use super::words;

/// Points along each side of the model's surface.
const GRID: usize = 48;
/// Probability of being feasible below which the surface has a gap.
const FEASIBLE: f64 = 0.5;

/// The view of `result`, whose trials and model are `trials` and `study`, with the verdict on the tuned classifier; `photographs`
/// names their folder.
pub(super) fn of(
    result: &TuningResult,
    trials: &[StoredTrial],
    study: &Study,
    verdict: Option<Verdict>,
    photographs: &str,
) -> StudyView {
    let number = number(result.objective);
    let parameters: Vec<Parameter> = result.space.parameters().iter().map(parameter).collect();
    let runs = result.repeats.iter().flat_map(|repeats| &repeats.runs);
    StudyView {
        subject: format!("{} on {photographs}", result.model),
        objective: study::Objective {
            name: result.objective.name().to_owned(),
            direction: result.direction,
            number,
        },
        surface: surface(result, study, &parameters),
        parameters,
        trials: trials.iter().map(trial).collect(),
        best: Some(result.best.id.0),
        repeats: runs.filter_map(|run| run.value).collect(),
        importance: result.importance.iter().flatten().map(importance).collect(),
        cross_validation: result.weight_decay.as_ref().and_then(cross_validation),
        comparison: result.test.map(|scores| comparison(scores, result, &result.untuned)),
        against_default: result
            .test_against_default
            .map(|scores| comparison(scores, result, &result.default)),
        verdict,
        warnings: words::warnings(result),
    }
}

/// How the values of an objective are written.
pub(in crate::commands) fn number(objective: Objective) -> Number {
    match objective {
        Objective::Loss => Number::Plain,
        Objective::Accuracy | Objective::MacroF1 => Number::Percent,
    }
}

fn comparison(scores: PairedComparison, result: &TuningResult, other: &Params) -> study::Comparison {
    study::Comparison { scores, tuned: params(&result.tuned), untuned: params(other) }
}

/// Name for display: `learning rate` for `learning-rate`.
fn spaced(name: &str) -> String {
    name.replace('-', " ")
}

pub(in crate::commands) fn parameter(parameter: &Parameter) -> Parameter {
    Parameter { name: spaced(&parameter.name), domain: parameter.domain.clone() }
}

fn params(params: &Params) -> Params {
    params.iter().map(|(name, value)| (spaced(name), value.clone())).collect()
}

pub(in crate::commands) fn trial(trial: &StoredTrial) -> study::Trial {
    study::Trial {
        number: trial.record.id.0,
        state: match trial.state {
            State::Finished => study::State::Finished,
            State::Pruned => study::State::Pruned,
            State::Infeasible => study::State::Infeasible,
            State::Failed | State::Abandoned => study::State::Failed,
            State::Waiting | State::Running => study::State::Running,
        },
        params: params(&trial.record.params),
        value: trial.record.value(),
        curve: trial.record.reports.clone(),
        seconds: trial.seconds(),
    }
}

fn importance(importance: &Importance) -> Importance {
    Importance { name: spaced(&importance.name), ..importance.clone() }
}

/// The model's prediction over the first two parameters, with all others as in the best trial.
fn surface(result: &TuningResult, study: &Study, parameters: &[Parameter]) -> Option<study::Surface> {
    let [x, y, ..] = parameters else { return None };
    let [x_name, y_name, ..] = result.space.parameters() else { return None };
    let (xs, ys) = (study::Surface::grid(x, GRID), study::Surface::grid(y, GRID));
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
    let expected = |prediction: &Prediction| {
        (prediction.feasible >= FEASIBLE && prediction.value.is_finite()).then_some(prediction.value)
    };
    let values = predictions.iter().map(expected).collect();
    Some(study::Surface { x: x.name.clone(), y: y.name.clone(), xs, ys, values })
}

/// A grid point as a value of `parameter`, clipped to its range against rounding of the grid.
fn value(parameter: &Parameter, at: f64) -> Value {
    match parameter.domain {
        Domain::Integer { low, high, .. } => Value::Integer((at.round() as i64).clamp(low, high)),
        Domain::Float { low, high, .. } => Value::Float(at.clamp(low, high)),
        Domain::Choice { .. } => Value::Float(at),
    }
}

fn cross_validation(decay: &WeightDecay) -> Option<study::CrossValidation> {
    let place = |value: f64| decay.candidates.iter().position(|row| row.weight_decay == value);
    let candidate = |row: &WeightDecayResult| study::Candidate {
        weight_decay: row.weight_decay,
        mean: row.mean,
        standard_error: row.standard_error.unwrap_or(0.0),
    };
    Some(study::CrossValidation {
        folds: decay.candidates.first()?.folds.len() as u32,
        candidates: decay.candidates.iter().map(candidate).collect(),
        best: place(decay.best)?,
        chosen: place(decay.chosen)?,
    })
}
