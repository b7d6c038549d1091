//! Why a log could not be read.

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No number that belongs to training was found.
    #[error(
        "not a training log: {reason}; `epoch 1 train loss 2.31 val loss 2.10 val acc 0.34` is an example of one"
    )]
    Nothing {
        /// What it looks like instead.
        reason: String,
    },
    /// A folder is not that of one run.
    #[error("{reason}")]
    Folder {
        /// What it holds instead, and what to do.
        reason: String,
    },
    /// The text could not be read from its source.
    #[error("cannot read the log: {0}")]
    Io(#[from] std::io::Error),
}
