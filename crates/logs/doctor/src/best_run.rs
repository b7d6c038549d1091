//! Which of several runs in one log its last words are about.
//!
//! A log may hold a run that was stopped after two epochs and begun again, or several trials. Where the epochs fall back, another run
//! begins; the one with the best validation accuracy (else the least validation loss, else the last) is what such a log came to.

use std::ops::Range;

use crate::rows::Row;

/// Epochs of a run that counts.
const EPOCHS: usize = 3;

/// The rows of each run, in order; all rows where there is one.
pub(crate) fn runs(rows: &[Row]) -> Vec<Range<usize>> {
    let mut starts = vec![0];
    let mut last: Option<f64> = None;
    for (index, row) in rows.iter().enumerate() {
        if let Some(epoch) = row.epoch {
            // A repeated number is a second line of the epoch.
            if last.is_some_and(|last| epoch < last) {
                starts.push(index);
            }
            last = Some(epoch);
        }
    }
    // Many returns are no epochs.
    if starts.len() == 1 || 3 * starts.len() > rows.len().max(6) {
        return std::iter::once(0..rows.len()).collect();
    }
    let ends = starts.iter().skip(1).copied().chain([rows.len()]);
    starts.iter().zip(ends).map(|(&start, end)| start..end).collect()
}

/// The rows of the best run; all rows where there is one.
pub(crate) fn best_run(rows: &[Row]) -> Range<usize> {
    let score = |run: &Range<usize>| {
        let rows = &rows[run.clone()];
        let accuracy = rows.iter().filter_map(|row| row.val_accuracy).map(|reading| reading.value);
        let loss = rows.iter().filter_map(|row| row.val_loss).map(|reading| reading.value);
        (accuracy.fold(f64::NEG_INFINITY, f64::max), -loss.fold(f64::INFINITY, f64::min))
    };
    let better = |a: &Range<usize>, b: &Range<usize>| {
        let (a, b) = (score(a), score(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    };
    runs(rows).into_iter().filter(|run| run.len() >= EPOCHS).max_by(better).unwrap_or(0..rows.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Reading;

    fn rows(epochs: &[(f64, f64)]) -> Vec<Row> {
        let row = |&(epoch, accuracy): &(f64, f64)| Row {
            epoch: Some(epoch),
            val_accuracy: Some(Reading { value: accuracy, resolution: 0.001, line: 0 }),
            ..Row::default()
        };
        epochs.iter().map(row).collect()
    }

    #[test]
    fn a_fragment_at_the_end_is_not_what_a_log_came_to() {
        let long = [(1.0, 0.5), (2.0, 0.7), (3.0, 0.8), (4.0, 0.85), (5.0, 0.9), (6.0, 0.91)];
        assert_eq!(best_run(&rows(&[&long[..], &[(1.0, 0.4), (2.0, 0.6)]].concat())), 0..6);
        let worse = [(1.0, 0.4), (2.0, 0.6), (3.0, 0.65)];
        assert_eq!(best_run(&rows(&[&worse[..], &long[..]].concat())), 3..9);
        assert_eq!(best_run(&rows(&long)), 0..6);
    }
}
