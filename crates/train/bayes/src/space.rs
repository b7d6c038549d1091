//! The search space, and its map to the unit cube in which the model works.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | `d` | | number of parameters |
//! | `u` | `[d]` | unit coordinates, each in 0 to 1 |
//! | `t` | | a parameter's scale: identity, `ln x`, or `-ln(1 - m)` |
//!
//! A float has `u = (t(x) - t(low)) / (t(high) - t(low))`. An integer covers a cell of its scale, half a unit to each side. An
//! option of a choice covers an equal part of 0 to 1. Both lie in the middle of their cell, so that equal values have equal
//! coordinates. Momentum m acts through the effective rate, rate / (1 - m); therefore its scale is uniform in -ln(1 - m).

use serde::{Deserialize, Serialize};

use crate::gp::Axis;
use crate::{BayesError, Params, Value};

/// The scale on which a number is searched uniformly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Uniform in the number itself.
    #[default]
    Linear,
    /// Uniform in its logarithm; the bounds must be above 0.
    Log,
    /// Uniform in `-ln(1 - m)`; the bounds must be below 1.
    Momentum,
}

impl Scale {
    fn forward(self, value: f64) -> f64 {
        match self {
            Scale::Linear => value,
            Scale::Log => value.ln(),
            Scale::Momentum => -(-value).ln_1p(),
        }
    }

    fn backward(self, scaled: f64) -> f64 {
        match self {
            Scale::Linear => scaled,
            Scale::Log => scaled.exp(),
            Scale::Momentum => -(-scaled).exp_m1(),
        }
    }
}

/// The values that a parameter can take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Domain {
    /// A real number.
    Float {
        /// Smallest value.
        low: f64,
        /// Largest value, above `low`.
        high: f64,
        /// Default: linear.
        #[serde(default)]
        scale: Scale,
    },
    /// A whole number.
    Integer {
        /// Smallest value; at least 1 on a logarithmic scale.
        low: i64,
        /// Largest value, above `low`.
        high: i64,
        /// Linear (default) or logarithmic.
        #[serde(default)]
        scale: Scale,
    },
    /// One of several options without an order.
    Choice {
        /// At least two, all different.
        options: Vec<String>,
    },
}

/// A named domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name, unique in the space.
    pub name: String,
    /// The values it can take.
    pub domain: Domain,
}

impl Parameter {
    /// A real number between `low` and `high`.
    pub fn float(name: impl Into<String>, low: f64, high: f64, scale: Scale) -> Self {
        Parameter { name: name.into(), domain: Domain::Float { low, high, scale } }
    }

    /// A whole number from `low` to `high`, both included.
    pub fn integer(name: impl Into<String>, low: i64, high: i64, scale: Scale) -> Self {
        Parameter { name: name.into(), domain: Domain::Integer { low, high, scale } }
    }

    /// One of `options`.
    pub fn choice<Text: Into<String>>(
        name: impl Into<String>,
        options: impl IntoIterator<Item = Text>,
    ) -> Self {
        let options = options.into_iter().map(Into::into).collect();
        Parameter { name: name.into(), domain: Domain::Choice { options } }
    }

    fn check(&self) -> Result<(), BayesError> {
        let problem = match &self.domain {
            Domain::Float { low, high, scale } => number_problem(*low, *high, *scale),
            Domain::Integer { scale: Scale::Momentum, .. } => {
                Some("an integer needs a linear or a log scale".into())
            }
            Domain::Integer { low, high, scale } => {
                let exact = 1_i64 << 52;
                if *low < -exact || *high > exact {
                    Some(format!("bounds {low} and {high} are beyond ±2^52"))
                } else if *scale == Scale::Log && *low < 1 {
                    Some(format!("a log scale needs a lower bound of at least 1, not {low}"))
                } else {
                    number_problem(*low as f64, *high as f64, Scale::Linear)
                }
            }
            Domain::Choice { options } => {
                let repeated = (1..options.len()).find(|&place| options[..place].contains(&options[place]));
                match repeated {
                    Some(place) => Some(format!("option {:?} occurs twice", options[place])),
                    None if options.len() < 2 => Some("a choice needs at least two options".into()),
                    None => None,
                }
            }
        };
        problem.map_or(Ok(()), |problem| Err(BayesError::Domain { name: self.name.clone(), problem }))
    }

    /// The bounds on the scale: of a float itself, of an integer's cells.
    fn scaled_bounds(&self) -> (f64, f64) {
        match &self.domain {
            Domain::Float { low, high, scale } => (scale.forward(*low), scale.forward(*high)),
            Domain::Integer { low, high, scale } => {
                (scale.forward(*low as f64 - 0.5), scale.forward(*high as f64 + 0.5))
            }
            Domain::Choice { options } => (0.0, options.len() as f64),
        }
    }

    /// How many values it can take; none for a float.
    pub(crate) fn cells(&self) -> Option<usize> {
        match &self.domain {
            Domain::Float { .. } => None,
            Domain::Integer { low, high, .. } => Some((high - low + 1) as usize),
            Domain::Choice { options } => Some(options.len()),
        }
    }

    /// Whether its values have no order.
    pub(crate) fn is_choice(&self) -> bool {
        matches!(self.domain, Domain::Choice { .. })
    }

    /// The coordinate of the value that `unit` stands for.
    pub(crate) fn snap(&self, unit: f64) -> f64 {
        self.encode(&self.decode(unit)).unwrap_or(unit)
    }

    fn decode(&self, unit: f64) -> Value {
        let (from, to) = self.scaled_bounds();
        let scaled = from + unit.clamp(0.0, 1.0) * (to - from);
        match &self.domain {
            Domain::Float { low, high, scale } => Value::Float(scale.backward(scaled).clamp(*low, *high)),
            Domain::Integer { low, high, scale } => {
                Value::Integer((scale.backward(scaled).round() as i64).clamp(*low, *high))
            }
            Domain::Choice { options } => {
                Value::Choice(options[(scaled as usize).min(options.len() - 1)].clone())
            }
        }
    }

    fn encode(&self, value: &Value) -> Result<f64, BayesError> {
        let (from, to) = self.scaled_bounds();
        let refuse = |problem: String| Err(BayesError::Params { name: self.name.clone(), problem });
        let scaled = match (&self.domain, value) {
            (Domain::Float { low, high, scale }, Value::Float(_) | Value::Integer(_)) => {
                let value = match value {
                    Value::Integer(value) => *value as f64,
                    Value::Float(value) => *value,
                    Value::Choice(_) => f64::NAN,
                };
                if !(*low..=*high).contains(&value) {
                    return refuse(format!("{value} is not within {low} to {high}"));
                }
                scale.forward(value)
            }
            (Domain::Integer { low, high, scale }, Value::Integer(value)) => {
                if !(low..=high).contains(&value) {
                    return refuse(format!("{value} is not within {low} to {high}"));
                }
                scale.forward(*value as f64)
            }
            (Domain::Choice { options }, Value::Choice(value)) => {
                match options.iter().position(|option| option == value) {
                    Some(place) => place as f64 + 0.5,
                    None => return refuse(format!("{value:?} is none of {options:?}")),
                }
            }
            (Domain::Float { .. }, _) => return refuse(format!("{value} is not a number")),
            (Domain::Integer { .. }, _) => return refuse(format!("{value} is not a whole number")),
            (Domain::Choice { options }, _) => return refuse(format!("{value} is none of {options:?}")),
        };
        Ok(((scaled - from) / (to - from)).clamp(0.0, 1.0))
    }
}

fn number_problem(low: f64, high: f64, scale: Scale) -> Option<String> {
    if !(low.is_finite() && high.is_finite() && (high - low).is_finite()) {
        return Some(format!("bounds {low} and {high} are not finite"));
    }
    if low >= high {
        return Some(format!("the lower bound {low} is not below the upper bound {high}"));
    }
    match scale {
        Scale::Log if low <= 0.0 => Some(format!("a log scale needs a lower bound above 0, not {low}")),
        Scale::Momentum if high >= 1.0 => {
            Some(format!("a momentum scale needs an upper bound below 1, not {high}"))
        }
        _ => None,
    }
}

/// The parameters to be searched together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Parameter>", into = "Vec<Parameter>")]
pub struct Space {
    parameters: Vec<Parameter>,
}

impl Space {
    /// # Errors
    /// No parameter, a name twice, bounds that are not finite or not in order, a log scale from 0 or below, a momentum of
    /// 1 or above, a choice with fewer than two options or with one of them twice.
    pub fn new(parameters: Vec<Parameter>) -> Result<Self, BayesError> {
        if parameters.is_empty() {
            return Err(BayesError::EmptySpace);
        }
        for (place, parameter) in parameters.iter().enumerate() {
            parameter.check()?;
            if parameters[..place].iter().any(|earlier| earlier.name == parameter.name) {
                return Err(BayesError::RepeatedParameter { name: parameter.name.clone() });
            }
        }
        Ok(Space { parameters })
    }

    /// In the order they were given.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Number of parameters.
    pub fn dimensions(&self) -> usize {
        self.parameters.len()
    }

    /// The parameter values at unit coordinates `unit`; coordinates outside 0 to 1 are clipped.
    ///
    /// # Panics
    /// If `unit` has another length than the space.
    pub fn decode(&self, unit: &[f64]) -> Params {
        assert_eq!(unit.len(), self.parameters.len(), "coordinates of another space");
        let values = self.parameters.iter().zip(unit);
        values.map(|(parameter, &unit)| (parameter.name.clone(), parameter.decode(unit))).collect()
    }

    /// The coordinates of the parameter values that `unit` decodes to.
    pub(crate) fn snap(&self, unit: &[f64]) -> Vec<f64> {
        self.parameters.iter().zip(unit).map(|(parameter, &unit)| parameter.snap(unit)).collect()
    }

    /// As [`Space::snap`], but floats do not change.
    pub(crate) fn snap_cells(&self, unit: &[f64]) -> Vec<f64> {
        let snap = |(parameter, &unit): (&Parameter, &f64)| match parameter.domain {
            Domain::Float { .. } => unit,
            _ => parameter.snap(unit),
        };
        self.parameters.iter().zip(unit).map(snap).collect()
    }

    /// How distances along each coordinate are measured.
    pub(crate) fn axes(&self) -> Vec<Axis> {
        let axis = |parameter: &Parameter| match parameter.domain {
            Domain::Choice { .. } => Axis::Unordered,
            _ => Axis::Ordered,
        };
        self.parameters.iter().map(axis).collect()
    }

    /// The unit coordinates of `params`.
    ///
    /// # Errors
    /// A parameter has no value, a value lies outside its domain, or a name is not in the space.
    pub fn encode(&self, params: &Params) -> Result<Vec<f64>, BayesError> {
        let unknown = |name: &str| !self.parameters.iter().any(|parameter| parameter.name == name);
        if let Some((name, _)) = params.iter().find(|(name, _)| unknown(name)) {
            let problem = "the space has no such parameter".into();
            return Err(BayesError::Params { name: name.into(), problem });
        }
        let encode = |parameter: &Parameter| match params.get(&parameter.name) {
            Some(value) => parameter.encode(value),
            None => {
                Err(BayesError::Params { name: parameter.name.clone(), problem: "it has no value".into() })
            }
        };
        self.parameters.iter().map(encode).collect()
    }
}

impl TryFrom<Vec<Parameter>> for Space {
    type Error = BayesError;

    fn try_from(parameters: Vec<Parameter>) -> Result<Self, BayesError> {
        Space::new(parameters)
    }
}

impl From<Space> for Vec<Parameter> {
    fn from(space: Space) -> Self {
        space.parameters
    }
}
