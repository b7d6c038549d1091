//! From a settled column to the series of a log.
//!
//! A column with one value an epoch is a series of whole epochs. One with more is a series within epochs, and
//! its last values are another of whole epochs, unless the log prints those by themselves.

use crate::column::{Column, Sample};
use crate::meaning::{Cadence, Quantity};
use crate::run_log::{Metric, Point, Series, Split};

/// How steps are counted.
#[derive(Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) batches: Option<f64>,
    pub(crate) restart: bool,
}

impl Steps {
    /// Steps since the run began.
    fn of(self, sample: &Sample) -> Option<f64> {
        let known = |number: f64| (!number.is_nan()).then_some(number);
        let within =
            if self.restart { known(sample.step).or(known(sample.batch)) } else { known(sample.batch) };
        match within {
            Some(batch) => {
                let epoch = if sample.epoch.is_nan() { 0.0 } else { sample.epoch };
                self.batches.map(|batches| epoch.floor() * batches + batch)
            }
            None => known(sample.step),
        }
    }
}

/// The last values of epochs, without that of an epoch which the log breaks off.
fn complete(finals: &[Sample]) -> &[Sample] {
    const MOST_OF_IT: f64 = 0.9;
    let batch = |sample: &Sample| if sample.batch.is_nan() { sample.step } else { sample.batch };
    match finals {
        [.., before, last] if batch(last) < MOST_OF_IT * batch(before) => &finals[..finals.len() - 1],
        _ => finals,
    }
}

/// Whether a loss is by its name an objective or the logarithm of a probability, and never above 0.
fn is_maximised(column: &Column) -> bool {
    const NAMES: [&str; 5] = ["objective", "objf", "logprob", "log-prob", "log_prob"];
    let name = column.name.to_ascii_lowercase();
    column.summary.most <= 0.0 && column.summary.least < 0.0 && NAMES.iter().any(|word| name.contains(word))
}

/// Whether each loss stands in the line of one of held-out data, as in a table of evaluations a fraction of an epoch apart, or in the
/// record of a share of held-out data at the same fraction: then it is that of the stretch before, and none is more whole than another.
fn stands_beside(column: &Column, columns: &[Column]) -> bool {
    const LINES: usize = 4;
    let held_out = |other: &&Column| matches!(other.meaning.split, Some(Split::Validation | Split::Test));
    let lines = |column: &Column| column.samples().iter().map(|sample| sample.line).collect::<Vec<u32>>();
    let places = |column: &Column| -> Vec<(u32, u64)> {
        column.samples().iter().map(|sample| (sample.row, sample.epoch.to_bits())).collect()
    };
    let quantity = column.meaning.quantity;
    let fractional = |column: &Column| column.all.iter().all(|sample| sample.epoch.fract() > 0.0);
    let whole = matches!(quantity, Quantity::Loss | Quantity::Accuracy | Quantity::ErrorRate)
        && column.samples().len() >= LINES
        && column.samples().len() as u64 == column.summary.count;
    whole
        && columns.iter().filter(held_out).any(|other| {
            let losses = quantity == Quantity::Loss && other.meaning.quantity == Quantity::Loss;
            losses && lines(other) == lines(column)
                || other.meaning.quantity.has_split() && fractional(column) && places(other) == places(column)
        })
}

/// Whether held-out data were measured in the same way at the same steps, as in each round of boosting: then neither is a batch's.
fn is_paired(column: &Column, columns: &[Column]) -> bool {
    const ROUNDS: usize = 3;
    let steps =
        |column: &Column| column.finals.iter().map(|sample| sample.step.to_bits()).collect::<Vec<u64>>();
    let quantity = column.meaning.quantity;
    matches!(quantity, Quantity::Score | Quantity::Deviation | Quantity::ErrorRate)
        && column.finals.len() >= ROUNDS
        && columns.iter().any(|other| {
            matches!(other.meaning.split, Some(Split::Validation | Split::Test))
                && other.meaning.quantity == quantity
                && steps(other) == steps(column)
        })
}

/// Adds the series of `column`, whose values `scale` divides; without a scale they are no shares after all.
pub(crate) fn emit(
    column: &Column,
    columns: &[Column],
    scale: Option<f64>,
    steps: Steps,
    series: &mut Vec<Series>,
) {
    let (metric, inverted) = match (column.meaning.quantity, scale) {
        (_, None) => (Metric::Unknown, false),
        // What Kaldi maximises is no loss where it is no logarithm of a probability.
        (Quantity::Loss, _)
            if column.summary.most > 0.0 && column.name.to_ascii_lowercase().contains("objf") =>
        {
            (Metric::Unknown, false)
        }
        (Quantity::Loss | Quantity::Error, _) => (Metric::Loss, false),
        (Quantity::LossPart, _) => (Metric::LossPart, false),
        (Quantity::Accuracy, _) => (Metric::Accuracy, false),
        (Quantity::ErrorRate, _) => (Metric::Accuracy, true),
        (Quantity::TopFive, _) => (Metric::TopFive, false),
        (Quantity::TopFiveError, _) => (Metric::TopFive, true),
        (Quantity::EditErrors, _) => (Metric::OtherScore, true),
        (Quantity::F1, _) => (Metric::F1, false),
        (Quantity::Score, _) => (Metric::OtherScore, false),
        (Quantity::Rate, _) => (Metric::LearningRate, false),
        (Quantity::Seconds, _) => (Metric::Seconds, false),
        (Quantity::Perplexity | Quantity::Deviation | Quantity::Unsaid | Quantity::Unknown, _) => {
            (Metric::Unknown, false)
        }
    };
    // An objective that is maximised, as a logarithm of probabilities is, costs what it lacks.
    let maximised = metric == Metric::Loss && is_maximised(column);
    let divisor = scale.unwrap_or(1.0) * if maximised { -1.0 } else { 1.0 };
    let point = |sample: &Sample, row: u32| Point {
        row: row as usize,
        epoch: (!sample.epoch.is_nan()).then_some(sample.epoch),
        step: steps.of(sample),
        value: if inverted { 1.0 - sample.value / divisor } else { sample.value / divisor },
        resolution: sample.resolution / divisor.abs(),
        line: sample.line as usize,
    };
    let named = |within_epoch: bool, points: Vec<Point>| Series {
        name: column.name.clone(),
        split: column.meaning.split.filter(|_| column.meaning.quantity.has_split()),
        metric,
        within_epoch,
        points,
    };
    let held_out = matches!(column.meaning.split, Some(Split::Validation | Split::Test));
    let count = column.summary.count as f64;
    let groups = column.finals.len() as f64;
    let complete = complete(&column.finals);
    let finals = || column.finals.iter().map(|sample| point(sample, sample.group_row)).collect();
    let all = || column.samples().iter().map(|sample| point(sample, sample.row)).collect();
    // What stands before the first epoch that the log names is none of its own.
    let named_epochs = complete.iter().filter(|sample| !sample.epoch.is_nan()).count();
    let epochs = if named_epochs > 0 { named_epochs } else { complete.len() };
    // A column of whole epochs tells better than the last values of one that is not.
    let told = columns.iter().any(|other| {
        !other.within
            && !other.has_batches()
            && (other.meaning.quantity, other.meaning.split)
                == (column.meaning.quantity, column.meaning.split)
            && other.summary.count == other.finals.len() as u64
            && other.finals.len() >= epochs
    });
    let by_batch = column.within || column.meaning.cadence == Cadence::Batch;
    // Without epochs, what is measured at a step on training photos is a batch's.
    let stepwise = column.finals.iter().any(|sample| !sample.step.is_nan())
        && column.finals.iter().all(|sample| sample.epoch.is_nan());
    if by_batch {
        series.push(named(true, all()));
    } else if (held_out || stands_beside(column, columns)) && !column.has_batches() && count > groups {
        series.push(named(false, all()));
    } else if column.has_batches() && told {
        series.push(named(true, all()));
    } else if count == groups || count <= groups * 1.5 && !column.has_batches() {
        let batch = stepwise && !held_out && !is_paired(column, columns);
        series.push(named(batch && column.meaning.quantity.has_split(), finals()));
    } else {
        series.push(named(true, all()));
        if (complete.len() > 1 || held_out) && !told {
            series
                .push(named(false, complete.iter().map(|sample| point(sample, sample.group_row)).collect()));
        }
    }
}
