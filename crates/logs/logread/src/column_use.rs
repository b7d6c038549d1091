//! What becomes of a column of a table, or of a key of an object.

use crate::meaning::Fact;
use crate::name_id::NameId;
use crate::run_log::Split;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Use {
    /// Nothing that is kept.
    Ignore,
    Epoch,
    Step,
    Fact(Fact),
    Value {
        name: NameId,
        split: Option<Split>,
        shared: bool,
    },
    /// The value of one of several runs.
    OfRun(usize),
}
