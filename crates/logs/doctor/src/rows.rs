//! The aligned curves of a log: one row an epoch (or a validation).
//!
//! A log may print training and validation in one line, in two, or training a hundred times between two
//! validations. Numbers belong together if they carry the same epoch, or the same record where there is no
//! epoch; a training loss that is printed far more often than the validation is averaged over the stretch
//! before each validation.

use foliar_logread::{Metric, Point, RunLog, Series, Split};

use crate::interleaved::second_of_two;

/// One number and where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) value: f64,
    /// Value of the last printed digit.
    pub(crate) resolution: f64,
    pub(crate) line: usize,
}

/// What is known of one epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Row {
    /// As printed.
    pub(crate) epoch: Option<f64>,
    pub(crate) line: usize,
    pub(crate) train_loss: Option<Reading>,
    pub(crate) val_loss: Option<Reading>,
    pub(crate) train_accuracy: Option<Reading>,
    pub(crate) val_accuracy: Option<Reading>,
}

/// A column of [`Row`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    TrainLoss,
    ValLoss,
    TrainAccuracy,
    ValAccuracy,
}

impl Row {
    pub(crate) fn get(&self, column: Column) -> Option<Reading> {
        match column {
            Column::TrainLoss => self.train_loss,
            Column::ValLoss => self.val_loss,
            Column::TrainAccuracy => self.train_accuracy,
            Column::ValAccuracy => self.val_accuracy,
        }
    }

    fn slot(&mut self, column: Column) -> &mut Option<Reading> {
        match column {
            Column::TrainLoss => &mut self.train_loss,
            Column::ValLoss => &mut self.val_loss,
            Column::TrainAccuracy => &mut self.train_accuracy,
            Column::ValAccuracy => &mut self.val_accuracy,
        }
    }
}

/// Which series of a log stand for the four columns.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Chosen<'a> {
    pub(crate) train_loss: Option<&'a Series>,
    pub(crate) val_loss: Option<&'a Series>,
    pub(crate) train_accuracy: Option<&'a Series>,
    pub(crate) val_accuracy: Option<&'a Series>,
}

impl<'a> Chosen<'a> {
    /// Validation before test. A loss of unknown split is the training loss; an accuracy of unknown split is
    /// that of the validation if there is one, for trainers name the split only where both are printed.
    pub(crate) fn of(log: &'a RunLog) -> Self {
        let unnamed = |metric: Metric| {
            log.series
                .iter()
                .filter(|series| series.split.is_none() && series.metric == metric)
                .max_by_key(|series| (!series.within_epoch, series.points.len()))
        };
        let held_back =
            |metric| log.best(Split::Validation, metric).or_else(|| log.best(Split::Test, metric));
        let train_loss = log.best(Split::Train, Metric::Loss).or_else(|| unnamed(Metric::Loss));
        let val_loss = held_back(Metric::Loss);
        let mut train_accuracy = log.best(Split::Train, Metric::Accuracy);
        let mut val_accuracy = held_back(Metric::Accuracy);
        match (val_accuracy, train_accuracy) {
            (None, _) if val_loss.is_some() => val_accuracy = unnamed(Metric::Accuracy),
            (_, None) => train_accuracy = unnamed(Metric::Accuracy),
            _ => {}
        }
        Self { train_loss, val_loss, train_accuracy, val_accuracy }
    }

    fn columns(&self) -> [(Column, Option<&'a Series>); 4] {
        [
            (Column::TrainLoss, self.train_loss),
            (Column::TrainAccuracy, self.train_accuracy),
            (Column::ValLoss, self.val_loss),
            (Column::ValAccuracy, self.val_accuracy),
        ]
    }
}

/// The rows of a log, in its order.
pub(crate) fn rows(chosen: &Chosen<'_>) -> Vec<Row> {
    let length = |series: Option<&Series>| series.map_or(0, |series| series.points.len());
    let measured = length(chosen.val_loss).max(length(chosen.val_accuracy));
    // What is printed with every validation is none of the batches between them; a run without any may follow.
    let last = [chosen.val_loss, chosen.val_accuracy]
        .into_iter()
        .flatten()
        .filter_map(|series| series.points.last().map(|point| point.row))
        .max();
    let trained = chosen.train_loss.map_or(0, |series| {
        series.points.iter().filter(|point| last.is_none_or(|last| point.row <= last)).count()
    });
    let trained = if trained == measured { trained } else { length(chosen.train_loss) };
    let whole = chosen.train_loss.is_some_and(tells_epochs);
    let dense = measured > 0 && 2 * trained > 3 * measured + 2 && !whole && !is_aside(chosen);
    let is_val = |column| matches!(column, Column::ValLoss | Column::ValAccuracy);
    let mut all: Vec<(Column, &Point)> = chosen
        .columns()
        .into_iter()
        .filter(|&(column, _)| !dense || is_val(column))
        .filter_map(|(column, series)| Some((column, series?)))
        .flat_map(|(column, series)| series.points.iter().map(move |point| (column, point)))
        .collect();
    all.sort_by_key(|(_, point)| (point.row, point.line));
    let crowded = crowded(chosen);
    let mut rows = merged(&all, &crowded);
    if dense {
        for (column, series) in
            [(Column::TrainLoss, chosen.train_loss), (Column::TrainAccuracy, chosen.train_accuracy)]
        {
            if let Some(series) = series {
                averaged(&mut rows, column, series);
            }
        }
    }
    apart(rows.into_iter().map(|(row, _)| row).collect())
}

/// The rows of two runs that take turns one run after the other; as they are where there is one.
fn apart(rows: Vec<Row>) -> Vec<Row> {
    let epochs: Vec<f64> = rows.iter().filter_map(|row| row.epoch).collect();
    match second_of_two(&epochs).filter(|_| epochs.len() == rows.len()) {
        Some(second) => {
            let of = |wanted: bool| rows.iter().zip(&second).filter(move |(_, of)| **of == wanted);
            of(false).chain(of(true)).map(|(row, _)| *row).collect()
        }
        None => rows,
    }
}

/// Whether validation was read once, before the training or after all of it, in a log of few steps and no epochs, or one: then the course is
/// training's.
fn is_aside(chosen: &Chosen<'_>) -> bool {
    const MOST: usize = 200;
    let Some(train) = chosen.train_loss else { return false };
    let once =
        [chosen.val_loss, chosen.val_accuracy].into_iter().flatten().all(|series| series.points.len() == 1);
    let val =
        || [chosen.val_loss, chosen.val_accuracy].into_iter().flatten().flat_map(|series| &series.points);
    let outside = |point: &Point| {
        train.points.first().is_some_and(|first| point.row <= first.row)
            || train.points.last().is_some_and(|last| point.row >= last.row)
    };
    let counted = train.points.iter().all(|point| point.epoch == train.points[0].epoch);
    once && counted && train.points.len() <= MOST && val().all(outside)
}

/// Whether a series has one value for each of its epochs, so that none need be averaged.
fn tells_epochs(series: &Series) -> bool {
    let epochs: Vec<f64> = series.points.iter().filter_map(|point| point.epoch).collect();
    !series.within_epoch
        && epochs.len() == series.points.len()
        && epochs.windows(2).all(|pair| pair[0].floor() != pair[1].floor())
}

/// The epochs that were validated more than once, each time after other steps: only what stands in one line belongs together
/// there.
fn crowded(chosen: &Chosen<'_>) -> Vec<f64> {
    let again = |pair: &[Point]| {
        let (before, after) = (pair[0].epoch?, pair[1].epoch?);
        (before == after && pair[0].step? < pair[1].step?).then_some(after)
    };
    let columns = [chosen.val_loss, chosen.val_accuracy].into_iter().flatten();
    columns.flat_map(|series| series.points.windows(2).filter_map(again)).collect()
}

/// Rows with the record each of them ends at: a new one wherever the epoch changes or a column comes again.
fn merged(all: &[(Column, &Point)], crowded: &[f64]) -> Vec<(Row, usize)> {
    let mut rows: Vec<(Row, usize)> = Vec::new();
    for &(column, point) in all {
        let fits = rows.last_mut().filter(|(row, end)| {
            let same = match (row.epoch, point.epoch) {
                (Some(a), Some(b)) if crowded.contains(&a) => a == b && row.line == point.line,
                (Some(a), Some(b)) => a == b,
                (None, None) => true,
                _ => *end == point.row,
            };
            same && row.get(column).is_none()
        });
        let reading = Reading { value: point.value, resolution: point.resolution, line: point.line };
        if let Some((row, end)) = fits {
            *row.slot(column) = Some(reading);
            row.epoch = row.epoch.or(point.epoch);
            *end = point.row;
        } else {
            let mut row = Row { epoch: point.epoch, line: point.line, ..Row::default() };
            *row.slot(column) = Some(reading);
            rows.push((row, point.row));
        }
    }
    rows
}

/// Fills `column` with the mean of what was printed since the row before.
fn averaged(rows: &mut [(Row, usize)], column: Column, series: &Series) {
    let mut points = series.points.iter().peekable();
    for (row, end) in rows {
        let (mut sum, mut count, mut last) = (0.0, 0.0, None);
        while let Some(point) = points.next_if(|point| point.row <= *end) {
            sum += point.value;
            count += 1.0;
            last = Some(point);
        }
        if let Some(point) = last {
            let resolution = point.resolution;
            *row.slot(column) = Some(Reading { value: sum / count, resolution, line: point.line });
        }
    }
}
