//! Training goes on improving, validation does not.
//!
//! Idea: take the epoch where the (smoothed) training loss is least. The network memorises its training
//! photos if by then the validation loss is a third and 0.15 nats above its own least value (an eighth, if
//! it rose steadily over eight epochs; a quarter and 0.1 nats, if training has improved by a third), and training has improved
//! since that least value by a fifth. A training accuracy that is 20 points above validation at the end says the same, or 8
//! points where training makes next to no error. Three epochs will do where validation is worse by a quarter while the training
//! loss fell below a half, as fine-tuned networks do, and so will readings each of which is better in training and worse in
//! validation, and one validation 15 points below a training accuracy of 98 % and more from the tenth epoch on. Of several runs in a log each is judged. A validation loss that stays while training goes on is a note. Source:
//! early stopping (Prechelt 1998). Limits: not claimed where training is not good itself, where the validation loss is the
//! lower one, or for one bad epoch; medians of three epochs are compared, because a jump from single photos is for
//! `val-spikes`.

mod drift;
mod implied;
mod perfect;
mod told_best;

use crate::best_run::runs;
use crate::context::Context;
use crate::rows::{Column, Reading, Row};
use crate::words::{epoch_name, number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    if context.penalty.is_some() || context.is_wild() || context.is_untrained() {
        return None;
    }
    as_one(context).or_else(|| in_one_of_several(context))
}

/// Whether training gets better and validation worse in every epoch since the least validation loss.
pub(crate) fn in_each_epoch(context: &Context<'_>) -> bool {
    drift::worse_in_each(context).is_some()
}

/// What all rows say together.
fn as_one(context: &Context<'_>) -> Option<Finding> {
    by_loss(context)
        .or_else(|| within_three_epochs(context))
        .or_else(|| by_accuracy(context))
        .or_else(|| parts_company(context))
        .or_else(|| by_gap(context))
        .or_else(|| drift::find(context))
        .or_else(|| after_many_epochs(context))
        .or_else(|| implied::find(context))
        .or_else(|| told_best::find(context))
        .or_else(|| perfect::find(context))
        .or_else(|| stalled(context))
}

/// Overfitting in one of several runs of a log: a note where it is not the best.
pub(crate) fn in_one_of_several(context: &Context<'_>) -> Option<Finding> {
    let runs = runs(&context.rows);
    if runs.len() < 2 {
        return None;
    }
    let found = |run: &std::ops::Range<usize>| {
        let finding = as_one(&context.of_run(run.clone()))?;
        let severity = if *run == context.best_run { finding.severity } else { Severity::Note };
        let line = context.rows[run.start].line;
        let claim = format!("In the run that begins in line {line}: {}", finding.claim);
        (finding.severity > Severity::Note).then_some(Finding { severity, claim, ..finding })
    };
    runs.iter().filter_map(found).max_by_key(|finding| finding.severity)
}

/// Training accuracy from which on there is next to nothing left to learn.
const NEARLY_ALL: f64 = 0.95;
/// Gap of the accuracies that may still close.
const CLOSE: f64 = 0.15;
/// Training accuracy below which training itself is not good.
const HARDLY: f64 = 0.6;

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
    let both = context.mean_losses();
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
    let limit = context.limits.overfit_rise;
    let steps = &val[turn..=fitted];
    let ups = steps.windows(2).filter(|pair| pair[1] > pair[0]).count();
    let steady = steps.len() >= 8 && 5 * ups >= 3 * (steps.len() - 1) && train[fitted] < 0.6 * train[turn];
    let stays = steps.len() >= 5 && steps[steps.len() - 3..].iter().all(|loss| *loss > 1.08 * val[turn]);
    let apart = stays && rise > 0.1 && rise > limit * val[turn] && train[fitted] < 0.67 * train[turn];
    let risen =
        apart || (rise > 0.15 && (rise > (limit + 0.1) * val[turn] || (steady && rise > 0.12 * val[turn])));
    let learning = train[fitted] < 0.8 * train[turn];
    let level = level_above(&both);
    if !(risen || level.is_some())
        || !learning
        || fitted < turn + 2
        || is_sudden(context, &both[turn..=fitted])
        || is_one_more_jump(&both[..=fitted])
    {
        return None;
    }
    let turn = level.filter(|_| !risen).unwrap_or(turn);
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
        // Where validation was never better than at first, it may not measure what was trained.
        confidence: match (turn, strong) {
            (0, _) => 0.6,
            (_, true) => 0.9,
            _ => 0.8,
        },
        advice: ADVICE.to_owned(),
        code: code(),
    })
}

/// The place of the least validation loss, where the last one and another of the last three lie a quarter above it, and training has
/// halved its loss since.
fn level_above(both: &[(usize, f64, f64)]) -> Option<usize> {
    const SINCE: usize = 4;
    let turn = (0..both.len()).min_by(|&a, &b| both[a].2.total_cmp(&both[b].2))?;
    let (least, last) = (both[turn], both.last()?);
    let above = |row: &(usize, f64, f64)| row.2 > 1.25 * least.2 && row.2 > least.2 + 0.1;
    let since = both.len() - 1 - turn;
    let three = both[both.len().saturating_sub(3)..].iter().filter(|row| above(row)).count();
    (since >= SINCE && three >= 2 && above(last) && last.1 < 0.5 * least.1).then_some(turn)
}

/// Whether most of a rise of the validation loss comes from one of its last two steps, which the accuracy does not follow (then single
/// photos cause it), or which training hardly took part in.
fn is_sudden(context: &Context<'_>, rows: &[(usize, f64, f64)]) -> bool {
    let accuracy = |row: usize| context.rows[row].val_accuracy.map(|reading| reading.value);
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return false };
    rows.windows(2).rev().take(2).any(|pair| {
        let step = pair[1].2 - pair[0].2;
        let holds = accuracy(pair[0].0).zip(accuracy(pair[1].0)).is_some_and(|(from, to)| to > from - 0.015);
        holds && step > 0.8 * (last.2 - first.2) && pair[1].2 > 2.0 * pair[0].2
    }) || is_a_leap(rows)
}

/// Whether the last step alone makes a rise that training has no share in: what is memorised is so little by little.
fn is_a_leap(rows: &[(usize, f64, f64)]) -> bool {
    let ([(.., first), ..], [.., before, last]) = (rows, rows) else { return false };
    let all = last.2 - first;
    last.2 - before.2 > 0.8 * all && last.2 > 1.6 * before.2 && last.1 > 0.6 * before.1
}

/// Whether the last step alone makes the rise of a validation loss that has jumped as far again and again, and come back.
fn is_one_more_jump(rows: &[(usize, f64, f64)]) -> bool {
    const TIMES: usize = 3;
    let ups = |rows: &[(usize, f64, f64)]| rows.windows(2).filter(|pair| pair[1].2 > 1.4 * pair[0].2).count();
    let [before @ .., (_, _, last)] = rows else { return false };
    let least = before.iter().map(|row| row.2).fold(f64::INFINITY, f64::min);
    before.last().is_some_and(|row| row.2 < 1.15 * least && *last > 1.4 * row.2) && ups(before) >= TIMES
}

/// A training loss near 0 beside a validation loss that is not.
fn by_gap(context: &Context<'_>) -> Option<Finding> {
    /// Epochs, and those that will do where validation is so many times training.
    const EPOCHS: (usize, usize) = (4, 3);
    const FAR: f64 = 8.0;
    const GROWS: f64 = 2.0;
    let both = context.mean_losses();
    let &(index, train, val) = both.last()?;
    let far = both.iter().all(|(_, train, val)| *val > FAR * train);
    let enough = both.len() >= if far { EPOCHS.1 } else { EPOCHS.0 };
    // A factor is the same in all lines.
    let (first, last) = (both.first()?, both.last()?);
    let grows = last.2 / last.1 > GROWS * first.2 / first.1;
    let late = &both[both.len() - both.len().div_ceil(3)..];
    let apart = late.iter().all(|(_, train, val)| *val > 3.0 * train && val - train > 0.7);
    let together = super::train_eval_mismatch::falls_with_training(context);
    (enough && apart && train < 0.5 && !together && (!context.scale_is_off() || far && grows)).then(|| {
        let row = &context.rows[index];
        Finding {
            id: Id::Overfit,
            severity: Severity::Warning,
            claim: format!(
                "The training loss is {} and the validation loss {}: what the network knows of its training photos does not \
                    hold for others.",
                number(train),
                number(val)
            ),
            evidence: row
                .val_loss
                .map(|loss| Evidence::at(loss.line, quoted(row, index, "validation loss", loss)))
                .into_iter()
                .collect(),
            confidence: if far { 0.6 } else { 0.25 },
            advice: ADVICE.to_owned(),
            code: code(),
        }
    })
}

/// Training that makes next to no error beside one or two validations that do, where the epochs' numbers say that much was trained before.
fn after_many_epochs(context: &Context<'_>) -> Option<Finding> {
    const MANY: f64 = 10.0;
    const NO_ERROR: f64 = 0.98;
    let [train, val] = [Column::TrainAccuracy, Column::ValAccuracy].map(|column| context.column(column));
    let (&(index, judged), &(_, learned)) = (val.last()?, train.last()?);
    let epoch = context.rows[index].epoch.filter(|epoch| *epoch >= MANY)?;
    let perfect = train.iter().all(|(_, reading)| reading.value >= NO_ERROR);
    let apart = val.iter().all(|(_, reading)| reading.value < learned.value - CLOSE);
    (val.len() <= 2 && perfect && apart).then(|| Finding {
        id: Id::Overfit,
        severity: Severity::Warning,
        claim: format!(
            "After epoch {} the training accuracy is {} and that of validation {}: what the network knows of its training photos \
                does not hold for others.",
            number(epoch),
            percent(learned.value),
            percent(judged.value)
        ),
        evidence: vec![Evidence::at(
            judged.line,
            quoted(&context.rows[index], index, "validation accuracy", judged),
        )],
        confidence: 0.7,
        advice: ADVICE.to_owned(),
        code: code(),
    })
}

/// Training better and validation worse in each reading, or in each since validation was best.
fn parts_company(context: &Context<'_>) -> Option<Finding> {
    /// Readings after the best one.
    const SINCE: usize = 4;
    let [train, val] = [Column::TrainLoss, Column::ValLoss].map(|column| context.column(column));
    let [learned, judged] = [Column::TrainAccuracy, Column::ValAccuracy].map(|column| context.column(column));
    let up = |curve: &[(usize, Reading)]| curve.windows(2).all(|pair| pair[1].1.value > pair[0].1.value);
    let down = |curve: &[(usize, Reading)]| curve.windows(2).all(|pair| pair[1].1.value < pair[0].1.value);
    let ends = |curve: &[(usize, Reading)]| Some((curve.first()?.1.value, *curve.last()?));
    let losses = || {
        let ((before, _), (first, last)) = (ends(&train)?, ends(&val)?);
        let share = if val.len() >= 4 { 1.1 } else { 1.5 };
        let apart = val.len() >= 3 && train.len() >= 2 && up(&val) && down(&train);
        (apart && before > 0.0 && last.1.value > share * first && last.1.value > first + 0.1)
            .then_some(("loss", "risen", first, last))
    };
    let accuracies = || {
        let ((_, best), (first, last)) = (ends(&learned)?, ends(&judged)?);
        let apart = judged.len() >= 3 && learned.len() == judged.len() && down(&judged) && up(&learned);
        (apart && best.1.value - last.1.value > CLOSE).then_some(("accuracy", "fallen", first, last))
    };
    let since = || {
        let turn = (0..val.len()).min_by(|&a, &b| val[a].1.value.total_cmp(&val[b].1.value))?;
        let (least, last) = (val[turn], *val.last()?);
        let learned: Vec<_> = train.iter().filter(|(row, _)| *row >= least.0).copied().collect();
        let (before, now) = (learned.first()?.1.value, learned.last()?.1.value);
        let enough = val.len() - turn > SINCE && learned.len() > SINCE && down(&learned);
        let risen = |to: f64| to > 1.2 * least.1.value && to > least.1.value + 0.1;
        let apart = enough && up(&val[turn..]) && risen(last.1.value) && now < 0.5 * before;
        apart.then_some(("loss", "risen", least.1.value, last))
    };
    let (noun, way, first, (index, last)) = losses().or_else(accuracies).or_else(since)?;
    Some(Finding {
        id: Id::Overfit,
        severity: Severity::Warning,
        claim: format!(
            "The validation {noun} has {way} in every reading from {} on, to {}, while training got better in every one: the network \
                memorises its training photos.",
            number(first),
            number(last.value)
        ),
        evidence: vec![Evidence::at(
            last.line,
            quoted(&context.rows[index], index, &format!("validation {noun}"), last),
        )],
        confidence: 0.8,
        advice: ADVICE.to_owned(),
        code: code(),
    })
}

/// The first three epochs of a network that begins with pretrained weights.
fn within_three_epochs(context: &Context<'_>) -> Option<Finding> {
    let complete = |row: &&Row| row.train_loss.is_some() && row.val_loss.is_some();
    let rows: Vec<&Row> = context.rows.iter().filter(complete).collect();
    let &[first, middle, last] = rows.as_slice() else { return None };
    let (train, val) =
        ([first, last].map(|row| row.train_loss), [first, middle, last].map(|row| row.val_loss));
    let least = val[0]?.value.min(val[1]?.value);
    let gains =
        match (last.val_accuracy, first.val_accuracy.into_iter().chain(middle.val_accuracy).next_back()) {
            (Some(now), Some(before)) => now.value > before.value + 0.01,
            _ => false,
        };
    let memorised = train[1]?.value < 0.5 * train[0]?.value && val[2]?.value > 1.25 * least && !gains;
    (memorised && least > 0.1 && val[2]?.value > train[1]?.value).then(|| Finding {
        id: Id::Overfit,
        severity: Severity::Warning,
        claim: format!(
            "In three epochs the training loss fell from {} to {}, while the validation loss rose from {} to {}: the \
                network has begun to memorise its training photos.",
            number(train[0].map_or(0.0, |loss| loss.value)),
            number(train[1].map_or(0.0, |loss| loss.value)),
            number(least),
            number(val[2].map_or(0.0, |loss| loss.value))
        ),
        evidence: val
            .iter()
            .flatten()
            .map(|loss| Evidence::at(loss.line, format!("validation loss {}", number(loss.value))))
            .collect(),
        confidence: 0.7,
        advice: ADVICE.to_owned(),
        code: code(),
    })
}

/// Whether the validation loss ends a fifth above its least value, or has been an eighth above since while training fell by a third;
/// less is within what a healthy run may do.
pub(crate) fn has_risen(context: &Context<'_>) -> bool {
    /// Epochs since the least value that show a level.
    const SINCE: usize = 4;
    let both = context.mean_losses();
    let turn = both.iter().enumerate().min_by(|a, b| a.1.2.total_cmp(&b.1.2)).map_or(0, |(turn, _)| turn);
    if let [(_, then, least), since @ ..] = &both[turn.min(both.len())..]
        && let [.., (_, now, _)] = since
        && since.len() >= SINCE
    {
        let mut level: Vec<f64> = since.iter().map(|row| row.2).collect();
        level.sort_by(f64::total_cmp);
        if level[level.len() / 2] > 1.125 * least && *now < 0.67 * then {
            return true;
        }
    }
    let losses: Vec<f64> = both.iter().map(|row| row.2).collect();
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let mut end = losses[losses.len().saturating_sub(3)..].to_vec();
    end.sort_by(f64::total_cmp);
    end.get(end.len() / 2).is_some_and(|end| *end > 1.2 * least)
}

/// The best validation loss is long past, and training has improved since.
fn stalled(context: &Context<'_>) -> Option<Finding> {
    let both = context.mean_losses();
    let (place, &(index, then, least)) = both.iter().enumerate().min_by(|a, b| a.1.2.total_cmp(&b.1.2))?;
    let &(end, train, val) = both.last()?;
    let past = both.len() - 1 - place;
    let goes_on = train < 0.85 * then && train < 0.6 * val;
    (past >= 5 && 4 * past >= both.len() && goes_on && least > 0.0).then(|| {
        let (from, to) = (&context.rows[index], &context.rows[end]);
        Finding {
            id: Id::Overfit,
            severity: Severity::Note,
            claim: format!(
                "The validation loss was least in {} ({}). Since then the training loss has fallen from {} to {}, and \
                    validation has not improved.",
                epoch_name(from, index),
                number(from.val_loss.map_or(0.0, |loss| loss.value)),
                number(from.train_loss.map_or(0.0, |loss| loss.value)),
                number(to.train_loss.map_or(0.0, |loss| loss.value))
            ),
            evidence: from
                .val_loss
                .map(|loss| Evidence::at(loss.line, quoted(from, index, "validation loss", loss)))
                .into_iter()
                .collect(),
            confidence: 0.7,
            advice: ADVICE.to_owned(),
            code: None,
        }
    })
}

fn by_accuracy(context: &Context<'_>) -> Option<Finding> {
    let both: Vec<(usize, Reading, Reading)> = context
        .rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| Some((index, row.train_accuracy?, row.val_accuracy?)))
        .collect();
    let &(index, train, val) = both.last()?;
    // A bad last epoch is no memory: the best of the last three speaks for validation, of all where the gap may be small.
    let losses_apart = || {
        let row = &context.rows[index];
        row.train_loss.zip(row.val_loss).is_some_and(|(train, val)| val.value > 3.0 * train.value)
    };
    let nearly_all = train.value >= NEARLY_ALL && (both.len() >= 4 || both.len() == 3 && losses_apart());
    let (early, late) = both.split_at(both.len().saturating_sub(3));
    let best =
        |epochs: &[(usize, Reading, Reading)]| epochs.iter().map(|epoch| epoch.2.value).fold(0.0, f64::max);
    let (before, now) = (best(early), best(late));
    let best = if nearly_all { before.max(now) } else { now };
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    let noise = (best * (1.0 - best) / size).sqrt();
    // A loss that is many times that of training tells memory where the accuracies alone do not.
    let far = context.rows[index].train_loss.zip(context.rows[index].val_loss).is_some_and(|(train, val)| {
        let (by_train, by_val) = context.factors();
        val.value / by_val > 8.0 * train.value / by_train
    });
    let limit = match (nearly_all, far) {
        (true, true) => f64::max(0.08, 4.0 * noise),
        (true, false) => f64::max(0.08, 6.0 * noise),
        _ => context.limits.overfit_gap.max(4.0 * noise),
    };
    let row = &context.rows[index];
    let lower = row.train_loss.zip(row.val_loss).is_some_and(|(train, val)| {
        let (by_train, by_val) = context.factors();
        val.value / by_val < train.value / by_train
    });
    // What still catches up is no memory yet: the accuracy rises, and the loss is at its least.
    let losses = |rows: &[(usize, Reading, Reading)]| {
        let losses = rows.iter().filter_map(|(index, ..)| context.rows[*index].val_loss);
        losses.map(|loss| loss.value).fold(f64::INFINITY, f64::min)
    };
    let falls = losses(late) <= losses(early);
    let falls_far = losses(late) < 0.95 * losses(early);
    let near = train.value - best < CLOSE;
    let catches_up =
        nearly_all && !early.is_empty() && now > before + 0.5 * noise && if near { falls } else { falls_far };
    let memorised = train.value >= HARDLY && train.value - best > limit && !lower && !catches_up;
    memorised.then(|| Finding {
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
