//! Logs that give every epoch the same number, as where `fit` is called for one epoch at a time: `Epoch 1/1`, again and again.
//!
//! Where validation is measured again and again within that one epoch, and no step is counted, each time is one more epoch. It
//! ends where the batches begin again, or with each record where no batch is counted.

use crate::column::{Column, Sample};
use crate::run_log::Split;

/// Fewer validations may be those of one epoch.
const FEWEST: usize = 3;

/// Numbers the epochs of such a log on.
pub(crate) fn settle_one_epoch(columns: &mut [Column]) {
    let Some(begins) = beginnings(columns) else { return };
    for column in columns {
        column.regroup(|sample| {
            let index = begins.partition_point(|row| *row <= sample.row).saturating_sub(1);
            Sample { group_row: begins[index], epoch: sample.epoch + index as f64, ..sample }
        });
    }
}

/// The rows at which epochs begin, if all have one number.
fn beginnings(columns: &[Column]) -> Option<Vec<u32>> {
    let samples = || columns.iter().flat_map(|column| &column.all);
    let first = samples().next()?.epoch;
    if !samples().all(|sample| sample.epoch == first && sample.step.is_nan()) {
        return None;
    }
    let held_out = |column: &&Column| matches!(column.meaning.split, Some(Split::Validation | Split::Test));
    let validations = columns.iter().filter(held_out).map(|column| column.all.len()).max()?;
    let of_photos = |column: &&Column| column.meaning.quantity.has_split() && !held_out(column);
    let guide = columns.iter().filter(of_photos).max_by_key(|column| column.all.len());
    let guide = guide.or_else(|| columns.iter().find(held_out))?;
    let mut begins = Vec::new();
    let mut before = f64::INFINITY;
    for sample in &guide.all {
        if sample.batch.is_nan() || sample.batch <= before {
            begins.push(sample.row);
        }
        before = sample.batch;
    }
    (validations >= FEWEST && begins.len().abs_diff(validations) <= 1).then_some(begins)
}
