//! Lists that a run is begun with: their digest stands in the recipe, so that another list is another run.

use std::path::{Path, PathBuf};

use foliar_audit::{AuditError, GivenSplit, GroupRule, Quarantine};
use serde::{Deserialize, Serialize};

use foliar_model::FileError;
use foliar_scan::{ClassMap, ScanError};

use crate::error::TrainError;

/// A table that a run needs, and what it held when the run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListFile {
    /// The file.
    #[serde(with = "foliar_files::any_path")]
    pub file: PathBuf,
    /// BLAKE3 of its bytes, in hexadecimal digits.
    pub digest: String,
}

impl ListFile {
    /// The file as it is now, which has to be a table of groups.
    ///
    /// # Errors
    /// A file that cannot be read, or is no such table.
    pub fn groups(file: &Path) -> Result<Self, TrainError> {
        Self::checked(file, |path| GroupRule::table(path).map(|_| ()))
    }

    /// The file as it is now, which has to be a split.
    ///
    /// # Errors
    /// As [`ListFile::groups`].
    pub fn split(file: &Path) -> Result<Self, TrainError> {
        Self::checked(file, |path| GivenSplit::read(path).map(|_| ()))
    }

    /// The file as it is now, which has to be a quarantine.
    ///
    /// # Errors
    /// As [`ListFile::groups`].
    pub fn quarantine(file: &Path) -> Result<Self, TrainError> {
        Self::checked(file, |path| Quarantine::read(path).map(|_| ()))
    }

    /// The file as it is now, which has to be a map of classes.
    ///
    /// # Errors
    /// As [`ListFile::groups`].
    pub fn classes(file: &Path) -> Result<Self, TrainError> {
        ClassMap::read(file).map_err(ScanError::from)?;
        Self::of(file)
    }

    /// The file as it is now, whatever it holds.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of(file: &Path) -> Result<Self, TrainError> {
        let digest = digest(file)?;
        Ok(Self { file: foliar_archive::canonical(file).unwrap_or_else(|_| file.to_owned()), digest })
    }

    fn checked(file: &Path, read: impl Fn(&Path) -> Result<(), AuditError>) -> Result<Self, TrainError> {
        read(file)?;
        Self::of(file)
    }

    /// Its path, if its bytes are still those that the run began with.
    ///
    /// # Errors
    /// A file that cannot be read or was changed.
    pub(crate) fn unchanged(&self) -> Result<&Path, FileError> {
        if digest(&self.file)? != self.digest {
            let what = "this is not the list that the run began with; put the old file back".to_owned();
            return Err(FileError::Damaged { path: self.file.clone(), what });
        }
        Ok(&self.file)
    }

    /// The file with these bytes: where it was, or at the end of its path below `root`, to which it has moved with the photographs.
    ///
    /// # Errors
    /// As [`ListFile::unchanged`].
    pub(crate) fn unchanged_below(&self, root: &Path) -> Result<PathBuf, FileError> {
        let parts: Vec<_> = self.file.iter().collect();
        let ends = (1..parts.len()).rev().map(|from| root.join(parts[from..].iter().collect::<PathBuf>()));
        let mut moved =
            ends.filter(|path| foliar_archive::is_file(path) && !foliar_archive::is_file(&self.file));
        match moved.find(|path| digest(path).is_ok_and(|digest| digest == self.digest)) {
            Some(path) => Ok(path),
            None => self.unchanged().map(Path::to_owned),
        }
    }
}

fn digest(file: &Path) -> Result<String, FileError> {
    let bytes =
        foliar_archive::read(file).map_err(|source| FileError::Io { path: file.to_owned(), source })?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}
