//! Errors of the caller.

use crate::TrialId;

/// Why a space, parameter values or a history were refused. An objective value is never an error: one that is not finite
/// makes its trial infeasible.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BayesError {
    /// The space has no parameters.
    #[error("the search space has no parameter; name at least one")]
    EmptySpace,
    /// Two parameters have the same name.
    #[error("parameter {name:?} occurs twice; give each parameter its own name")]
    RepeatedParameter {
        /// The repeated name.
        name: String,
    },
    /// A parameter's bounds or options cannot be searched.
    #[error("parameter {name:?}: {problem}")]
    Domain {
        /// The parameter's name.
        name: String,
        /// What is wrong, and what is expected.
        problem: String,
    },
    /// Parameter values that do not belong to the space.
    #[error("value of parameter {name:?}: {problem}")]
    Params {
        /// The parameter's name.
        name: String,
        /// What is wrong, and what is expected.
        problem: String,
    },
    /// The study has no such trial.
    #[error("trial {0} is not in this study; add its record first")]
    UnknownTrial(TrialId),
    /// The trial has finished: it accepts no more reports and no second outcome.
    #[error("trial {0} has already finished; tell its outcome only once")]
    FinishedTrial(TrialId),
    /// Two trials have the same number.
    #[error("trial {0} occurs twice in the history; give each trial its own number")]
    RepeatedTrial(TrialId),
}
