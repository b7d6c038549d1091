//! The values of one quantity, in bounded memory.

use crate::meaning::Meaning;
use crate::number::Number;

/// Samples of all columns together that are kept of what was measured within epochs.
const MOST_SAMPLES: usize = 600_000;
/// Samples of one column that are kept of what was measured within epochs.
const MOST_OF_ONE: usize = 4096;

/// One value and where it belongs. Absent numbers are NaN.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) row: u32,
    /// First row of the epoch.
    pub(crate) group_row: u32,
    pub(crate) line: u32,
    pub(crate) epoch: f64,
    pub(crate) step: f64,
    pub(crate) batch: f64,
    pub(crate) value: f64,
    pub(crate) resolution: f64,
}

/// What is known of a column's values as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary {
    pub(crate) count: u64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    /// Whether any was printed with a percent sign.
    pub(crate) percent: bool,
}

/// The values of one quantity.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) meaning: Meaning,
    /// Whether the log itself says that these are single batches.
    pub(crate) within: bool,
    /// Whether sentences tell its values.
    pub(crate) loose: bool,
    pub(crate) summary: Summary,
    /// Every value, or every so many.
    pub(crate) all: Vec<Sample>,
    /// The last value of each epoch.
    pub(crate) finals: Vec<Sample>,
    /// Rows since the newest value that had none, if there was one in each row before.
    pub(crate) gap: Vec<Sample>,
    /// Whether rows without a value came before others that had one.
    holed: bool,
    stride: u64,
    last: Option<Sample>,
    /// How many headings of epochs stood before the newest value.
    headings: u32,
}

impl Column {
    /// A column without values.
    pub(crate) fn new(name: String, meaning: Meaning, within: bool, loose: bool) -> Self {
        let summary = Summary { count: 0, least: f64::INFINITY, most: f64::NEG_INFINITY, percent: false };
        Self {
            name,
            meaning,
            within,
            loose,
            summary,
            all: Vec::new(),
            finals: Vec::new(),
            gap: Vec::new(),
            holed: false,
            stride: 1,
            last: None,
            headings: 0,
        }
    }

    /// Samples that one of `columns` columns may keep.
    pub(crate) fn most_samples(columns: usize) -> usize {
        (MOST_SAMPLES / columns.max(1)).min(MOST_OF_ONE)
    }

    /// Row of the newest value.
    pub(crate) fn last_row(&self) -> Option<u32> {
        self.last.map(|sample| sample.row)
    }

    /// Keeps the last value of each pass, at which the batches begin again.
    pub(crate) fn keep_ends(&mut self) {
        let goes_on = |pair: &[Sample]| pair[1].batch > pair[0].batch;
        let mut goes_on: Vec<bool> = self.finals.windows(2).map(goes_on).collect();
        goes_on.push(false);
        let mut goes_on = goes_on.into_iter();
        self.finals.retain(|_| goes_on.next() == Some(false));
        self.all = self.finals.clone();
        self.summary.count = self.finals.len() as u64;
    }

    /// Whether `sample`, after so many headings of epochs, is no new measurement: the newest value again, at the same place or,
    /// `within` an epoch, at a later batch of it.
    pub(crate) fn repeats(&self, sample: &Sample, headings: u32, within: bool) -> bool {
        let same = |left: f64, right: f64| left == right || left.is_nan() && right.is_nan();
        self.headings == headings
            && self.last.is_some_and(|last| {
                let group = last.group_row == sample.group_row;
                let epoch = same(last.epoch, sample.epoch) && group
                    || last.epoch.is_nan() && !sample.epoch.is_nan() && !within;
                let place = within || same(last.step, sample.step) && same(last.batch, sample.batch);
                same(last.value, sample.value) && epoch && place
            })
    }

    /// Drops copies of the first epoch's value where all epochs after it have one value each: from then on it was known that
    /// epochs are told apart, see [`Self::repeats`].
    pub(crate) fn drop_copies_at_start(&mut self) {
        let Some(first) = self.all.first().copied() else { return };
        let copies = self.all.iter().take_while(|sample| sample.group_row == first.group_row).count();
        let same = |left: f64, right: f64| left == right || left.is_nan() && right.is_nan();
        let equal = self.all[..copies].iter().all(|sample| {
            (sample.epoch, sample.step.is_nan(), sample.batch.is_nan()) == (first.epoch, true, true)
                && same(sample.value, first.value)
        });
        let alone = self.summary.count as usize == copies + self.finals.len() - 1;
        if equal && alone && self.finals.len() > 1 {
            self.all.drain(1..copies);
            self.finals[0] = first;
            self.summary.count -= copies as u64 - 1;
        }
    }

    /// Moves the newest value to the place of `sample`, which repeats it.
    pub(crate) fn redraw(&mut self, sample: Sample) {
        let Some(last) = self.last else { return };
        for kept in self.all.last_mut().into_iter().chain(self.finals.last_mut()).chain(&mut self.last) {
            if (kept.row, kept.line) == (last.row, last.line) {
                *kept = Sample { row: kept.row, group_row: kept.group_row, ..sample };
            }
        }
    }

    /// Adds a value after so many headings of epochs; of more than `most` every other one goes.
    pub(crate) fn push(&mut self, sample: Sample, number: Number, headings: u32, most: usize) {
        self.headings = headings;
        if !self.gap.is_empty() {
            self.holed = true;
            self.gap = Vec::new();
        }
        self.summarise(sample.value, number);
        // The stride is a power of two.
        if (self.summary.count - 1) & (self.stride - 1) == 0 {
            self.all.push(sample);
            if self.all.len() > most {
                halve(&mut self.all);
                self.stride *= 2;
            }
        }
        match self.finals.last_mut().filter(|last| last.group_row == sample.group_row) {
            Some(last) => *last = sample,
            None => {
                self.finals.push(sample);
                if self.finals.len() > most.saturating_mul(16) {
                    halve(&mut self.finals);
                }
            }
        }
        self.last = Some(sample);
    }

    /// A row had no value, `sample` where it would stand.
    pub(crate) fn miss(&mut self, sample: Sample) {
        if self.summary.count > 0 && !self.holed && self.gap.len() < MOST_OF_ONE {
            self.gap.push(sample);
        }
    }

    fn summarise(&mut self, value: f64, number: Number) {
        let summary = &mut self.summary;
        summary.count += 1;
        if value.is_finite() {
            summary.least = summary.least.min(value);
            summary.most = summary.most.max(value);
        }
        summary.percent |= number.percent;
    }

    /// All samples, to change them.
    pub(crate) fn samples_mut(&mut self) -> impl Iterator<Item = &mut Sample> {
        self.all.iter_mut().chain(&mut self.finals).chain(&mut self.gap).chain(&mut self.last)
    }

    /// Every value that was kept, the newest among them.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        let mut samples = self.all.clone();
        if let Some(last) = self
            .last
            .filter(|last| samples.last().is_none_or(|kept| kept.line != last.line || kept.row != last.row))
        {
            samples.push(last);
        }
        samples
    }

    /// Takes the logarithm of each value, which is named so.
    pub(crate) fn take_logarithms(&mut self) {
        for sample in self.samples_mut() {
            sample.resolution /= sample.value;
            sample.value = sample.value.ln();
        }
        (self.summary.least, self.summary.most) = (self.summary.least.ln(), self.summary.most.ln());
        self.name = format!("ln {}", self.name);
    }

    /// Takes each value with the other sign, which is named so.
    pub(crate) fn negate(&mut self) {
        self.samples_mut().for_each(|sample| sample.value = -sample.value);
        (self.summary.least, self.summary.most) = (-self.summary.most, -self.summary.least);
        self.name = format!("-{}", self.name.trim_start());
    }

    /// Takes the values of `other`, which come in between.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.holed = true;
        self.gap = Vec::new();
        self.summary.count += other.summary.count;
        self.summary.least = self.summary.least.min(other.summary.least);
        self.summary.most = self.summary.most.max(other.summary.most);
        self.summary.percent |= other.summary.percent;
        self.all.extend(other.all);
        self.all.sort_by_key(|sample| (sample.row, sample.line));
        self.finals.extend(other.finals);
        self.finals.sort_by_key(|sample| (sample.group_row, sample.row, sample.line));
        // Of one epoch the last value stays.
        self.finals.reverse();
        self.finals.dedup_by_key(|sample| sample.group_row);
        self.finals.reverse();
        self.last = self.last.into_iter().chain(other.last).max_by_key(|sample| (sample.row, sample.line));
    }

    /// Puts every value that was kept into another epoch, of which the last value stays.
    pub(crate) fn regroup(&mut self, place: impl Fn(Sample) -> Sample) {
        self.samples_mut().for_each(|sample| *sample = place(*sample));
        self.finals = self.samples();
        self.finals.reverse();
        self.finals.dedup_by_key(|sample| sample.group_row);
        self.finals.reverse();
    }

    /// Rows with a number and rows with what is not one; `None` where not every value was kept.
    pub(crate) fn rows(&self) -> Option<(Vec<u32>, Vec<u32>)> {
        let (numbers, others): (Vec<Sample>, Vec<Sample>) =
            self.all.iter().copied().partition(|sample| !sample.value.is_nan());
        let rows = |samples: Vec<Sample>| samples.into_iter().map(|sample| sample.row).collect();
        (self.stride == 1).then(|| (rows(numbers), rows(others)))
    }

    /// Drops what is not a number, as it stands for nothing.
    pub(crate) fn drop_holes(&mut self) {
        self.all.retain(|sample| !sample.value.is_nan());
        self.summary.count = self.all.len() as u64;
        self.finals = self.all.clone();
        self.finals.reverse();
        self.finals.dedup_by_key(|sample| sample.group_row);
        self.finals.reverse();
        self.last = self.all.last().copied();
    }

    /// Whether any value stands at a batch of its epoch.
    pub(crate) fn has_batches(&self) -> bool {
        self.all.iter().any(|sample| !sample.batch.is_nan())
    }
}

/// Drops every other element and keeps the newest.
fn halve(samples: &mut Vec<Sample>) {
    let newest = samples.last().copied();
    let mut index = 0;
    samples.retain(|_| {
        index += 1;
        index % 2 == 1
    });
    if let Some(newest) = newest.filter(|newest| samples.last().is_some_and(|kept| kept.row != newest.row)) {
        samples.push(newest);
    }
}
