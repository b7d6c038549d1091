//! A run folder with what it was begun with.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use foliar_files::{cell, write_atomically};
use foliar_runlog::{RunDir, RunError, RunLock};
use foliar_scan::ScanOptions;
use foliar_vision::{Dataset, Digest, Manifest, Problem, Split, Task, portable_name};
use serde::{Deserialize, Serialize};

use crate::checkpoint::Checkpoint;
use foliar_model::FileError;

use crate::error::TrainError;
use crate::out_of_fold::{self, OutOfFoldPredictions, OutOfFoldRow};
use crate::photographs::Photographs;
use crate::recipe::{DataSpec, Recipe};

const LAST: &str = "last.safetensors";
const BEST: &str = "best.safetensors";
/// Differences that an error spells out.
const TOLD: usize = 5;

/// Which photographs a run was begun with.
#[derive(Serialize, Deserialize)]
struct Data {
    #[serde(with = "foliar_files::any_path")]
    root: PathBuf,
    manifest: Manifest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    layout: Option<String>,
}

/// A run folder, its recipe and its photographs.
pub struct Run {
    /// The folder.
    pub dir: RunDir,
    /// What is done.
    pub recipe: Recipe,
    /// The folder of photographs.
    pub data_root: PathBuf,
    /// How that folder was understood, in one sentence; `None` where it was one of class folders and nothing else.
    pub layout: Option<String>,
    manifest: Manifest,
    /// From when the run is begun until it is trained.
    lock: Mutex<Option<RunLock>>,
}

impl Run {
    /// How its photographs are found again.
    ///
    /// # Errors
    /// A table that cannot be read or was changed.
    pub fn scanning(&self) -> Result<ScanOptions, TrainError> {
        self.recipe.data.scanning(&self.data_root)
    }

    /// The same without its review, which says nothing of photographs that the run's own tables name; the file may be gone.
    ///
    /// # Errors
    /// A table that cannot be read or was changed.
    pub fn scanning_without_review(&self) -> Result<ScanOptions, TrainError> {
        DataSpec { review: None, ..self.recipe.data.clone() }.scanning(&self.data_root)
    }

    /// Begins a run in a new or empty folder: writes `recipe.toml`, `data.json`, `split.csv` and `problems.jsonl`. Other
    /// processes cannot write to the folder until the run is trained, or dropped.
    ///
    /// # Errors
    /// A folder that holds something already, or in which another process begins a run; what the operating system says.
    pub fn create(dir: &Path, recipe: &Recipe, photographs: &Photographs) -> Result<Self, TrainError> {
        let recipe = recipe.with_tables_of(&photographs.dataset)?;
        let text = recipe.to_toml()?;
        let (dir, lock) = RunDir::create(dir)?;
        let root = &photographs.dataset.root;
        let data_root = foliar_archive::canonical(root).unwrap_or_else(|_| root.clone());
        let data = Data {
            root: data_root,
            manifest: photographs.manifest(),
            layout: photographs.dataset.layout.clone(),
        };
        write_json(&dir.root().join(RunDir::DATA), &data)?;
        write_problems(&dir.problems(), &photographs.problems)?;
        put(&dir.split(), &photographs.split_table()?)?;
        put(&dir.recipe(), text.as_bytes())?;
        let lock = Mutex::new(Some(lock));
        Ok(Self { dir, recipe, data_root: data.root, layout: data.layout, manifest: data.manifest, lock })
    }

    /// Begins a run in the first of `runs/NAME-1`, `runs/NAME-2`, ... that is free, whatever other processes begin meanwhile.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn create_free(name: &str, recipe: &Recipe, photographs: &Photographs) -> Result<Self, TrainError> {
        loop {
            match Self::create(&Self::free_folder(name), recipe, photographs) {
                Err(TrainError::Run(
                    RunError::Busy { .. } | RunError::RunExists { .. } | RunError::NotEmpty { .. },
                )) => {}
                begun => return begun,
            }
        }
    }

    /// Opens a run that was begun earlier.
    ///
    /// # Errors
    /// A folder that is no run, or files in it that cannot be read.
    pub fn open(dir: &Path) -> Result<Self, TrainError> {
        let dir = RunDir::open(dir)?;
        let path = dir.recipe();
        let recipe = Recipe::from_toml(&get(&path)?)
            .and_then(|recipe| recipe.validate().map(|()| recipe))
            .map_err(|error| FileError::Damaged { path, what: error.to_string() })?;
        let path = dir.root().join(RunDir::DATA);
        let data: Data = serde_json::from_str(&get(&path)?)
            .map_err(|error| FileError::Damaged { path, what: error.to_string() })?;
        let lock = Mutex::new(None);
        Ok(Self { dir, recipe, data_root: data.root, layout: data.layout, manifest: data.manifest, lock })
    }

    /// The first of `runs/NAME-1`, `runs/NAME-2`, ... that does not exist.
    #[must_use]
    pub fn free_folder(name: &str) -> PathBuf {
        let folder = |number: u32| Path::new("runs").join(format!("{name}-{number}"));
        (1..).map(folder).find(|path| !path.exists()).unwrap_or_else(|| folder(0))
    }

    /// Makes sure that these are the photographs that the run was begun with.
    ///
    /// # Errors
    /// [`TrainError::DataChanged`] names the first differences.
    pub fn check(&self, photographs: &Photographs) -> Result<(), TrainError> {
        let differences = photographs.manifest().difference(&self.manifest);
        if differences.is_empty() {
            return Ok(());
        }
        let mut told: Vec<String> = differences.iter().take(TOLD).map(ToString::to_string).collect();
        if differences.len() > TOLD {
            told.push(format!("and {} more", differences.len() - TOLD));
        }
        Err(TrainError::DataChanged { root: photographs.dataset.root.clone(), difference: told.join(", ") })
    }

    /// Keeps other processes from writing to the folder for as long as the result lives.
    ///
    /// # Errors
    /// [`RunError::Busy`] if another one does.
    pub(crate) fn lock(&self) -> Result<RunLock, TrainError> {
        let held = self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
        held.map_or_else(|| Ok(self.dir.lock()?), Ok)
    }

    /// The newest checkpoint; `None` if the run was stopped before its first.
    ///
    /// # Errors
    /// A checkpoint that cannot be read.
    pub fn last_checkpoint(&self) -> Result<Option<Checkpoint>, FileError> {
        let path = self.last();
        if path.exists() { Checkpoint::read(&path).map(Some) } else { Ok(None) }
    }

    /// (name relative to the folder of photographs, class) of each photograph of a split, from `split.csv`.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn photographs_of(&self, split: Split) -> Result<Vec<(String, String)>, FileError> {
        let chosen = self.split()?.into_iter().filter(|row| row.split == split_name(split));
        Ok(chosen.map(|row| (row.path, row.class)).collect())
    }

    /// The group of each photograph, by its name relative to the folder of photographs, from `split.csv`: those that stand on
    /// one side of the split share one. A group is named by the path of its first photograph.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn groups(&self) -> Result<BTreeMap<String, String>, FileError> {
        let alone = |row: SplitRow| if row.group.is_empty() { row.path.clone() } else { row.group };
        Ok(self.split()?.into_iter().map(|row| (row.path.clone(), alone(row))).collect())
    }

    fn split(&self) -> Result<Vec<SplitRow>, FileError> {
        let path = self.dir.split();
        let damaged = |error: csv::Error| FileError::Damaged { path: path.clone(), what: error.to_string() };
        let text = get(&path)?;
        let rows: Result<Vec<SplitRow>, _> =
            csv::Reader::from_reader(text.as_bytes()).deserialize().collect();
        Ok(rows.map_err(damaged)?.into_iter().map(SplitRow::original).collect())
    }

    /// Digest of each photograph that the run was begun with, by its name relative to their folder.
    pub fn digest(&self, name: &str) -> Option<&Digest> {
        self.manifest.entries.get(name)
    }

    /// Writes `out-of-fold.csv`.
    pub(crate) fn write_out_of_fold(
        &self,
        out_of_fold: &OutOfFoldPredictions,
        dataset: &Dataset,
    ) -> Result<(), TrainError> {
        let table = out_of_fold.table(dataset).map_err(|error| TrainError::Log(error.into()))?;
        Ok(put(&self.dir.out_of_fold(), &table)?)
    }

    /// What the run says of photographs that it has not learned from, from `out-of-fold.csv`; `classes` are those of its bundle.
    ///
    /// # Errors
    /// A run that held back nothing or has not ended, or a file that cannot be read.
    pub fn out_of_fold(&self, classes: &[String]) -> Result<Vec<OutOfFoldRow>, FileError> {
        out_of_fold::read(&self.dir.out_of_fold(), classes, Task::MultiClass)
    }

    /// The same of a run whose photographs show any number of `labels`; what one shows is the name of a set, see
    /// [`foliar_vision::labels_of_name`].
    ///
    /// # Errors
    /// As [`Run::out_of_fold`].
    pub fn out_of_fold_labels(&self, labels: &[String]) -> Result<Vec<OutOfFoldRow>, FileError> {
        out_of_fold::read(&self.dir.out_of_fold(), labels, Task::MultiLabel)
    }

    /// What a classifier of its photographs is asked.
    pub fn task(&self) -> Task {
        self.recipe.task()
    }

    /// Path of the newest checkpoint.
    pub(crate) fn last(&self) -> PathBuf {
        self.dir.checkpoints().join(LAST)
    }

    /// Path of the checkpoint of the best epoch.
    pub(crate) fn best(&self) -> PathBuf {
        self.dir.checkpoints().join(BEST)
    }

    /// Digest of the photographs.
    pub fn fingerprint(&self) -> String {
        self.manifest.fingerprint()
    }
}

/// How `split.csv` calls a split.
fn split_name(split: Split) -> &'static str {
    match split {
        Split::Train => "train",
        Split::Validation => "val",
        Split::Test => "test",
    }
}

fn get(path: &Path) -> Result<String, FileError> {
    foliar_files::read_to_string(path).map_err(|source| FileError::Io { path: path.to_owned(), source })
}

pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_atomically(path, |file| file.write_all(bytes))
        .map_err(|source| FileError::Io { path: path.to_owned(), source })
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), FileError> {
    let write = |file: &mut dyn Write| {
        serde_json::to_writer_pretty(&mut *file, value).map_err(io::Error::from)?;
        file.write_all(b"\n")
    };
    write_atomically(path, |file| write(file))
        .map_err(|source| FileError::Io { path: path.to_owned(), source })
}

/// A JSON document a line.
fn write_problems(path: &Path, problems: &[Problem]) -> Result<(), FileError> {
    let write = |file: &mut dyn Write| {
        problems.iter().try_for_each(|problem| {
            serde_json::to_writer(&mut *file, problem)?;
            file.write_all(b"\n")
        })
    };
    write_atomically(path, |file| write(file))
        .map_err(|source| FileError::Io { path: path.to_owned(), source })
}

/// One photograph of `split.csv`.
#[derive(Serialize, Deserialize)]
struct SplitRow {
    path: String,
    class: String,
    split: String,
    /// Path of the first photograph of those that stand on one side with it; absent in files of older versions.
    #[serde(default)]
    group: String,
}

impl SplitRow {
    /// As it is written: no cell is a formula to a spreadsheet.
    fn defused(self) -> Self {
        self.map(|text| cell::defused(text).into_owned())
    }

    /// As it was, from what [`SplitRow::defused`] wrote.
    fn original(self) -> Self {
        self.map(|text| cell::original(text).to_owned())
    }

    fn map(self, change: impl Fn(&str) -> String) -> Self {
        let Self { path, class, split, group } = self;
        Self { path: change(&path), class: change(&class), split, group: change(&group) }
    }
}

impl Photographs {
    /// `path,class,split,group` of every photograph as comma-separated values with a header, in the order of the paths. Splits
    /// are `train`, `val` and `test`; a group is named by the path of its first photograph.
    ///
    /// # Errors
    /// None that is expected: the table is made in memory.
    pub fn split_table(&self) -> Result<Vec<u8>, TrainError> {
        let refuse = |error: csv::Error| TrainError::Log(error.into());
        let dataset = &self.dataset;
        let mut assigned = vec![""; dataset.photos.len()];
        let splits = &self.splits;
        for (split, photos) in [
            (Split::Train, &splits.train),
            (Split::Validation, &splits.validation),
            (Split::Test, &splits.test),
        ] {
            photos.iter().for_each(|&photo| assigned[photo] = split_name(split));
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        let clusters = self.clusters();
        for ((photo, split), first) in
            dataset.photos.iter().zip(assigned).zip(clusters).filter(|((_, split), _)| !split.is_empty())
        {
            let row = SplitRow {
                path: portable_name(&photo.path),
                class: dataset.classes[photo.class].clone(),
                split: split.to_owned(),
                group: portable_name(&dataset.photos[first].path),
            };
            writer.serialize(row.defused()).map_err(refuse)?;
        }
        writer.into_inner().map_err(|error| TrainError::Log(error.into_error()))
    }
}
