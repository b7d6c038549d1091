//! Nothing is learned: loss and accuracy stay those of guessing.
//!
//! Idea: guessing among C classes costs ln C and is correct once in C times. Four proofs: (1) a loss that equals ln C to five
//! digits and more, three times in a row, for some whole C: no learning network stays there. (2) Loss and accuracy of guessing
//! for six epochs, without a fall of the loss (four, where each accuracy is exp(-loss)); where C is not known, the two must agree on it: accuracy = exp(-loss). (3) The
//! loss alone within 3 % of ln C for four epochs, C known. (4) The accuracy alone never above guessing in five epochs,
//! C known; or level below 6 % for six, C unknown. (5) An accuracy of training that stays near guessing for six epochs, with a loss
//! that is level far above ln C: outputs that are no probabilities, or labels that are others. (6) What [`agreement`] tells.
//! Limits: slow starts look the same for some epochs; a training set that *is* learned is a matter for
//! `train-eval-mismatch`.

mod agreement;
mod two_classes;

use foliar_logread::{Metric, Series};

use crate::context::Context;
use crate::guessing::{self, Guess};
use crate::learned::is_deviation;
use crate::rows::{Column, Reading};
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

/// Epochs that a loss alone needs.
const LOSSES: usize = 4;
/// Epochs that an accuracy alone needs.
const ACCURACIES: usize = 5;

/// An accuracy below which no task of a few dozen classes is learned.
const TINY: f64 = 0.06;

/// An accuracy that a dozen classes may have by guessing, where that of training does not rise either.
const FEW_CLASSES: f64 = 0.14;

/// Points above guessing that are luck at most, where the number of classes is not known.
const SHARE: f64 = 0.1;

/// How far above guessing, and how near to each other, accuracies are that are a share.
const STEADY: (f64, f64) = (0.04, 0.01);

type Curve = Vec<(usize, Reading)>;

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    if is_deviation(context) || super::overfit::in_each_epoch(context) || is_beginning(context) {
        return None;
    }
    if let Some(finding) = uniform_maps(context)
        .or_else(|| one_small_share(context))
        .or_else(|| low_and_level(context))
        .or_else(|| two_classes::find(context))
    {
        return Some(finding);
    }
    exact(context).or_else(|| level_above(context)).or_else(|| agreement::find(context)).or_else(|| {
        let val = (context.column(Column::ValLoss), context.column(Column::ValAccuracy));
        let train = (context.column(Column::TrainLoss), context.column(Column::TrainAccuracy));
        let validation = !val.0.is_empty() || !val.1.is_empty();
        // Where validation prints an accuracy alone, the loss of training stands for its own.
        let borrowed = val.0.is_empty() && !val.1.is_empty() && train.0.len() >= val.1.len();
        let (losses, accuracies) = match (validation, borrowed) {
            (true, true) => (train.0, val.1),
            (true, false) => val,
            (false, _) => train,
        };
        let of_validation = validation && !borrowed;
        let factor = if of_validation { context.factors().1 } else { context.factors().0 };
        let noun = if of_validation { "validation" } else { "training" };
        if is_one_epoch(context, if losses.is_empty() { &accuracies } else { &losses }) {
            return None;
        }
        if let Some(finding) = errors_as_accuracy(context, &losses, &accuracies, factor, noun) {
            return Some(finding);
        }
        match (losses.is_empty(), accuracies.is_empty()) {
            (false, false) if accuracies.len() >= LOSSES => both(context, &losses, &accuracies, factor, noun)
                .or_else(|| accuracy_alone(context, &accuracies, "validation").filter(|_| borrowed)),
            (false, _) if borrowed => accuracy_alone(context, &accuracies, "validation"),
            (false, _) => loss_alone(context, &losses, &accuracies, factor, noun),
            (true, false) => accuracy_alone(context, &accuracies, noun),
            (true, true) => None,
        }
    })
}

/// Whether the readings are many lines of one epoch.
fn is_one_epoch(context: &Context<'_>, curve: &Curve) -> bool {
    let epoch = |end: Option<&(usize, Reading)>| end.and_then(|(index, _)| context.rows[*index].epoch);
    epoch(curve.first()).is_some() && epoch(curve.first()) == epoch(curve.last())
}

fn finding(claim: String, evidence: Vec<Evidence>, confidence: f64) -> Finding {
    Finding {
        id: Id::AtChance,
        severity: Severity::Error,
        claim: format!("{claim} The network has learned nothing that generalises."),
        evidence,
        confidence,
        advice: "Check ten photos with their labels as the network receives them: a shuffled label \
            file is the usual cause. Then try to overfit a single batch. If that fails, the weights are \
            frozen, the gradient is cut, or the learning rate is far too small or too large."
            .to_owned(),
        code: Some(
            "images, labels = next(iter(train_loader))\n\
            for _ in range(200): loss = criterion(model(images), labels); loss.backward(); optimizer.step(); \
            optimizer.zero_grad()\n\
            print(loss.item())   # must come near 0"
                .to_owned(),
        ),
    }
}

/// A low accuracy of validation that is the same to the last digit in all epochs, five at least, while neither loss falls: one class is
/// given to every photo.
fn one_small_share(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 5;
    const LOW: f64 = 0.3;
    const NEAR: f64 = 0.05;
    const LEVEL: f64 = 0.95;
    let curve = context.column(Column::ValAccuracy);
    let &(index, last) = curve.last()?;
    let same = curve.len() >= EPOCHS && curve.iter().all(|(_, reading)| reading.value == last.value);
    let level = |column: Column| {
        let losses = context.column(column);
        let first = losses.first().map_or(0.0, |(_, reading)| reading.value);
        losses.len() >= EPOCHS && losses.iter().all(|(_, reading)| reading.value > LEVEL * first)
    };
    let trained = context.column(Column::TrainAccuracy);
    let alike = trained.iter().all(|(_, reading)| (reading.value - last.value).abs() < NEAR);
    let low = last.value > 0.0 && last.value < LOW;
    (same && low && alike && level(Column::ValLoss) && level(Column::TrainLoss)).then(|| {
        finding(
            format!(
                "The validation accuracy is {} in all {} epochs, to the last digit, and no loss falls: one class is given to every \
                    photo.",
                percent(last.value),
                curve.len()
            ),
            vec![Evidence::at(last.line, quoted(&context.rows[index], index, "validation accuracy", last))],
            0.85,
        )
    })
}

/// Whether the losses of training and validation fall in every epoch, and the accuracy of validation ends at its best, clearly above
/// where it began: a slow start is no standstill.
fn is_beginning(context: &Context<'_>) -> bool {
    const EPOCHS: usize = 4;
    const FALL: f64 = 0.997;
    const RISE: f64 = 0.03;
    let falls = |column: Column| {
        let curve = context.column(column);
        let ends = curve.first().zip(curve.last());
        curve.len() >= EPOCHS
            && curve.windows(2).all(|pair| pair[1].1.value < pair[0].1.value)
            && ends.is_some_and(|(first, last)| last.1.value < FALL * first.1.value)
    };
    let judged = context.column(Column::ValAccuracy);
    let best = judged.iter().map(|(_, reading)| reading.value).fold(0.0, f64::max);
    let rises = judged
        .first()
        .zip(judged.last())
        .is_some_and(|(first, last)| last.1.value == best && best > first.1.value + RISE);
    rises && falls(Column::TrainLoss) && falls(Column::ValLoss)
}

/// Accuracies of validation below six in a hundred that do not rise, while no loss comes below that of guessing with such an accuracy.
fn low_and_level(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 5;
    const RANGE: f64 = 0.02;
    const RISE: f64 = 0.01;
    const COST: f64 = 0.9;
    let curve = context.column(Column::ValAccuracy);
    let (&(_, first), &(index, last)) = (curve.first()?, curve.last()?);
    let values = || curve.iter().map(|(_, reading)| reading.value);
    let (least, most) = values().fold((1.0_f64, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    let low = curve.len() >= EPOCHS && least > 0.0 && most < TINY && most - least < RANGE;
    let costs = |column: Column| {
        let losses = context.column(column);
        losses.len() >= EPOCHS && losses.iter().all(|(_, loss)| loss.value > COST * -most.ln())
    };
    let guesses = costs(Column::TrainLoss) && costs(Column::ValLoss) && !context.is_scaled();
    (low && guesses && last.value < first.value + RISE && context.setup.classes.is_none()).then(|| {
        finding(
            format!(
                "The validation accuracy is {} at most in {} epochs and does not rise, and no loss comes below that of guessing with \
                    such an accuracy ({}).",
                percent(most),
                curve.len(),
                number(-most.ln())
            ),
            vec![Evidence::at(last.line, quoted(&context.rows[index], index, "validation accuracy", last))],
            0.7,
        )
    })
}

/// A part of the loss for the places of points that stays at the logarithm of the number of places.
fn uniform_maps(context: &Context<'_>) -> Option<Finding> {
    const READINGS: usize = 4;
    const SIDES: [f64; 6] = [28.0, 48.0, 56.0, 64.0, 96.0, 112.0];
    const NEAR: f64 = 2e-3;
    let of_points = |series: &&Series| {
        let name = series.name.to_lowercase();
        matches!(series.metric, Metric::Loss | Metric::LossPart)
            && ["kps", "keypoint", "kpt", "heatmap"].iter().any(|word| name.contains(word))
            && series.points.len() >= READINGS
    };
    context.log.series.iter().filter(of_points).find_map(|series| {
        let last = series.points.last()?;
        let uniform = |side: f64| (side * side).ln();
        let at = |side: f64| series.points.iter().all(|point| (point.value - uniform(side)).abs() < NEAR);
        let side = SIDES.into_iter().find(|side| at(*side))?;
        Some(finding(
            format!(
                "`{}` is {} in all {} lines, the logarithm of {side} x {side}: all places of a map are equally likely to it.",
                series.name.trim(),
                number(last.value),
                series.points.len()
            ),
            vec![Evidence::at(last.line, format!("{} = {}", series.name.trim(), number(last.value)))],
            0.9,
        ))
    })
}

/// A loss that ends at ln C to the last of five digits and more.
fn exact(context: &Context<'_>) -> Option<Finding> {
    let Guess { series, last, classes, repeats } = guessing::exact(context)?;
    Some(finding(
        format!(
            "{} is {} in the last {repeats} lines: exactly ln {classes}, the loss of guessing among {classes} classes.",
            series.name, last.value
        ),
        vec![Evidence::at(last.line, format!("{} = {}", series.name, last.value))],
        0.97,
    ))
}

/// A training loss that is level far above that of guessing, with an accuracy that is not clearly above it.
fn level_above(context: &Context<'_>) -> Option<Finding> {
    /// Times the accuracy of guessing that the share of the largest class may be.
    const LARGEST: f64 = 2.6;
    /// Most accuracy where the number of classes is not known, and what its loss is at least, in those of guessing with it.
    const UNKNOWN: (f64, f64) = (0.06, 2.0);
    const ABOVE: f64 = 1.5;
    let (losses, accuracies) = (context.column(Column::TrainLoss), context.column(Column::TrainAccuracy));
    let tested = context.column(Column::ValAccuracy);
    let range = |curve: &Curve| {
        curve
            .iter()
            .fold((f64::INFINITY, 0.0_f64), |(low, high), (_, x)| (low.min(x.value), high.max(x.value)))
    };
    let (first, last) = (losses.first()?, losses.last()?);
    let ((least, most), (_, best)) = (range(&losses), range(&accuracies));
    let enough = losses.len().min(accuracies.len()) >= context.limits.chance_epochs;
    let level = most < 1.2 * least && last.1.value > 0.95 * first.1.value;
    let (limit, floor) = match context.setup.classes {
        Some(classes) if classes > 2 => (LARGEST / classes as f64, ABOVE * (classes as f64).ln()),
        Some(_) => return None,
        None => (UNKNOWN.0, UNKNOWN.1 * -best.ln()),
    };
    let low = best <= limit.min(0.5) && range(&tested).1 <= limit.min(0.5);
    if !(enough && level && low && best > 0.0 && least > floor) || is_one_epoch(context, &losses) {
        return None;
    }
    let guessing = context.setup.classes.map_or_else(
        || format!("that of guessing with such an accuracy is {}", number(-best.ln())),
        |classes| format!("guessing among {classes} classes has {}", number((classes as f64).ln())),
    );
    Some(finding(
        format!(
            "The training loss stays near {} for {} epochs ({guessing}), and no accuracy exceeds {}.",
            number(last.1.value),
            losses.len(),
            percent(best.max(range(&tested).1))
        ),
        ends(context, &[*first, *last], "training loss"),
        0.85,
    ))
}

fn both(
    context: &Context<'_>,
    losses: &Curve,
    accuracies: &Curve,
    factor: f64,
    noun: &str,
) -> Option<Finding> {
    // Fewer will do where each accuracy is that of its loss.
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    let told = |&(row, loss): &(usize, Reading)| {
        let of_loss = (-loss.value / factor).exp();
        let noise = (of_loss * (1.0 - of_loss).max(0.0) / size).sqrt();
        // Of so many classes a fifth is less than a few photos.
        let near = (0.2 * of_loss).max(if of_loss < TINY { 2.0 * noise } else { 0.0 });
        accuracies.iter().any(|(other, accuracy)| *other == row && (accuracy.value - of_loss).abs() < near)
    };
    let least = if losses.iter().all(told) { LOSSES } else { context.limits.chance_epochs };
    if losses.len() < least || accuracies.len() < least {
        return None;
    }
    let losses: Vec<_> =
        losses.iter().map(|(index, reading)| (*index, reading.value / factor, *reading)).collect();
    let best = accuracies.iter().map(|(_, reading)| reading.value).fold(0.0, f64::max);
    let mean = accuracies.iter().map(|(_, reading)| reading.value).sum::<f64>() / accuracies.len() as f64;
    let typical = losses[losses.len() / 2].1;
    // Guessing costs the logarithm of a whole number; what lies a little above one is a guess that is not quite calm.
    let whole = typical.exp().round().max(2.0).ln();
    let chance = context.setup.chance_loss().unwrap_or(typical.min(whole));
    let guess = (-chance).exp();
    let noise = (guess * (1.0 - guess) / size).sqrt();
    // However few the photos: who gets more than half of what guessing gets wrong right has learned something.
    let luck = (4.5 * noise + 1.0 / size).max(0.6 * guess * (1.0 - guess)).min(0.5 * (1.0 - guess));
    // Where C is not known, more may be the share of the largest class.
    let luck = if context.setup.classes.is_some() { luck } else { luck.min(SHARE) };
    // Of few photos that a guess gets right, there may be none.
    let enough = mean > 0.4 * guess || guess * size < 8.0;
    // One that stays above guessing, and hardly moves, is a share of the largest class: that is for other rules.
    let least_right = accuracies.iter().map(|(_, reading)| reading.value).fold(1.0, f64::min);
    let steady =
        context.setup.classes.is_none() && least_right > guess + STEADY.0 && best - least_right < STEADY.1;
    let agrees = context.setup.classes.is_some() || (typical > 0.66 && enough && mean < 1.5 * guess);
    let (first, last) = (losses.first()?, losses.last()?);
    let flat =
        last.1 > 0.985 * first.1.min(chance) && losses.iter().all(|(_, loss, _)| *loss > 0.96 * chance);
    let near = last.1 < 1.6 * chance;
    let learned =
        if noun == "validation" { knows_training(context, chance) } else { training_learned(context) };
    if steady || !agrees || !flat || !near || learned || best > guess + luck {
        return None;
    }
    Some(finding(
        format!(
            "After {} epochs the {noun} loss is {} and the best accuracy {}. Guessing among {} classes \
                gives {} and {}.",
            losses.len(),
            number(last.1),
            percent(best),
            number(chance.exp().round()),
            number(chance),
            percent(guess)
        ),
        ends(context, &[(first.0, first.2), (last.0, last.2)], &format!("{noun} loss")),
        if context.setup.classes.is_some() { 0.95 } else { 0.93 },
    ))
}

/// Whether the training loss has fallen by a third, and below that of guessing: a fall to it is none.
fn knows_training(context: &Context<'_>, chance: f64) -> bool {
    const LEFT: f64 = 0.8;
    let mean = |reading: &Reading| reading.value / context.factors().0;
    let below =
        context.column(Column::TrainLoss).last().is_some_and(|(_, reading)| mean(reading) < LEFT * chance);
    training_learned(context) && below
}

/// Whether the training loss has fallen by a third: then the network learns, if nothing that generalises.
pub(super) fn training_learned(context: &Context<'_>) -> bool {
    let losses = context.column(Column::TrainLoss);
    let first = losses.first().map_or(0.0, |(_, reading)| reading.value);
    losses.last().is_some_and(|(_, reading)| reading.value < 0.67 * first)
}

fn loss_alone(
    context: &Context<'_>,
    losses: &Curve,
    accuracies: &Curve,
    factor: f64,
    noun: &str,
) -> Option<Finding> {
    let (first, last) = (losses.first()?, losses.last()?);
    let means = || losses.iter().map(|(_, reading)| reading.value / factor);
    let (least, most) = means().fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    let (chance, confidence) = match context.setup.chance_loss() {
        Some(chance) => {
            let near = losses.len() >= LOSSES && least > 0.97 * chance && most < 1.03 * chance;
            (Some(chance).filter(|_| near && last.1.value > 0.99 * first.1.value)?, 0.9)
        }
        // Level within half a per cent, near the logarithm of a small whole number, and no sign of a fall.
        None => {
            let classes = (1.001 * least).exp().floor().max(2.0);
            let level = losses.len() >= context.limits.chance_epochs
                && most < 1.005 * least
                && last.1.value > 0.998 * first.1.value;
            let near = least > 0.999 * classes.ln() && least < 1.025 * classes.ln() && classes <= 50.0;
            (Some(classes.ln()).filter(|_| level && near)?, 0.7)
        }
    };
    // Few accuracies, if any, on perhaps a hundred photos.
    let guess = (-chance).exp();
    let above = |(_, reading): &(usize, Reading)| {
        reading.value > guess + 3.0 * (guess * (1.0 - guess) / 100.0).sqrt()
    };
    if accuracies.iter().any(above) {
        return None;
    }
    Some(finding(
        format!(
            "The {noun} loss goes from {} to {} in {} epochs. Guessing among {} classes gives {}.",
            number(first.1.value / factor),
            number(last.1.value / factor),
            losses.len(),
            number(chance.exp().round()),
            number(chance)
        ),
        ends(context, &[*first, *last], &format!("{noun} loss")),
        confidence,
    ))
}

/// The loss of guessing, beside what is called an accuracy and is the share of errors of guessing.
fn errors_as_accuracy(
    context: &Context<'_>,
    losses: &Curve,
    accuracies: &Curve,
    factor: f64,
    noun: &str,
) -> Option<Finding> {
    let chance = context.setup.chance_loss()?;
    let errors = 1.0 - (-chance).exp();
    let near = |(_, reading): &(usize, Reading)| (reading.value / factor / chance - 1.0).abs() < 3e-3;
    let wrong = |(_, reading): &(usize, Reading)| (reading.value - errors).abs() < 0.03;
    let (first, last) = (losses.first()?, losses.last()?);
    let &(_, accuracy) = accuracies.last()?;
    let told = errors > 0.7
        && losses.len() >= context.limits.chance_epochs
        && losses.iter().all(near)
        && accuracies.iter().all(wrong);
    told.then(|| {
        finding(
            format!(
                "The {noun} loss is that of guessing, {}, in all {} epochs. What is called the accuracy, {}, is then the share of \
                    errors.",
                number(chance),
                losses.len(),
                percent(accuracy.value)
            ),
            ends(context, &[*first, *last], &format!("{noun} loss")),
            0.85,
        )
    })
}

fn accuracy_alone(context: &Context<'_>, accuracies: &Curve, noun: &str) -> Option<Finding> {
    let (first, last) = (accuracies.first()?, accuracies.last()?);
    let Some(classes) = context.setup.classes else { return tiny_accuracy(context, accuracies, noun) };
    let guess = 1.0 / classes as f64;
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    let best = accuracies.iter().map(|(_, reading)| reading.value).fold(0.0, f64::max);
    let limit = guess + 3.0 * (guess * (1.0 - guess) / size).sqrt();
    (accuracies.len() >= ACCURACIES && best <= limit).then(|| {
        finding(
            format!(
                "The best {noun} accuracy of {} epochs is {}. Guessing among {} classes gives {}.",
                accuracies.len(),
                percent(best),
                number((1.0 / guess).round()),
                percent(guess)
            ),
            ends(context, &[*first, *last], &format!("{noun} accuracy")),
            0.85,
        )
    })
}

/// An accuracy of unknown classes that stays so low that no task of a few dozen classes is learned.
fn tiny_accuracy(context: &Context<'_>, accuracies: &Curve, noun: &str) -> Option<Finding> {
    let (first, last) = (accuracies.first()?, accuracies.last()?);
    let values = || accuracies.iter().map(|(_, reading)| reading.value);
    let (least, most) = values().fold((1.0_f64, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    let level = most < 1.3 * least && last.1.value < 1.1 * first.1.value;
    // Of single batches some are luckier than others.
    let median = |part: &[(usize, Reading)]| {
        let mut values: Vec<f64> = part.iter().map(|(_, reading)| reading.value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let third = accuracies.len() / 3;
    let noisy = accuracies.len() >= 2 * ACCURACIES
        && most < 1.5 * TINY
        && median(accuracies) < TINY
        && median(&accuracies[accuracies.len() - third..]) < median(&accuracies[..third]) + 0.01;
    // Where training is level too, and no better, a dozen classes are no fewer than a hundred.
    let trained = context.column(Column::TrainAccuracy);
    let (low, high) =
        trained.iter().fold((1.0_f64, 0.0_f64), |(low, high), (_, x)| (low.min(x.value), high.max(x.value)));
    let stays = |curve: &Curve, by: f64| {
        curve.first().zip(curve.last()).is_some_and(|(first, last)| last.1.value <= by * first.1.value)
    };
    let alike = trained.len() > ACCURACIES && high < 1.3 * low && stays(&trained, 1.0);
    let few = alike
        && accuracies.len() > ACCURACIES
        && most < FEW_CLASSES
        && most < 1.3 * least
        && stays(accuracies, 1.15);
    (accuracies.len() > ACCURACIES && level && most < TINY || noisy || few).then(|| {
        finding(
            format!(
                "The {noun} accuracy stays at {} for {} epochs, as guessing among about {} classes does.",
                percent(last.1.value),
                accuracies.len(),
                number((1.0 / last.1.value).round())
            ),
            ends(context, &[*first, *last], &format!("{noun} accuracy")),
            0.7,
        )
    })
}

fn ends(context: &Context<'_>, readings: &[(usize, Reading)], noun: &str) -> Vec<Evidence> {
    let quote = |&(index, reading): &(usize, Reading)| {
        Evidence::at(reading.line, quoted(&context.rows[index], index, noun, reading))
    };
    readings.iter().map(quote).collect()
}
