//! Where classes come from if folders do not name them, for every command that reads photos with classes.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use foliar_files::Printable as _;
use foliar_scan::{ClassMap, ColumnChoice, LabelSource};
use foliar_vision::Task;

use super::Command;
use crate::exit::UsageError;

#[derive(Args, Clone)]
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
    /// A photo may show several of the labels of the table, or none: the classifier says of each label whether it is there
    #[arg(long)]
    pub(crate) multi_label: bool,
    /// Folder of the photos that the table lists [default: the folder of photos, else that of the table]
    #[arg(long, value_name = "DIR")]
    pub(crate) images: Option<PathBuf>,
    /// Rename, merge, select or leave out classes: a table with the columns from and to (empty: left out; * in from: all
    /// others), a list of the wanted classes, or a JSON map from numbers to names
    #[arg(long, value_name = "FILE")]
    pub(crate) classes: Option<PathBuf>,
}

impl LabelArguments {
    /// Puts the places of the files of `--labels` and `--classes` in the place of their names: from here, else in the folder of photos,
    /// else beside it.
    pub(crate) fn find(&mut self, photos: Option<&Path>) -> anyhow::Result<()> {
        let folders: Vec<&Path> = photos.into_iter().chain(self.images.as_deref()).collect();
        let beside = folders.iter().filter_map(|folder| folder.parent());
        let places: Vec<&Path> = folders.iter().copied().chain(beside).collect();
        let labels = self.labels.iter_mut().map(|file| ("--labels", file));
        for (option, file) in labels.chain(self.classes.iter_mut().map(|file| ("--classes", file))) {
            if foliar_archive::exists(file) {
                continue;
            }
            let found =
                places.iter().map(|place| place.join(&file)).find(|path| foliar_archive::is_file(path));
            match found {
                Some(path) => *file = path,
                None => {
                    let also: Vec<String> = folders
                        .iter()
                        .map(|folder| format!(", in {} or beside it", folder.shown()))
                        .collect();
                    anyhow::bail!("{option} {}: no such file here{}", file.shown(), also.concat());
                }
            }
        }
        Ok(())
    }

    /// The folder of photos: `--images`, from here or from `photos`; else `photos`; else the folder of the table.
    pub(crate) fn root(&self, photos: Option<&Path>) -> anyhow::Result<PathBuf> {
        let root = match (&self.images, photos, self.labels.first()) {
            (Some(images), Some(photos), _)
                if !foliar_archive::exists(images) && foliar_archive::is_folder(&photos.join(images)) =>
            {
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
        LabelSource { tables: self.labels.clone(), columns, task: self.task() }
    }

    /// What a classifier of the photos is asked.
    pub(crate) fn task(&self) -> Task {
        if self.multi_label { Task::MultiLabel } else { Task::MultiClass }
    }

    /// The map of classes.
    pub(crate) fn map(&self) -> anyhow::Result<Option<ClassMap>> {
        let read = |path: &PathBuf| ClassMap::read(path).map_err(foliar_scan::ScanError::from);
        self.classes.as_ref().map(read).transpose().context("--classes")
    }
}

impl Command {
    /// Finds the tables that the arguments name; see [`LabelArguments::find`].
    pub(crate) fn find_tables(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Audit(given) => given.labels.find(given.photos.as_deref()),
            Self::Train(given) => given.recipe.labels.find(given.photos.as_deref()),
            Self::Tune(given) => given.recipe.labels.find(given.photos.as_deref()),
            Self::LrFind(given) => given.recipe.labels.find(given.photos.as_deref()),
            Self::Evaluate(given) => given.examination.labels.find(given.examination.data.as_deref()),
            Self::Report(given) => given.examination.labels.find(given.examination.data.as_deref()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_found_in_the_folder_of_photos_and_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let photos = folder.path().join("photos");
        std::fs::create_dir(&photos).unwrap();
        std::fs::write(photos.join("in.csv"), "").unwrap();
        std::fs::write(folder.path().join("beside.csv"), "").unwrap();
        let found = |name: &str, photos: Option<&Path>| {
            let mut arguments = LabelArguments {
                labels: vec![name.into()],
                image_column: None,
                label_column: None,
                multi_label: false,
                images: None,
                classes: Some(name.into()),
            };
            arguments.find(photos).map(|()| (arguments.labels[0].clone(), arguments.classes.unwrap()))
        };
        for (name, place) in
            [("in.csv", photos.join("in.csv")), ("beside.csv", folder.path().join("beside.csv"))]
        {
            let (labels, classes) = found(name, Some(&photos)).unwrap();
            assert_eq!(labels, place);
            assert_eq!(classes, place);
        }
        let whole = photos.join("in.csv");
        assert_eq!(found(whole.to_str().unwrap(), None).unwrap().0, whole);
        let error = found("absent.csv", Some(&photos)).unwrap_err().to_string();
        assert!(
            error.contains("--labels absent.csv: no such file here, in")
                && error.contains("photos or beside it")
        );
    }
}
