//! A loss that exploded and did not recover.
//!
//! Idea: compare each training loss with the least one before it and with the first. A run has diverged if
//! from some epoch on every loss is above five times the least before, and the run is back where it started
//! or beyond; or if its loss rose to five times that of guessing and no accuracy ever exceeded chance, even
//! where a falling rate has brought the loss down since. A loss above a billion is larger than any sum of
//! normal losses. An accuracy of validation of which at most a third is left from one epoch on, two at least, where no number of
//! training says otherwise, is lost with the weights. Source: gradient descent beyond its stability limit, rate > 2 / curvature. Limits: an
//! explosion in the very last epoch counts as a jump until a second epoch confirms it, unless it is a
//! hundredfold; a log that starts after the explosion is recognised by its size only.

use foliar_logread::Series;

use crate::context::Context;
use crate::rows::{Column, Reading};
use crate::scores::rising;
use crate::words::{epoch_name, number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

/// Larger than any sum over a data set.
const ABSURD: f64 = 1e9;
/// Values after the first that show a run which learns.
const CONFIRMED: usize = 3;

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    // A loss that is added up between two lines grows with the lines; a score of other photos that rises tells that all is well.
    let validated =
        [Column::ValLoss, Column::ValAccuracy].iter().any(|column| !context.column(*column).is_empty());
    if context.penalty.is_some() || !validated && rising(context).is_some() {
        return None;
    }
    [(Column::TrainLoss, "training loss"), (Column::ValLoss, "validation loss")]
        .into_iter()
        .find_map(|(column, name)| exploded(context, column, name))
        .or_else(|| never_learned(context))
        .or_else(|| grows(context))
        .or_else(|| collapsed(context))
        .or_else(|| leapt(context))
}

/// A validation loss that leapt from one epoch to the next and stayed up, where nothing else is printed. Memory needs more epochs for that.
fn leapt(context: &Context<'_>) -> Option<Finding> {
    /// In the least loss before: the leap, all after it, and the loss right before it at most.
    const LEAP: f64 = 1.8;
    const STAYS: f64 = 1.4;
    const BEFORE: f64 = 1.2;
    const CONFIRMED: usize = 3;
    let curve = context.column(Column::ValLoss);
    let alone = [Column::TrainLoss, Column::TrainAccuracy, Column::ValAccuracy]
        .iter()
        .all(|column| context.column(*column).is_empty());
    let epochs: Vec<f64> = curve.iter().filter_map(|(row, _)| context.rows[*row].epoch).collect();
    let one_run = epochs.len() == curve.len() && epochs.windows(2).all(|pair| pair[0] <= pair[1]);
    let mut least = f64::INFINITY;
    let place = (1..curve.len()).find(|&place| {
        let before = curve[place - 1].1.value;
        least = least.min(before);
        let stays = curve[place..].iter().all(|(_, reading)| reading.value > STAYS * least);
        curve[place].1.value > LEAP * least && before < BEFORE * least && least > 0.0 && stays
    })?;
    let ((first, low), (index, high)) = (curve[place - 1], curve[place]);
    let last = curve.last()?.1;
    (alone && one_run && curve.len() - place >= CONFIRMED).then(|| Finding {
        confidence: 0.75,
        ..finding(
            format!(
                "The validation loss leapt from {} to {} at {} and did not come back; it ends at {}.",
                number(low.value),
                number(high.value),
                epoch_name(&context.rows[index], index),
                number(last.value)
            ),
            [(first, low), (index, high)]
                .map(|(row, reading)| {
                    Evidence::at(reading.line, quoted(&context.rows[row], row, "validation loss", reading))
                })
                .to_vec(),
        )
    })
}

/// An accuracy of validation that was lost from one epoch to the next and did not come back, where nothing tells that training goes
/// on as before.
fn collapsed(context: &Context<'_>) -> Option<Finding> {
    const BEST: f64 = 0.3;
    /// Shares of the best accuracy: of the last one before the fall at least, and of all after it at most.
    const BEFORE: f64 = 0.8;
    const AFTER: f64 = 0.35;
    const CONFIRMED: usize = 2;
    let curve = context.column(Column::ValAccuracy);
    let best = curve.iter().map(|(_, reading)| reading.value).fold(0.0, f64::max);
    let lost = curve.iter().rev().take_while(|(_, reading)| reading.value < AFTER * best).count();
    let (before, after) = curve.split_at(curve.len() - lost);
    let (&(index, high), &(fallen, low), last) = (before.last()?, after.first()?, curve.last()?.1);
    let epochs: Vec<f64> = curve.iter().filter_map(|(row, _)| context.rows[*row].epoch).collect();
    let one_run = epochs.len() == curve.len() && epochs.windows(2).all(|pair| pair[0] < pair[1]);
    let trains = context.column(Column::TrainLoss);
    let still = trains.iter().rev().find(|(row, _)| *row <= index).zip(trains.last());
    let goes_on = still.is_some_and(|(then, now)| now.1.value < 1.2 * then.1.value);
    let sudden = best > BEST && high.value > BEFORE * best && lost >= CONFIRMED;
    let untold = context.column(Column::TrainAccuracy).is_empty() && !goes_on;
    (sudden && one_run && untold).then(|| Finding {
        confidence: 0.85,
        ..finding(
            format!(
                "The validation accuracy fell from {} to {} at {} and did not come back; it ends at {}.",
                percent(high.value),
                percent(low.value),
                epoch_name(&context.rows[fallen], fallen),
                percent(last.value)
            ),
            [(index, high), (fallen, low)]
                .map(|(row, reading)| {
                    Evidence::at(
                        reading.line,
                        quoted(&context.rows[row], row, "validation accuracy", reading),
                    )
                })
                .to_vec(),
        )
    })
}

/// A training loss that grows from line to line without end.
fn grows(context: &Context<'_>) -> Option<Finding> {
    const LINES: usize = 10;
    let curve = context.column(Column::TrainLoss);
    let (&(_, first), &(index, last)) = (curve.first()?, curve.last()?);
    let ups = curve.windows(2).filter(|pair| pair[1].1.value > pair[0].1.value).count();
    let steady = curve.len() >= LINES && 10 * ups >= 9 * (curve.len() - 1);
    (steady && first.value > 0.0 && last.value > 1.3 * first.value).then(|| {
        let rate = (last.value / first.value).powf(1.0 / (curve.len() - 1) as f64) - 1.0;
        finding(
            format!(
                "The training loss grows in {ups} of {} lines, by {} a line, from {} to {}. A loss that is minimised does \
                    not; the weights grow, or a penalty on them whose factor grows is printed with it.",
                curve.len() - 1,
                percent(rate),
                number(first.value),
                number(last.value)
            ),
            vec![Evidence::at(last.line, quoted(&context.rows[index], index, "training loss", last))],
        )
    })
}

/// A loss that rose far above that of guessing, in a run that never did better than guessing.
fn never_learned(context: &Context<'_>) -> Option<Finding> {
    let chance = context.setup.chance_loss()?;
    let curve = context.column(Column::TrainLoss);
    let first = curve.first()?.1.value;
    let &(index, worst) = curve.iter().max_by(|a, b| a.1.value.total_cmp(&b.1.value))?;
    // A first epoch that is the worst may be a hot start, unless the other loss went on to rise.
    let rose = |curve: &[(usize, Reading)]| {
        let first = curve.first().map_or(f64::INFINITY, |(_, reading)| reading.value);
        curve.iter().any(|(_, reading)| reading.value > first && reading.value >= 5.0 * chance)
    };
    let exploded =
        worst.value >= 5.0 * chance && (worst.value > first || rose(&context.column(Column::ValLoss)));
    if !context.is_wild() || !exploded {
        return None;
    }
    let claim = format!(
        "The training loss reached {} at {}, where guessing gives {}, and the accuracy never exceeded \
            chance: the steps were too long and the weights exploded.",
        number(worst.value),
        epoch_name(&context.rows[index], index),
        number(chance)
    );
    let evidence = quoted(&context.rows[index], index, "training loss", worst);
    Some(finding(claim, vec![Evidence::at(worst.line, evidence)]))
}

fn exploded(context: &Context<'_>, column: Column, name: &str) -> Option<Finding> {
    let curve = context.column(column);
    // A first value that no later one is near was measured before training: that is for a bad start.
    let starts =
        curve.len() > CONFIRMED && curve[1..].iter().all(|(_, reading)| reading.value.abs() < 1e-3 * ABSURD);
    let absurd =
        curve.iter().position(|(_, reading)| reading.value.abs() > ABSURD).filter(|at| *at > 0 || !starts);
    let at =
        absurd.or_else(|| (column == Column::TrainLoss).then(|| turning_point(context, &curve)).flatten())?;
    let (index, reading) = curve[at];
    let before = curve[..at].iter().copied().min_by(|a, b| a.1.value.total_cmp(&b.1.value));
    let last = curve.last()?.1.value;
    let claim = match before {
        Some((_, least)) => format!(
            "The {name} fell to {}, jumped to {} at {} and did not recover; it ends at {}.",
            number(least.value),
            number(reading.value),
            epoch_name(&context.rows[index], index),
            number(last)
        ),
        None => format!(
            "The {name} is {}, larger than any sum of normal losses: the weights have exploded.",
            number(reading.value)
        ),
    };
    let mut evidence: Vec<Evidence> = before
        .map(|(index, least)| Evidence::at(least.line, quoted(&context.rows[index], index, name, least)))
        .into_iter()
        .collect();
    evidence.push(Evidence::at(reading.line, quoted(&context.rows[index], index, name, reading)));
    Some(finding(claim, evidence))
}

fn finding(claim: String, evidence: Vec<Evidence>) -> Finding {
    Finding {
        id: Id::Diverged,
        severity: Severity::Error,
        claim,
        evidence,
        confidence: 0.93,
        advice: "Keep the weights from before the jump. Train again with a learning rate three to ten \
            times lower, a warm-up of a few hundred steps, and gradient clipping."
            .to_owned(),
        code: Some(
            "optimizer = torch.optim.SGD(model.parameters(), lr=0.1 * old_rate, momentum=0.9)\n\
                loss.backward()\n\
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)   # before optimizer.step()"
                .to_owned(),
        ),
    }
}

/// Whether the losses of single batches, of which one may be low by chance, are usually far above those before.
fn stays_above(before: &[(usize, Reading)], after: &[(usize, Reading)]) -> bool {
    const TIMES: f64 = 3.0;
    let median = |part: &[(usize, Reading)]| {
        let mut values: Vec<f64> = part.iter().map(|(_, reading)| reading.value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    after.len() >= 3 && median(after) > TIMES * median(before)
}

/// Whether the losses are those that spaCy adds up between two lines, beside its scores: that of epoch 0 is of a single batch.
fn is_summed_since(context: &Context<'_>, curve: &[(usize, Reading)]) -> bool {
    let scored = |series: &Series| {
        matches!(
            series.name.trim(),
            "ENTS_F" | "TAG_ACC" | "DEP_UAS" | "DEP_LAS" | "CATS_SCORE" | "SPANS_SC_F"
        )
    };
    let begins = curve.first().is_some_and(|(row, _)| context.rows[*row].epoch == Some(0.0));
    begins
        && context.chosen.train_loss.is_some_and(|series| series.name.trim_start().starts_with("LOSS"))
        && context.log.series.iter().any(scored)
}

/// Place in `curve` from which on the loss stays up.
fn turning_point(context: &Context<'_>, curve: &[(usize, Reading)]) -> Option<usize> {
    let first = curve.first()?.1.value;
    let start = context.setup.chance_loss().map_or(first, |chance| first.min(chance * context.factors().0));
    // Every loss from here on is at least this.
    let mut floor_after = vec![f64::INFINITY; curve.len()];
    let mut least = f64::INFINITY;
    for place in (0..curve.len()).rev() {
        least = least.min(curve[place].1.value);
        floor_after[place] = least;
    }
    let batches = context.chosen.train_loss.is_some_and(|series| series.within_epoch);
    let summed = is_summed_since(context, curve);
    let mut least_before = f64::INFINITY;
    for (place, (_, reading)) in curve.iter().enumerate() {
        // A run that begins anew after another has not jumped.
        let epoch = |place: usize| context.rows[curve[place].0].epoch;
        if place > 0 && epoch(place).zip(epoch(place - 1)).is_some_and(|(now, before)| now < before) {
            least_before = f64::INFINITY;
        }
        let jump = reading.value / least_before;
        let confirmed = curve.len() - place >= 2 || jump > 100.0;
        let confirmed = confirmed && (!batches || stays_above(&curve[..place], &curve[place..]));
        if place > 0
            && jump > 5.0
            && floor_after[place] > 4.0 * least_before
            && floor_after[place] > 0.7 * start
            && confirmed
        {
            return Some(place);
        }
        // A loss of nothing at first was not computed yet.
        if reading.value != 0.0 && !summed || place > 0 {
            least_before = least_before.min(reading.value);
        }
    }
    None
}
