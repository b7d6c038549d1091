//! Parameter values: one value for every parameter.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The value of one parameter. In JSON a number or a string.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A value of an integer parameter.
    Integer(i64),
    /// A value of a float parameter.
    Float(f64),
    /// The chosen option of a choice.
    Choice(String),
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Integer(value) => value.fmt(formatter),
            Value::Float(value) => value.fmt(formatter),
            Value::Choice(value) => value.fmt(formatter),
        }
    }
}

/// Parameter names and their values, ordered by name. In JSON an object such as `{"momentum": 0.9, "rate": 0.01}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Params(BTreeMap<String, Value>);

impl Params {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The value of `name` as a number, if it is a float or an integer.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.0.get(name)? {
            Value::Float(value) => Some(*value),
            Value::Integer(value) => Some(*value as f64),
            Value::Choice(_) => None,
        }
    }

    /// The value of `name`, if it is an integer.
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// The chosen option of `name`, if it is a choice.
    pub fn choice(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Value::Choice(value) => Some(value),
            _ => None,
        }
    }

    /// Names and values, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many parameters have a value.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no parameter has a value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<Name: Into<String>> FromIterator<(Name, Value)> for Params {
    fn from_iter<Pairs: IntoIterator<Item = (Name, Value)>>(pairs: Pairs) -> Self {
        Params(pairs.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}
