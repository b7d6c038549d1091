//! Nothing is learned, as two numbers agree on it that no chance brings together.
//!
//! | sign | guessing among C classes |
//! | --- | --- |
//! | a level loss beside an accuracy, of many classes | ln C and 1 / C: the accuracy is exp(-loss) |
//! | a level squared error beside an accuracy | (C - 1) / C² for each output, and 1 / C |
//!
//! Limits: the first needs C above 20 and a thousand steps or three epochs, for a slow start looks the same; the second six epochs, and C
//! known or an accuracy near one half.

use foliar_logread::{Metric, Point, Series, Split};

use super::{ends, finding};
use crate::context::Context;
use crate::learned::late;
use crate::offset::guessed_squares;
use crate::rows::Column;
use crate::words::{number, percent};
use crate::{Evidence, Finding};

pub(super) fn find(context: &Context<'_>) -> Option<Finding> {
    among_many(context)
        .or_else(|| of_squares(context))
        .or_else(|| by_area(context))
        .or_else(|| nothing_right(context))
}

/// A score of held-out data, other than the accuracy, that is 0 in eight lines and more (of an error rate: 1), while no loss has fallen by
/// a fifth since the second.
fn nothing_right(context: &Context<'_>) -> Option<Finding> {
    const LINES: usize = 8;
    const NOTHING: f64 = 1e-3;
    const LEVEL: f64 = 0.8;
    let scores = || {
        context.log.series.iter().filter(|series| {
            matches!(series.metric, Metric::F1 | Metric::OtherScore)
                && matches!(series.split, Some(Split::Validation | Split::Test))
                && !series.within_epoch
                && series.points.len() >= LINES
        })
    };
    let nothing = |series: &Series| series.points.iter().all(|point| point.value.abs() < NOTHING);
    let level = |column: Column| {
        let curve = context.column(column);
        let second = curve.get(1).map_or(0.0, |(_, reading)| reading.value);
        curve.len() >= LINES && curve.iter().all(|(_, reading)| reading.value > LEVEL * second)
    };
    let untold = context.column(Column::ValAccuracy).is_empty();
    let series = scores().next().filter(|_| scores().all(nothing) && untold)?;
    let last = series.points.last()?;
    (level(Column::ValLoss) && level(Column::TrainLoss)).then(|| {
        finding(
            format!(
                "`{}` says in all {} lines that nothing is right, and no loss has fallen by a fifth since the second.",
                series.name.trim(),
                series.points.len()
            ),
            vec![Evidence::at(last.line, format!("{}: nothing right", series.name.trim()))],
            0.7,
        )
    })
}

/// An area under the curve of held-out photos that stays at one half, beside a loss of validation that is level.
fn by_area(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 5;
    const NEAR: f64 = 0.02;
    const HARDLY: f64 = 0.05;
    const LEVEL: f64 = 0.07;
    let named = |series: &&Series| {
        let name = series.name.to_lowercase();
        series.metric == Metric::OtherScore
            && matches!(series.split, Some(Split::Validation | Split::Test))
            && name.split(|letter: char| !letter.is_alphabetic()).any(|word| matches!(word, "auc" | "auroc"))
    };
    let near = |point: &Point| (point.value - 0.5).abs() < NEAR;
    let area = context.log.series.iter().find(named)?;
    let losses = context.column(Column::ValLoss);
    let last = losses.last().map(|(_, reading)| reading.value);
    // The first epoch may still fall to what guessing costs.
    let level = losses
        .iter()
        .skip(1)
        .all(|(_, reading)| last.is_some_and(|last| (reading.value / last - 1.0).abs() < LEVEL));
    let (point, told) = (area.points.last()?, area.points.len() >= EPOCHS && area.points.iter().all(near));
    // Whatever validation does: an area that is hardly better beside a training loss that does not fall.
    let trained = context.column(Column::TrainLoss);
    let first = trained.first().map_or(0.0, |(_, reading)| reading.value);
    let idle = trained.len() > EPOCHS && trained.iter().all(|(_, reading)| reading.value > 0.9 * first);
    let hardly =
        area.points.len() > EPOCHS && area.points.iter().all(|point| (point.value - 0.5).abs() < HARDLY);
    let range =
        |start: f64, pick: fn(f64, f64) -> f64| area.points.iter().map(|point| point.value).fold(start, pick);
    (told && level || hardly && idle).then(|| {
        finding(
            format!(
                "`{}` stays between {} and {} for {} epochs: any order of the photos has one half.",
                area.name,
                number(range(f64::INFINITY, f64::min)),
                number(range(0.0, f64::max)),
                area.points.len()
            ),
            vec![Evidence::at(point.line, format!("{} = {}", area.name, number(point.value)))],
            0.88,
        )
    })
}

/// A loss of many classes that is level and beside which each accuracy is exp(-loss).
fn among_many(context: &Context<'_>) -> Option<Finding> {
    const LEAST: f64 = 3.0;
    const LEVEL: f64 = 0.02;
    const AGREE: f64 = 0.2;
    const READINGS: usize = 3;
    const STEPS: f64 = 1000.0;
    let chosen = &context.chosen;
    let mut losses: Vec<&Point> = [chosen.train_loss, chosen.val_loss]
        .into_iter()
        .flatten()
        .flat_map(|series| &series.points)
        .collect();
    losses.sort_by_key(|point| (point.row, point.line));
    let last = losses.last()?;
    let level = |point: &&&Point| (point.value / last.value - 1.0).abs() < LEVEL;
    let count = losses.iter().rev().take_while(level).count();
    let since = losses.get(losses.len() - count)?;
    let accuracies: Vec<f64> = [chosen.train_accuracy, chosen.val_accuracy]
        .into_iter()
        .flatten()
        .flat_map(|series| &series.points)
        .map(|point| point.value)
        .collect();
    let told = context.setup.chance_loss().is_none_or(|chance| (last.value - chance).abs() < LEVEL * chance);
    let agrees = |accuracy: &f64| (accuracy.ln() + last.value).abs() < AGREE;
    let epochs = since.epoch.zip(last.epoch).is_some_and(|(first, last)| last >= first + 2.0);
    let long = epochs || last.epoch.is_none() && last.step.is_some_and(|step| step >= STEPS);
    let falls = last.value < 0.985 * since.value;
    let enough = count >= READINGS && 3 * count >= 2 * losses.len() && !falls;
    let best = accuracies.iter().copied().fold(0.0, f64::max);
    (last.value > LEAST && told && long && enough && !accuracies.is_empty() && accuracies.iter().all(agrees)).then(|| {
        let evidence = format!("loss {}", number(last.value));
        finding(
            format!(
                "The loss stays at {} for {count} readings, and the accuracy is {}: guessing among {} classes gives both.",
                number(last.value),
                percent(best),
                number(last.value.exp().round())
            ),
            vec![crate::Evidence::at(last.line, evidence)],
            0.9,
        )
    })
}

/// A squared error that stays at the variance of the labels, beside an accuracy of guessing.
fn of_squares(context: &Context<'_>) -> Option<Finding> {
    let classes = guessed_squares(&context.rows, &context.setup, context.validation_size())?;
    let held_out = context.column(Column::ValLoss);
    let losses = if held_out.is_empty() { context.column(Column::TrainLoss) } else { held_out };
    let accuracies = [Column::ValAccuracy, Column::TrainAccuracy].map(|column| context.column(column));
    let (first, last) = (losses.first()?, losses.last()?);
    let accuracy = accuracies.iter().find_map(|curve| late(curve))?;
    Some(finding(
        format!(
            "The loss stays at {} for {} epochs, the squared error of guessing among {classes} classes, and the accuracy at {}.",
            number(last.1.value),
            losses.len(),
            percent(accuracy)
        ),
        ends(context, &[*first, *last], "loss"),
        0.9,
    ))
}
