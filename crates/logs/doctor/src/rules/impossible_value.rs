//! A number that the quantity cannot have.
//!
//! Idea: a cross-entropy is never below 0, and 0 only where no answer is wrong; a share is never above 1, and the five likeliest
//! classes contain the likeliest. Source: the definitions. Limits: losses other than cross-entropy may be negative; the claim says so.

use foliar_logread::{Metric, Point, Series};

use crate::context::Context;
use crate::entropy::least_loss;
use crate::offset::is_overlap;
use crate::rows::Column;
use crate::words::{epoch_name, number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    negative_loss(context)
        .or_else(|| nothing_lost(context))
        .or_else(|| above_one(context))
        .or_else(|| never_right(context))
        .or_else(|| top_five_below(context))
}

fn finding(claim: String, evidence: Evidence, confidence: f64, advice: &str) -> Finding {
    Finding {
        id: Id::ImpossibleValue,
        severity: Severity::Error,
        claim,
        evidence: vec![evidence],
        confidence,
        advice: advice.to_owned(),
        code: None,
    }
}

/// Whether the log or its reader says that photos are put into classes. Without that a loss below 0 may be meant: a likelihood,
/// a similarity.
fn classifies(context: &Context<'_>) -> bool {
    let says = |series: &Series| {
        let name = series.name.to_lowercase();
        matches!(series.metric, Metric::Accuracy | Metric::TopFive | Metric::F1)
            || ["entropy", "xent", "bce", "nll"].iter().any(|word| name.contains(word))
    };
    context.setup.classes.is_some() || context.log.series.iter().any(says)
}

fn negative_loss(context: &Context<'_>) -> Option<Finding> {
    let least = [Column::TrainLoss, Column::ValLoss]
        .into_iter()
        .flat_map(|column| context.column(column))
        .fold(f64::INFINITY, |least, (_, reading)| least.min(reading.value));
    // A score of overlap counts from -1 on.
    if least >= -1.0 && is_overlap(&context.log.series) {
        return None;
    }
    [(Column::TrainLoss, "training loss"), (Column::ValLoss, "validation loss")].into_iter().find_map(
        |(column, noun)| {
            let curve = context.column(column);
            // Some programs print -1 for a loss that was not computed.
            let negative = |value: f64, resolution: f64| value < -resolution && value != -1.0;
            let &(index, first) =
                curve.iter().find(|(_, reading)| negative(reading.value, reading.resolution))?;
            let classifies = classifies(context);
            let severity = if classifies { Severity::Error } else { Severity::Note };
            Some(Finding {
                severity,
                ..finding(
                    format!(
                        "The {noun} is {}. A cross-entropy is never below 0, so this is another quantity, or the labels \
                            are not what the loss expects.",
                        number(first.value)
                    ),
                    Evidence::at(first.line, quoted(&context.rows[index], index, noun, first)),
                    if classifies { 0.95 } else { 0.6 },
                    "Print the smallest and the largest label: binary cross-entropy expects 0 and 1, categorical \
                        cross-entropy class numbers from 0 or one-hot rows. Do not judge this run by its loss.",
                )
            })
        },
    )
}

/// A loss of exactly 0 beside wrong answers, in a column that is not 0 elsewhere: nothing was computed, or what was is not a number.
fn nothing_lost(context: &Context<'_>) -> Option<Finding> {
    /// Shares of errors beside which a loss of 0 is no rounding, and how many times the last digit they cost at least.
    const ERRORS: f64 = 0.1;
    const DIGITS: f64 = 5.0;
    let columns = [
        (Column::ValLoss, Column::ValAccuracy, "validation"),
        (Column::TrainLoss, Column::TrainAccuracy, "training"),
    ];
    columns.into_iter().find_map(|(loss, accuracy, noun)| {
        let losses = context.column(loss);
        let computed = losses.iter().filter(|(_, reading)| reading.value > 0.0).count();
        let &(index, nothing) = losses.iter().find(|(index, reading)| {
            let errors = context.rows[*index].get(accuracy).map_or(0.0, |accuracy| 1.0 - accuracy.value);
            reading.value == 0.0 && errors > ERRORS && least_loss(errors) > DIGITS * reading.resolution
        })?;
        let right = context.rows[index].get(accuracy)?.value;
        (2 * computed > losses.len()).then(|| {
            finding(
                format!(
                    "The {noun} loss is exactly 0 in {} beside an accuracy of {}. So many errors cost at least {}: what was \
                        printed was not computed, or is not a number.",
                    epoch_name(&context.rows[index], index),
                    percent(right),
                    number(least_loss(1.0 - right))
                ),
                Evidence::at(nothing.line, quoted(&context.rows[index], index, &format!("{noun} loss"), nothing)),
                0.85,
                "Print the outputs and the loss of one batch of that epoch: look for values that are not numbers, and for an \
                    evaluation that saw no photos. Keep the weights of the epoch before.",
            )
        })
    })
}

/// An accuracy of exactly 0 in all lines beside a perplexity of few words: the likeliest word is right far more often than never.
fn never_right(context: &Context<'_>) -> Option<Finding> {
    const LINES: usize = 4;
    /// Least loss, in nats, of words that are guessed so well that one in fifty is right.
    const GUESSED: f64 = 4.0;
    let series = &context.log.series;
    let nothing = series.iter().find(|series| {
        series.metric == Metric::Accuracy
            && series.points.len() >= LINES
            && series.points.iter().all(|point| point.value == 0.0)
    })?;
    let of_words = |series: &&Series| {
        let name = series.name.to_lowercase();
        series.metric == Metric::Loss && ["ppl", "perplex"].iter().any(|word| name.contains(word))
    };
    let loss = series
        .iter()
        .filter(of_words)
        .flat_map(|series| &series.points)
        .min_by(|a, b| a.value.total_cmp(&b.value))?;
    let last = nothing.points.last()?;
    (loss.value < GUESSED).then(|| Finding {
        severity: Severity::Warning,
        ..finding(
            format!(
                "{} is exactly 0 in all {} lines beside a perplexity of {}, at which about one answer in {} or more is right: \
                    the accuracy is not counted. The run itself learns as far as the perplexity falls.",
                nothing.name.trim(),
                nothing.points.len(),
                number(loss.value.exp()),
                number(loss.value.exp().ceil())
            ),
            Evidence::at(last.line, format!("{} = {}", nothing.name.trim(), number(last.value))),
            0.85,
            "Look how right answers are counted: outputs and labels must be class numbers of one shape, without padding. Judge this \
                run by its perplexity.",
        )
    })
}

fn above_one(context: &Context<'_>) -> Option<Finding> {
    let shares = context.log.series.iter();
    let is_area =
        |series: &Series| series.metric == Metric::OtherScore && series.name.to_lowercase().contains("auc");
    let shares =
        shares.filter(|series| matches!(series.metric, Metric::Accuracy | Metric::F1) || is_area(series));
    shares.into_iter().find_map(|series| {
        let is_f1 = series.metric == Metric::F1;
        let point = series.points.iter().find(|point| point.value > 1.0 + 1e-6 || point.value < 0.0)?;
        let found = finding(
            if is_f1 {
                format!("{} is {}, and no F1 lies outside of 0 to 1.", series.name, number(point.value))
            } else if is_area(series) {
                format!("{} is {}, and no area under a curve lies outside of 0 to 1.", series.name, number(point.value))
            } else {
                format!("{} is {}, which no share of correct answers can be.", series.name, number(point.value))
            },
            Evidence::at(point.line, format!("{} = {}", series.name, number(point.value))),
            0.8,
            if is_f1 {
                "Look how it is computed: precision and recall of all photos together, each at most 1. Do not judge this run by it."
            } else if is_area(series) {
                "Look how it is computed: duplicates, weights below 0 and scores in half precision break it. Do not judge this run by it."
            } else {
                "Look how the accuracy is computed: correct answers divided by photos, each counted once."
            },
        );
        // The run may be sound all the same.
        let severity = if is_f1 { Severity::Warning } else { found.severity };
        Some(Finding { severity, ..found })
    })
}

fn top_five_below(context: &Context<'_>) -> Option<Finding> {
    let series = &context.log.series;
    series.iter().filter(|five| five.metric == Metric::TopFive).find_map(|five| {
        let same = |one: &&Series| {
            one.metric == Metric::Accuracy && one.split == five.split && one.within_epoch == five.within_epoch
        };
        let one = series.iter().find(same)?;
        let below = |point: &Point| {
            let twin = one.points.iter().find(|other| other.row == point.row)?;
            (twin.value > point.value + point.resolution.max(1e-6)).then_some((*twin, *point))
        };
        let (top_one, top_five) = five.points.iter().find_map(below)?;
        Some(finding(
            format!(
                "{} ({}) is above {} ({}), but the five likeliest classes contain the likeliest one.",
                one.name,
                percent(top_one.value),
                five.name,
                percent(top_five.value)
            ),
            Evidence::at(top_one.line, format!("{} = {}", one.name, number(top_one.value))),
            0.9,
            "The two columns are exchanged, or one of them is computed on other photos.",
        ))
    })
}
