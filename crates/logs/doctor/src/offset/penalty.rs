//! A penalty on the weights within the printed loss.
//!
//! Printed beside the loss under a name such as `reg` or `wd`, or inferred from the curves: both losses stay
//! far above what the accuracy needs, nearly equal, and either hardly fall or rise together while the
//! accuracy holds; or training batches with and without errors cost the same.

use foliar_logread::{Metric, Series};

use super::pairs;
use crate::rows::{Chosen, Row};
use crate::scale::reference::{Known, expected};
use crate::setup::RunSetup;

/// A penalty within the printed loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Penalty<'a> {
    /// Printed beside the loss.
    Printed(&'a Series),
    /// The cross-entropy is printed too, and the loss exceeds it by the same amount again and again.
    Difference { loss: &'a Series, cross_entropy: &'a Series, size: f64 },
    /// Inferred from the curves: its size in the last row.
    Inferred(f64),
    /// Inferred from training batches that cost the same with and without errors: its size in the last of them.
    Batches(f64),
}

/// Beginnings of words that name a penalty on the weights.
const NAMES: [&str; 6] = ["reg", "wd", "l2", "l1", "penalty", "decay"];
/// Beginnings of words that name the parts of a detector's loss, where `reg` stands for the regression of
/// boxes.
const OF_DETECTORS: [&str; 12] =
    ["box", "bbox", "obj", "iou", "giou", "dfl", "rpn", "ctr", "centerness", "conf", "wh", "mask"];

/// A penalty that columns show: a part of the loss with such a name, or a cross-entropy that is printed beside the loss.
pub(crate) fn printed_penalty<'a>(chosen: &Chosen<'a>, series: &'a [Series]) -> Option<Penalty<'a>> {
    printed(chosen, series).map(Penalty::Printed).or_else(|| difference(chosen, series))
}

/// A penalty that the curves show.
pub(crate) fn inferred_penalty(rows: &[Row], setup: &RunSetup) -> Option<Penalty<'static>> {
    inferred(rows, setup)
        .or_else(|| inferred_from_training(rows, setup))
        .map(Penalty::Inferred)
        .or_else(|| inferred_from_batches(rows, setup).map(Penalty::Batches))
}

/// A loss beside its cross-entropy: the difference, if it stays within a tenth over three records and makes up a twentieth.
fn difference<'a>(chosen: &Chosen<'a>, series: &'a [Series]) -> Option<Penalty<'a>> {
    let loss = chosen.train_loss.or(chosen.val_loss)?;
    let names_entropy = |series: &&Series| {
        let name = series.name.to_lowercase();
        ["cross_entropy", "crossentropy", "cross-entropy", "cross entropy", "ce_loss", "xent"]
            .iter()
            .any(|word| name.contains(word))
    };
    let is_loss = |series: &&Series| {
        matches!(series.metric, Metric::Loss | Metric::LossPart)
            && series.split == loss.split
            && series.name != loss.name
    };
    let cross_entropy =
        series.iter().filter(is_loss).find(names_entropy).filter(|_| !names_entropy(&loss))?;
    // Records of two lines have the loss in the line after.
    let differences: Vec<f64> = cross_entropy
        .points
        .iter()
        .filter_map(|part| {
            let whole =
                loss.points.iter().find(|whole| whole.row >= part.row && whole.row <= part.row + 1)?;
            Some(whole.value - part.value)
        })
        .collect();
    let (least, most) =
        differences.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(*x), high.max(*x)));
    let size = *differences.last()?;
    let whole = loss.points.last()?.value;
    (differences.len() >= 3 && least > 0.05 * whole && most < 1.1 * least).then_some(Penalty::Difference {
        loss,
        cross_entropy,
        size,
    })
}

/// A part of the loss with such a name that makes up at least a twentieth of it.
fn printed<'a>(chosen: &Chosen<'a>, series: &'a [Series]) -> Option<&'a Series> {
    let loss = chosen.train_loss.or(chosen.val_loss)?;
    let whole = loss.points.last()?.value;
    if series.iter().any(|part| begins_with(&part.name, &OF_DETECTORS)) {
        return None;
    }
    series.iter().find(|part| {
        let share = part.points.last().map_or(0.0, |point| point.value / whole);
        part.metric == Metric::LossPart && begins_with(&part.name, &NAMES) && (0.05..=1.01).contains(&share)
    })
}

/// Whether a word of `name` begins with one of `words`; `RegLoss` and `weight_decay` are two words each.
fn begins_with(name: &str, words: &[&str]) -> bool {
    let name = name.to_lowercase();
    let mut pieces = name.split(|c: char| !c.is_alphanumeric());
    pieces.any(|piece| words.iter().any(|word| piece.starts_with(word) && !piece.starts_with("regr")))
}

/// One row with both losses.
#[derive(Clone, Copy)]
struct Both {
    train: f64,
    val: f64,
    accuracy: f64,
    /// The most that a usual model with this accuracy pays.
    need: f64,
}

/// The penalty's size, where the curves show one.
fn inferred(rows: &[Row], setup: &RunSetup) -> Option<f64> {
    let known = Known { classes: setup.classes, samples: setup.validation_size };
    let sound = |loss: f64| loss.is_finite() && loss > 0.0;
    let all: Vec<Both> = rows
        .iter()
        .filter_map(|row| {
            let (train, val, accuracy) = (row.train_loss?.value, row.val_loss?.value, row.val_accuracy?);
            let usual = expected(1.0 - accuracy.value, accuracy.resolution, known);
            let need = (usual.log_loss + usual.above.min(0.7)).exp();
            (sound(train) && sound(val)).then_some(Both { train, val, accuracy: accuracy.value, need })
        })
        .collect();
    let late = &all[all.len() / 2..];
    let (first, last) = (all.first()?, late.last()?);
    let guess = setup.classes.map_or(1.0 / 3.0, |classes| 1.0 / classes as f64);
    if last.accuracy < 0.5 || last.accuracy < 1.5 * guess {
        return None;
    }
    let climbs = climbing(late) && last.train > 1.5 * last.need && last.val > 1.5 * last.need;
    let most = |count: usize| 4 * count >= 3 * late.len();
    let close = late.iter().filter(|row| (row.train / row.val).ln().abs() < 0.12).count();
    let above = late.iter().filter(|row| row.val > 3.0 * row.need && row.train > 2.0 * row.need).count();
    // A scaled loss follows the need down, a penalised one stops at the penalty.
    let needed_fall = (first.need / last.need).ln().max(0.0);
    let fall = (first.val / last.val).ln().max((first.train / last.train).ln());
    let stuck = fall < 0.3 * needed_fall || fall < 0.12 || (close == late.len() && flat(late));
    // Below the loss of guessing, a few epochs may be those of a network that is still unsure.
    let beyond = setup.classes.map_or(5.0, |classes| 1.1 * (classes as f64).ln());
    let resting = late[0].val < 1.1 * last.val;
    let settled = resting && all.len() >= if last.val > beyond { 2 } else { 6 };
    (climbs || (settled && stuck && most(close) && most(above))).then(|| (last.val - last.need).max(0.0))
}

/// Next to no training photo is wrong, and both losses are beyond guessing and hardly fall: what is left is a penalty, which may fall
/// slowly itself.
fn inferred_from_training(rows: &[Row], setup: &RunSetup) -> Option<f64> {
    const EPOCHS: usize = 6;
    /// Share of right answers, and of the fall that they would bring with them.
    const RIGHT: f64 = 0.98;
    const FALL: f64 = 0.3;
    let known = Known { classes: setup.classes, samples: setup.train_size };
    // Where a file holds all digits of one share, its 1.0 is exact.
    let accuracies = rows.iter().filter_map(|row| row.train_accuracy);
    let resolution = accuracies.map(|accuracy| accuracy.resolution).fold(f64::INFINITY, f64::min);
    let all: Vec<Both> = rows
        .iter()
        .filter_map(|row| {
            let (train, val, accuracy) = (row.train_loss?.value, row.val_loss?.value, row.train_accuracy?);
            let need = expected(1.0 - accuracy.value, resolution, known).log_loss.exp();
            let sound = train.is_finite() && val.is_finite() && train > 0.0 && val > 0.0;
            sound.then_some(Both { train, val, accuracy: accuracy.value, need })
        })
        .collect();
    let late = &all[all.len() / 2..];
    let (first, last) = (all.first()?, late.last()?);
    let beyond = setup.classes.map_or(1.5, |classes| (classes as f64).ln().max(1.0));
    let needed = (first.need / last.need).ln();
    let stuck = needed > 1.0 && (first.train / last.train).ln() < FALL * needed;
    let told =
        |row: &Both| row.accuracy > RIGHT && row.train > beyond && (row.train / row.val).ln().abs() < 0.2;
    (all.len() >= EPOCHS && stuck && late.iter().all(told)).then_some(last.train - last.need)
}

/// Training batches without an error and others with some cost nearly the same, far more than any of them needs: what they have in common
/// is no multiple of what their answers cost.
fn inferred_from_batches(rows: &[Row], setup: &RunSetup) -> Option<f64> {
    const BATCHES: usize = 6;
    /// Batches of each kind, and the share of errors of the second.
    const EACH: usize = 2;
    const SOME: f64 = 0.015;
    const FEW: f64 = 0.1;
    /// How far the losses may lie apart, as a logarithm, and how often the dearest batch's need they are.
    const APART: f64 = 0.12;
    const TIMES: f64 = 4.0;
    let pairs = pairs(rows, false);
    let known = Known { classes: setup.classes, samples: setup.train_size };
    let (least, most) = pairs
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(low, high), pair| (low.min(pair.loss), high.max(pair.loss)));
    let dearest = pairs.iter().map(|pair| pair.error_rate).fold(0.0, f64::max);
    let free = pairs.iter().filter(|pair| pair.error_rate == 0.0).count();
    let wrong = pairs.iter().filter(|pair| pair.error_rate >= SOME).count();
    let usual = expected(dearest, 0.0, known);
    let need = (usual.log_loss + usual.above.min(0.7)).exp();
    let alike = pairs.len() >= BATCHES && free >= EACH && wrong >= EACH && dearest < FEW;
    let last = pairs.last()?;
    (alike && (most / least).ln() < APART && least > TIMES * need).then_some(last.loss - need)
}

/// Over three rows or more, both columns rise by a twentieth, step by step, while the accuracy does not fall.
fn climbing(rows: &[Both]) -> bool {
    let up = |pair: &&[Both]| pair[1].train > pair[0].train && pair[1].val > 0.995 * pair[0].val;
    let steps = rows.windows(2).filter(up).count();
    match rows {
        [first, _, .., last] => {
            last.train > 1.05 * first.train
                && last.val > 1.05 * first.val
                && last.accuracy > first.accuracy - 0.02
                && 5 * steps >= 4 * (rows.len() - 1)
        }
        _ => false,
    }
}

/// Over three rows or more, the validation loss changes by less than a tenth, and the gap between the columns
/// by less than a twentieth of it.
fn flat(rows: &[Both]) -> bool {
    let range = |read: fn(&Both) -> f64| {
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        rows.iter().map(read).fold(ends, |(low, high), x| (low.min(x), high.max(x)))
    };
    let (low, high) = range(|row| row.val);
    let (least_gap, most_gap) = range(|row| (row.train - row.val).abs());
    rows.len() >= 3 && high < 1.1 * low && most_gap - least_gap < 0.05 * low
}
