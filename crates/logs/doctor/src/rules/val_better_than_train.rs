//! Validation looks better than training, for a harmless reason.
//!
//! Idea: training is measured while weights change, on augmented or mixed photos, with dropout, perhaps with
//! smoothed labels; validation with none of these. So a training loss above that of validation (by a tenth),
//! or a lower accuracy (by 1.5 points), is normal in most epochs. Source: the definitions of those methods.
//! Limits: the same photos in both parts, or a much easier validation set, look the same.

use crate::context::Context;
use crate::words::{number, percent};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    if context.penalty.is_some() || context.double_softmax.is_some() {
        return None;
    }
    let (by_train, by_val) = context.factors();
    let losses = context.rows.iter().filter_map(|row| Some((row.train_loss?, row.val_loss?)));
    let accuracies = context.rows.iter().filter_map(|row| Some((row.train_accuracy?, row.val_accuracy?)));
    let losses: Vec<_> =
        losses.filter(|(train, val)| train.value.is_finite() && val.value.is_finite()).collect();
    let accuracies: Vec<_> = accuracies.collect();
    let by_loss =
        losses.iter().filter(|(train, val)| train.value / by_train > 1.1 * val.value / by_val).count();
    let by_accuracy = accuracies.iter().filter(|(train, val)| val.value - train.value > 0.015).count();
    let most = |count: usize, of: usize| of >= 2 && 10 * count >= 7 * of;
    // One epoch will do where training has twice the loss.
    let far =
        matches!(losses.as_slice(), [(train, val)] if train.value / by_train > 2.0 * val.value / by_val);
    let (claim, line) = if most(by_accuracy, accuracies.len()) {
        let (train, val) = accuracies.iter().rfind(|(train, val)| val.value > train.value)?;
        (
            format!(
                "Validation accuracy is {}, training accuracy {}.",
                percent(val.value),
                percent(train.value)
            ),
            val.line,
        )
    } else if far || most(by_loss, losses.len()) {
        let (train, val) = losses.iter().rfind(|(train, val)| train.value / by_train > val.value / by_val)?;
        let means = (number(val.value / by_val), number(train.value / by_train));
        (format!("The validation loss ({}) is below the training loss ({}).", means.0, means.1), val.line)
    } else {
        return None;
    };
    Some(Finding {
        id: Id::ValBetterThanTrain,
        severity: Severity::Note,
        evidence: vec![Evidence::at(line, claim.clone())],
        claim: format!(
            "{claim} This is normal with augmentation, mixup, dropout or label smoothing, and because \
                training is measured while the network still learns."
        ),
        confidence: 0.8,
        advice: "Nothing to fix. To be sure, evaluate the training photos once in evaluation mode \
            without augmentation, and check that no photo or plant is in both training and validation."
            .to_owned(),
        code: None,
    })
}
