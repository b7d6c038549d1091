//! What a run says of photographs that it has not learned from.

use std::path::Path;

use foliar_files::cell;
use foliar_metrics::{
    Calibration, Groups, LabelPredictions, LabelScores, Metrics, Platt, arg_max, calibrate, sigmoid,
};
use foliar_model::FileError;
use foliar_vision::{Dataset, LabelSets, Task, name_of_set, portable_name};
use serde::{Deserialize, Serialize};

/// Columns of the table before the logits.
const COLUMNS: [&str; 4] = ["path", "class", "predicted", "fold"];
/// The same where photographs show any number of labels.
const LABEL_COLUMNS: [&str; 4] = ["path", "labels", "called", "fold"];
/// What the name of a class is preceded by in the header.
const LOGIT: &str = "logit ";

/// Outputs for photographs, each by a classifier that has not learned from it, nor from its neighbours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutOfFoldPredictions {
    /// n indices into [`Dataset::photos`], ascending.
    pub photos: Vec<usize>,
    /// The class of each, an index into [`Dataset::classes`].
    pub labels: Vec<u32>,
    /// The fold of each, from 1, where several classifiers have spoken; empty where it was one.
    pub folds: Vec<u32>,
    /// (n, C) with a column an output, as the network gives them: not yet calibrated. Files hold them as a tensor.
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
        let outputs = dataset.outputs().len();
        self.labels.len() == count
            && [0, count].contains(&self.folds.len())
            && self.logits.len() == count * outputs
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

    /// (n, C): whether each photograph shows each label.
    pub(crate) fn shown(&self, sets: &LabelSets) -> Vec<bool> {
        let matrix = sets.matrix();
        let row = |&label: &u32| &matrix[label as usize * sets.names.len()..][..sets.names.len()];
        self.labels.iter().flat_map(row).map(|&shown| shown > 0.5).collect()
    }

    /// The same with the photographs in their order; there are so many outputs.
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

    /// The table as comma-separated values with a header: `path,class,predicted,fold` and a logit for each class; or
    /// `path,labels,called,fold` and a logit for each label, where called are those whose logit is above 0. Every digit is written, so that the values read back as they were.
    ///
    /// # Errors
    /// None that is expected: the table is made in memory.
    pub(crate) fn table(&self, dataset: &Dataset) -> Result<Vec<u8>, csv::Error> {
        let (classes, outputs) = (&dataset.classes, dataset.outputs());
        let columns = if dataset.label_sets.is_some() { LABEL_COLUMNS } else { COLUMNS };
        let mut writer = csv::Writer::from_writer(Vec::new());
        let logits = outputs.iter().map(|class| format!("{LOGIT}{class}"));
        writer.write_record(columns.map(String::from).into_iter().chain(logits))?;
        let called = |row: &[f32]| match &dataset.label_sets {
            None => classes[arg_max(row)].clone(),
            Some(sets) => {
                let called = sets.names.iter().zip(row).filter(|(_, logit)| **logit > 0.0);
                name_of_set(called.map(|(name, _)| name.as_str()))
            }
        };
        for (index, row) in self.logits.chunks_exact(outputs.len().max(1)).enumerate() {
            let fold = self.folds.get(index).map(ToString::to_string).unwrap_or_default();
            let words = [
                portable_name(&dataset.photos[self.photos[index]].path),
                classes[self.labels[index] as usize].clone(),
                called(row),
                fold,
            ];
            let words = words.iter().map(|word| cell::defused(word).into_owned());
            writer.write_record(words.chain(row.iter().map(ToString::to_string)))?;
        }
        writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
    }
}

/// Figures of predictions for photographs.
pub(crate) enum Figures {
    /// Of which each shows one class.
    OneOf(Metrics),
    /// Of which each shows any number of labels; a label is called from a probability of a half, before calibration.
    AnyOf(LabelScores<f64>),
}

impl Figures {
    /// Mean loss of a photograph, in nats.
    pub(crate) fn loss(&self) -> f64 {
        match self {
            Self::OneOf(metrics) => metrics.loss,
            Self::AnyOf(scores) => scores.loss,
        }
    }

    /// Share of photographs, or of their labels, that are right.
    pub(crate) fn accuracy(&self) -> f64 {
        match self {
            Self::OneOf(metrics) => metrics.accuracy,
            Self::AnyOf(scores) => 1.0 - scores.hamming_loss,
        }
    }

    /// Mean of the F1 of the classes or labels.
    pub(crate) fn macro_f1(&self) -> f64 {
        match self {
            Self::OneOf(metrics) => metrics.macro_f1,
            Self::AnyOf(scores) => scores.macro_f1,
        }
    }

    /// Mean over photographs of the F1 of their labels; `None` where each shows one class.
    pub(crate) fn mean_f1(&self) -> Option<f64> {
        match self {
            Self::OneOf(_) => None,
            Self::AnyOf(scores) => Some(scores.mean_f1),
        }
    }
}

/// How a network does on the validation photographs.
pub(crate) struct Validated {
    pub(crate) out_of_fold: OutOfFoldPredictions,
    pub(crate) figures: Figures,
    /// Of labels the temperature is 1: each has a calibration of its own.
    pub(crate) calibration: Calibration,
}

impl Validated {
    /// What outputs for photographs of `dataset` come to; `None` if there are none.
    pub(crate) fn of(out_of_fold: OutOfFoldPredictions, dataset: &Dataset) -> Option<Self> {
        let OutOfFoldPredictions { logits, labels, .. } = &out_of_fold;
        if labels.is_empty() {
            return None;
        }
        let (figures, calibration) = match &dataset.label_sets {
            None => (
                Figures::OneOf(Metrics::new(logits, labels, &dataset.classes)),
                calibrate(logits, labels, dataset.classes.len()),
            ),
            Some(sets) => {
                let shown = out_of_fold.shown(sets);
                let scores = |probabilities: Vec<f64>| {
                    let groups = Groups::independent(labels.len());
                    let thresholds = vec![0.5; sets.names.len()];
                    let predictions =
                        LabelPredictions::new(probabilities, shown.clone(), &thresholds, groups);
                    predictions.ok().map(|predictions| LabelScores::new(&predictions))
                };
                let plain = scores(logits.iter().map(|&logit| sigmoid(f64::from(logit))).collect())?;
                let calibrated = scores(calibrated(logits, &shown, sets.names.len()))?;
                let calibration =
                    Calibration { temperature: 1.0, loss: calibrated.loss, standard_error: 0.0 };
                (Figures::AnyOf(plain), calibration)
            }
        };
        Some(Self { out_of_fold, figures, calibration })
    }

    /// Whether the loss and every output is a finite number.
    pub(crate) fn is_finite(&self) -> bool {
        self.figures.loss().is_finite() && self.out_of_fold.logits.iter().all(|logit| logit.is_finite())
    }
}

/// Probabilities of logits (n, `labels`), each label calibrated by itself.
fn calibrated(logits: &[f32], shown: &[bool], labels: usize) -> Vec<f64> {
    let of = |label: usize| {
        let logits: Vec<f32> = logits.iter().skip(label).step_by(labels).copied().collect();
        let shown: Vec<bool> = shown.iter().skip(label).step_by(labels).copied().collect();
        Platt::fit(&logits, &shown)
    };
    let platt: Vec<Platt> = (0..labels).map(of).collect();
    logits.iter().enumerate().map(|(place, &logit)| platt[place % labels].probability(logit)).collect()
}

/// A row of the table of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct OutOfFoldRow {
    /// Path relative to the folder of photographs, with `/` between its parts.
    pub path: String,
    /// What the photograph shows: its class, or the name of the set of its labels.
    pub class: String,
    /// One output a class of the run, in their order.
    pub logits: Vec<f32>,
}

/// Reads the table of a run whose classes are `classes`, or whose labels are where `task` says so.
///
/// # Errors
/// A file that is missing, has other columns, or holds what is no finite number.
pub(crate) fn read(path: &Path, classes: &[String], task: Task) -> Result<Vec<OutOfFoldRow>, FileError> {
    let damaged = |what: String| FileError::Damaged { path: path.to_owned(), what };
    let table = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(source) => FileError::Io { path: path.to_owned(), source },
        other => damaged(format!("it is not a table: {other:?}")),
    };
    let bytes = foliar_files::read(path).map_err(|source| FileError::Io { path: path.to_owned(), source })?;
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let columns = if task.is_multi_class() { COLUMNS } else { LABEL_COLUMNS };
    let names =
        columns.map(String::from).into_iter().chain(classes.iter().map(|name| format!("{LOGIT}{name}")));
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
