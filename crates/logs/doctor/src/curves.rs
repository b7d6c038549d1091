//! The corrected curves: the mean per sample behind every printed loss, and where it should lie.

use foliar_logread::{Metric, Point, Series};

use crate::context::Context;
use crate::diagnosis::{Band, CorrectedLoss, Curves, EpochCurve, ScoreCurve, ScoreValue};
use crate::entropy::{entropy_bound, least_entropy};
use crate::rows::{Reading, Row};
use crate::{Reduction, ScaleEstimate};

/// One entry a row, in the order of the log.
pub(crate) fn curves(context: &Context<'_>) -> Curves {
    let mean = ScaleEstimate { low: 1.0, high: 1.0, best: 1.0, reduction: Some(Reduction::Mean) };
    let scaled = context.is_scaled();
    let of = |estimate: Option<ScaleEstimate>| estimate.filter(|_| scaled).unwrap_or(mean);
    let (train, val) = (of(context.scale.train), of(context.scale.val));
    let corrected = |reading: Option<Reading>, scale: ScaleEstimate| {
        reading.map(|loss| CorrectedLoss {
            printed: loss.value,
            mean: loss.value / scale.best,
            low: loss.value / scale.high,
            high: loss.value / scale.low,
        })
    };
    let share = |reading: Option<Reading>| reading.map(|accuracy| accuracy.value);
    let epoch = |row: &Row| EpochCurve {
        epoch: row.epoch,
        line: row.line,
        train_loss: corrected(row.train_loss, train),
        val_loss: corrected(row.val_loss, val),
        train_accuracy: share(row.train_accuracy),
        val_accuracy: share(row.val_accuracy),
        band: row.val_accuracy.or(row.train_accuracy).map(|accuracy| {
            let e = (1.0 - accuracy.value).clamp(0.0, 1.0);
            // Below chance, a calibrated model guesses.
            let e = context.setup.classes.map_or(e, |classes| e.min(1.0 - 1.0 / classes as f64));
            let high = context.setup.classes.map(|classes| entropy_bound(e, classes as f64));
            Band { low: least_entropy(e).min(high.unwrap_or(f64::INFINITY)), high }
        }),
    };
    Curves {
        chance_loss: context.setup.chance_loss(),
        epochs: context.rows.iter().map(epoch).collect(),
        scores: scores(context),
    }
}

/// Whether a name is that of an error of numbers.
fn is_deviation(name: &str) -> bool {
    const NAMES: [&str; 7] = ["mae", "mse", "rmse", "mape", "perplexity", "ppl", "r2"];
    let lower = name.to_lowercase();
    lower.split(|letter: char| !letter.is_alphanumeric()).any(|word| NAMES.contains(&word))
}

/// What was followed beside the four curves; of what batches print, parts of a loss in short logs alone.
fn scores(context: &Context<'_>) -> Vec<ScoreCurve> {
    const FEW: usize = 500;
    let series = &context.log.series;
    let tells_alone = |part: &Series| {
        let whole = |other: &Series| !other.within_epoch && other.name == part.name;
        part.metric == Metric::LossPart && part.points.len() <= FEW && !series.iter().any(whole)
    };
    let chosen = &context.chosen;
    let curves = [chosen.train_loss, chosen.val_loss, chosen.train_accuracy, chosen.val_accuracy];
    let is_curve = |series: &Series| curves.into_iter().flatten().any(|curve| std::ptr::eq(curve, series));
    let is_score = |series: &&Series| {
        let named = match series.metric {
            Metric::LearningRate | Metric::Seconds => false,
            Metric::Unknown => is_deviation(&series.name),
            _ => true,
        };
        named && (!series.within_epoch || tells_alone(series)) && !is_curve(series)
    };
    let value = |point: &Point| ScoreValue {
        epoch: point.epoch,
        line: point.line,
        value: Some(point.value).filter(|value| value.is_finite()),
    };
    let curve = |series: &Series| ScoreCurve {
        name: series.name.trim().to_owned(),
        split: series.split,
        values: series.points.iter().map(value).collect(),
    };
    context.log.series.iter().filter(is_score).map(curve).collect()
}
