//! What a run says of photographs that it has not learned from.

use std::path::Path;

use foliar_files::cell;
use foliar_metrics::{Calibration, Metrics, arg_max, calibrate};
use foliar_model::FileError;
use foliar_vision::{Dataset, portable_name};
use serde::{Deserialize, Serialize};

/// Columns of the table before the logits.
const COLUMNS: [&str; 4] = ["path", "class", "predicted", "fold"];
/// What the name of a class is preceded by in the header.
const LOGIT: &str = "logit ";

/// Outputs for photographs, each by a classifier that has not learned from it, nor from its neighbours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutOfFoldPredictions {
    /// n indices into [`Dataset::photos`], ascending.
    pub photos: Vec<usize>,
    /// The class of each, below C.
    pub labels: Vec<u32>,
    /// The fold of each, from 1, where several classifiers have spoken; empty where it was one.
    pub folds: Vec<u32>,
    /// (n, C), as the network gives them: not yet divided by a temperature. Files hold them as a tensor.
    #[serde(skip)]
    pub logits: Vec<f32>,
}

impl OutOfFoldPredictions {
    /// C, or 0 without photographs.
    pub(crate) fn classes(&self) -> usize {
        self.logits.len() / self.photos.len().max(1)
    }

    /// Whether they can be of photographs of `dataset`, whatever file they were read from.
    pub(crate) fn fit(&self, dataset: &Dataset) -> bool {
        let (count, classes) = (self.photos.len(), dataset.classes.len());
        self.labels.len() == count
            && [0, count].contains(&self.folds.len())
            && self.logits.len() == count * classes
            && self.photos.iter().all(|&photo| photo < dataset.photos.len())
            && self.labels.iter().all(|&label| (label as usize) < classes)
    }

    /// Takes in the outputs for the photographs of a fold.
    pub(crate) fn extend(&mut self, fold: Self, number: u32) {
        self.folds.extend(fold.photos.iter().map(|_| number));
        self.photos.extend(fold.photos);
        self.labels.extend(fold.labels);
        self.logits.extend(fold.logits);
    }

    /// The same with the photographs in their order.
    pub(crate) fn sorted(self, classes: usize) -> Self {
        let mut order: Vec<usize> = (0..self.photos.len()).collect();
        order.sort_by_key(|&row| self.photos[row]);
        Self {
            photos: order.iter().map(|&row| self.photos[row]).collect(),
            labels: order.iter().map(|&row| self.labels[row]).collect(),
            folds: order.iter().filter_map(|&row| self.folds.get(row).copied()).collect(),
            logits: order
                .iter()
                .flat_map(|&row| &self.logits[row * classes..(row + 1) * classes])
                .copied()
                .collect(),
        }
    }

    /// The table as comma-separated values with a header: `path,class,predicted,fold` and a logit for each class. Every digit
    /// is written, so that the values read back as they were.
    ///
    /// # Errors
    /// None that is expected: the table is made in memory.
    pub(crate) fn table(&self, dataset: &Dataset) -> Result<Vec<u8>, csv::Error> {
        let classes = &dataset.classes;
        let mut writer = csv::Writer::from_writer(Vec::new());
        let logits = classes.iter().map(|class| format!("{LOGIT}{class}"));
        writer.write_record(COLUMNS.map(String::from).into_iter().chain(logits))?;
        for (index, row) in self.logits.chunks_exact(classes.len().max(1)).enumerate() {
            let fold = self.folds.get(index).map(ToString::to_string).unwrap_or_default();
            let words = [
                portable_name(&dataset.photos[self.photos[index]].path),
                classes[self.labels[index] as usize].clone(),
                classes[arg_max(row)].clone(),
                fold,
            ];
            let words = words.iter().map(|word| cell::defused(word).into_owned());
            writer.write_record(words.chain(row.iter().map(ToString::to_string)))?;
        }
        writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
    }
}

/// How a network does on the validation photographs.
pub(crate) struct Validated {
    pub(crate) out_of_fold: OutOfFoldPredictions,
    pub(crate) metrics: Metrics,
    pub(crate) calibration: Calibration,
}

impl Validated {
    /// What outputs for photographs of these classes come to; `None` if there are none.
    pub(crate) fn of(out_of_fold: OutOfFoldPredictions, classes: &[String]) -> Option<Self> {
        let OutOfFoldPredictions { logits, labels, .. } = &out_of_fold;
        if labels.is_empty() {
            return None;
        }
        let metrics = Metrics::new(logits, labels, classes);
        let calibration = calibrate(logits, labels, classes.len());
        Some(Self { out_of_fold, metrics, calibration })
    }

    /// Whether the loss and every output is a finite number.
    pub(crate) fn is_finite(&self) -> bool {
        self.metrics.loss.is_finite() && self.out_of_fold.logits.iter().all(|logit| logit.is_finite())
    }
}

/// A row of the table of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct OutOfFoldRow {
    /// Path relative to the folder of photographs, with `/` between its parts.
    pub path: String,
    /// What the photograph shows.
    pub class: String,
    /// One output a class of the run, in their order.
    pub logits: Vec<f32>,
}

/// Reads the table of a run whose classes are `classes`.
///
/// # Errors
/// A file that is missing, has other columns, or holds what is no finite number.
pub(crate) fn read(path: &Path, classes: &[String]) -> Result<Vec<OutOfFoldRow>, FileError> {
    let damaged = |what: String| FileError::Damaged { path: path.to_owned(), what };
    let table = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(source) => FileError::Io { path: path.to_owned(), source },
        other => damaged(format!("it is not a table: {other:?}")),
    };
    let bytes = foliar_files::read(path).map_err(|source| FileError::Io { path: path.to_owned(), source })?;
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let names =
        COLUMNS.map(String::from).into_iter().chain(classes.iter().map(|name| format!("{LOGIT}{name}")));
    if !reader.headers().map_err(table)?.iter().eq(names) {
        return Err(damaged("its columns are not those of this run's classes; train again".into()));
    }
    let mut rows = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(table)?;
        let number = |text: &str| text.parse().ok().filter(|value: &f32| value.is_finite());
        let logits =
            record.iter().skip(COLUMNS.len()).map(number).collect::<Option<_>>().ok_or_else(|| {
                let line = record.position().map_or(0, csv::Position::line);
                damaged(format!("line {line} holds a logit that is not a finite number"))
            })?;
        rows.push(OutOfFoldRow {
            path: cell::original(&record[0]).to_owned(),
            class: cell::original(&record[1]).to_owned(),
            logits,
        });
    }
    Ok(rows)
}
