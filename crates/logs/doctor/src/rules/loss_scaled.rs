//! The printed loss is the mean per sample times a factor.
//!
//! Idea and source: see [`crate::scale`]; a factor in one column is told by its ratio to the other ([`crate::scale::one_column`]). Reported where a mean has become improbable and the interval of
//! the factor excludes 1. Limits: a factor in the training column alone must show in the first epoch, whose
//! mean cannot be far above ln C; mixup and label smoothing raise that column too.

use crate::context::Context;
use crate::rows::Column;
use crate::words::{number, percent, quoted, roughly};
use crate::{Evidence, Finding, Id, Reduction, ScaleEstimate, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    // One loss, as a sentence tells it, may be that of another epoch than the accuracy beside it.
    let readings = |column| context.column(column).len();
    if readings(Column::TrainLoss).max(readings(Column::ValLoss)) < 2 {
        return None;
    }
    if !context.is_scaled() {
        return apart_throughout(context);
    }
    let reduction = context.scale.reduction?;
    let off = |estimate: Option<ScaleEstimate>| estimate.filter(|estimate| (estimate.best.ln()).abs() > 0.2);
    let (train, val) = (off(context.scale.train), off(context.scale.val));
    let claim = format!(
        "{} {}",
        factors(train, val),
        explanation(context, reduction, train.or(val)?, train.is_some() && val.is_some())
    );
    let mut evidence = Vec::new();
    for (column, noun, estimate) in
        [(Column::TrainLoss, "training loss", train), (Column::ValLoss, "validation loss", val)]
    {
        let curve = context.column(column);
        if let (Some(estimate), Some(&(first, start)), Some(&(last, end))) =
            (estimate, curve.first(), curve.last())
        {
            evidence.push(Evidence::at(start.line, quoted(&context.rows[first], first, noun, start)));
            evidence.push(Evidence::at(
                end.line,
                format!(
                    "{}; the mean per photo {} from {} to {}; factor {} to {} (90 % interval)",
                    quoted(&context.rows[last], last, noun, end),
                    if end.value < start.value { "falls" } else { "rises" },
                    number(start.value / estimate.best),
                    number(end.value / estimate.best),
                    number(estimate.low),
                    number(estimate.high)
                ),
            ));
        }
    }
    if let Some(&(index, accuracy)) = context.column(Column::ValAccuracy).last() {
        evidence.push(Evidence::at(
            accuracy.line,
            quoted(&context.rows[index], index, "validation accuracy", accuracy),
        ));
        if accuracy.value < 1.0 {
            evidence.push(Evidence::whole(format!(
                "a calibrated model with an accuracy of {} has a mean loss of at least {} per photo",
                percent(accuracy.value),
                number(crate::entropy::least_entropy(1.0 - accuracy.value))
            )));
        }
    }
    Some(Finding {
        id: Id::LossScaled,
        severity: Severity::Warning,
        claim,
        evidence,
        confidence: (1.0 - context.scale.mean).min(0.96),
        advice: "Print the mean per photo: add up loss times batch size, and divide by the number of \
            photos. Until then, do not compare this loss with that of another program. Its fall and the \
            validation accuracy remain meaningful."
            .to_owned(),
        code: Some(fix(reduction).to_owned()),
    })
}

/// Two losses of which one is many times the other from the first epoch on, and both fall: a remark, for the scale of neither is known.
fn apart_throughout(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 6;
    const TIMES: f64 = 8.0;
    let losses = context.mean_losses();
    let ratios = || losses.iter().map(|(_, train, val)| val / train);
    let (least, most) = ratios().fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    let begins =
        losses.first().is_some_and(|(row, ..)| context.rows[*row].epoch.is_some_and(|epoch| epoch <= 1.0));
    let &(index, ..) = losses.last()?;
    let loss = context.rows[index].val_loss?;
    let both = super::train_eval_mismatch::falls_with_training(context) && begins && losses.len() >= EPOCHS;
    (both && least > TIMES && !context.is_own).then(|| Finding {
        id: Id::LossScaled,
        severity: Severity::Note,
        claim: format!(
            "From the first epoch on the validation loss is {} to {} times the training loss, and falls with it: one of the two is added \
                up or measured in another way.",
            number(least.round()),
            number(most.round())
        ),
        evidence: vec![Evidence::at(loss.line, quoted(&context.rows[index], index, "validation loss", loss))],
        confidence: 0.6,
        advice: "Print both losses as means per sample, computed by the same function. Until then, compare each with its own past only."
            .to_owned(),
        code: None,
    })
}

fn factors(train: Option<ScaleEstimate>, val: Option<ScaleEstimate>) -> String {
    let times = |estimate: ScaleEstimate| {
        if estimate.best >= 1.0 {
            format!("about {} times", roughly(estimate.best))
        } else {
            format!("about 1/{} of", roughly(1.0 / estimate.best))
        }
    };
    match (train, val) {
        (Some(train), Some(val)) if roughly(train.best) == roughly(val.best) => {
            format!("The printed losses are {} the mean per photo.", times(train))
        }
        (Some(train), Some(val)) => format!(
            "The printed training loss is {} the mean per photo, the validation loss {} it.",
            times(train),
            times(val)
        ),
        (Some(train), None) => {
            format!("The printed training loss is {} the mean per photo.", times(train))
        }
        (None, Some(val)) => {
            format!("The printed validation loss is {} the mean per photo.", times(val))
        }
        (None, None) => String::new(),
    }
}

fn explanation(context: &Context<'_>, reduction: Reduction, estimate: ScaleEstimate, both: bool) -> String {
    let size = if estimate.best >= 1.0 { estimate.best } else { 1.0 / estimate.best };
    let explains = if context.scale.certainty > 0.8 { "explains it" } else { "may explain it" };
    match (reduction, context.setup.batch_size) {
        (Reduction::BatchSum, Some(batch)) => format!(
            "The batch size of {batch} {explains}: losses were multiplied by the batch size (or summed over \
            the batch) and divided by the number of batches."
        ),
        (Reduction::BatchSum, None) => format!(
            "A batch size of {} fits{}: losses were multiplied by the batch size (or summed over the \
                batch) and divided by the number of batches.",
            number(size.round()),
            if both { " both columns" } else { "" }
        ),
        (Reduction::SumOfBatchMeans, _) => format!(
            "The number of batches {explains}: the mean losses of the batches were added up and not \
                divided."
        ),
        (Reduction::TotalSum, _) => format!(
            "The number of photos {explains}: the losses of all photos were added up and not divided."
        ),
        (Reduction::BatchMeansOverSamples, _) => format!(
            "A second division {explains}: the mean losses of the batches were added up and divided by \
                the number of photos instead of the number of batches."
        ),
        (Reduction::Mean, _) => String::new(),
    }
}

fn fix(reduction: Reduction) -> &'static str {
    match reduction {
        Reduction::TotalSum => {
            "criterion = torch.nn.CrossEntropyLoss()              # reduction='mean', not 'sum'\n\
                running += criterion(logits, labels).item() * labels.size(0)\n\
                print(running / len(loader.dataset))"
        }
        Reduction::SumOfBatchMeans => {
            "running += loss.item() * labels.size(0)\n\
                seen += labels.size(0)\n\
                print(running / seen)                                # not running alone"
        }
        Reduction::BatchMeansOverSamples => {
            "running += loss.item() * labels.size(0)     # a mean counts for all of its batch\n\
                seen += labels.size(0)\n\
                print(running / seen)"
        }
        Reduction::BatchSum | Reduction::Mean => {
            "running += loss.item() * images.size(0)\n\
                seen += images.size(0)\n\
                print(running / seen)                                # len(loader.dataset), not len(loader)"
        }
    }
}
