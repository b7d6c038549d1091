//! Training itself stops far from good, and validation is equal to it.
//!
//! | symbol | is |
//! | --- | --- |
//! | a | accuracy: the median of the last third, the better of training and validation |
//! | C | number of classes; where unknown, as many as the first training loss is the guessing of |
//! | k | share of what guessing leaves open that is learned: (a - 1 / C) / (1 - 1 / C) |
//!
//! Idea: a network that could learn more fits its training photos better than others. Where training is level for a third of the
//! run, k is below 0.45 (a note up to 0.65), and validation lies within 5 points (and two standard errors) of it, the network, not the
//! number of photos, is the limit. Source: the bias of an estimator (Geman, Bienenstock and Doursat 1992). Limits: needs eight
//! epochs; labels that contradict each other, and classes that cannot be told apart, look the same.

use crate::context::Context;
use crate::learned::late;
use crate::rows::{Column, Reading};
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

const EPOCHS: usize = 8;
/// k below which it is a warning, and a note.
const POOR: f64 = 0.45;
const MODERATE: f64 = 0.65;
/// k above which something was learned.
const LEARNED: f64 = 0.1;
/// How far validation may lie from training.
const EQUAL: f64 = 0.05;

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    let (train, val) = (context.column(Column::TrainAccuracy), context.column(Column::ValAccuracy));
    if train.len() < EPOCHS || val.len() < EPOCHS {
        return None;
    }
    let (trained, judged) = (late(&train)?, late(&val)?);
    let best = trained.max(judged);
    let guess = context.setup.classes.map_or_else(|| guess_of_start(context), |classes| 1.0 / classes as f64);
    let learned = |accuracy: f64| (accuracy - guess) / (1.0 - guess);
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    let noise = 2.0 * (judged * (1.0 - judged) / size).sqrt();
    let equal = (trained - judged).abs() < EQUAL.max(noise.min(2.0 * EQUAL));
    let share = learned(best);
    if !equal
        || !(LEARNED..MODERATE).contains(&share)
        || learned(judged) < LEARNED
        || !is_level(context, &train)
    {
        return None;
    }
    let &(index, last) = train.last()?;
    let &(val_index, val_last) = val.last()?;
    Some(Finding {
        id: Id::Underfit,
        severity: if share < POOR { Severity::Warning } else { Severity::Note },
        claim: format!(
            "Training itself stops at an accuracy of {} and hardly improves any more; validation is equal to it ({}). More \
                photos do not help a network that does not fit those it has.",
            percent(trained),
            percent(judged)
        ),
        evidence: vec![
            Evidence::at(last.line, quoted(&context.rows[index], index, "training accuracy", last)),
            Evidence::at(val_last.line, quoted(&context.rows[val_index], val_index, "validation accuracy", val_last)),
            Evidence::whole(format!("{} of what guessing leaves open is learned", number(share))),
        ],
        confidence: 0.8,
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

/// Whether neither the training accuracy rose by two points nor the training loss fell by 4 % between the middle and the last third.
fn is_level(context: &Context<'_>, train: &[(usize, Reading)]) -> bool {
    let thirds = |curve: &[(usize, Reading)]| {
        let middle = late(&curve[..curve.len() - curve.len() / 3])?;
        Some((middle, late(curve)?))
    };
    let loss = context.column(Column::TrainLoss);
    let rises = thirds(train).is_none_or(|(before, now)| now > before + 0.02);
    let falls = loss.len() >= EPOCHS && thirds(&loss).is_none_or(|(before, now)| now < 0.96 * before);
    !rises && !falls
}
