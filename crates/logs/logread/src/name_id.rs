//! Names of a log by number.

/// A name of the log, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NameId(u32);

impl NameId {
    /// The name that stands at `index` in the list of names; `None` beyond what a number holds.
    pub(crate) fn new(index: usize) -> Option<Self> {
        u32::try_from(index).ok().map(Self)
    }

    /// Where the name stands in the list of names.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}
