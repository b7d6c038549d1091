//! Measures classifiers: on photographs whose classes are known, against each other, on corrupted photographs and on
//! photographs of something else. The results are the values of [`foliar_results`].

mod compare;
mod error;
mod evaluate;

pub use compare::compare;
pub use error::EvalError;
pub use evaluate::{EvalSource, EvaluateOptions, Stage, evaluate, predictions_table};
