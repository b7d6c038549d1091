//! A loss that does not fall below the floor that smoothed labels have.
//!
//! Idea: a network that reproduces labels smoothed by s pays their entropy, however many answers are right (see
//! `offset/smoothing.rs`). A loss that stays level, far above what its accuracy explains, with the same s in all late epochs, is
//! explained by that. Source: Szegedy et al., "Rethinking the Inception architecture" (2016). Limits: needs five epochs with loss
//! and accuracy; a constant that is added to the loss looks the same; where the number of classes is not known, s is only known
//! to within an order of magnitude.

use crate::context::Context;
use crate::rows::Column;
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    let fit = context.smoothing?;
    let noun = if fit.column == Column::TrainLoss { "training loss" } else { "validation loss" };
    let (low, high) = fit.share;
    let explained = match (fit.best, context.setup.classes) {
        (Some(best), Some(classes)) => {
            let (floor, _) = crate::entropy::smoothed_bounds(0.0, classes as f64, best);
            format!(
                "Labels smoothed by about {} ({} to {}) explain it: with {classes} classes such a loss cannot fall below {}.",
                number(best),
                number(low),
                number(high),
                number(floor)
            )
        }
        _ => format!(
            "Labels smoothed by {} to {} explain it; how much depends on the number of classes, which the log does not say.",
            number(low),
            number(high)
        ),
    };
    Some(Finding {
        id: Id::LabelSmoothing,
        severity: Severity::Note,
        claim: format!(
            "The {noun} stays at {} although {} of the answers are right. {explained} The loss is not comparable with that \
                of a run without smoothing.",
            number(fit.loss.value),
            percent(fit.accuracy)
        ),
        evidence: vec![Evidence::at(
            fit.loss.line,
            quoted(&context.rows[fit.row], fit.row, noun, fit.loss),
        )],
        confidence: if fit.best.is_some() { 0.93 } else { 0.88 },
        advice: "Nothing to fix. Judge by the accuracy, or print the cross-entropy without smoothing for validation. If labels are \
            not smoothed, look for a penalty that is added to the loss."
            .to_owned(),
        code: Some(
            "smooth = torch.nn.CrossEntropyLoss(label_smoothing=0.1)    # to train\n\
            plain = torch.nn.CrossEntropyLoss()                        # to print"
                .to_owned(),
        ),
    })
}
