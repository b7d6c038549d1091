//! What one number of a line is.

use crate::assemble::Flavour;
use crate::meaning::Fact;
use crate::measurement_name::Named;
use crate::run_log::Split;

/// What a number of a line is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Role {
    /// Nothing that belongs to training.
    Ignore,
    /// Numbers an epoch.
    Epoch,
    /// Numbers a step.
    Step,
    /// Numbers a batch; `counted` says that the next number is how many there are.
    Batch { counted: bool },
    /// A measurement. `own` says that a missing split is not that of the lines before, as the line has one
    /// for others.
    Value { named: Named, split: Option<Split>, own: bool, flavour: Flavour },
    /// A measurement as an amount whose whole is the next number.
    Share { named: Named, split: Option<Split> },
    /// About the set-up.
    Fact(Fact),
}

/// The role of a value as its name says.
pub(crate) fn plain(named: &Named) -> Role {
    Role::Value { named: named.clone(), split: named.meaning.split, own: false, flavour: Flavour::Plain }
}
