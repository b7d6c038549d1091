//! The text holds no course of a training.
//!
//! Idea: a course is a quantity that was measured again and again. A table of precision and recall by class, a
//! list of files or a page of prose has numbers, but no loss and no accuracy that is followed over epochs or
//! steps. Limits: a log whose words the reader does not know looks the same; the claim says what was read.

use foliar_logread::Metric;

use crate::context::Context;
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    let measures =
        |metric| matches!(metric, Metric::Loss | Metric::LossPart | Metric::Accuracy | Metric::TopFive);
    let series = &context.log.series;
    let judged = series.iter().any(|series| measures(series.metric) && !series.points.is_empty());
    // Scores of an epoch are a course, those of a class are not.
    let counted = series
        .iter()
        .filter(|series| matches!(series.metric, Metric::F1 | Metric::OtherScore))
        .any(|series| series.points.iter().any(|point| point.epoch.is_some() || point.step.is_some()));
    if judged || counted {
        return None;
    }
    let names: Vec<&str> = series.iter().map(|series| series.name.as_str()).take(6).collect();
    let read = if names.is_empty() {
        "No number with a known name was read".to_owned()
    } else {
        format!("Only these were read: {}", names.join(", "))
    };
    Some(Finding {
        id: Id::NotALog,
        severity: Severity::Warning,
        claim: "This does not look like a training log: there is no loss and no accuracy that is followed over epochs."
            .to_owned(),
        evidence: vec![Evidence::whole(format!(
            "{read}, in {} of {} lines",
            context.log.understood_lines,
            context.log.understood_lines + context.log.ignored_lines
        ))],
        confidence: if names.is_empty() { 0.8 } else { 0.9 },
        advice: "Give the output of the training itself: one line an epoch with the loss and the accuracy of \
            training and validation. If this is one, name its columns like `epoch, train_loss, val_loss, val_acc`."
            .to_owned(),
        code: None,
    })
}
