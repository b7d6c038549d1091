//! Epochs whose number stands after what was measured in them: values, then `Epoch 1 finished`.
//!
//! Told by what the log begins and ends with: values stand before the first line that numbers an epoch, and none after the last.
//! A log that was cut at both ends looks the same, so the first number must be that of a first epoch, or the words must say that
//! the epoch is over. Where they do, validation may stand after the line: then only what was measured on training photos, if all of it
//! stands before such a line, belongs to the epoch that the line names.

use crate::column::{Column, Sample};
use crate::run_log::Split;

/// A line that numbers an epoch and measures nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heading {
    pub(crate) epoch: f64,
    /// The newest row of values before it.
    pub(crate) row: u32,
    /// How many values stood before it.
    pub(crate) values: u64,
    /// Whether it says that the epoch is over.
    pub(crate) over: bool,
}

/// More lines than this are not kept.
pub(crate) const MOST: usize = 1 << 16;

/// Whether a line says that an epoch is over.
pub(crate) fn says_over(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "finish",
        "done",
        "complet",
        "end of",
        "ended",
        "结束",
        "完成",
        "terminad",
        "termin",
        "beendet",
        "abgeschlossen",
        "fertig",
    ];
    let text = text.to_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

/// Numbers the values by the line after them, where that is how a log of so many `values` counts.
pub(crate) fn settle(columns: &mut [Column], headings: &[Heading], values: u64) {
    let (Some(first), Some(last)) = (headings.first(), headings.last()) else { return };
    let rises = headings.windows(2).all(|pair| {
        pair[1].epoch > pair[0].epoch && pair[1].values > pair[0].values && pair[1].row > pair[0].row
    });
    let over = headings.iter().all(|heading| heading.over);
    // What was evaluated before the first epoch are fewer values than those of an epoch.
    let whole =
        headings.get(1).is_some_and(|next| first.values >= next.values - first.values.min(next.values));
    let certain = over || first.epoch <= 1.0 && whole;
    if headings.len() < 2 || headings.len() >= MOST || !rises || !certain || first.values == 0 {
        return;
    }
    if last.values < values {
        if over {
            settle_training(columns, headings);
        }
        return;
    }
    // A number of its own that disagrees speaks against it.
    let before = |sample: &Sample| sample.row <= first.row && !sample.epoch.is_nan();
    if columns.iter().any(|column| column.all.iter().any(before)) {
        return;
    }
    for column in columns {
        number(column, headings);
    }
}

/// Gives the values of a column the number of the line after them.
fn number(column: &mut Column, headings: &[Heading]) {
    column.regroup(|sample| {
        let index = headings.partition_point(|heading| heading.row < sample.row).min(headings.len() - 1);
        let group_row = index.checked_sub(1).map_or(0, |before| headings[before].row + 1);
        Sample { group_row, epoch: headings[index].epoch, ..sample }
    });
}

/// Numbers the values of training alone, where validation stands after the line that ends an epoch: several of one column before the
/// first such line, some before each, and none after the last.
fn settle_training(columns: &mut [Column], headings: &[Heading]) {
    let [first, .., last] = headings else { return };
    let trains = |column: &Column| {
        let all = &column.all;
        let before = |sample: &&Sample| sample.row <= first.row;
        column.meaning.quantity.has_split()
            && matches!(column.meaning.split, None | Some(Split::Train))
            && all.iter().filter(before).count() > 1
            && all.iter().filter(before).all(|sample| sample.epoch.is_nan())
            && all.iter().all(|sample| sample.row <= last.row)
            && headings
                .windows(2)
                .all(|pair| all.iter().any(|sample| pair[0].row < sample.row && sample.row <= pair[1].row))
    };
    for column in columns.iter_mut().filter(|column| trains(column)) {
        number(column, headings);
    }
}
