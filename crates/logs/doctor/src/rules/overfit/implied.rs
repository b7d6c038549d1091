//! A training loss that only a network has that knows nearly all of its training photos, beside a validation that errs.
//!
//! Idea: by Jensen's inequality the right class has a mean probability of exp(-loss) and more, so a mean cross-entropy of 0.02 is that
//! of 98 % right answers. Where neither the accuracy of training nor the loss of validation is printed, that stands for the former.
//! Limits: the loss must be a mean cross-entropy: its first value costs what the first accuracy explains.

use super::{ADVICE, NEARLY_ALL, code};
use crate::context::Context;
use crate::entropy::least_entropy;
use crate::rows::{Column, Reading};
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(super) fn find(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 5;
    /// Points between the accuracies.
    const GAP: f64 = 0.12;
    /// How far the first loss may lie from what the first accuracy of validation costs, as a factor.
    const MEAN: (f64, f64) = (0.5, 3.0);
    let others = [Column::TrainAccuracy, Column::ValLoss];
    if others.into_iter().any(|column| !context.column(column).is_empty()) {
        return None;
    }
    let both: Vec<(usize, Reading, Reading)> = context
        .rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| Some((index, row.train_loss?, row.val_accuracy?)))
        .collect();
    let (&(_, begin, right), &(index, loss, accuracy)) = (both.first()?, both.last()?);
    let cost = least_entropy(1.0 - right.value);
    let mean = (MEAN.0 * cost..MEAN.1 * cost).contains(&begin.value);
    let (early, late) = both.split_at(both.len().saturating_sub(3));
    let best = |part: &[(usize, Reading, Reading)]| part.iter().map(|row| row.2.value).fold(0.0, f64::max);
    let (before, now) = (best(early), best(late));
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    let noise = (before * (1.0 - before) / size).sqrt();
    let known = (-loss.value).exp();
    let apart = known >= NEARLY_ALL && known - before.max(now) > GAP.max(6.0 * noise);
    (both.len() >= EPOCHS && mean && apart && now < before + 0.5 * noise).then(|| Finding {
        id: Id::Overfit,
        severity: Severity::Warning,
        claim: format!(
            "The training loss is {}, as only a network has that knows {} of its training photos and more, and the validation \
                accuracy is {} and does not rise: the network memorises its training photos.",
            number(loss.value),
            percent(known),
            percent(accuracy.value)
        ),
        evidence: vec![
            Evidence::at(loss.line, quoted(&context.rows[index], index, "training loss", loss)),
            Evidence::at(accuracy.line, quoted(&context.rows[index], index, "validation accuracy", accuracy)),
        ],
        confidence: 0.7,
        advice: ADVICE.to_owned(),
        code: code(),
    })
}
