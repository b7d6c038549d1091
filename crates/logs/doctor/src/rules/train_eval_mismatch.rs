//! The network behaves differently in evaluation mode.
//!
//! Idea: in the first epoch every photo is new, so the accuracy *while training* is that on unseen photos,
//! and a little below that at the end of the epoch. A validation that is far worse has not overfitted (there
//! was no time): its inputs differ, or the network runs in another mode. The same holds for a validation
//! that stays at chance while training learns. Source: progressive validation (Blum, Kalai and Langford
//! 1999); batch norm's running statistics (Ioffe and Szegedy 2015). Limits: logs that start later than the
//! first epoch, and photos from another field, which really differ.

use foliar_logread::{Metric, Series, Split};

use crate::context::Context;
use crate::learned::late;
use crate::rows::{Column, Row};
use crate::words::{epoch_name, number, percent};
use crate::{Evidence, Finding, Id, Severity};

/// How far validation must lie behind training in one epoch.
struct Gap {
    /// Validation over training loss, where the accuracies differ by `accuracy` or are not known.
    loss: f64,
    /// Training less validation accuracy.
    accuracy: f64,
    /// The same, where it is so large that a loss that is 0.5 nats higher will do.
    wide: f64,
}

const FIRST: Gap = Gap { loss: 3.0, accuracy: 0.22, wide: 0.4 };
const NEXT: Gap = Gap { loss: 4.0, accuracy: 0.15, wide: 0.3 };

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    if context.penalty.is_some() || context.double_softmax.is_some() || falls_with_training(context) {
        return None;
    }
    // What is sure of wrong classes has its own name; only the plainest signs of other conditions are said beside it.
    let unnamed = super::worse_than_chance::find(context).is_none();
    let (index, reason) = training_evaluated(context)
        .or_else(|| early_gap(context))
        .or_else(|| second_gap(context).filter(|_| unnamed))
        .or_else(|| stuck_validation(context))
        .or_else(|| never_better_than_guessing(context))
        .or_else(|| below_any_guess(context))
        .or_else(|| collapsed(context))
        .or_else(|| worse_from_the_start(context).filter(|_| unnamed))
        .or_else(|| unmoved_validation(context))?;
    let row = &context.rows[index];
    let mut evidence = Vec::new();
    for (noun, reading) in [
        ("training loss", row.train_loss),
        ("training accuracy", row.train_accuracy),
        ("validation loss", row.val_loss),
        ("validation accuracy", row.val_accuracy),
    ] {
        if let Some(reading) = reading {
            evidence.push(Evidence::at(
                reading.line,
                format!("{}: {noun} {}", epoch_name(row, index), number(reading.value)),
            ));
        }
    }
    Some(Finding {
        id: Id::TrainEvalMismatch,
        severity: Severity::Error,
        claim: format!("{reason} {}", cause(context)),
        evidence,
        confidence: 0.93,
        advice: "Run the validation code on the training photos. If results are bad there too, check \
            batch norm (frozen layers must be in evaluation mode), resizing, normalisation and the \
            order of the classes."
            .to_owned(),
        code: Some(
            "base = keras.applications.InceptionV3(include_top=False)\n\
            base.trainable = False\n\
            outputs = head(base(inputs, training=False))     # PyTorch: frozen.eval() after model.train()"
                .to_owned(),
        ),
    })
}

/// What explains it: foliar runs and prepares both parts alike, so that in its own runs they differ themselves.
fn cause(context: &Context<'_>) -> &'static str {
    if context.is_own {
        "Overfitting alone does not explain this: the photos or the labels of the two parts differ, or there are too few of them."
    } else {
        "Overfitting cannot explain this: the network runs in another mode during validation, or its photos are prepared \
            differently."
    }
}

/// Answers to held-out photos that are nearly all wrong, in every epoch, while most on training photos are right.
fn below_any_guess(context: &Context<'_>) -> Option<(usize, String)> {
    const EPOCHS: usize = 3;
    const RIGHT: f64 = 0.5;
    const WRONG: f64 = 0.01;
    let rows = context.rows.iter().enumerate();
    let both: Vec<(usize, f64, f64)> = rows
        .filter_map(|(index, row)| Some((index, row.train_accuracy?.value, row.val_accuracy?.value)))
        .collect();
    let told = both.iter().filter(|(_, train, val)| *train > RIGHT && *val < WRONG).count();
    let &(index, train, val) = both.last()?;
    (told >= EPOCHS && told == both.len()).then(|| {
        let text = format!(
            "In all {told} epochs nearly every answer to validation photos is wrong ({} right), while {} of those to training \
                photos are right.",
            percent(val),
            percent(train)
        );
        (index, text)
    })
}

/// A validation that worked and then knows nothing at an enormous loss, while training goes on as before: overfitting costs little
/// accuracy.
fn collapsed(context: &Context<'_>) -> Option<(usize, String)> {
    const EPOCHS: usize = 3;
    let rows: Vec<(usize, f64, f64, f64)> = context
        .rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| {
            Some((index, row.train_accuracy?.value, row.val_accuracy?.value, row.val_loss?.value))
        })
        .collect();
    let best = rows.iter().max_by(|a, b| a.2.total_cmp(&b.2))?;
    let lost =
        |row: &&(usize, f64, f64, f64)| row.2 < 0.1 * best.2 && row.3 > 3.0 * best.3 && row.1 > best.1 - 0.02;
    let count = rows.iter().rev().take_while(lost).count();
    (count >= EPOCHS && best.2 > 0.1).then(|| {
        let last = rows[rows.len() - 1];
        let text = format!(
            "The validation accuracy falls from {} to {} while training goes on as before ({}).",
            percent(best.2),
            percent(last.2),
            percent(last.1)
        );
        (last.0, text)
    })
}

/// A validation loss that was never below that of guessing, while training left it far behind: overfitting begins with a validation
/// that improves.
fn never_better_than_guessing(context: &Context<'_>) -> Option<(usize, String)> {
    /// Fewer will do where the number of classes is known, and no accuracy is more than a guess.
    const EPOCHS: (usize, usize) = (8, 5);
    let losses = context.mean_losses();
    // Where the number of classes is not known, guessing costs at least what training begins with.
    let begins = context.rows.first().is_some_and(|row| row.epoch.is_none_or(|epoch| epoch <= 1.0));
    let start = losses.first().filter(|_| begins).map(|loss| loss.1);
    let chance = context.setup.chance_loss().or(start.map(|start| start.max(std::f64::consts::LN_2)))?;
    let &(index, train, val) = losses.last()?;
    let least = losses.iter().map(|loss| loss.2).fold(f64::INFINITY, f64::min);
    let guess = (-chance).exp();
    let best = context
        .rows
        .iter()
        .filter_map(|row| row.val_accuracy)
        .map(|reading| reading.value)
        .fold(0.0, f64::max);
    // Below guessing the network is sure of other classes, which is `worse-than-chance`.
    let last = context.column(Column::ValAccuracy).last().map_or(guess, |(_, reading)| reading.value);
    let named = super::worse_than_chance::find(context).is_some();
    let guesses = best < guess + 0.1 && (last > 0.8 * guess || (context.setup.classes.is_none() && !named));
    let rises = least > chance && val > 1.1 * chance && val > losses[0].2;
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    let told = context.setup.classes.is_some_and(|classes| classes > 2)
        && !context.column(Column::ValAccuracy).is_empty()
        && best < guess + 4.0 * (guess * (1.0 - guess) / size).sqrt();
    // Whatever the losses count, such accuracies are those of guessing.
    if context.is_scaled() || context.scale_is_off() && !told {
        return None;
    }
    let enough = losses.len() >= if told { EPOCHS.1 } else { EPOCHS.0 };
    (enough && guesses && rises && train < 0.7 * chance).then(|| {
        let text = format!(
            "Training works (loss {}), but the validation loss was never below that of guessing ({}) and ends at {}.",
            number(train),
            number(chance),
            number(val)
        );
        (index, text)
    })
}

/// A validation whose loss rises and whose accuracy falls from the first epoch on, while training learns: overfitting costs little
/// accuracy.
fn worse_from_the_start(context: &Context<'_>) -> Option<(usize, String)> {
    const EPOCHS: usize = 6;
    let losses = context.mean_losses();
    let accuracies = context.column(Column::ValAccuracy);
    let (&(_, begin, first), &(index, train, val)) = (losses.first()?, losses.last()?);
    let (&(_, before), now) = (accuracies.first()?, late(&accuracies)?);
    let rises = losses[1..].iter().all(|loss| loss.2 > 0.98 * first) && val > 1.1 * first;
    let falls = now < 0.8 * before.value && before.value - now > 0.04;
    (losses.len() >= EPOCHS && rises && falls && train < 0.7 * begin).then(|| {
        let text = format!(
            "Training works (loss {}), but validation gets worse from the first epoch on: its loss goes from {} to {} and its \
                accuracy from {} to {}.",
            number(train),
            number(first),
            number(val),
            percent(before.value),
            percent(now)
        );
        (index, text)
    })
}

/// Training photos that were evaluated, far below the accuracy that was measured on them while the network trained.
fn training_evaluated(context: &Context<'_>) -> Option<(usize, String)> {
    const GAP: f64 = 0.15;
    let is_evaluated = |series: &&Series| {
        let name = series.name.to_lowercase();
        let share = matches!(series.metric, Metric::Accuracy | Metric::OtherScore) && name.contains("acc");
        series.split == Some(Split::Train) && share && name.contains("eval") && !series.points.is_empty()
    };
    let evaluated = context.log.series.iter().find(is_evaluated)?;
    let trained = context.chosen.train_accuracy.filter(|trained| trained.name != evaluated.name)?;
    let pairs: Vec<(f64, f64)> = evaluated
        .points
        .iter()
        .filter_map(|point| {
            let twin = trained.points.iter().find(|other| other.row == point.row)?;
            Some((twin.value, point.value))
        })
        .collect();
    let late = &pairs[pairs.len().saturating_sub(2)..];
    let &(while_training, in_evaluation) = late.last()?;
    let apart = late.len() == 2 && late.iter().all(|(trained, evaluated)| trained - evaluated > GAP);
    let index = context.rows.iter().rposition(|row| row.train_accuracy.is_some())?;
    apart.then(|| {
        let text = format!(
            "On the same training photos the accuracy is {} while training and {} in evaluation mode.",
            percent(while_training),
            percent(in_evaluation)
        );
        (index, text)
    })
}

/// A validation that is the same to the last digit while training moves.
fn unmoved_validation(context: &Context<'_>) -> Option<(usize, String)> {
    let index = context.rows.iter().rposition(|row| row.val_loss.is_some())?;
    crate::repeats::validation_alone(context)
        .then(|| (index, "The training loss moves and the validation loss never does.".to_owned()))
}

/// Whether nothing but two losses is told, and that of validation is throughout about the same multiple of training's, and falls with
/// it or is beyond any mean: then each may count otherwise, as where one is a mean by word and one by sentence.
pub(crate) fn falls_with_training(context: &Context<'_>) -> bool {
    const EPOCHS: usize = 4;
    const BEYOND: f64 = 12.0;
    let curve = context.column(Column::ValLoss);
    let [(_, first), .., (_, last)] = &curve[..] else { return false };
    let alone =
        [Column::TrainAccuracy, Column::ValAccuracy].iter().all(|column| context.column(*column).is_empty());
    let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
    for (_, train, val) in context.mean_losses() {
        (least, most) = (least.min(val / train), most.max(val / train));
    }
    let beyond = curve.iter().all(|(_, reading)| reading.value > BEYOND);
    let falls = curve.len() >= EPOCHS && last.value < 0.6 * first.value;
    alone && (falls || beyond) && least > 5.0 && most < 3.0 * least
}

/// The first two epochs, while the training photos are still new.
fn early_gap(context: &Context<'_>) -> Option<(usize, String)> {
    let (by_train, by_val) = context.factors();
    let early: Vec<(usize, &Row)> = context
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.val_loss.is_some() || row.val_accuracy.is_some())
        .take(3)
        .collect();
    let (first, rest) = early.split_first()?;
    if rest.is_empty() || !first.1.epoch.is_none_or(|epoch| epoch <= 1.0) {
        return None;
    }
    let apart = |row: &Row, gap: Gap| {
        let lost = match (row.train_accuracy, row.val_accuracy) {
            (Some(train), Some(val)) => Some(train.value - val.value),
            _ => None,
        };
        let by_loss = match (row.train_loss, row.val_loss) {
            (Some(train), Some(val)) => {
                let (train, val) = (train.value / by_train, val.value / by_val);
                let wide = lost.is_some_and(|lost| lost > gap.wide);
                (val > gap.loss * train && val - train > 0.8) || (wide && val - train > 0.5)
            }
            _ => false,
        };
        lost.is_none_or(|lost| lost > gap.accuracy) && (by_loss || (lost.is_some() && row.val_loss.is_none()))
    };
    if was_trained_before(first.1, by_train) {
        return None;
    }
    if !apart(first.1, FIRST) || !rest.iter().all(|(_, row)| apart(row, NEXT)) || falls_with_training(context)
    {
        return None;
    }
    let row = first.1;
    let text = match (row.train_accuracy, row.val_accuracy, row.train_loss, row.val_loss) {
        (Some(train), Some(val), ..) => format!(
            "Already in {}, accuracy is {} in training and {} in validation.",
            epoch_name(row, first.0),
            percent(train.value),
            percent(val.value)
        ),
        (_, _, Some(train), Some(val)) => format!(
            "Already in {}, the training loss is {} and the validation loss {}.",
            epoch_name(row, first.0),
            number(train.value),
            number(val.value)
        ),
        _ => return None,
    };
    Some((first.0, text))
}

/// Whether a first epoch without an accuracy of training has a loss that only a network has that knows its photos, while most
/// validation photos are right: it was trained on them before, and both parts are evaluated alike.
fn was_trained_before(row: &Row, by_train: f64) -> bool {
    const KNOWN: f64 = 0.2;
    const RIGHT: f64 = 0.75;
    row.train_accuracy.is_none()
        && row.train_loss.is_some_and(|loss| loss.value / by_train < KNOWN)
        && row.val_accuracy.is_some_and(|accuracy| accuracy.value >= RIGHT)
}

/// The second and the third epoch, where a network has seen each photo once or twice: too early to know them by heart.
fn second_gap(context: &Context<'_>) -> Option<(usize, String)> {
    let (by_train, by_val) = context.factors();
    let early: Vec<(usize, &Row)> =
        context.rows.iter().enumerate().filter(|(_, row)| row.val_loss.is_some()).take(4).collect();
    let begins = early.first()?.1.epoch.is_none_or(|epoch| epoch <= 1.0);
    let apart = |row: &Row| {
        let (train, val) = (row.train_loss?.value / by_train, row.val_loss?.value / by_val);
        let gap = row.train_accuracy.zip(row.val_accuracy).map(|(train, val)| train.value - val.value);
        Some(match gap {
            Some(gap) => gap > 0.3 && val > 2.5 * train && val - train > 0.6,
            None => val > 3.5 * train && val - train > 0.8,
        })
    };
    let next = early.get(1..)?;
    let &(index, row) = next.first()?;
    // Between readings that are counted in steps alone may lie many epochs.
    if counts_steps(context) {
        return None;
    }
    // Of a log that prints every twentieth epoch the second line is no second epoch.
    if early[0].1.epoch.zip(row.epoch).is_some_and(|(first, second)| second > first + 1.5) {
        return None;
    }
    let all = next.len() == 3 && next.iter().all(|(_, row)| apart(row) == Some(true));
    (begins && all).then(|| {
        let text = format!(
            "Already in {}, the training loss is {} and the validation loss {}, after each photo was seen once before.",
            epoch_name(row, index),
            number(row.train_loss.map_or(0.0, |loss| loss.value)),
            number(row.val_loss.map_or(0.0, |loss| loss.value))
        );
        (index, text)
    })
}

/// Whether the validation loss is told by step and of no epoch.
fn counts_steps(context: &Context<'_>) -> bool {
    let series = context.chosen.val_loss.filter(|series| !series.points.is_empty());
    series
        .is_some_and(|series| series.points.iter().all(|point| point.step.is_some() && point.epoch.is_none()))
}

/// Validation within reach of chance over six epochs, while training has left it far behind. A validation
/// loss that rises would mean overfitting instead.
fn stuck_validation(context: &Context<'_>) -> Option<(usize, String)> {
    let chance = context.setup.chance_loss()?;
    let guess = (-chance).exp();
    let (by_train, by_val) = context.factors();
    let judged: Vec<(usize, &Row)> = context
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.val_loss.is_some() && row.train_loss.is_some())
        .collect();
    let &(index, last) = judged.last()?;
    let val_stuck = judged.iter().all(|(_, row)| {
        row.val_loss.is_some_and(|loss| (0.97 * chance..1.08 * chance).contains(&(loss.value / by_val)))
            && row.val_accuracy.is_some_and(|accuracy| accuracy.value < (2.5 * guess).min(guess + 0.1))
    });
    let learned = last.train_loss?.value / by_train < 0.85 * chance;
    let accuracy =
        last.train_accuracy.filter(|accuracy| accuracy.value > (4.0 * guess).min(0.5 + 0.5 * guess));
    (judged.len() >= 6 && val_stuck && learned && (accuracy.is_some() || last.train_accuracy.is_none())).then(
        || {
            let train =
                accuracy.map_or(String::new(), |accuracy| format!(", accuracy {}", percent(accuracy.value)));
            (
                index,
                format!(
                    "Training works (loss {}{train}) while the validation loss stays at {}, that of \
                        guessing among {} classes.",
                    number(last.train_loss.map_or(0.0, |loss| loss.value)),
                    number(last.val_loss.map_or(0.0, |loss| loss.value)),
                    number(chance.exp().round())
                ),
            )
        },
    )
}
