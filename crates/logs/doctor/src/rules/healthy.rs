//! The network learned, and nothing above a note was found.
//!
//! Idea: the absence of every warning in a log that proves learning (see [`crate::learned`]). Limits: a log does not show
//! leakage between training and validation, nor how the model does on photos from another field.

use crate::context::Context;
use crate::rows::Column;
use crate::scores::rising;
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Finding {
    let last = |column| context.best_run(column).last().copied();
    let claim = match (last(Column::ValAccuracy), last(Column::ValLoss), last(Column::TrainLoss)) {
        (Some((_, accuracy)), Some((_, loss)), _) => format!(
            "No problem found: the validation loss ends at {} and the accuracy at {}, and the two are \
                consistent.",
            number(loss.value),
            percent(accuracy.value)
        ),
        (Some((_, accuracy)), None, _) => {
            format!("No problem found: the accuracy ends at {}.", percent(accuracy.value))
        }
        (None, None, _) if rising(context).is_some() => {
            let rise = rising(context);
            let text = rise.map(|rise| {
                format!("{} rises from {} to {}", rise.name(), number(rise.first), number(rise.end))
            });
            format!("No problem found as far as the log shows: {}.", text.unwrap_or_default())
        }
        (None, Some((_, loss)), _) | (None, None, Some((_, loss))) => {
            format!("No problem found as far as the log shows: the loss ends at {}.", number(loss.value))
        }
        (None, None, None) => "No problem found.".to_owned(),
    };
    let evidence = [(Column::ValLoss, "validation loss"), (Column::ValAccuracy, "validation accuracy")]
        .into_iter()
        .filter_map(|(column, noun)| {
            let (index, reading) = last(column)?;
            Some(Evidence::at(reading.line, quoted(&context.rows[index], index, noun, reading)))
        })
        .collect::<Vec<_>>();
    let evidence = Vec::into_iter(evidence).chain(names_read(context)).collect();
    let both = !context.column(Column::ValLoss).is_empty() && !context.column(Column::ValAccuracy).is_empty();
    Finding {
        id: Id::Healthy,
        severity: Severity::Note,
        claim,
        evidence,
        confidence: if both { 0.9 } else { 0.6 },
        advice: "Before field use: check that no plant is in both training and validation, measure \
            calibration, and test on photos from other places."
            .to_owned(),
        code: None,
    }
}

/// Which names of the log were read as what, and which were not understood. A log of foliar needs none of this.
fn names_read(context: &Context<'_>) -> Option<Evidence> {
    let chosen = &context.chosen;
    let columns = [
        (chosen.train_loss, "training loss"),
        (chosen.val_loss, "validation loss"),
        (chosen.train_accuracy, "training accuracy"),
        (chosen.val_accuracy, "validation accuracy"),
    ];
    let read: Vec<String> = columns
        .into_iter()
        .filter_map(|(series, noun)| Some(format!("`{}` as {noun}", series?.name.trim())))
        .collect();
    let strangers: Vec<String> = context.log.strangers.iter().map(|name| format!("`{name}`")).collect();
    let left = if strangers.is_empty() {
        String::new()
    } else {
        format!("; not understood: {}", strangers.join(", "))
    };
    (!context.is_own && !read.is_empty()).then(|| Evidence::whole(format!("read {}{left}", read.join(", "))))
}
