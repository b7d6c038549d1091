//! Trials as marks, and the axes they are drawn on.

use super::view::{Domain, Parameter, State, StudyView, Trial, Value};
use super::words;
use crate::draw::canvas::{Canvas, Point};
use crate::draw::colour::Rgb;
use crate::draw::mark::Mark;
use crate::layout::axis::{Axis, Scale, drawable};
use crate::layout::legend::{Entry, Swatch};
use crate::layout::number::Number;

/// Positive values whose largest is more than this times the smallest are drawn on a logarithmic axis.
const WIDE_RANGE: f64 = 3.0;

/// The scale that shows these values of the objective best.
pub(crate) fn value_scale(values: impl Iterator<Item = f64>, number: Number) -> Scale {
    let (low, high) = values
        .filter(|&value| drawable(value, Scale::Linear))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let wide = number == Number::Plain && low > 0.0 && high > WIDE_RANGE * low;
    if wide { Scale::Log } else { Scale::Linear }
}

/// An axis for the trials' values; `None` where none has a value.
pub(crate) fn value_axis(view: &StudyView) -> Option<Axis> {
    let values = || view.trials.iter().filter_map(Trial::reached);
    let number = view.objective.number;
    Axis::around(values(), value_scale(values(), number), number)
}

/// The title of a value axis: the objective, and whether the axis is logarithmic.
pub(crate) fn value_title(view: &StudyView, scale: Scale) -> String {
    let suffix = if scale == Scale::Log { " (logarithmic)" } else { "" };
    format!("{}{suffix}", view.objective.name)
}

/// The axis of a parameter over its whole range; `None` where its scale cannot show it.
pub(crate) fn parameter_axis(parameter: &Parameter) -> Option<Axis> {
    let (low, high, scale, number) = match &parameter.domain {
        Domain::Float { low, high, scale } => (*low, *high, *scale, Number::Plain),
        Domain::Integer { low, high, scale } => (*low as f64, *high as f64, *scale, Number::Count),
        Domain::Choice { options } => (-0.5, options.len() as f64 - 0.5, Scale::Linear, Number::Plain),
    };
    let shown = drawable(low, scale) && drawable(high, scale);
    shown.then(|| Axis::between(low, high, scale, number))
}

/// A trial's coordinate along a parameter: the number, or the index of the option.
pub(crate) fn coordinate(parameter: &Parameter, trial: &Trial) -> Option<f64> {
    match (&parameter.domain, trial.params.get(&parameter.name)?) {
        (Domain::Choice { options }, Value::Choice(chosen)) => {
            options.iter().position(|option| option == chosen).map(|place| place as f64)
        }
        (Domain::Float { .. } | Domain::Integer { .. }, Value::Float(number)) => Some(*number),
        (Domain::Float { .. } | Domain::Integer { .. }, Value::Integer(number)) => Some(*number as f64),
        _ => None,
    }
}

/// Trials in the order of drawing: the most informative last, the best on top.
pub(crate) fn drawing_order(view: &StudyView) -> Vec<&Trial> {
    let mut trials: Vec<&Trial> = view.trials.iter().collect();
    trials.sort_by_key(|trial| (view.best == Some(trial.number), std::cmp::Reverse(trial.state)));
    trials
}

/// How trials are drawn on a page or on a coloured ground.
pub(crate) struct Marks<'a> {
    canvas: &'a Canvas,
    view: &'a StudyView,
    /// Colour of finished trials.
    finished: Rgb,
}

impl<'a> Marks<'a> {
    pub(crate) fn on_page(canvas: &'a Canvas, view: &'a StudyView) -> Self {
        Self { canvas, view, finished: canvas.palette.hue(0) }
    }

    /// On a ground of many blues.
    pub(crate) fn on_blue(canvas: &'a Canvas, view: &'a StudyView) -> Self {
        Self { canvas, view, finished: canvas.palette.ink }
    }

    /// Shape and colour of a trial's mark.
    fn look(&self, state: State, best: bool) -> (Mark, Rgb) {
        let palette = self.canvas.palette;
        match state {
            _ if best => (Mark::Target, palette.hue(1)),
            State::Finished => (Mark::Disc, self.finished),
            State::Pruned => (Mark::Triangle, palette.hue(6)),
            State::Infeasible => (Mark::Cross, palette.hue(3)),
            State::Failed => (Mark::Plus, palette.muted),
            State::Running => (Mark::Ring, palette.hue(2)),
        }
    }

    /// Draws a trial, with its description as a hint.
    pub(crate) fn draw(&self, trial: &Trial, at: Point) {
        let (mark, colour) = self.look(trial.state, self.view.best == Some(trial.number));
        let radius = self.canvas.em * if self.view.trials.len() > 150 { 0.22 } else { 0.3 };
        self.canvas.hinted(&in_words(self.view, trial), || mark.draw(self.canvas, at, radius, colour));
    }

    /// The legend: an entry for each state that occurs.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let entry = |name: String, state, best| {
            let (mark, colour) = self.look(state, best);
            Entry { name, colour, swatch: Swatch::Mark(mark) }
        };
        let best = self.view.best_trial();
        let best_entry = best.map(|best| entry(format!("best: trial {}", best.number), best.state, true));
        let occurs = |state: &State| {
            let others = self.view.trials.iter().filter(|trial| self.view.best != Some(trial.number));
            others.into_iter().any(|trial| trial.state == *state)
        };
        let states = State::ALL.into_iter().filter(occurs).map(|state| {
            let name = match state {
                State::Pruned => "pruned, where it stopped",
                State::Infeasible => "infeasible, no value",
                state => state.name(),
            };
            entry(name.to_owned(), state, false)
        });
        best_entry.into_iter().chain(states).collect()
    }
}

/// `trial 17, pruned at 0.412: learning rate 0.0123`.
fn in_words(view: &StudyView, trial: &Trial) -> String {
    let reached = trial.reached().map(|value| words::objective(view, value));
    let outcome = match (trial.state, reached) {
        (State::Finished, Some(value)) => format!("{} {value}", view.objective.name),
        (state, Some(value)) => format!("{} at {value}", state.name()),
        (state, None) => state.name().to_owned(),
    };
    format!("trial {}, {outcome}: {}", trial.number, words::params(view, &trial.params))
}

/// Whether some trial ended without a value, and so needs a place beside the plot.
pub(crate) fn some_without_value(view: &StudyView) -> bool {
    view.trials.iter().any(|trial| trial.state != State::Running && trial.reached().is_none())
}
