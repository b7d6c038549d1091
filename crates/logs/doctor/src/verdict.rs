//! The diagnosis in two sentences.

use crate::context::Context;
use crate::rows::Column;
use crate::rules::not_a_log::of_runs;
use crate::rules::too_good::is_one_set;
use crate::scores::rising;
use crate::words::{number, percent};
use crate::{Finding, Id, Severity};

/// First what matters most about the model or the numbers, then what to do next.
pub(crate) fn verdict(context: &Context<'_>, findings: &[Finding]) -> String {
    let Some(first) = findings.first() else { return String::new() };
    if first.id == Id::LossScaled {
        return scaled(context, findings);
    }
    if first.severity == Severity::Note && first.id.is_fault() {
        return doubtful(context, first);
    }
    if first.severity == Severity::Note
        && first.id.commits()
        && findings.iter().any(|other| other.id == Id::TooLittleToTell)
    {
        return format!(
            "{} {} Nothing in the log proves that the network learned more.",
            first.claim,
            first_sentence(&first.advice)
        );
    }
    let own = context.is_own.then(|| crate::own::head(first.id)).flatten();
    let head = match first.id {
        _ if own.is_some() => own.unwrap_or_default(),
        Id::Nan if first.severity < Severity::Error => {
            "One of the losses is not a number at times; the rest of the log is sound."
        }
        Id::Nan => "The loss is not a number, so the run is lost from that point on.",
        Id::Diverged => "The run diverged and did not recover.",
        Id::SaturatedLoss => "The loss is at the end of its scale, where it measures nothing.",
        Id::TrainEvalMismatch => "Training works, but the network is evaluated under different conditions.",
        Id::WorseThanChance => {
            "Validation is worse than guessing, which only a mismatch between training and evaluation \
                can cause."
        }
        Id::AtChance => "The network has learned nothing that generalises beyond its training photos.",
        Id::DoubleSoftmax => {
            "The accuracy is valid, but softmax is applied twice and the loss says \
            little."
        }
        Id::PenaltyInLoss => {
            "Most of what looks wrong with the loss is a weight penalty that is printed with it."
        }
        Id::DegenerateMetric => "The accuracy in this log does not measure what it seems to.",
        Id::Overfit => {
            "The run overfits: the network memorises its training photos and does not \
            improve on others."
        }
        Id::Underfit => "The run underfits: the network does not fit even the photos that it is trained on.",
        Id::LrTooHigh => "The learning rate is too high for stable training.",
        Id::HotStart => "The run recovered, but it started far worse than guessing.",
        Id::ValSpikes => {
            "The model is more stable than its validation loss: a few photos cause the \
            jumps."
        }
        Id::Overconfident => "The model is overconfident: its accuracy is valid, its probabilities are not.",
        Id::ValidationTooSmall => "There are too few validation photos to compare epochs or models.",
        Id::Plateau => "The best epoch of this run is long past.",
        Id::ImpossibleValue => "A number of this log cannot be what its name says.",
        Id::Frozen => "Something is not being trained, or not being measured: its values never change.",
        Id::TooGood if is_one_set(context) => "Validation is measured on the training set.",
        Id::TooGood => "The run is too good to be true.",
        Id::UnstableValidation => {
            "The model changes too much from epoch to epoch to be trusted in any one of them."
        }
        Id::NotALog if of_runs(context).is_some() => {
            "This is a table of finished runs, one row a run, and shows the course of none of them."
        }
        Id::NotALog => {
            "This text cannot be judged: it is no training log, or its columns are not recognised."
        }
        Id::TooLittleToTell => {
            return format!(
                "There is too little in this log to tell. {} {}",
                first.claim,
                first_sentence(&first.advice)
            );
        }
        Id::LossScaled
        | Id::SeveralRuns
        | Id::LabelSmoothing
        | Id::ValBetterThanTrain
        | Id::StillImproving
        | Id::CutValues
        | Id::Healthy => {
            return healthy(context, findings);
        }
    };
    format!("{head} {}", first_sentence(&first.advice))
}

/// The network learned, but a note names a fault.
fn doubtful(context: &Context<'_>, fault: &Finding) -> String {
    let learned = match context.column(Column::ValAccuracy).last() {
        Some((_, accuracy)) => {
            format!(
                "The network learned ({} validation accuracy), but not without a doubt",
                percent(accuracy.value)
            )
        }
        None => "The network learned, but not without a doubt".to_owned(),
    };
    format!("{learned}. {} {}", fault.claim, first_sentence(&fault.advice))
}

fn healthy(context: &Context<'_>, findings: &[Finding]) -> String {
    let head = match context.best_run(Column::ValAccuracy).last() {
        Some((_, accuracy)) => {
            format!(
                "This run looks healthy, with a final validation accuracy of {}.",
                percent(accuracy.value)
            )
        }
        None => match rising(context) {
            Some(rise) => format!(
                "This run looks healthy as far as the log shows: {} rises from {} to {}.",
                rise.name(),
                number(rise.first),
                number(rise.end)
            ),
            None => "This run looks healthy as far as the log shows.".to_owned(),
        },
    };
    let next = if context.is_own && !findings.iter().any(|finding| finding.id == Id::StillImproving) {
        first_sentence(
            findings.iter().find(|finding| finding.id == Id::Healthy).map_or("", |found| &found.advice),
        )
    } else if findings.iter().any(|finding| finding.id == Id::Overfit) {
        "It has begun to overfit, so keep the weights of the best validation epoch."
    } else if findings.iter().any(|finding| finding.id == Id::StillImproving) {
        "It was still improving, so more epochs may help."
    } else {
        "Next, check that no plant is in both training and validation, and test on photos from the \
            field."
    };
    format!("{head} {next}")
}

/// Whether the model is good once the scale is corrected, and what the true means are.
fn scaled(context: &Context<'_>, findings: &[Finding]) -> String {
    let (by_train, by_val) = context.factors();
    let ends = |column, factor: f64| {
        let curve = context.best_run(column);
        let means = (curve.first()?.1.value / factor, curve.last()?.1.value / factor);
        Some(means)
    };
    let means = ends(Column::TrainLoss, by_train).or_else(|| ends(Column::ValLoss, by_val));
    let others = findings.iter().filter(|finding| finding.severity > Severity::Note).count() > 1;
    let judged = match context.best_run(Column::ValAccuracy).last() {
        Some((_, accuracy)) if accuracy.value >= 0.9 && !others => {
            format!(
                "The model is good on this split ({} validation accuracy), and the size of its loss \
                    does not contradict that",
                percent(accuracy.value)
            )
        }
        Some((_, accuracy)) => format!(
            "Judge the model by its validation accuracy ({}), not by the size of its loss",
            percent(accuracy.value)
        ),
        None => "Judge the model by how far its loss falls, not by the size of the loss".to_owned(),
    };
    let factor = if (by_train - 1.0).abs() > 0.2 { by_train } else { by_val };
    let times = if factor >= 1.0 {
        format!("about {} times", crate::words::roughly(factor))
    } else {
        format!("about 1/{} of", crate::words::roughly(1.0 / factor))
    };
    let truly = means.map_or(String::new(), |(start, end)| {
        format!("; the true mean goes from about {} to {}", two_digits(start), two_digits(end))
    });
    format!(
        "{judged}: the printed loss is {times} the mean per photo{truly}. The magnitude of a sum means \
            nothing; its fall and the validation accuracy count. Next, check that no plant is in both \
            training and validation (leakage), whether the probabilities can be trusted (calibration), \
            and the accuracy on photos from the field."
    )
}

/// A number to two significant digits, one below a tenth.
fn two_digits(value: f64) -> String {
    if value.abs() < 0.1 { crate::words::roughly(value) } else { number((value * 10.0).round() / 10.0) }
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}
