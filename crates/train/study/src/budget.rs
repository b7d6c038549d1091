//! How much a study may do.

/// How much a study may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Trials of the whole study, in any state. At the limit no trial is added; those that wait still run.
    pub trials: u64,
    /// A trial fails once it has lost this many workers: its parameters may be what kills them. At least 1.
    pub lost_workers: u32,
}

impl Budget {
    /// `trials` trials, each of which may lose two workers: a trial that loses a third one fails.
    pub fn trials(trials: u64) -> Self {
        Budget { trials, lost_workers: 3 }
    }
}
