//! A validation loss that jumps because of a few extreme samples, while accuracy holds.
//!
//! Idea: the mean loss has no upper bound, so a few samples with enormous logits can multiply it, while
//! accuracy counts them as a few. A spike is an epoch whose loss is four times (two, if it happens again)
//! the least of its two neighbours on either side, with an accuracy within 5 points of theirs. Source: robustness of the mean
//! (breakdown point 0). Limits: needs five epochs.

use crate::context::Context;
use crate::rows::Reading;
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    if context.penalty.is_some() || context.is_untrained() {
        return None;
    }
    let by_val = context.factors().1;
    let curve: Vec<_> = context
        .rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| {
            Some((index, row.val_loss.filter(|loss| loss.value.is_finite())?, row.val_accuracy?))
        })
        .collect();
    if curve.len() < 5 {
        return None;
    }
    let spikes: Vec<_> = (1..curve.len())
        .filter_map(|place| {
            let (before, after) =
                (&curve[place.saturating_sub(2)..place], &curve[place + 1..(place + 3).min(curve.len())]);
            let least = |epochs: &[(usize, Reading, Reading)]| {
                epochs.iter().map(|epoch| epoch.1.value).fold(f64::INFINITY, f64::min)
            };
            // The last epoch has only those before it to be compared with, of which the higher may begin a rise.
            let most = before.iter().map(|epoch| epoch.1.value).fold(0.0, f64::max);
            let usual = if after.is_empty() { most } else { least(before).max(least(after)) };
            let accuracy = median(before.iter().chain(after).map(|epoch| epoch.2.value));
            let (index, loss, right) = curve[place];
            // The loss that the lost accuracy would explain, at 25 nats an error, is no spike.
            let explained = 25.0 * (accuracy - right.value).max(0.0);
            let rise = (loss.value - usual) / by_val;
            (loss.value > context.limits.spike * usual
                && rise > 0.15 + explained
                && accuracy - right.value < 0.05)
                .then_some((index, loss, usual, right.value, accuracy))
        })
        .collect();
    // A single epoch must stand out further than several.
    let most = spikes.iter().map(|spike| spike.1.value / spike.2).fold(0.0, f64::max);
    if spikes.len() < 2 && most < 2.0 * context.limits.spike {
        return None;
    }
    let &(index, loss, usual, right, accuracy) =
        spikes.iter().max_by(|a, b| (a.1.value / a.2).total_cmp(&(b.1.value / b.2)))?;
    Some(Finding {
        id: Id::ValSpikes,
        severity: Severity::Warning,
        claim: format!(
            "The validation loss jumps in {} of {} epochs, once to {} where the neighbouring epochs \
                have {}, while accuracy stays at {} (neighbours: {}). A few photos with extreme outputs \
                dominate the mean.",
            spikes.len(),
            curve.len(),
            number(loss.value),
            number(usual),
            percent(right),
            percent(accuracy)
        ),
        evidence: spikes
            .iter()
            .take(3)
            .map(|(index, loss, ..)| {
                Evidence::at(
                    loss.line,
                    quoted(
                        &context.rows[*index],
                        *index,
                        "validation \
                loss",
                        *loss,
                    ),
                )
            })
            .collect(),
        confidence: if index + 1 < context.rows.len() { 0.94 } else { 0.85 },
        advice: "Do not use this loss for early stopping: choose the epoch by accuracy or by the \
            median loss. Inspect the ten photos with the highest loss; they are often broken or \
            mislabelled."
            .to_owned(),
        code: Some(
            "losses = torch.nn.functional.cross_entropy(logits, labels, reduction='none')\n\
            print(losses.median(), losses.topk(10))\n\
            EarlyStopping(monitor='val_accuracy', mode='max')     # Keras, Lightning"
                .to_owned(),
        ),
    })
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
