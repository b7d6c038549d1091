//! Epochs whose number stands after what was measured in them: values, then `Epoch 1 finished`.
//!
//! Told by what the log begins and ends with: values stand before the first line that numbers an epoch, and none after the last.
//! A log that was cut at both ends looks the same, so the first number must be that of a first epoch, or the words must say that
//! the epoch is over.

use crate::column::{Column, Sample};

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
    if headings.len() < 2
        || headings.len() >= MOST
        || !rises
        || !certain
        || first.values == 0
        || last.values < values
    {
        return;
    }
    // A number of its own that disagrees speaks against it.
    let before = |sample: &Sample| sample.row <= first.row && !sample.epoch.is_nan();
    if columns.iter().any(|column| column.all.iter().any(before)) {
        return;
    }
    for column in columns {
        column.regroup(|sample| {
            let index = headings.partition_point(|heading| heading.row < sample.row).min(headings.len() - 1);
            let group_row = index.checked_sub(1).map_or(0, |before| headings[before].row + 1);
            Sample { group_row, epoch: headings[index].epoch, ..sample }
        });
    }
}
