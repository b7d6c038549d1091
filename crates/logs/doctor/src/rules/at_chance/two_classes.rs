//! A training loss that is level at ln 2, where nothing else is printed: that of guessing between two classes.
//!
//! Limits: an objective that compares pairs begins at ln 2 too, and a discriminator that is fooled rests there; in each of them nothing
//! is told apart.

use foliar_logread::{Metric, Series, Split};

use super::{ends, finding};
use crate::context::Context;
use crate::rows::Column;
use crate::words::number;
use crate::{Evidence, Finding};

/// Readings within epochs, of two classes as is known or as the loss tells, that are all right in half of the answers, while the loss is level and no lower
/// than that of guessing, in a log that begins in a later epoch.
fn within_epochs(context: &Context<'_>) -> Option<Finding> {
    const READINGS: usize = 6;
    const NEAR: f64 = 0.02;
    const LEVEL: f64 = 1.01;
    const BEGUN: f64 = 5.0;
    /// A loss that tells two classes beside half of the answers right: more classes cost more.
    const TELLS: f64 = 1.08;
    let of = |metric: Metric| {
        let training = |series: &&Series| {
            series.metric == metric && series.split == Some(Split::Train) && series.points.len() >= READINGS
        };
        context.log.series.iter().find(training)
    };
    let (accuracies, losses) = (of(Metric::Accuracy)?, of(Metric::Loss)?);
    let half = |value: f64| (value - 0.5).abs() < NEAR;
    let judged = context.column(Column::ValAccuracy);
    let guesses = accuracies.points.iter().all(|point| half(point.value))
        && judged.iter().all(|(_, reading)| half(reading.value));
    let values = || losses.points.iter().map(|point| point.value);
    let (least, most) =
        values().fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let level = least > 0.98 * std::f64::consts::LN_2 && most < LEVEL * least;
    let begun = accuracies.points.first()?.epoch.is_some_and(|epoch| epoch >= BEGUN);
    let last = accuracies.points.last()?;
    let two = context.setup.classes.map_or(most < TELLS * std::f64::consts::LN_2, |classes| classes == 2);
    let told = two && !judged.is_empty() && guesses && level && begun;
    told.then(|| {
        finding(
            format!(
                "Between two classes, half of the training answers are right in {} readings from epoch {} on, as by guessing, and the loss \
                    stays between {} and {}.",
                accuracies.points.len(),
                number(accuracies.points[0].epoch.unwrap_or(BEGUN)),
                number(least),
                number(most)
            ),
            vec![Evidence::at(last.line, format!("training accuracy {}", number(last.value)))],
            0.85,
        )
    })
}

/// Lines, and how far in the loss of guessing its readings lie from it, and from each other.
const LINES: usize = 12;
const NEAR: f64 = 0.01;

pub(super) fn find(context: &Context<'_>) -> Option<Finding> {
    within_epochs(context).or_else(|| level_loss(context))
}

fn level_loss(context: &Context<'_>) -> Option<Finding> {
    let curve = context.column(Column::TrainLoss);
    let alone = [Column::ValLoss, Column::TrainAccuracy, Column::ValAccuracy]
        .iter()
        .all(|column| context.column(*column).is_empty());
    let chance = std::f64::consts::LN_2;
    let level = curve.iter().all(|(_, reading)| (reading.value / chance - 1.0).abs() < NEAR);
    let (first, last) = (curve.first()?, curve.last()?);
    let falls = last.1.value < first.1.value - 0.5 * NEAR * chance;
    let told = curve.len() >= LINES
        && alone
        && level
        && !falls
        && context.setup.classes.is_none_or(|classes| classes == 2);
    (told && !context.is_own).then(|| {
        finding(
            format!(
                "The training loss stays between {} and {} in {} lines. Guessing between two classes costs ln 2 = {}.",
                number(first.1.value.min(last.1.value)),
                number(first.1.value.max(last.1.value)),
                curve.len(),
                number(chance)
            ),
            ends(context, &[*first, *last], "training loss"),
            0.7,
        )
    })
}
