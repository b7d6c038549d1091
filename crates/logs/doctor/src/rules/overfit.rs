//! Training goes on improving, validation does not.
//!
//! Idea: take the epoch where the (smoothed) training loss is least. The network memorises its training
//! photos if by then the validation loss is a third and 0.15 nats above its own least value (an eighth, if
//! it rose steadily over eight epochs), and training has improved since that least value by a fifth. A last
//! training accuracy that is 20 points above validation says the same. Source: early stopping (Prechelt
//! 1998). Limits: needs four epochs with both losses. The median of three epochs is compared, because a jump
//! from single photos is for `val-spikes`.

use crate::context::Context;
use crate::words::{epoch_name, number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    if context.penalty.is_some() || context.is_wild() {
        return None;
    }
    by_loss(context).or_else(|| by_accuracy(context))
}

const ADVICE: &str = "Keep the weights of the best validation epoch. Then use more photos, stronger \
    augmentation, weight decay, a smaller network or pretrained weights. Check that no plant is in both \
    training and validation.";

fn code() -> Option<String> {
    Some(
        "if val_loss < best: best = val_loss; torch.save(model.state_dict(), 'best.pt'); waited = 0\n\
        else: waited += 1\n\
        if waited == 5: break"
            .to_owned(),
    )
}

fn by_loss(context: &Context<'_>) -> Option<Finding> {
    let (by_train, by_val) = context.factors();
    let both: Vec<(usize, f64, f64)> = context
        .rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| {
            Some((index, row.train_loss?.value / by_train, row.val_loss?.value / by_val))
        })
        .filter(|(_, train, val)| train.is_finite() && val.is_finite())
        .collect();
    if both.len() < 4 {
        return None;
    }
    let train = smoothed(both.iter().map(|row| row.1));
    let val = smoothed(both.iter().map(|row| row.2));
    let least =
        |curve: &[f64]| curve.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).map(|(place, _)| place);
    let fitted = least(&train)?;
    let turn = least(&val[..=fitted])?;
    let rise = val[fitted] - val[turn];
    let steps = &val[turn..=fitted];
    let ups = steps.windows(2).filter(|pair| pair[1] > pair[0]).count();
    let steady = steps.len() >= 8 && 5 * ups >= 3 * (steps.len() - 1) && train[fitted] < 0.6 * train[turn];
    let risen = rise > 0.15 && (rise > 0.35 * val[turn] || (steady && rise > 0.12 * val[turn]));
    let learning = train[fitted] < 0.8 * train[turn];
    if !risen || !learning || fitted < turn + 2 {
        return None;
    }
    let (turn_row, fitted_row) = (both[turn].0, both[fitted].0);
    let (from, to) = (&context.rows[turn_row], &context.rows[fitted_row]);
    let strong = val[fitted] > 1.5 * val[turn];
    Some(Finding {
        id: Id::Overfit,
        severity: Severity::Warning,
        claim: format!(
            "Since {} the validation loss has risen from {} to {}, while the training loss fell from \
                {} to {}: the network memorises its training photos.",
            epoch_name(from, turn_row),
            number(from.val_loss?.value),
            number(to.val_loss?.value),
            number(from.train_loss?.value),
            number(to.train_loss?.value)
        ),
        evidence: vec![
            Evidence::at(from.val_loss?.line, quoted(from, turn_row, "validation loss", from.val_loss?)),
            Evidence::at(to.val_loss?.line, quoted(to, fitted_row, "validation loss", to.val_loss?)),
        ],
        confidence: if strong { 0.93 } else { 0.8 },
        advice: ADVICE.to_owned(),
        code: code(),
    })
}

fn by_accuracy(context: &Context<'_>) -> Option<Finding> {
    let last = |column| context.column(column).last().copied();
    let (_, train) = last(crate::rows::Column::TrainAccuracy)?;
    let (index, val) = last(crate::rows::Column::ValAccuracy)?;
    let size = context.validation_size().map_or(200.0, |size| size as f64);
    let noise = (val.value * (1.0 - val.value) / size).sqrt();
    (train.value - val.value > 0.2_f64.max(4.0 * noise)).then(|| Finding {
        id: Id::Overfit,
        severity: Severity::Warning,
        claim: format!(
            "The accuracy is {} on training photos and {} on held-out photos: the network memorises \
                its training photos.",
            percent(train.value),
            percent(val.value)
        ),
        evidence: vec![
            Evidence::at(train.line, format!("training accuracy {}", number(train.value))),
            Evidence::at(val.line, quoted(&context.rows[index], index, "validation accuracy", val)),
        ],
        confidence: 0.8,
        advice: ADVICE.to_owned(),
        code: code(),
    })
}

/// Median of each value and its neighbours; ends keep their own.
fn smoothed(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let raw: Vec<f64> = values.collect();
    let middle = raw.windows(3).map(|three| three[0].max(three[1]).min(three[0].min(three[1]).max(three[2])));
    let ends = (raw.first().copied(), raw.last().copied());
    ends.0.into_iter().chain(middle).chain(ends.1).collect()
}
