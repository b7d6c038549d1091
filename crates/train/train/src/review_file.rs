//! The review that a run is begun with.

use std::fs;
use std::path::{Path, PathBuf};

use foliar_scan::{Review, ScanError};
use foliar_vision::Digest;
use serde::{Deserialize, Serialize};

use crate::error::TrainError;

/// A `review.csv`, and how much of it there was when the run began. It may grow: what is decided later is not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewFile {
    /// The file.
    #[serde(with = "foliar_files::any_path")]
    pub file: PathBuf,
    /// Bytes of its whole lines.
    pub bytes: u64,
    /// BLAKE3 of them, in hexadecimal digits.
    pub digest: Digest,
}

impl ReviewFile {
    /// The file as it is now.
    ///
    /// # Errors
    /// A file that cannot be read, or is no review.
    pub fn of(file: &Path) -> Result<Self, TrainError> {
        let bytes = foliar_files::read(file)
            .map_err(|source| foliar_model::FileError::Io { path: file.to_owned(), source })?;
        let whole = Review::of_bytes(file, &bytes).map_err(ScanError::from)?.whole();
        let decided = &bytes[..usize::try_from(whole).unwrap_or(bytes.len())];
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        Ok(Self { file, bytes: whole, digest: Digest::of(decided) })
    }

    /// What it said when the run began.
    ///
    /// # Errors
    /// A file that cannot be read, or whose first lines were changed.
    pub fn earlier(&self) -> Result<Review, TrainError> {
        Ok(Review::read_earlier(&self.file, self.bytes, &self.digest).map_err(ScanError::from)?)
    }
}
