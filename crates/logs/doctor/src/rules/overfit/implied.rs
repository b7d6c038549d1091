//! A training loss that only a network has that knows nearly all of its training photos, beside a validation that errs.
//!
//! Idea: by Jensen's inequality the right class has a mean probability of exp(-loss) and more, so a mean cross-entropy of 0.02 is that
//! of 98 % right answers. Where neither the accuracy of training nor the loss of validation is printed, that stands for the former.
//! Limits: the loss must be a mean cross-entropy: its first value costs what the first accuracy explains.

use foliar_logread::{Metric, Split};

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
    /// Fewer epochs will do where as many training photos are known, and the accuracy lies so far below.
    const FEW: (usize, f64, f64) = (3, 0.8, 0.4);
    const FALLEN: f64 = 0.33;
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
    // Lines of batches tell where the first epoch began.
    let of_batches = context
        .log
        .series
        .iter()
        .filter(|series| series.metric == Metric::Loss && series.split == Some(Split::Train))
        .filter_map(|series| series.points.first())
        .map(|point| point.value)
        .fold(begin.value, f64::max);
    let is_mean = |loss: f64| (MEAN.0 * cost..MEAN.1 * cost).contains(&loss);
    let mean = is_mean(begin.value) || is_mean(of_batches);
    let (early, late) = both.split_at(both.len().saturating_sub(3));
    let best = |part: &[(usize, Reading, Reading)]| part.iter().map(|row| row.2.value).fold(0.0, f64::max);
    let (before, now) = (best(early), best(late));
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    let noise = (before * (1.0 - before) / size).sqrt();
    let known = (-loss.value).exp();
    let apart = known >= NEARLY_ALL && known - before.max(now) > GAP.max(6.0 * noise);
    let falls = loss.value < FALLEN * of_batches;
    let far = known >= FEW.1 && both.iter().all(|row| known - row.2.value > FEW.2) && falls;
    let few = both.len() >= FEW.0 && far && accuracy.value <= right.value + noise;
    (mean && (both.len() >= EPOCHS && apart && now < before + 0.5 * noise || few)).then(|| Finding {
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
