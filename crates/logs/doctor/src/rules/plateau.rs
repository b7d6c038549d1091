//! The best epoch was long ago.
//!
//! Idea: if neither validation accuracy nor loss has improved over the last half of the run and at least
//! five epochs, more epochs of the same will not help. If accuracy has fallen since by more than chance
//! explains, this is a warning. Source: the binomial distribution for what chance explains. Limits: the best
//! of many noisy epochs is partly luck, hence the median of the last third is compared, with four standard
//! errors.

mod hardly;

use crate::context::Context;
use crate::learned::late;
use crate::rows::{Column, Reading};
use crate::scores::{told_best, twins};
use crate::words::{epoch_name, number, percent, printed, quoted};
use crate::{Evidence, Finding, Id, Severity};

/// Whether the accuracies of training and validation have not moved in the whole log.
pub(crate) fn is_still(context: &Context<'_>) -> bool {
    const STILL: f64 = 2e-6;
    [Column::TrainAccuracy, Column::ValAccuracy].into_iter().all(|column| {
        let curve = context.column(column);
        let first = curve.first().map_or(f64::NAN, |(_, reading)| reading.value);
        curve.len() >= 5 && curve.iter().all(|(_, reading)| (reading.value - first).abs() < STILL)
    })
}

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    held_back(context)
        .or_else(|| training_alone(context))
        .or_else(|| idle(context))
        .or_else(|| since_the_first(context))
        .or_else(|| told(context))
        .or_else(|| score_past(context))
        .or_else(|| past_its_least(context))
        .or_else(|| at_rest(context))
        .or_else(|| hardly::find(context))
}

/// Losses and accuracies of training and validation that have hardly moved since the first epoch, while training is no better than
/// validation.
fn since_the_first(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 6;
    /// Share of photos, and of the loss, by which they may move from the second epoch on; and how far validation may since the first.
    const STILL: (f64, f64) = (0.006, 0.02);
    const RISE: f64 = 0.03;
    const GOOD: f64 = 0.8;
    let of = |column| context.best_run(column);
    let range = |curve: &[(usize, Reading)]| {
        let values = curve.iter().skip(1).map(|(_, reading)| reading.value);
        values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)))
    };
    let [learned, judged] = [Column::TrainAccuracy, Column::ValAccuracy].map(of);
    let [train, val] = [Column::TrainLoss, Column::ValLoss].map(of);
    let still = |curve: &[(usize, Reading)]| {
        let (least, most) = range(curve);
        curve.len() >= EPOCHS && most - least < STILL.0
    };
    let level = |curve: &[(usize, Reading)]| {
        let (least, most) = range(curve);
        curve.len() >= EPOCHS && least > 0.0 && most < (1.0 + STILL.1) * least
    };
    let (&(start, first), &(index, last)) = (judged.first()?, judged.last()?);
    let moved = (last.value - first.value).abs() < RISE;
    let no_better = late(&learned)? < late(&judged)? + STILL.0;
    let all = still(&learned) && still(&judged) && level(&train) && level(&val);
    (all && moved && no_better && last.value < GOOD && !context.is_own).then(|| Finding {
        id: Id::Plateau,
        severity: Severity::Warning,
        claim: format!(
            "Since the first epoch nothing more was learned: in {} epochs the validation accuracy stays at {} and its loss at {}, and \
                training is no better. {} may be the share of the largest class.",
            judged.len(),
            percent(last.value),
            number(late(&val).unwrap_or(0.0)),
            percent(last.value)
        ),
        evidence: vec![
            Evidence::at(first.line, quoted(&context.rows[start], start, "validation accuracy", first)),
            Evidence::at(last.line, quoted(&context.rows[index], index, "validation accuracy", last)),
        ],
        confidence: 0.85,
        advice: "Compare the accuracy with the share of the largest class. If they are equal, try to overfit a hundred samples; if \
            that fails, normalise the inputs, and try learning rates ten times higher and lower and a larger network."
            .to_owned(),
        code: None,
    })
}

/// A best value that the log itself tells, of rounds long past.
fn told(context: &Context<'_>) -> Option<Finding> {
    let told = told_best(context)?;
    let last = told.held_out.points.last()?;
    Some(Finding {
        id: Id::Plateau,
        severity: Severity::Note,
        claim: format!(
            "The best value that the log tells, {}, was reached {}, at least {} lines before the end; `{}` ends at {}.",
            printed(told.best),
            told.when(),
            told.since,
            told.held_out.name.trim(),
            printed(last.value)
        ),
        evidence: vec![Evidence::at(
            last.line,
            format!("best {}, now {}", printed(told.best), printed(last.value)),
        )],
        confidence: 0.85,
        advice: "Keep the model of that round, and stop where the held-out value has not improved for some rounds (early stopping)."
            .to_owned(),
        code: None,
    })
}

/// A score of held-out data that was best long ago, where no loss and no accuracy of validation tells more.
fn score_past(context: &Context<'_>) -> Option<Finding> {
    const LINES: usize = 10;
    const SINCE: usize = 8;
    twins(context, LINES).into_iter().find_map(|(series, _)| {
        let points = &series.points;
        let best = (0..points.len()).max_by(|&a, &b| points[a].value.total_cmp(&points[b].value))?;
        let (since, last) = (points.len() - 1 - best, points.last()?);
        (since >= SINCE && 2 * since >= points.len() && last.value < points[best].value).then(|| Finding {
            id: Id::Plateau,
            severity: Severity::Note,
            claim: format!(
                "`{}` was best with {}, {since} lines before the end, and ends at {}: the rounds since then brought nothing.",
                series.name.trim(),
                printed(points[best].value),
                printed(last.value)
            ),
            evidence: vec![
                Evidence::at(
                    points[best].line,
                    format!("{} = {}", series.name.trim(), printed(points[best].value)),
                ),
                Evidence::at(last.line, format!("{} = {}", series.name.trim(), printed(last.value))),
            ],
            confidence: 0.8,
            advice: "Keep the model of that round. Lower the learning rate, or stop where the held-out value has not improved for some \
                rounds (early stopping)."
                .to_owned(),
            code: None,
        })
    })
}

/// A validation loss that rises in every reading since its least, where nothing of training and no accuracy is printed.
fn past_its_least(context: &Context<'_>) -> Option<Finding> {
    const SINCE: usize = 4;
    const RISE: f64 = 1.02;
    let others = [Column::TrainLoss, Column::TrainAccuracy, Column::ValAccuracy];
    let curve = context.column(Column::ValLoss);
    let place = (0..curve.len()).min_by(|&a, &b| curve[a].1.value.total_cmp(&curve[b].1.value))?;
    let since = &curve[place..];
    let rises = since.len() > SINCE && since.windows(2).all(|pair| pair[1].1.value > pair[0].1.value);
    let (&(start, least), &(index, last)) = (since.first()?, since.last()?);
    let risen = least.value > 0.0 && last.value > RISE * least.value;
    let alone = others.into_iter().all(|column| context.column(column).is_empty());
    (alone && rises && risen && !context.is_own).then(|| Finding {
        id: Id::Plateau,
        severity: Severity::Warning,
        claim: format!(
            "The validation loss was least with {}, and each of the {} readings since then is higher, up to {}.",
            number(least.value),
            since.len() - 1,
            number(last.value)
        ),
        evidence: vec![
            Evidence::at(least.line, quoted(&context.rows[start], start, "validation loss", least)),
            Evidence::at(last.line, quoted(&context.rows[index], index, "validation loss", last)),
        ],
        confidence: 0.85,
        advice: "Keep the model of that reading and stop there (early stopping). Print the loss of training too: if it goes on falling, \
            the model memorises."
            .to_owned(),
        code: None,
    })
}

/// A validation loss that has hardly moved since the second reading, where no accuracy of validation tells more.
fn at_rest(context: &Context<'_>) -> Option<Finding> {
    const READINGS: usize = 5;
    /// Range of the losses from the second one on, in their size; and where the best is not among the last, of eight and more.
    const RANGE: (f64, f64) = (0.02, 0.04);
    const MANY: usize = 8;
    let curve = context.best_run(Column::ValLoss);
    let rest = curve.get(1..).filter(|rest| rest.len() + 1 >= READINGS)?;
    let values = || rest.iter().map(|(_, reading)| reading.value);
    let (least, most) =
        values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let size = least.abs().max(most.abs());
    let place = (0..rest.len()).min_by(|&a, &b| rest[a].1.value.total_cmp(&rest[b].1.value))?;
    let past = rest.len() >= MANY && 3 * (place + 1) <= 2 * rest.len();
    let still = most - least < RANGE.0 * size || past && most - least < RANGE.1 * size;
    let told = !context.column(Column::ValAccuracy).is_empty() || context.is_own;
    let (&(start, first), &(index, last)) = (rest.first()?, rest.last()?);
    (still && size > 0.0 && !told).then(|| Finding {
        id: Id::Plateau,
        severity: Severity::Note,
        claim: format!(
            "The validation loss has come to rest: since the second of {} readings it stays between {} and {}.",
            curve.len(),
            number(least),
            number(most)
        ),
        evidence: vec![
            Evidence::at(first.line, quoted(&context.rows[start], start, "validation loss", first)),
            Evidence::at(last.line, quoted(&context.rows[index], index, "validation loss", last)),
        ],
        confidence: 0.8,
        advice: "Compare it with the loss of the best constant answer. If it is near it, nothing is learned: check inputs and labels. If \
            it is far below, the model has converged: more epochs of the same will not help."
            .to_owned(),
        code: None,
    })
}

/// Losses that hardly move in eight epochs and more, while no accuracy shows that much was learned.
fn idle(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 8;
    /// A loss, in nats, that no mean over a usual number of classes has.
    const NO_MEAN: f64 = 20.0;
    let [train, val] = [Column::TrainLoss, Column::ValLoss].map(|column| context.column(column));
    let (&(start, first), &(index, last)) = (train.first()?, train.last()?);
    let values = || train.iter().map(|(_, reading)| reading.value);
    let (least, most) = values().fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    let level = train.len() >= EPOCHS && least > 0.0 && most < 1.01 * least;
    let judged = late(&val).zip(val.first()).is_some_and(|(end, (_, first))| end > 0.9 * first.value);
    let right = [Column::TrainAccuracy, Column::ValAccuracy]
        .iter()
        .filter_map(|column| late(&context.column(*column)))
        .fold(0.0, f64::max);
    let foreign = if least > NO_MEAN && right > 0.0 {
        " Beside such a loss the accuracy says nothing: the targets are numbers, not classes."
    } else {
        ""
    };
    (level && val.len() >= EPOCHS && judged && right < 0.5).then(|| Finding {
        id: Id::Plateau,
        severity: Severity::Note,
        claim: format!(
            "In {} epochs the training loss has moved from {} to {}, by less than a hundredth: more epochs of the same will not \
                help.{foreign}",
            train.len(),
            number(first.value),
            number(last.value)
        ),
        evidence: vec![
            Evidence::at(first.line, quoted(&context.rows[start], start, "training loss", first)),
            Evidence::at(last.line, quoted(&context.rows[index], index, "training loss", last)),
        ],
        confidence: 0.7,
        advice: "Compare the loss with that of the best constant answer. If it is near it, normalise inputs and targets, and try \
            learning rates ten times higher and lower; else use a larger network."
            .to_owned(),
        code: None,
    })
}

/// A training loss that ends where it began, where nothing else was printed.
fn training_alone(context: &Context<'_>) -> Option<Finding> {
    const READINGS: usize = 10;
    let losses = context.column(Column::TrainLoss);
    let others = [Column::TrainAccuracy, Column::ValLoss, Column::ValAccuracy];
    if losses.len() < READINGS || others.into_iter().any(|column| !context.column(column).is_empty()) {
        return None;
    }
    let (&(start, first), &(index, last)) = (losses.first()?, losses.last()?);
    let values = || losses.iter().map(|(_, reading)| reading.value);
    let (least, most) = values().fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    let level = most < 1.005 * least || last.value >= first.value && most < 1.2 * least;
    (least > 0.0 && level).then(|| Finding {
        id: Id::Plateau,
        severity: Severity::Note,
        claim: format!(
            "The training loss is {} at first and {} after {} readings: it has hardly moved.",
            number(first.value),
            number(last.value),
            losses.len()
        ),
        evidence: vec![
            Evidence::at(first.line, quoted(&context.rows[start], start, "training loss", first)),
            Evidence::at(last.line, quoted(&context.rows[index], index, "training loss", last)),
        ],
        confidence: 0.7,
        advice: "Normalise the inputs, divide the learning rate by ten, and try to overfit a single batch. Where the loss is not \
            meant to fall, as in adversarial training, judge by another number."
            .to_owned(),
        code: None,
    })
}

/// Validations that have not improved for long.
fn held_back(context: &Context<'_>) -> Option<Finding> {
    let accuracies = context.column(Column::ValAccuracy);
    let count = accuracies.len();
    let place = (0..count).rev().max_by(|&a, &b| accuracies[a].1.value.total_cmp(&accuracies[b].1.value))?;
    let (index, best) = accuracies[place];
    let since = count - 1 - place;
    let losses = context.column(Column::ValLoss);
    let least = losses.iter().min_by(|a, b| a.1.value.total_cmp(&b.1.value));
    let loss_too = least.is_none_or(|(row, _)| 2 * row <= context.rows.len());
    if since < 5 || (since as f64) < context.limits.plateau * count as f64 {
        return None;
    }
    let mut late: Vec<f64> =
        accuracies[count - count / 3..].iter().map(|(_, reading)| reading.value).collect();
    late.sort_by(f64::total_cmp);
    let typical = late[late.len() / 2];
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    let noise = (typical * (1.0 - typical) / size).sqrt();
    // A fall that no chance explains needs no loss that says the same.
    let drop = best.value - typical;
    if !loss_too && drop < (6.0 * noise).max(0.1) {
        return None;
    }
    let fallen = drop > (4.0 * noise).max(0.03);
    if !fallen && best.value > 0.995 {
        return None;
    }
    let name = epoch_name(&context.rows[index], index);
    Some(Finding {
        id: Id::Plateau,
        severity: if fallen { Severity::Warning } else { Severity::Note },
        claim: if fallen {
            format!(
                "The best validation accuracy, {}, was reached in {name}, {since} epochs before the \
                    end. Since then it has fallen to about {}.",
                percent(best.value),
                percent(typical)
            )
        } else {
            format!(
                "The best validation accuracy, {}, was reached in {name}. The {since} epochs after it \
                    brought no improvement.",
                percent(best.value)
            )
        },
        evidence: vec![
            Evidence::at(best.line, quoted(&context.rows[index], index, "validation accuracy", best)),
            Evidence::whole(format!("median of the last {} epochs: {}", late.len(), number(typical))),
        ],
        confidence: 0.9,
        advice: "Keep the weights of that epoch. Divide the learning rate by ten from there, or stop \
                earlier next time."
            .to_owned(),
        code: fallen.then(|| {
            "scheduler = ReduceLROnPlateau(optimizer, mode='max', factor=0.1, patience=3)\n\
            scheduler.step(val_accuracy)               # once an epoch\n\
            if val_accuracy > best: best = val_accuracy; torch.save(model.state_dict(), 'best.pt')"
                .to_owned()
        }),
    })
}
