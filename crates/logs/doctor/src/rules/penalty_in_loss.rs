//! The printed loss includes a penalty on the weights.
//!
//! Idea: a penalty (weight decay, L2) is the same for both columns, does not fall when the accuracy rises,
//! and may rise as weights grow. A part of the loss that is printed under such a name proves it; otherwise
//! two losses that are far above what the accuracy explains, equal to a few per cent, and do not follow the
//! accuracy. Source: `loss = cross-entropy + weight * |w|^2`. Limits: a constant added for another reason
//! (the loss of a second head) looks the same; label smoothing gives a smaller floor.

use crate::context::Context;
use crate::offset::Penalty;
use crate::rows::Column;
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    let (claim, evidence, confidence) = match context.penalty? {
        Penalty::Printed(part) => {
            let point = part.points.last()?;
            let loss = context.chosen.train_loss.or(context.chosen.val_loss)?;
            let whole = loss.points.last()?;
            (
                format!(
                    "The printed loss of {} includes a weight penalty of {} ({}), which is {} of it. \
                        The penalty says nothing about the photos.",
                    number(whole.value),
                    number(point.value),
                    part.name,
                    percent(point.value / whole.value)
                ),
                vec![Evidence::at(
                    point.line,
                    format!(
                        "{} = {}, {} = {}",
                        loss.name,
                        number(whole.value),
                        part.name,
                        number(point.value)
                    ),
                )],
                0.95,
            )
        }
        Penalty::Difference { loss, cross_entropy, size } => {
            let (whole, part) = (loss.points.last()?, cross_entropy.points.last()?);
            (
                format!(
                    "{} exceeds {} by {} again and again: a weight penalty is added to the printed loss. It says \
                        nothing about the photos.",
                    loss.name,
                    cross_entropy.name,
                    number(size)
                ),
                vec![Evidence::at(
                    whole.line,
                    format!(
                        "{} = {}, {} = {}",
                        loss.name,
                        number(whole.value),
                        cross_entropy.name,
                        number(part.value)
                    ),
                )],
                0.9,
            )
        }
        Penalty::Inferred(size) => {
            let (index, row) = context
                .rows
                .iter()
                .enumerate()
                .rev()
                .find(|(_, row)| row.val_loss.is_some() && row.train_loss.is_some())?;
            let (train, val, accuracy) = (row.train_loss?, row.val_loss?, row.val_accuracy?);
            (
                format!(
                    "Training and validation loss are {} and {} at an accuracy of {}: nearly equal, \
                        and not falling as accuracy rises. About {} of it is a weight penalty that is \
                        added to the printed loss.",
                    number(train.value),
                    number(val.value),
                    percent(accuracy.value),
                    number(size)
                ),
                vec![Evidence::at(
                    val.line,
                    format!(
                        "{}: {} and {} differ by {}",
                        crate::words::epoch_name(row, index),
                        number(train.value),
                        number(val.value),
                        number((train.value - val.value).abs())
                    ),
                )],
                0.85,
            )
        }
        Penalty::Batches(size) => {
            let curve = context.column(Column::TrainLoss);
            let (&(index, last), values) = (curve.last()?, curve.iter().map(|(_, loss)| loss.value));
            let (least, most) =
                values.fold((f64::INFINITY, 0.0_f64), |(low, high), loss| (low.min(loss), high.max(loss)));
            (
                format!(
                    "The training loss stays between {} and {} in {} lines, whether answers are wrong or none is. About {} of it \
                        has nothing to do with them: a weight penalty that is added to the printed loss.",
                    number(least),
                    number(most),
                    curve.len(),
                    number(size)
                ),
                vec![Evidence::at(last.line, quoted(&context.rows[index], index, "training loss", last))],
                0.8,
            )
        }
    };
    Some(Finding {
        id: Id::PenaltyInLoss,
        severity: Severity::Warning,
        claim,
        evidence,
        confidence,
        advice: "Print the cross-entropy alone, and apply the penalty as weight decay in the \
            optimiser. If the penalty is more than a hundred times the cross-entropy, it is too strong."
            .to_owned(),
        code: Some(
            "data_loss = criterion(model(images), labels)\n\
            (data_loss + penalty).backward()\n\
            running += data_loss.item() * images.size(0)      # print this one"
                .to_owned(),
        ),
    })
}
