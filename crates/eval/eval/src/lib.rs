//! Measures classifiers: on photographs whose classes are known, against each other, on corrupted photographs and on
//! photographs of something else. The results are the values of [`foliar_results`].

mod compare;
mod cross_validation;
mod error;
mod evaluate;
mod explanations;
mod mistakes;
mod out_of_fold;

pub use compare::compare;
pub use cross_validation::cross_validation;
pub use error::EvalError;
pub use evaluate::{
    EvalSource, EvaluateOptions, Stage, ViewsEvaluation, evaluate, evaluate_labels, evaluate_views,
    labels_table, predictions_table,
};
pub use explanations::{Explanations, earlier_evidence, explain};
pub use mistakes::mistakes;
pub use out_of_fold::{OutOfFoldAccuracy, OutOfFoldLabels, out_of_fold_accuracy, out_of_fold_labels};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
