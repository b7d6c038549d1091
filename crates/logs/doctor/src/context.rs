//! A log prepared for the rules: aligned curves, what is known of the run, the scale of its losses.

use std::ops::Range;

use foliar_logread::RunLog;

use crate::accuracy_resolution::accuracy_resolution;
use crate::another_run::rows_of_another_run;
use crate::best_run::best_run;
use crate::entropy::least_loss;
use crate::limits::Limits;
use crate::offset::{self, Penalty, Smoothing, SoftmaxFit};
use crate::rows::{Chosen, Column, Reading, Row, rows};
use crate::scale::hypothesis::Sizes;
use crate::scale::one_column::one_column;
use crate::scale::{HARDLY_A_MEAN, Posterior, posterior};
use crate::setup::RunSetup;
use crate::{Reduction, Scale, ScaleEstimate};

/// What every rule looks at.
pub(crate) struct Context<'a> {
    pub(crate) log: &'a RunLog,
    pub(crate) setup: RunSetup,
    /// Whether the run is foliar's own.
    pub(crate) is_own: bool,
    /// Whether it mixes its training photos, whose loss and accuracy then say little of what it has learned.
    pub(crate) is_mixed: bool,
    pub(crate) limits: Limits,
    pub(crate) chosen: Chosen<'a>,
    pub(crate) rows: Vec<Row>,
    /// Rows before them that tell of another run.
    pub(crate) of_another_run: Vec<Row>,
    /// The rows of the run that the log came to, where it holds several.
    pub(crate) best_run: Range<usize>,
    /// Validation samples as inferred from the steps of the accuracy; the true number may be a multiple.
    pub(crate) accuracy_resolution: Option<usize>,
    /// Whether the losses are those of a softmax of probabilities.
    pub(crate) double_softmax: Option<SoftmaxFit>,
    /// Whether a loss rests on the floor of smoothed labels.
    pub(crate) smoothing: Option<Smoothing>,
    /// Whether the losses include a penalty on the weights.
    pub(crate) penalty: Option<Penalty<'a>>,
    /// Whether the loss is not a cross-entropy of the classes that the accuracy counts.
    pub(crate) loss_is_foreign: bool,
    /// Whether the loss is a squared error of the classes.
    pub(crate) loss_is_squared: bool,
    /// Whether the loss is a sum over several outputs, each with an accuracy of its own.
    pub(crate) has_heads: bool,
    pub(crate) scale: Posterior,
}

/// Resolution of a number that is printed with all its digits.
const ALL_DIGITS: f64 = 1e-9;
/// A factor below it needs more certainty: a network that stays unsure of everything for long looks the same.
const SMALL_FACTOR: f64 = 10.0;
/// Factors by which the training and the validation loss of a network that stays at chance may vary.
const CALM: (f64, f64) = (3.0, 100.0);
/// A first training loss, in nats, that is too high for a mean where the number of classes is not known.
const BEYOND_A_MEAN: f64 = 9.0;

impl<'a> Context<'a> {
    /// A log whose losses may be anything: means, sums, with a penalty.
    pub(crate) fn new(log: &'a RunLog, setup: &RunSetup) -> Self {
        let mut context = Self::of_means(log, setup);
        if context.is_own {
            return context;
        }
        let (rows, chosen, setup) = (&context.rows, &context.chosen, context.setup);
        let double_softmax = offset::double_softmax(rows, &setup);
        let printed =
            if double_softmax.is_some() { None } else { offset::printed_penalty(chosen, &log.series) };
        // One offset is enough; the commoner one is tried first.
        let plain = double_softmax.is_none() && printed.is_none() && !context.has_heads;
        let smoothing = if plain { offset::smoothing(rows, &setup) } else { None };
        let penalty = match printed {
            None if plain && smoothing.is_none() => offset::inferred_penalty(rows, &setup),
            printed => printed,
        };
        let loss_is_foreign = offset::is_foreign(rows);
        let samples = setup.validation_size.or(context.accuracy_resolution);
        let loss_is_squared =
            offset::is_squared(rows, &setup) || offset::guessed_squares(rows, &setup, samples).is_some();
        let heads = context.has_heads;
        let scale = if loss_is_foreign || loss_is_squared {
            Posterior::default()
        } else if double_softmax.is_some() || smoothing.is_some() || penalty.is_some() {
            context.scale
        } else {
            let from_scratch = rows.first().is_some_and(|row| row.epoch.is_none_or(|epoch| epoch <= 1.0));
            let accuracy_resolution = context.accuracy_resolution;
            let sizes = Sizes { setup, steps: log.facts.steps_per_epoch, accuracy_resolution };
            match one_column(rows, setup.classes).filter(|_| !heads) {
                Some(column) => Posterior::of_one(column),
                None if heads => Posterior::default(),
                None => posterior(rows, &sizes, from_scratch),
            }
        };
        (context.double_softmax, context.smoothing, context.penalty) = (double_softmax, smoothing, penalty);
        (context.loss_is_foreign, context.loss_is_squared) = (loss_is_foreign, loss_is_squared);
        context.scale = scale;
        context
    }

    /// A log whose losses are known to be mean cross-entropies per sample.
    pub(crate) fn of_means(log: &'a RunLog, setup: &RunSetup) -> Self {
        let chosen = Chosen::of(log);
        let accuracies: Vec<(f64, f64)> = chosen
            .val_accuracy
            .iter()
            .flat_map(|series| &series.points)
            .map(|point| (point.value, point.resolution))
            .collect();
        // Where a file holds all digits of one number, it holds those of 0.9375 too.
        let columns = [chosen.val_accuracy, chosen.val_loss, chosen.train_accuracy, chosen.train_loss];
        let all_digits = columns
            .into_iter()
            .flatten()
            .flat_map(|series| &series.points)
            .any(|point| point.resolution > 0.0 && point.resolution < ALL_DIGITS);
        let accuracies: Vec<(f64, f64)> = match all_digits {
            true => accuracies
                .into_iter()
                .map(|(value, resolution)| (value, resolution.min(ALL_DIGITS)))
                .collect(),
            false => accuracies,
        };
        let mut rows = rows(&chosen);
        let of_another_run = rows.drain(..rows_of_another_run(&rows)).collect();
        Self {
            log,
            setup: setup.or(&log.facts),
            is_own: log.facts.foliar || setup.practice.is_some(),
            is_mixed: log.facts.mixed || setup.practice.is_some_and(|done| done.mixed),
            limits: Limits::default(),
            best_run: best_run(&rows),
            rows,
            of_another_run,
            accuracy_resolution: accuracy_resolution(&accuracies),
            double_softmax: None,
            smoothing: None,
            penalty: None,
            loss_is_foreign: false,
            loss_is_squared: false,
            has_heads: offset::has_heads(&log.series),
            scale: Posterior::of_means(chosen.train_loss.is_some(), chosen.val_loss.is_some()),
            chosen,
        }
    }

    /// The same log with the rows of one run alone.
    pub(crate) fn of_run(&self, run: Range<usize>) -> Self {
        let rows = self.rows[run].to_vec();
        Self { best_run: 0..rows.len(), rows, of_another_run: Vec::new(), setup: self.setup, ..*self }
    }

    /// The finite readings of a column with the index of their row.
    pub(crate) fn column(&self, column: Column) -> Vec<(usize, Reading)> {
        self.rows
            .iter()
            .enumerate()
            .filter_map(|(index, row)| Some((index, row.get(column)?)))
            .filter(|(_, reading)| reading.value.is_finite())
            .collect()
    }

    /// As [`Self::column`], of the best run alone.
    pub(crate) fn best_run(&self, column: Column) -> Vec<(usize, Reading)> {
        self.column(column).into_iter().filter(|(index, _)| self.best_run.contains(index)).collect()
    }

    /// The rows with both losses: index, training and validation loss as means per sample, in nats, both finite.
    pub(crate) fn mean_losses(&self) -> Vec<(usize, f64, f64)> {
        let (by_train, by_val) = self.factors();
        let means = self.rows.iter().enumerate().filter_map(|(index, row)| {
            Some((index, row.train_loss?.value / by_train, row.val_loss?.value / by_val))
        });
        means.filter(|(_, train, val)| train.is_finite() && val.is_finite()).collect()
    }

    /// Validation samples, if known in any way.
    pub(crate) fn validation_size(&self) -> Option<usize> {
        self.setup.validation_size.or(self.accuracy_resolution)
    }

    /// Factor of the training and of the validation column; 1 where the losses are not known to be scaled.
    pub(crate) fn factors(&self) -> (f64, f64) {
        let best = |estimate: Option<ScaleEstimate>| estimate.map_or(1.0, |estimate| estimate.best);
        if self.is_scaled() { (best(self.scale.train), best(self.scale.val)) } else { (1.0, 1.0) }
    }

    /// Whether the printed losses are, almost surely, not means.
    pub(crate) fn is_scaled(&self) -> bool {
        if self.scale.by_ratio {
            return true;
        }
        let off = |estimate: Option<ScaleEstimate>| {
            estimate.is_some_and(|estimate| estimate.low > 1.2 || estimate.high < 0.8)
        };
        let (train, val) = (off(self.scale.train), off(self.scale.val));
        let first = self.rows.iter().find_map(|row| row.train_loss).map_or(0.0, |loss| loss.value);
        let limit = self.setup.chance_loss().map_or(BEYOND_A_MEAN, |chance| 2.0 * chance);
        let train_alone = train && !val && self.scale.val.is_some();
        let val_alone = val && !train && self.scale.train.is_some();
        let best =
            |estimate: Option<ScaleEstimate>| estimate.map_or(0.0, |estimate| estimate.best.ln().abs());
        let small = best(self.scale.train).max(best(self.scale.val)) < SMALL_FACTOR.ln();
        let starts_like_a_mean = first > 0.0 && first < 0.75 * limit;
        let doubt = match (small && starts_like_a_mean, self.is_falling()) {
            (true, true) => 0.0,
            (true, false) => HARDLY_A_MEAN / 8.0,
            (false, _) => HARDLY_A_MEAN,
        };
        self.scale.mean < doubt
            && !self.may_be_foreign()
            && !self.is_wild()
            && !self.is_idle()
            && !self.accuracy_is_mute()
            && !offset::is_overlap(&self.log.series)
            && self.scale.reduction.is_some_and(|reduction| reduction != Reduction::Mean)
            && (val || train)
            && (!train_alone || first > limit)
            && (!val_alone || self.has_learned())
    }

    /// Whether there are few rows, whose losses all lie a little below what their errors cost: a loss of distances does so, as that of
    /// triplets, and a division is not proved by so few.
    fn may_be_foreign(&self) -> bool {
        const ROWS: usize = 3;
        const LITTLE: f64 = 0.4;
        let below = |loss: Option<Reading>, accuracy: Option<Reading>| {
            let errors = 1.0 - accuracy?.value;
            let least = least_loss(errors);
            (errors > 0.1).then(|| loss.is_some_and(|loss| (LITTLE..1.0).contains(&(loss.value / least))))
        };
        let told: Vec<bool> =
            self.rows.iter().filter_map(|row| below(row.val_loss, row.val_accuracy)).collect();
        (1..=ROWS).contains(&told.len()) && told.into_iter().all(|below| below)
    }

    /// Whether the accuracies are the same to the last digit, far from perfect, in all rows, two at least, while a loss falls by a
    /// fifth: then they do not count what the loss counts, and tell nothing of its factor.
    fn accuracy_is_mute(&self) -> bool {
        let same = |column: Column| {
            let curve = self.column(column);
            curve.first().map(|(_, first)| {
                curve.len() >= 2
                    && first.value < 0.9
                    && curve.iter().all(|(_, reading)| reading.value == first.value)
            })
        };
        let falls = [Column::TrainLoss, Column::ValLoss].into_iter().any(|column| {
            let curve = self.column(column);
            curve.first().zip(curve.last()).is_some_and(|(first, last)| last.1.value < 0.8 * first.1.value)
        });
        let told = [Column::TrainAccuracy, Column::ValAccuracy].map(same);
        told.iter().flatten().count() > 0 && told.into_iter().flatten().all(|same| same) && falls
    }

    /// Whether neither loss fell by a twentieth nor an accuracy rose by as much, with accuracies that a coin may have. Then
    /// nothing says that the losses are what these accuracies cost.
    fn is_idle(&self) -> bool {
        let columns = [Column::TrainAccuracy, Column::ValAccuracy].map(|column| self.column(column));
        let rises = columns.iter().any(|curve| match (curve.first(), curve.last()) {
            (Some(first), Some(last)) => last.1.value > first.1.value + 0.05,
            _ => false,
        });
        let falls = [Column::TrainLoss, Column::ValLoss].into_iter().any(|column| {
            let curve = self.column(column);
            let first = curve.first().map_or(0.0, |(_, reading)| reading.value);
            curve.iter().any(|(_, reading)| reading.value < 0.95 * first)
        });
        let best = columns.iter().flatten().map(|(_, reading)| reading.value).fold(0.0, f64::max);
        self.rows.len() > 2 && best < 0.6 && !rises && !falls
    }

    /// Whether the validation loss fell by 3 % or more in each of the last three epochs.
    fn is_falling(&self) -> bool {
        let losses = self.column(Column::ValLoss);
        let last = &losses[losses.len().saturating_sub(4)..];
        last.windows(2).all(|pair| pair[1].1.value < 0.97 * pair[0].1.value)
    }

    /// Whether the losses vary widely while no accuracy exceeds chance. A constant factor cannot explain
    /// that, for the loss of a network that knows nothing and is not confident is constant too.
    pub(crate) fn is_wild(&self) -> bool {
        let Some(classes) = self.setup.classes else { return false };
        let guess = 1.0 / classes as f64;
        let size = self.validation_size().map_or(300.0, |size| size as f64);
        let limit = guess + 4.0 * (guess * (1.0 - guess) / size).sqrt() + 0.03;
        let accuracies = [self.column(Column::TrainAccuracy), self.column(Column::ValAccuracy)].concat();
        let ignorant = !accuracies.is_empty() && accuracies.iter().all(|(_, reading)| reading.value < limit);
        let spread = |column| {
            let values = self.column(column).into_iter().map(|(_, reading)| reading.value);
            let (least, most) =
                values.fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
            most / least
        };
        ignorant && (spread(Column::TrainLoss) > CALM.0 || spread(Column::ValLoss) > CALM.1)
    }

    /// Whether no accuracy of validation comes near a tenth, and training costs more than guessing with such an accuracy does: then
    /// training itself has learned nothing, and no course of the losses is memory.
    pub(crate) fn is_untrained(&self) -> bool {
        const EPOCHS: usize = 3;
        const LOW: f64 = 0.1;
        let judged = self.column(Column::ValAccuracy);
        let best = judged.iter().map(|(_, reading)| reading.value).fold(0.0, f64::max);
        let cost = self.column(Column::TrainLoss).last().map(|(_, loss)| loss.value / self.factors().0);
        judged.len() >= EPOCHS
            && (f64::MIN_POSITIVE..LOW).contains(&best)
            && cost.is_some_and(|cost| cost > -best.ln())
    }

    /// Whether the validation accuracy has clearly exceeded chance.
    fn has_learned(&self) -> bool {
        let guess = self.setup.classes.map_or(0.1, |classes| 1.0 / classes as f64);
        self.rows.iter().any(|row| row.val_accuracy.is_some_and(|accuracy| accuracy.value > guess + 0.15))
    }

    /// The scale to report: that of means unless something else is almost sure.
    pub(crate) fn reported_scale(&self) -> Scale {
        let around_one = |estimate: ScaleEstimate| ScaleEstimate {
            low: estimate.low.min(0.98),
            high: estimate.high.max(1.02),
            best: 1.0,
            reduction: Some(Reduction::Mean),
        };
        let shown = |estimate: Option<ScaleEstimate>| {
            estimate.map(|estimate| if self.is_scaled() { estimate } else { around_one(estimate) })
        };
        Scale { train: shown(self.scale.train), val: shown(self.scale.val) }
    }

    /// Whether the losses may not be means, so that no absolute value can be judged.
    pub(crate) fn scale_is_off(&self) -> bool {
        self.is_scaled() || (self.scale.reduction.is_some() && self.scale.mean < 0.5)
    }
}
