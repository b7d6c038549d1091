//! A training part that is known without an error, more and more surely, while validation is no better than long before.
//!
//! Idea: since the epoch with the best validation accuracy, ten epochs ago and more, the training loss has fallen to a tenth, training
//! makes no error, and validation, whose loss is many times that of training, has a point less right in each of the last epochs. What
//! was gained since then is memory. Limits: where validation errs in less than a fortieth, nothing is said: little is lost there.

use super::{ADVICE, code};
use crate::context::Context;
use crate::rows::{Column, Reading};
use crate::words::{epoch_name, number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

/// Epochs since the best one, and validations at the end that are worse.
const SINCE: f64 = 10.0;
const LAST: usize = 3;
/// Shares of training that are right, and of validation that are wrong.
const NO_ERROR: f64 = 0.9995;
const ERRS: f64 = 0.025;
/// How far validation fell, how far the training loss, and how many times that of training the one of validation is.
const WORSE: f64 = 0.01;
const FELL: f64 = 0.1;
const TIMES: f64 = 20.0;

pub(super) fn find(context: &Context<'_>) -> Option<Finding> {
    let judged = context.column(Column::ValAccuracy);
    let (index, best) = judged.iter().copied().reduce(|a, b| if b.1.value > a.1.value { b } else { a })?;
    let &(end, last) = judged.last()?;
    let (from, to) = (&context.rows[index], &context.rows[end]);
    let since = to.epoch? - from.epoch?;
    let worse =
        |(_, reading): &(usize, Reading)| reading.value < best.value - WORSE && reading.value < 1.0 - ERRS;
    let late = &judged[judged.len().saturating_sub(LAST)..];
    let (then, now, val) = (from.train_loss?.value, to.train_loss?.value, to.val_loss?.value);
    let (by_train, by_val) = context.factors();
    let memorised = to.train_accuracy?.value >= NO_ERROR
        && now < FELL * then
        && now > 0.0
        && val / by_val > TIMES * now / by_train;
    (since >= SINCE && late.len() == LAST && late.iter().all(worse) && memorised).then(|| Finding {
        id: Id::Overfit,
        severity: Severity::Warning,
        claim: format!(
            "Since {} the training loss has fallen from {} to {} and training makes no error, while the validation accuracy went from \
                {} to {}: what was gained since then is memory.",
            epoch_name(from, index),
            number(then),
            number(now),
            percent(best.value),
            percent(last.value)
        ),
        evidence: vec![
            Evidence::at(best.line, quoted(from, index, "validation accuracy", best)),
            Evidence::at(last.line, quoted(to, end, "validation accuracy", last)),
        ],
        confidence: 0.6,
        advice: ADVICE.to_owned(),
        code: code(),
    })
}
