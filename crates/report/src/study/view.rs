//! A study as plain values: everything that its page and charts show.

pub use foliar_bayes::{Direction, Domain, Importance, Parameter, Params, Report, Step, Value};
use foliar_results::{Estimate, PairedComparison, Verdict};

use crate::layout::axis::spread;
use crate::layout::number::Number;

/// A study. Every list may be empty and every option absent: missing parts are not shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StudyView {
    /// Model and data set, in one line: `mobilenet_v1_0.75 on plantvillage-mini`.
    pub subject: String,
    /// The objective of the search.
    pub objective: Objective,
    /// The searched parameters, by the names that are shown, such as `learning rate`, in the order in which they are shown.
    pub parameters: Vec<Parameter>,
    /// The trials, ordered by number.
    pub trials: Vec<Trial>,
    /// Number of the best trial.
    pub best: Option<u64>,
    /// Results of the best parameters with other seeds.
    pub repeats: Vec<f64>,
    /// The model's prediction over two of the parameters.
    pub surface: Option<Surface>,
    /// The importance of each parameter, in any order.
    pub importance: Vec<Importance>,
    /// The choice of the weight decay by cross-validation.
    pub cross_validation: Option<CrossValidation>,
    /// The tuned against the untuned classifier, on test photos.
    pub comparison: Option<Comparison>,
    /// The tuned classifier against that of foliar's default parameters, which stand in the place of the untuned ones.
    pub against_default: Option<Comparison>,
    /// How far the tuned classifier can be relied on.
    pub verdict: Option<Verdict>,
    /// Warnings about the result, as sentences.
    pub warnings: Vec<String>,
}

impl StudyView {
    /// The best trial.
    pub fn best_trial(&self) -> Option<&Trial> {
        let best = self.best?;
        self.trials.iter().find(|trial| trial.number == best)
    }

    /// The parameter with this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

/// The objective that a study minimises or maximises.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    /// `validation loss`.
    pub name: String,
    /// Whether it is minimised or maximised.
    pub direction: Direction,
    /// How its values are written: plain or in percent.
    pub number: Number,
}

impl Default for Objective {
    fn default() -> Self {
        Self { name: String::new(), direction: Direction::Minimise, number: Number::default() }
    }
}

/// A trial.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trial {
    /// Its number in the study, from 0.
    pub number: u64,
    /// Its state.
    pub state: State,
    /// The value of every parameter.
    pub params: Params,
    /// The objective of a finished trial.
    pub value: Option<f64>,
    /// Intermediate values of the objective, in order of arrival; a value that is not finite is a gap.
    pub curve: Vec<Report>,
    /// Its duration in seconds.
    pub seconds: Option<f64>,
}

impl Trial {
    /// The objective if it has one, else its last finite intermediate value.
    pub fn reached(&self) -> Option<f64> {
        let last = || self.curve.iter().rev().map(|report| report.value).find(|value| value.is_finite());
        self.value.or_else(last).filter(|value| value.is_finite())
    }
}

/// A trial's state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Ran to its end.
    #[default]
    Finished,
    /// Stopped early because other trials were better.
    Pruned,
    /// Cannot be run with its parameters: diverged or out of memory.
    Infeasible,
    /// Ended for a reason that says nothing about its parameters.
    Failed,
    /// Not ended yet.
    Running,
}

impl State {
    /// All of them, in the order in which they are listed.
    pub const ALL: [State; 5] =
        [State::Finished, State::Pruned, State::Infeasible, State::Failed, State::Running];

    /// `finished`.
    pub fn name(self) -> &'static str {
        match self {
            State::Finished => "finished",
            State::Pruned => "pruned",
            State::Infeasible => "infeasible",
            State::Failed => "failed",
            State::Running => "running",
        }
    }
}

/// The model's prediction over two parameters, with all others as in the best trial.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Surface {
    /// Name of the horizontal parameter.
    pub x: String,
    /// Name of the vertical parameter.
    pub y: String,
    /// Values of `x`, ascending, evenly spread on its scale: those of [`Surface::grid`].
    pub xs: Vec<f64>,
    /// Values of `y`, likewise.
    pub ys: Vec<f64>,
    /// `ys.len() * xs.len()` predicted values of the objective, one row for each of `ys`; none where the point is
    /// predicted to be infeasible.
    pub values: Vec<Option<f64>>,
}

impl Surface {
    /// About `count` values of a parameter from the lowest to the highest, evenly spread on its scale. Those of an integer are
    /// whole and all different; empty for a choice and for a range that its scale cannot show.
    pub fn grid(parameter: &Parameter, count: usize) -> Vec<f64> {
        let (low, high, scale, whole) = match parameter.domain {
            Domain::Float { low, high, scale } => (low, high, scale, false),
            Domain::Integer { low, high, scale } => (low as f64, high as f64, scale, true),
            Domain::Choice { .. } => return Vec::new(),
        };
        let mut values = spread(scale, low, high, count.max(2));
        if whole {
            values.iter_mut().for_each(|value| *value = value.round());
            values.dedup();
        }
        values
    }
}

/// The weight decay chosen by cross-validation with the one-standard-error rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CrossValidation {
    /// Number of folds.
    pub folds: u32,
    /// At least one, in any order.
    pub candidates: Vec<Candidate>,
    /// Index of the candidate with the best mean.
    pub best: usize,
    /// Index of the largest weight decay within one standard error of the best.
    pub chosen: usize,
}

/// A weight decay and its result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// 0 or more.
    pub weight_decay: f64,
    /// Mean of the objective over the folds; none where a fold diverged.
    pub mean: Option<f64>,
    /// Standard error of the mean.
    pub standard_error: f64,
}

/// The tuned and the untuned classifier on the same test photos.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Their scores and the differences, tuned minus untuned, by group.
    pub scores: PairedComparison,
    /// The tuned parameters, with the weight decay.
    pub tuned: Params,
    /// The untuned parameters.
    pub untuned: Params,
}

impl Comparison {
    /// The measures that are shown, the most important first.
    pub(crate) fn measures(&self) -> [Measure; 3] {
        let PairedComparison { tuned, untuned, difference } = &self.scores;
        let measure = |name, number, [tuned, untuned, difference]: [Estimate; 3]| Measure {
            name,
            number,
            tuned,
            untuned,
            difference,
        };
        [
            measure("accuracy", Number::Percent, [tuned.accuracy, untuned.accuracy, difference.accuracy]),
            measure("macro F1", Number::Percent, [tuned.macro_f1, untuned.macro_f1, difference.macro_f1]),
            measure("loss", Number::Plain, [tuned.loss, untuned.loss, difference.loss]),
        ]
    }
}

/// One measure of both classifiers.
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    /// How its values are written.
    pub(crate) number: Number,
    pub(crate) tuned: Estimate,
    pub(crate) untuned: Estimate,
    /// Tuned minus untuned.
    pub(crate) difference: Estimate,
}
