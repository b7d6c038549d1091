//! Values and rows as both databases know them.

use crate::error::Failure;

/// A value of a column or a parameter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Value::Integer(number.into())
    }
}

/// NaN is stored as NULL: SQLite has none.
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        if number.is_nan() { Value::Null } else { Value::Real(number) }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Value::Bytes(bytes.to_owned())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// A row of a result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The value in `column`, from 0, which is not NULL.
    pub(crate) fn get<T: FromValue>(&self, column: usize) -> Result<T, Failure> {
        self.optional(column)?.ok_or_else(|| unexpected(column, &Value::Null))
    }

    /// The value in `column`, none if it is NULL.
    pub(crate) fn optional<T: FromValue>(&self, column: usize) -> Result<Option<T>, Failure> {
        match self.0.get(column).unwrap_or(&Value::Null) {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some).ok_or_else(|| unexpected(column, value)),
        }
    }
}

fn unexpected(column: usize, value: &Value) -> Failure {
    let kind = match value {
        Value::Null => "nothing",
        Value::Integer(_) => "an integer",
        Value::Real(_) => "a number",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
    };
    Failure::Damaged(format!("column {} of a row holds {kind}", column + 1))
}

/// What a value can be read as.
pub(crate) trait FromValue: Sized {
    /// None if the value has another type or is out of range.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl FromValue for $integer {
            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Integer(number) => (*number).try_into().ok(),
                    _ => None,
                }
            }
        }
    )*};
}
integers!(i64, u64, u32);

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(*number != 0),
            _ => None,
        }
    }
}

impl FromValue for f64 {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Real(number) => Some(*number),
            _ => None,
        }
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}
