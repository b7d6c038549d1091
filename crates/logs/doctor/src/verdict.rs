//! The diagnosis in two sentences.

use crate::context::Context;
use crate::rows::Column;
use crate::words::{number, percent};
use crate::{Finding, Id, Severity};

/// First what matters most about the model or the numbers, then what to do next.
pub(crate) fn verdict(context: &Context<'_>, findings: &[Finding]) -> String {
    let Some(first) = findings.first() else { return String::new() };
    if first.id == Id::LossScaled {
        return scaled(context, findings);
    }
    let head = match first.id {
        Id::Nan if first.severity < Severity::Error => {
            "One of the losses is not a number at times, while the rest of the log is sound."
        }
        Id::Nan => "The loss is not a number, so this run is lost from there on.",
        Id::Diverged => "The run has blown up and did not recover.",
        Id::SaturatedLoss => "The loss sits at the end of its scale: it measures nothing there.",
        Id::TrainEvalMismatch => {
            "Training works, but the network is evaluated under other conditions than it was trained in."
        }
        Id::WorseThanChance => {
            "Validation is worse than guessing, which only a fault between training and evaluation can bring \
                about."
        }
        Id::AtChance => "The network has learnt nothing that holds outside its training photographs.",
        Id::DoubleSoftmax => "The accuracy is real, but a softmax is applied twice and the loss says little.",
        Id::PenaltyInLoss => {
            "Most of what looks wrong with the loss is a penalty on the weights that is printed with it."
        }
        Id::DegenerateMetric => "The accuracy of this log does not measure what it seems to.",
        Id::Overfit => "The network knows its training photographs by heart and does no better on others.",
        Id::LrTooHigh => "The learning rate is too high for a steady descent.",
        Id::HotStart => "The run recovered, but it began far worse than guessing.",
        Id::ValSpikes => "The model is steadier than its validation loss: a few photographs make the jumps.",
        Id::Overconfident => {
            "The model is surer of itself than it may be: its accuracy stands, its probabilities do not."
        }
        Id::ValidationTooSmall => "There are too few validation photographs to tell good from better.",
        Id::Plateau => "The best of this run lies behind it.",
        Id::LossScaled | Id::SeveralRuns | Id::ValBetterThanTrain | Id::StillImproving | Id::Healthy => {
            return healthy(context, findings);
        }
    };
    format!("{head} {}", first_sentence(&first.advice))
}

fn healthy(context: &Context<'_>, findings: &[Finding]) -> String {
    let head = match context.column(Column::ValAccuracy).last() {
        Some((_, accuracy)) => {
            format!(
                "This run looks healthy, with a validation accuracy of {} at the end.",
                percent(accuracy.value)
            )
        }
        None => "This run looks healthy as far as the log goes.".to_owned(),
    };
    let next = if findings.iter().any(|finding| finding.id == Id::StillImproving) {
        "It was still improving, so more epochs may help."
    } else {
        "Next, make sure that no plant stands on both sides of the split, and try photographs from the field."
    };
    format!("{head} {next}")
}

/// Whether the model is any good once the scale is put right, and what the numbers really are.
fn scaled(context: &Context<'_>, findings: &[Finding]) -> String {
    let (by_train, by_val) = context.factors();
    let ends = |column, factor: f64| {
        let curve = context.column(column);
        let means = (curve.first()?.1.value / factor, curve.last()?.1.value / factor);
        Some(means)
    };
    let means = ends(Column::TrainLoss, by_train).or_else(|| ends(Column::ValLoss, by_val));
    let others = findings.iter().filter(|finding| finding.severity > Severity::Note).count() > 1;
    let judged = match context.column(Column::ValAccuracy).last() {
        Some((_, accuracy)) if accuracy.value >= 0.9 && !others => {
            format!(
                "The model is good on this split ({} of its validation photographs right), and the size of \
                    its loss is no sign against it",
                percent(accuracy.value)
            )
        }
        Some((_, accuracy)) => format!(
            "Judge the model by its validation accuracy ({}), not by the size of its loss",
            percent(accuracy.value)
        ),
        None => "Judge the model by the fall of its loss, not by its size".to_owned(),
    };
    let factor = if (by_train - 1.0).abs() > 0.2 { by_train } else { by_val };
    let times = if factor >= 1.0 {
        format!("about {} times", crate::words::roughly(factor))
    } else {
        format!("about 1/{} of", crate::words::roughly(1.0 / factor))
    };
    let truly = means.map_or(String::new(), |(start, end)| {
        format!("; truly it runs from about {} to {}", two_digits(start), two_digits(end))
    });
    format!(
        "{judged}: what is printed is {times} the mean per photograph{truly}. The magnitude of a sum says \
            nothing, its fall and the validation accuracy do; check next that no plant is on both sides of \
            the split (leakage), how far its probabilities can be believed (calibration), and photographs \
            from the field."
    )
}

/// A number to two significant digits, one below a tenth.
fn two_digits(value: f64) -> String {
    if value.abs() < 0.1 { crate::words::roughly(value) } else { number((value * 10.0).round() / 10.0) }
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}
