//! A study as plain values: everything that its page and charts show.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::layout::axis::Scale;
use crate::layout::number::Number;
use foliar_results::Estimate;

/// A study. Every list may be empty and every option absent: missing parts are not shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StudyView {
    /// Model and data set, in one line: `mobilenet_v1_0.75 on plantvillage-mini`.
    pub subject: String,
    /// The objective of the search.
    pub objective: Objective,
    /// The searched parameters, in the order in which they are shown.
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
    /// The choice of a penalty by cross-validation.
    pub cross_validation: Option<CrossValidation>,
    /// The tuned against the untuned classifier, on test photos.
    pub comparison: Option<Comparison>,
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// `validation loss`.
    pub name: String,
    /// Whether it is minimised or maximised.
    pub direction: Direction,
    /// How its values are written: plain or in percent.
    #[serde(default)]
    pub number: Number,
}

/// Whether it is minimised or maximised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Smaller is better, as for a loss.
    #[default]
    Minimise,
    /// Larger is better, as for an accuracy.
    Maximise,
}

impl Direction {
    /// Whether `value` is better than `other`.
    pub fn prefers(self, value: f64, other: f64) -> bool {
        match self {
            Direction::Minimise => value < other,
            Direction::Maximise => value > other,
        }
    }
}

/// One axis of the search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name as shown: `learning rate`.
    pub name: String,
    /// The values it can take.
    pub domain: Domain,
}

/// The values that a parameter can take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Domain {
    /// Real numbers.
    Float {
        /// Smallest value.
        low: f64,
        /// Largest value.
        high: f64,
        /// The scale on which it was searched and is drawn.
        #[serde(default)]
        scale: Scale,
    },
    /// Whole numbers.
    Integer {
        /// Smallest value.
        low: i64,
        /// Largest value.
        high: i64,
        /// The scale on which it was searched and is drawn.
        #[serde(default)]
        scale: Scale,
    },
    /// Options without an order.
    Choice {
        /// All of them.
        options: Vec<String>,
    },
}

impl Parameter {
    /// About `count` values from the lowest to the highest, evenly spread on the parameter's scale, for a [`Surface`]. Those
    /// of an integer are whole and all different; empty for a choice and for a range that its scale cannot show.
    pub fn grid(&self, count: usize) -> Vec<f64> {
        let (low, high, scale, whole) = match self.domain {
            Domain::Float { low, high, scale } => (low, high, scale, false),
            Domain::Integer { low, high, scale } => (low as f64, high as f64, scale, true),
            Domain::Choice { .. } => return Vec::new(),
        };
        let mut values = scale.spread(low, high, count.max(2));
        if whole {
            values.iter_mut().for_each(|value| *value = value.round());
            values.dedup();
        }
        values
    }
}

/// The value of one parameter. In JSON a number or a string.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A value of a float or an integer.
    Number(f64),
    /// An option of a choice.
    Choice(String),
}

/// Parameter names and their values. Names that no [`Parameter`] has are shown in words only.
pub type Setting = BTreeMap<String, Value>;

/// A trial.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Its number in the study, from 0.
    pub number: u64,
    /// Its state.
    pub state: State,
    /// The value of every parameter.
    pub setting: Setting,
    /// The objective of a finished trial.
    #[serde(default)]
    pub value: Option<f64>,
    /// Intermediate values of the objective, in order of arrival.
    #[serde(default)]
    pub curve: Vec<Point>,
    /// Its duration in seconds.
    #[serde(default)]
    pub seconds: Option<f64>,
}

impl Trial {
    /// The objective if it has one, else its last finite intermediate value.
    pub fn reached(&self) -> Option<f64> {
        let last = || self.curve.iter().rev().find_map(|point| point.value);
        self.value.or_else(last).filter(|value| value.is_finite())
    }
}

/// A trial's state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// An intermediate value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Fold of a cross-validation, from 0; 0 without one.
    #[serde(default)]
    pub fold: u32,
    /// Finished epochs of that fold, from 1.
    pub epoch: u32,
    /// The objective; none where it was not finite.
    pub value: Option<f64>,
}

/// The model's prediction over two parameters, with all others as in the best trial.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Surface {
    /// Name of the horizontal parameter.
    pub x: String,
    /// Name of the vertical parameter.
    pub y: String,
    /// Values of `x`, ascending, evenly spread on its scale: those of [`Parameter::grid`].
    pub xs: Vec<f64>,
    /// Values of `y`, likewise.
    pub ys: Vec<f64>,
    /// `ys.len() * xs.len()` predicted values of the objective, one row for each of `ys`; none where the point is
    /// predicted to be infeasible.
    pub values: Vec<Option<f64>>,
}

/// The importance of a parameter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The parameter.
    pub name: String,
    /// Share of the objective's variance over the space that it explains alone, 0 to 1.
    pub main: f64,
    /// Share that it explains together with its interactions, 0 to 1.
    pub total: f64,
}

/// A penalty chosen by cross-validation with the one-standard-error rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// Name of the penalty: `weight decay`.
    pub penalty: String,
    /// Number of folds.
    pub folds: u32,
    /// At least one, in any order.
    pub candidates: Vec<Candidate>,
    /// Index of the candidate with the best mean.
    pub best: usize,
    /// Index of the largest penalty within one standard error of the best.
    pub chosen: usize,
}

/// A penalty and its result.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// 0 or more.
    pub penalty: f64,
    /// Mean of the objective over the folds; none where a fold diverged.
    pub mean: Option<f64>,
    /// Standard error of the mean.
    #[serde(default)]
    pub standard_error: f64,
}

/// The tuned and the untuned classifier on the same test photos.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Number of test photos.
    pub photographs: u64,
    /// Number of their groups (leaves).
    #[serde(default)]
    pub groups: u64,
    /// p-value of the difference in the first measure, by group.
    #[serde(default)]
    pub p_value: Option<f64>,
    /// The tuned parameters, with the weight decay.
    pub tuned: Setting,
    /// The untuned parameters.
    pub untuned: Setting,
    /// The measures, the most important first.
    pub measures: Vec<Measure>,
}

/// One measure of both classifiers. Intervals are by group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// `accuracy`, `loss`.
    pub name: String,
    /// How its values are written.
    #[serde(default)]
    pub number: Number,
    /// Whether it is minimised or maximised.
    pub direction: Direction,
    /// Of the tuned classifier.
    pub tuned: Estimate,
    /// Of the untuned classifier.
    pub untuned: Estimate,
    /// Tuned minus untuned, paired on the same photos.
    pub difference: Estimate,
}
