//! Lines before a log that tell of another run: `Final epoch data: Train loss: 0.07`, or its epoch 300 before epoch 1.
//!
//! What an evaluation says before training begins is no such line: it knows no training, or is no better than the first epoch.

use crate::rows::{Column, Row};

/// Lines of another run; more are a part of it, to be judged.
const MOST: usize = 2;
/// Epochs that follow at least.
const FEWEST: usize = 3;
/// An epoch that begins no run.
const LATE: f64 = 3.0;

/// How many rows at the beginning are of another run.
pub(crate) fn rows_of_another_run(rows: &[Row]) -> usize {
    let begins = |row: &Row| row.epoch.is_some_and(|epoch| epoch <= 1.0);
    let Some(count) = rows.iter().position(begins).filter(|count| (1..=MOST).contains(count)) else {
        return 0;
    };
    let (before, after) = rows.split_at(count);
    let rises = after.windows(2).take(FEWEST - 1).all(|pair| pair[0].epoch < pair[1].epoch);
    let late = before.iter().all(|row| row.epoch.is_some_and(|epoch| epoch >= LATE));
    let unnumbered = before.iter().all(|row| row.epoch.is_none() && is_better(row, &after[0]));
    if after.len() >= FEWEST && rises && (late || unnumbered) { count } else { 0 }
}

/// Whether `row` is ahead of `first` in all that both tell, with something of training among it.
fn is_better(row: &Row, first: &Row) -> bool {
    let ahead = |column: Column| {
        let (one, other) = (row.get(column)?.value, first.get(column)?.value);
        Some(if matches!(column, Column::TrainLoss | Column::ValLoss) { one < other } else { one > other })
    };
    let trained = [Column::TrainLoss, Column::TrainAccuracy].map(ahead);
    let all = trained.into_iter().chain([Column::ValLoss, Column::ValAccuracy].map(ahead));
    trained.iter().any(Option::is_some) && all.flatten().all(|ahead| ahead)
}

/// Whether rows `before` without an epoch may be the network from which the run set out: the `epochs` never get there again, as after a
/// fine-tuning that ruins it.
pub(crate) fn may_be_its_start(before: &[Row], epochs: &[Row]) -> bool {
    before.iter().any(|row| row.epoch.is_none() && !is_regained(row, epochs))
}

/// Whether the epochs get about as far as `row` in all that both tell.
fn is_regained(row: &Row, epochs: &[Row]) -> bool {
    const LOSS: f64 = 1.5;
    const ACCURACY: f64 = 0.03;
    let regained = |column: Column| {
        let before = row.get(column)?.value;
        let is_loss = matches!(column, Column::TrainLoss | Column::ValLoss);
        let mut values = epochs.iter().filter_map(|epoch| epoch.get(column)).map(|reading| reading.value);
        Some(values.any(|value| if is_loss { value <= LOSS * before } else { value >= before - ACCURACY }))
    };
    [Column::TrainLoss, Column::TrainAccuracy, Column::ValLoss, Column::ValAccuracy]
        .into_iter()
        .filter_map(regained)
        .all(|regained| regained)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Reading;

    fn row(epoch: Option<f64>, train: Option<f64>, val: f64) -> Row {
        let reading = |value| Reading { value, resolution: 0.001, line: 0 };
        Row { epoch, train_loss: train.map(reading), val_loss: Some(reading(val)), ..Row::default() }
    }

    #[test]
    fn the_end_of_another_run_is_told_from_an_evaluation_before_training() {
        let run: Vec<Row> = (1..6)
            .map(|epoch| row(Some(f64::from(epoch)), Some(2.0 / f64::from(epoch)), 2.1 / f64::from(epoch)))
            .collect();
        for (before, wanted) in [
            (vec![row(None, Some(0.1), 0.2)], 1),
            (vec![row(Some(300.0), Some(0.0), 0.7)], 1),
            (vec![row(Some(299.0), Some(0.0), 0.7), row(Some(300.0), Some(0.0), 0.7)], 2),
            // Before training.
            (vec![row(None, Some(2.3), 2.3)], 0),
            (vec![row(None, None, 0.2)], 0),
            // A phase of its own.
            (vec![row(Some(1.0), Some(0.9), 0.9), row(Some(2.0), Some(0.5), 0.9)], 0),
            (vec![], 0),
        ] {
            assert_eq!(rows_of_another_run(&[before.clone(), run.clone()].concat()), wanted, "{before:?}");
        }
        assert_eq!(rows_of_another_run(&[row(None, Some(0.1), 0.2), run[0], run[1]]), 0);
        // The run ends at 0.4 and 0.42.
        for (train, val, wanted) in [(0.3, 0.3, false), (0.1, 0.2, true)] {
            assert_eq!(may_be_its_start(&[row(None, Some(train), val)], &run), wanted, "{train}");
        }
        assert!(!may_be_its_start(&[row(Some(300.0), Some(0.1), 0.2)], &run));
    }
}
