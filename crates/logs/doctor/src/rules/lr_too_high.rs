//! A training loss that rises or jumps, which a lower learning rate would fix.
//!
//! Idea: averaged over an epoch, the training loss of a stable run falls almost every time. Jumps by a third
//! and by a tenth of the loss of guessing in a quarter of the epochs, or a loss that ends above its start,
//! show that steps overshoot, and so does a loss that rises in almost every epoch, and so do training and validation that
//! become worse together by 6 points in single epochs, and come back. Source: the edge of stability (Cohen et al. 2021). Losses of
//! single batches vary by themselves: without epochs and a validation, a loss ends above its start only if all of its last third is above all of
//! the middle one, and beside an accuracy that is level nothing is said. Limits: needs six epochs;
//! cyclic rates with restarts jump by design; a run that does not recover is for `diverged`.

use crate::context::Context;
use crate::rows::{Column, Reading};
use crate::words::{number, quoted};
use crate::{Evidence, Finding, Id, Severity};

const ADVICE: &str = "Divide the learning rate by three to ten, or use a schedule that decays (cosine). A larger batch helps \
    too. If the run goes on from saved weights, restore the optimiser and the rate that it had.";

fn code() -> Option<String> {
    Some(
        "optimizer = torch.optim.SGD(model.parameters(), lr=old_rate / 5, momentum=0.9)\n\
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)\n\
        scheduler.step()   # once an epoch"
            .to_owned(),
    )
}

/// Jumps of the validation that a lower rate calms.
fn restless_validation(context: &Context<'_>) -> Option<Finding> {
    let drop = super::unstable_validation::drops(context).into_iter().next()?;
    Some(Finding {
        id: Id::LrTooHigh,
        severity: Severity::Note,
        claim: "The training loss is smooth, but validation jumps: a learning rate that is too high for the running \
            statistics of batch norm is the usual cause."
            .to_owned(),
        evidence: vec![Evidence::at(drop.line, format!("validation accuracy {}", number(drop.accuracy)))],
        confidence: 0.6,
        advice: "Divide the learning rate by three, or let it fall with a cosine.".to_owned(),
        code: None,
    })
}

/// Whether the validation loss, measured as often, makes no such jumps: then those of training are noise of few photos.
fn is_calm(curve: &[(usize, Reading)]) -> bool {
    curve.len() >= 6 && curve.windows(2).all(|pair| pair[1].1.value < 1.2 * pair[0].1.value)
}

/// Whether an accuracy that is measured as often rises without a fall: then the losses are those of single batches.
fn accuracy_is_calm(context: &Context<'_>) -> bool {
    const EPOCHS: usize = 12;
    const FALL: f64 = 0.02;
    [Column::TrainAccuracy, Column::ValAccuracy].into_iter().any(|column| {
        let curve = context.column(column);
        let rises =
            curve.first().zip(curve.last()).is_some_and(|(first, last)| last.1.value > first.1.value + FALL);
        let falls = curve.windows(2).any(|pair| pair[1].1.value < pair[0].1.value - FALL);
        curve.len() >= EPOCHS && rises && !falls
    })
}

/// A training loss that goes up in almost all epochs: three in a row where validation does the same, eight of nine else.
fn rises(context: &Context<'_>, curve: &[(usize, Reading)]) -> Option<Finding> {
    let share = |curve: &[(usize, Reading)]| {
        let ups = curve.windows(2).filter(|pair| pair[1].1.value > pair[0].1.value).count();
        (ups, curve.len().saturating_sub(1))
    };
    let (ups, steps) = share(curve);
    let (val_ups, val_steps) = share(&context.column(Column::ValLoss));
    let together = steps >= 3 && ups == steps && val_ups == steps && val_steps == steps;
    let (&(_, first), &(index, last)) = (curve.first()?, curve.last()?);
    let risen = first.value > 0.0 && last.value > 1.03 * first.value;
    (risen && (together || (steps >= 7 && 8 * ups >= 7 * steps))).then(|| Finding {
        id: Id::LrTooHigh,
        severity: Severity::Warning,
        claim: format!(
            "The training loss rises in {ups} of {steps} epochs, from {} to {}: what is minimised goes up, so each step makes \
                the network worse.",
            number(first.value),
            number(last.value)
        ),
        evidence: vec![Evidence::at(last.line, quoted(&context.rows[index], index, "training loss", last))],
        confidence: 0.8,
        advice: ADVICE.to_owned(),
        code: code(),
    })
}

/// Training that becomes worse in each epoch since its best, in loss and accuracy, and validation with it.
fn turns(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 4;
    /// By how much the losses rise, as shares, and the training accuracy falls.
    const RISE: f64 = 1.05;
    const FALL: f64 = 0.015;
    let losses = context.column(Column::TrainLoss);
    let place = (0..losses.len()).min_by(|&a, &b| losses[a].1.value.total_cmp(&losses[b].1.value))?;
    let since = &losses[place..];
    let (&(_, best), &(index, last)) = (since.first()?, since.last()?);
    let each = since.len() > EPOCHS && since.windows(2).all(|pair| pair[1].1.value > pair[0].1.value);
    let at = |column: Column, row: usize| {
        context.rows.get(row).and_then(|row| row.get(column)).map(|reading| reading.value)
    };
    let start = since.first().map_or(0, |(row, _)| *row);
    let fallen = at(Column::TrainAccuracy, index)? < at(Column::TrainAccuracy, start)? - FALL;
    let judged = at(Column::ValLoss, index)? > RISE * at(Column::ValLoss, start)?;
    (each && best.value > 0.0 && last.value > RISE * best.value && fallen && judged).then(|| Finding {
        id: Id::LrTooHigh,
        severity: Severity::Warning,
        claim: format!(
            "Since its best value the training loss rises in each of {} epochs, from {} to {}, the training accuracy falls, and \
                validation becomes worse too: the steps undo what was learned.",
            since.len() - 1,
            number(best.value),
            number(last.value)
        ),
        evidence: vec![
            Evidence::at(best.line, quoted(&context.rows[start], start, "training loss", best)),
            Evidence::at(last.line, quoted(&context.rows[index], index, "training loss", last)),
        ],
        confidence: 0.8,
        advice: ADVICE.to_owned(),
        code: code(),
    })
}

/// Whether training losses are those of single batches, which say nothing of the rate: they lie far apart, while those of validation stay
/// close and the accuracy of validation ends at its best, or that of training is level.
fn are_single_batches(context: &Context<'_>) -> bool {
    const APART: f64 = 50.0;
    const CLOSE: f64 = 2.0;
    const NEAR: f64 = 0.005;
    let range = |curve: &[(usize, Reading)]| {
        let values = curve.iter().map(|(_, reading)| reading.value);
        values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)))
    };
    let (train, val) = (range(&context.column(Column::TrainLoss)), range(&context.column(Column::ValLoss)));
    let accuracies = context.column(Column::ValAccuracy);
    let ends_best = accuracies.last().is_some_and(|(_, last)| range(&accuracies).1 - last.value <= NEAR);
    let far = train.1 > APART * train.0 && val.0 > 0.0 && val.1 < CLOSE * val.0 && ends_best;
    train.0 >= 0.0 && (far || beside_level_accuracies(context, train))
}

/// Whether the accuracy of training, far from perfect, stays level in lines whose training losses lie far apart: a mean of many batches
/// beside the loss of one.
fn beside_level_accuracies(context: &Context<'_>, losses: (f64, f64)) -> bool {
    const LINES: usize = 8;
    const APART: f64 = 2.0;
    const LEVEL: f64 = 0.02;
    const PERFECT: f64 = 0.95;
    let accuracies = context.column(Column::TrainAccuracy);
    let values = accuracies.iter().map(|(_, reading)| reading.value);
    let (least, most) =
        values.fold((1.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    accuracies.len() >= LINES && most - least < LEVEL && most < PERFECT && losses.1 > APART * losses.0
}

/// Training and validation that become worse together for single epochs and come back: the weights themselves are thrown about. The
/// mean of an epoch's training hardly does so by chance, nor do two sets of photos at once.
fn swings(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 6;
    /// How far an accuracy lies below its neighbours, and a loss above them.
    const DROP: f64 = 0.06;
    const RISE: f64 = 1.25;
    let by = |accuracy: Column, loss: Column| -> (Vec<(usize, Reading)>, bool) {
        let accuracies = context.column(accuracy);
        let told = accuracies.len() >= EPOCHS;
        (if told { accuracies } else { context.column(loss) }, told)
    };
    let (train, train_told) = by(Column::TrainAccuracy, Column::TrainLoss);
    let (val, val_told) = by(Column::ValAccuracy, Column::ValLoss);
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    let fallen = |curve: &[(usize, Reading)], place: usize, told: bool, error: bool| {
        // As losses are judged: less is better.
        let bad = |value: f64| if told { -value } else { value };
        let best = |part: &[(usize, Reading)]| {
            part.iter().map(|(_, reading)| bad(reading.value)).fold(f64::INFINITY, f64::min)
        };
        let before = best(&curve[place.saturating_sub(2)..place]);
        let after = best(&curve[place + 1..(place + 4).min(curve.len())]);
        let (usual, now) = (before.max(after), bad(curve[place].1.value));
        let noise = if error { 3.0 * (usual * (-1.0 - usual).abs() / size).abs().sqrt() } else { 0.0 };
        usual.is_finite()
            && if told { now - usual > DROP.max(noise) } else { usual > 0.0 && now > RISE * usual }
    };
    // Where no accuracy says how much it matters, both losses that jump may be those of one part of the photos.
    if train.len() < EPOCHS || train.len() != val.len() || !(train_told || val_told) {
        return None;
    }
    let drops: Vec<usize> = (1..val.len().saturating_sub(1))
        .filter(|&place| train[place].0 == val[place].0)
        .filter(|&place| fallen(&train, place, train_told, false) && fallen(&val, place, val_told, val_told))
        .collect();
    let often = drops.len() >= 2 && drops.len() as f64 >= context.limits.jump_share * val.len() as f64;
    let &worst = drops.iter().max_by(|&&a, &&b| {
        let depth = |place: usize| if val_told { -val[place].1.value } else { val[place].1.value };
        depth(a).total_cmp(&depth(b))
    })?;
    let (index, reading) = val[worst];
    let noun = if val_told { "validation accuracy" } else { "validation loss" };
    let (_, trained) = train[worst];
    let trained_noun = if train_told { "training accuracy" } else { "training loss" };
    often.then(|| Finding {
        id: Id::LrTooHigh,
        severity: Severity::Warning,
        claim: format!(
            "Training and validation become worse together in {} of {} epochs and come back: steps overshoot, so that the last \
                epoch is luck.",
            drops.len(),
            val.len()
        ),
        evidence: vec![
            Evidence::at(reading.line, quoted(&context.rows[index], index, noun, reading)),
            Evidence::at(trained.line, quoted(&context.rows[index], index, trained_noun, trained)),
        ],
        confidence: 0.85,
        advice: ADVICE.to_owned(),
        code: code(),
    })
}

/// Whether each reading of the last third lies above each of the middle one: of single batches one may be dear by chance.
fn has_parted(curve: &[(usize, Reading)]) -> bool {
    let third = curve.len() / 3;
    let (before, last) = curve.split_at(curve.len() - third);
    let values =
        |part: &[(usize, Reading)]| part.iter().map(|(_, reading)| reading.value).collect::<Vec<f64>>();
    let least = values(last).into_iter().fold(f64::INFINITY, f64::min);
    values(&before[third.min(before.len())..]).into_iter().all(|value| value < least)
}

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    if context.penalty.is_some() {
        return None;
    }
    let curve = context.column(Column::TrainLoss);
    let (first, rest) = curve.split_first()?;
    if are_single_batches(context) {
        return None;
    }
    if let Some(finding) = rises(context, &curve).or_else(|| turns(context)).or_else(|| swings(context)) {
        return Some(finding);
    }
    if curve.len() < 6 {
        return None;
    }
    let unit = context
        .setup
        .chance_loss()
        .map_or(first.1.value, |chance| (chance * context.factors().0).min(first.1.value));
    let jumps: Vec<_> = rest
        .windows(2)
        .filter(|pair| {
            let (before, after) = (pair[0].1.value, pair[1].1.value);
            before > 0.0 && after > 1.33 * before && after - before > 0.1 * unit
        })
        .collect();
    let last = rest.last()?.1.value;
    let least = rest.iter().map(|(_, reading)| reading.value).fold(f64::INFINITY, f64::min);
    // A loss below 0 has no multiples.
    let climbs =
        least > 0.0 && last > 1.1 * first.1.value && last > 1.5 * least && least < 0.95 * first.1.value;
    // Without epochs and validation the lines may be single batches, which vary as much by themselves.
    let mut epochs: Vec<i64> =
        context.rows.iter().filter_map(|row| row.epoch).map(|epoch| epoch as i64).collect();
    epochs.dedup();
    let validated = context.rows.iter().any(|row| row.val_loss.is_some() || row.val_accuracy.is_some());
    // Where next to nothing of the loss of guessing is left, what a few photos cost is noise.
    const NOTHING: f64 = 0.02;
    let chance = context.setup.chance_loss().filter(|_| !validated);
    let spent =
        chance.is_some_and(|chance| curve.iter().all(|(_, reading)| reading.value < NOTHING * chance));
    let by_epochs = epochs.len() > 2 || validated;
    let epochs = by_epochs && !spent;
    let climbs = climbs && (by_epochs || has_parted(&curve));
    let often =
        epochs && jumps.len() >= 2 && jumps.len() as f64 >= context.limits.jump_share * rest.len() as f64;
    let often = often && !accuracy_is_calm(context);
    if !often && !climbs {
        return restless_validation(context);
    }
    let evidence = jumps.iter().take(3).map(|pair| {
        let (index, reading) = pair[1];
        Evidence::at(
            reading.line,
            format!(
                "{} after {}",
                quoted(&context.rows[index], index, "training loss", reading),
                number(pair[0].1.value)
            ),
        )
    });
    let claim = if climbs {
        format!(
            "The training loss started at {}, fell to {} and ended at {}: the learning rate is too \
                high, so steps overshoot.",
            number(first.1.value),
            number(least),
            number(last)
        )
    } else {
        format!(
            "The training loss rises by a third or more in {} of {} epochs: the learning rate is too \
                high, so steps overshoot.",
            jumps.len(),
            curve.len()
        )
    };
    Some(Finding {
        id: Id::LrTooHigh,
        severity: if !climbs && is_calm(&context.column(Column::ValLoss)) {
            Severity::Note
        } else {
            Severity::Warning
        },
        claim,
        evidence: evidence.collect(),
        confidence: 0.9,
        advice: ADVICE.to_owned(),
        code: code(),
    })
}
