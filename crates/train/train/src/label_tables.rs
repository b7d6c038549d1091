//! Tables that the classes of a run come from.

use std::collections::BTreeMap;
use std::path::Path;

use foliar_model::FileError;
use foliar_scan::{ColumnChoice, LabelSource};
use foliar_vision::{TableOrigin, Task};
use serde::{Deserialize, Serialize};

use crate::error::TrainError;
use crate::list_file::ListFile;

/// Tables of labels and their columns; see [`foliar_scan::LabelSource`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelTables {
    /// Column that names the photographs, where it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_column: Option<String>,
    /// Column of the classes, where it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    /// Whether a photograph has one class, or any number of labels.
    #[serde(default, skip_serializing_if = "Task::is_multi_class")]
    pub task: Task,
    /// The files: those that were given, or in a run those that were found.
    #[serde(default)]
    pub tables: Vec<ListFile>,
    /// How the tables write classes whose names are from elsewhere, which changes no numbers; filled in when a run begins.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, String>,
}

impl LabelTables {
    /// Where to read, if the bytes of the files are still the same; they may have moved with the photographs to `root`.
    ///
    /// # Errors
    /// A file that cannot be read or was changed.
    pub(crate) fn source(&self, root: &Path) -> Result<LabelSource, FileError> {
        let tables = self.tables.iter().map(|table| table.unchanged_below(root)).collect::<Result<_, _>>()?;
        let columns = ColumnChoice { image: self.image_column.clone(), label: self.label_column.clone() };
        Ok(LabelSource { tables, columns, task: self.task })
    }

    /// With the tables that were found among the photographs.
    pub(crate) fn with_found(mut self, origin: &TableOrigin) -> Result<Self, TrainError> {
        if self.tables.is_empty() {
            self.tables = origin.tables.iter().map(|table| ListFile::of(table)).collect::<Result<_, _>>()?;
        }
        self.codes.clone_from(&origin.codes);
        Ok(self)
    }
}
