//! Training itself stops far from good, and validation is equal to it.
//!
//! | symbol | is |
//! | --- | --- |
//! | a | accuracy: the median of the last third, the better of training and validation |
//! | C | number of classes; where unknown, as many as the first training loss is the guessing of |
//! | k | share of what guessing leaves open that is learned: (a - 1 / C) / (1 - 1 / C) |
//!
//! Idea: a network that could learn more fits its training photos better than others. Where training is level over the last third
//! of the run, k is below 0.45 (a note up to 0.65), and validation lies within 5 points of it (or two standard errors; where no training
//! accuracy is printed, the losses within 15 %), the network, not the number of photos, is the limit. Source: bias and variance
//! (Geman, Bienenstock and Doursat 1992). Limits: needs eight epochs; labels that contradict each other, and classes that cannot
//! be told apart, look the same.

use crate::context::Context;
use crate::learned::late;
use crate::rows::{Column, Reading};
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

const EPOCHS: usize = 8;
/// k below which it is a note.
const MODERATE: f64 = 0.65;
/// k above which something was learned.
const LEARNED: f64 = 0.1;
/// How far validation may lie from training: as a share of photos, and of the loss.
const EQUAL: f64 = 0.05;
const EQUAL_LOSS: f64 = 0.15;
/// By how much training may still improve from the middle to the last third: as a share of photos, of the loss, and of all that it has
/// fallen.
const RISE: f64 = 0.03;
const FALL: f64 = 0.07;
const SLOW: f64 = 0.25;

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    if context.penalty.is_some() || context.double_softmax.is_some() {
        return None;
    }
    let accuracies = (context.best_run(Column::TrainAccuracy), context.best_run(Column::ValAccuracy));
    let losses = (context.best_run(Column::TrainLoss), context.best_run(Column::ValLoss));
    let judged = late(&accuracies.1).filter(|_| accuracies.1.len() >= EPOCHS)?;
    let trained = late(&accuracies.0).filter(|_| accuracies.0.len() >= EPOCHS);
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    let equal = match (trained, late(&losses.0), late(&losses.1)) {
        (Some(trained), ..) => {
            let noise = 2.0 * (judged * (1.0 - judged) / size).sqrt();
            (trained - judged).abs() < noise.clamp(EQUAL, 2.0 * EQUAL)
        }
        (None, Some(train), Some(val)) if losses.0.len() >= EPOCHS => {
            let (by_train, by_val) = context.factors();
            ((train / by_train) / (val / by_val)).ln().abs() < EQUAL_LOSS
        }
        _ => false,
    };
    let guess = context.setup.classes.map_or_else(|| guess_of_start(context), |classes| 1.0 / classes as f64);
    let learned = |accuracy: f64| (accuracy - guess) / (1.0 - guess);
    let share = learned(trained.map_or(judged, |trained| trained.max(judged)));
    // Without a known guess, an accuracy that never rose may be one.
    let rose = accuracies.1.first().is_some_and(|(_, first)| judged > first.value + RISE)
        || context.setup.classes.is_some();
    let rises = improves(&accuracies.0, |_, before, now| now > before + RISE);
    let falls = improves(&losses.0, |first, before, now| {
        now < (1.0 - FALL) * before || before - now > SLOW * (first - now).max(0.0)
    });
    // What was learned and lost again is no lack of capacity.
    let lost = losses.0.iter().map(|(_, reading)| reading.value).fold(f64::INFINITY, f64::min);
    let lost = losses.0.last().is_some_and(|(_, last)| lost > 0.0 && last.value > 1.1 * lost);
    if lost
        || !equal
        || !rose
        || !(LEARNED..MODERATE).contains(&share)
        || learned(judged) < LEARNED
        || rises
        || falls
    {
        return None;
    }
    let quotes = [
        (accuracies.0.last(), "training accuracy"),
        (losses.0.last(), "training loss"),
        (accuracies.1.last(), "validation accuracy"),
    ];
    let quote = |(last, noun): (Option<&(usize, Reading)>, &str)| {
        let &(index, reading) = last?;
        Some(Evidence::at(reading.line, quoted(&context.rows[index], index, noun, reading)))
    };
    let mut evidence: Vec<Evidence> = quotes.into_iter().filter_map(quote).collect();
    evidence.push(Evidence::whole(format!("{} of what guessing leaves open is learned", percent(share))));
    let stops = match (trained, late(&losses.0)) {
        (Some(trained), _) => format!("an accuracy of {}", percent(trained)),
        (None, loss) => format!("a loss of {}", number(loss.unwrap_or(0.0))),
    };
    Some(Finding {
        id: Id::Underfit,
        severity: if share < context.limits.underfit { Severity::Warning } else { Severity::Note },
        claim: format!(
            "Training itself stops at {stops} and hardly improves any more; validation is equal to it, with an accuracy of {}. More \
                photos do not help a network that does not fit those it has.",
            percent(judged)
        ),
        evidence,
        confidence: 0.9,
        advice: "Overfit a hundred photos: if their accuracy does not near 100 %, train more layers, a larger network, or at a \
            higher learning rate, with less augmentation and weight decay. If it does, look for contradictory labels."
            .to_owned(),
        code: None,
    })
}

/// 1 / C for the least C whose guessing costs the first training loss; 1 / 10 where there is none.
fn guess_of_start(context: &Context<'_>) -> f64 {
    let first =
        context.column(Column::TrainLoss).first().map(|(_, reading)| reading.value / context.factors().0);
    first.map_or(0.1, |loss| (-loss).exp()).clamp(0.01, 0.5)
}

/// Whether the first value, the middle third and the last one of a curve that is long enough differ as `better` says.
fn improves(curve: &[(usize, Reading)], better: fn(f64, f64, f64) -> bool) -> bool {
    let first = curve.first().map_or(0.0, |(_, reading)| reading.value);
    let before = late(&curve[..curve.len() - curve.len() / 3]);
    curve.len() >= EPOCHS && before.zip(late(curve)).is_some_and(|(before, now)| better(first, before, now))
}
