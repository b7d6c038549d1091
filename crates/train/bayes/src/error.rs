//! What a caller can get wrong.

use crate::TrialId;

/// Why a space, a setting or a history was refused. Values of the objective are never an error: one that is not finite
/// makes its trial infeasible.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BayesError {
    /// A space without parameters has nothing to search.
    #[error("the search space has no parameter; name at least one")]
    EmptySpace,
    /// Parameters are told apart by their names.
    #[error("parameter {name:?} occurs twice; give each a name of its own")]
    RepeatedParameter {
        /// The repeated name.
        name: String,
    },
    /// A parameter's bounds or options can not be searched.
    #[error("parameter {name:?}: {problem}")]
    Domain {
        /// The parameter's name.
        name: String,
        /// What is wrong, and what is expected.
        problem: String,
    },
    /// A setting does not belong to the space.
    #[error("setting of parameter {name:?}: {problem}")]
    Setting {
        /// The parameter's name.
        name: String,
        /// What is wrong, and what is expected.
        problem: String,
    },
    /// A trial that the study never gave out.
    #[error("trial {0} is not in this study; add its record first")]
    UnknownTrial(TrialId),
    /// A finished trial takes no more reports and no second outcome.
    #[error("trial {0} has already finished; a trial is told once")]
    FinishedTrial(TrialId),
    /// A number that has been given to another trial.
    #[error("trial {0} occurs twice in the history; give each trial a number of its own")]
    RepeatedTrial(TrialId),
}
