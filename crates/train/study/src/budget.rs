//! How much a study may do.

/// How much a study may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Trials of the whole study, in whatever state; at the limit none is added, and those that wait still run.
    pub trials: u64,
    /// A trial fails when its worker has died this often: its setting may be what kills. At least 1.
    pub deaths: u32,
}

impl Budget {
    /// `trials` trials, each of which may lose two workers: the third death is its end.
    pub fn trials(trials: u64) -> Self {
        Budget { trials, deaths: 3 }
    }
}
