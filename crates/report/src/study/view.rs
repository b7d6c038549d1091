//! A study as plain values: all that its page and pictures show, put together by whoever ran it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::layout::axis::Scale;
use crate::layout::number::Number;
use foliar_results::Estimate;

/// A study of settings, seen from outside. Every list may be empty and every option absent: what is not there is not shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StudyView {
    /// What was tuned on what, in one line: `mobilenet_v1_0.75 on plantvillage-mini`.
    pub subject: String,
    /// What was searched for.
    pub objective: Objective,
    /// What was searched, in the order in which it is shown.
    pub parameters: Vec<Parameter>,
    /// Ordered by number.
    pub trials: Vec<Trial>,
    /// Number of the trial to use.
    pub best: Option<u64>,
    /// The best setting measured again with other seeds.
    pub repeats: Vec<f64>,
    /// What the model expects over two of the parameters.
    pub surface: Option<Surface>,
    /// How much each parameter mattered, in any order.
    pub importance: Vec<Importance>,
    /// The choice of a penalty by cross-validation.
    pub cross_validation: Option<CrossValidation>,
    /// The tuned setting against the untuned one on photographs that tuning never saw.
    pub comparison: Option<Comparison>,
    /// Sentences that a reader should know before believing the rest.
    pub warnings: Vec<String>,
}

impl StudyView {
    /// The trial to use.
    pub fn best_trial(&self) -> Option<&Trial> {
        let best = self.best?;
        self.trials.iter().find(|trial| trial.number == best)
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

/// What a study minimises or maximises.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// `validation loss`.
    pub name: String,
    /// Whether less or more is better.
    pub direction: Direction,
    /// How its values are written: plain, or as per cent.
    #[serde(default)]
    pub number: Number,
}

/// Whether less or more is better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A loss.
    #[default]
    Minimise,
    /// An accuracy, a score.
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
    /// As it is shown: `learning rate`.
    pub name: String,
    /// What values it may take.
    pub domain: Domain,
}

/// What values a parameter may take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Domain {
    /// Real numbers.
    Float {
        /// Smallest value.
        low: f64,
        /// Largest value.
        high: f64,
        /// How it was searched, and is drawn.
        #[serde(default)]
        scale: Scale,
    },
    /// Whole numbers.
    Integer {
        /// Smallest value.
        low: i64,
        /// Largest value.
        high: i64,
        /// How it was searched, and is drawn.
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
    /// of an integer are whole and all different; empty for a choice and for a range that its scale can not show.
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

/// The value of one parameter. In JSON a bare number or string.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Of a float or an integer.
    Number(f64),
    /// Of a choice.
    Choice(String),
}

/// Parameter names and their values. Names that no [`Parameter`] has are shown in words only.
pub type Setting = BTreeMap<String, Value>;

/// One setting that was tried.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Its number in the study, from 0.
    pub number: u64,
    /// Where it stands.
    pub state: State,
    /// The value of every parameter.
    pub setting: Setting,
    /// The objective, of a finished trial.
    #[serde(default)]
    pub value: Option<f64>,
    /// The objective while it ran, in the order in which it came.
    #[serde(default)]
    pub curve: Vec<Point>,
    /// How long it ran, in seconds.
    #[serde(default)]
    pub seconds: Option<f64>,
}

impl Trial {
    /// The objective if it has one, else the last finite one while it ran: what a pruned trial had come to.
    pub fn reached(&self) -> Option<f64> {
        let last = || self.curve.iter().rev().find_map(|point| point.value);
        self.value.or_else(last).filter(|value| value.is_finite())
    }
}

/// Where a trial stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Ran to its end.
    #[default]
    Finished,
    /// Stopped because others were better.
    Pruned,
    /// Can not be run with its setting: diverged, out of memory.
    Infeasible,
    /// Ended for a reason that says nothing about the setting.
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

/// What the model expects over two parameters, all others as in the best trial.
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
    /// `ys.len() * xs.len()` expected values of the objective, a row for each of `ys`; none where the setting is not
    /// expected to be feasible.
    pub values: Vec<Option<f64>>,
}

/// How much a parameter mattered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The parameter.
    pub name: String,
    /// Share of the objective's variance over the space that it explains alone, 0 to 1.
    pub main: f64,
    /// Share in which it takes part, 0 to 1.
    pub total: f64,
}

/// A penalty chosen by cross-validation with the one-standard-error rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// What is chosen: `weight decay`.
    pub penalty: String,
    /// Number of folds.
    pub folds: u32,
    /// At least one, in any order.
    pub candidates: Vec<Candidate>,
    /// Place of the candidate with the best mean.
    pub best: usize,
    /// Place of the strongest penalty within one standard error of the best.
    pub chosen: usize,
}

/// A penalty and how it did.
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

/// Two settings on the same photographs, which neither has seen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// How many photographs.
    pub photographs: u64,
    /// The tuned setting, what was not tuned by trials (weight decay) included.
    pub tuned: Setting,
    /// The untuned setting.
    pub untuned: Setting,
    /// What was measured, the most important first.
    pub measures: Vec<Measure>,
}

/// One measure of two settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// `accuracy`, `loss`.
    pub name: String,
    /// How its values are written.
    #[serde(default)]
    pub number: Number,
    /// Whether less or more is better.
    pub direction: Direction,
    /// Of the tuned setting.
    pub tuned: Estimate,
    /// Of the untuned setting.
    pub untuned: Estimate,
    /// Tuned less untuned, photograph by photograph.
    pub difference: Estimate,
}
