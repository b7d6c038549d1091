//! Where classes come from if folders do not name them, for every command that reads photos with classes.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use foliar_scan::{ClassMap, ColumnChoice, LabelSource};

use crate::exit::UsageError;

#[derive(Args)]
pub(crate) struct LabelArguments {
    /// Table that says the class of each photo: CSV (also with semicolons or tabs), JSON, JSON lines, COCO, or a list; may be given
    /// more than once [default: found, where photos lie in no class folders]
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Vec<PathBuf>,
    /// Column of the table that names the photos [default: understood from names and cells]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) image_column: Option<String>,
    /// Column of the table that holds the classes [default: understood from names and cells]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label_column: Option<String>,
    /// Folder of the photos that the table lists [default: the folder of photos, else that of the table]
    #[arg(long, value_name = "DIR")]
    pub(crate) images: Option<PathBuf>,
    /// Rename, merge, select or leave out classes: a table with the columns from and to (empty: left out; * in from: all
    /// others), a list of the wanted classes, or a JSON map from numbers to names
    #[arg(long, value_name = "FILE")]
    pub(crate) classes: Option<PathBuf>,
}

impl LabelArguments {
    /// The folder of photos: `--images`, from here or from `photos`; else `photos`; else the folder of the table.
    pub(crate) fn root(&self, photos: Option<&Path>) -> anyhow::Result<PathBuf> {
        let root = match (&self.images, photos, self.labels.first()) {
            (Some(images), Some(photos), _) if !images.exists() && photos.join(images).is_dir() => {
                photos.join(images)
            }
            (Some(images), ..) => images.clone(),
            (None, Some(photos), _) => photos.to_owned(),
            (None, None, Some(table)) => match table.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
                _ => PathBuf::from("."),
            },
            (None, None, None) => {
                return Err(UsageError("give the folder of photos, or --labels FILE".to_owned()).into());
            }
        };
        Ok(root)
    }

    /// Whether a table or its folder is named.
    pub(crate) fn names_photos(&self) -> bool {
        !self.labels.is_empty() || self.images.is_some()
    }

    /// Whether columns or a map of classes are named.
    pub(crate) fn changes_classes(&self) -> bool {
        self.image_column.is_some() || self.label_column.is_some() || self.classes.is_some()
    }

    /// The tables and their columns.
    pub(crate) fn source(&self) -> LabelSource {
        let columns = ColumnChoice { image: self.image_column.clone(), label: self.label_column.clone() };
        LabelSource { tables: self.labels.clone(), columns }
    }

    /// The map of classes.
    pub(crate) fn map(&self) -> anyhow::Result<Option<ClassMap>> {
        let read = |path: &PathBuf| ClassMap::read(path).map_err(foliar_scan::ScanError::from);
        self.classes.as_ref().map(read).transpose().context("--classes")
    }
}
