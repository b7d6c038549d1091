//! Whether a log proves that the network learned something that generalises.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | C | number of classes, where it is known |
//! | p | validation accuracy at the end: the median of the last third |
//! | n | validation photos; 300 where unknown |
//! | σ | standard error of an accuracy: √(p (1 - p) / n) |
//!
//! Proof is an accuracy that is clearly above guessing (p > 1 / C + 4 σ; above one half where C is unknown, since no
//! balanced task is guessed better; then it must have risen or be above 0.8, for one class may have a large share), one that rose by more than noise since the first epoch (4 √2 σ), a loss below 0.9 ln C,
//! or, where C is unknown, a loss that fell by a tenth and more. Everything on validation photos, in three epochs or more.

use foliar_logread::{Metric, Point, Series, Split};

use crate::another_run::may_be_its_start;
use crate::context::Context;
use crate::overlap;
use crate::repeats;
use crate::rows::{Column, Reading, Row};
use crate::scale::reference::{Known, expected};
use crate::scores;

/// Epochs with a validation that a judgement needs; two will do for accuracies of known classes that are nearly 1.
pub(crate) const EPOCHS: usize = 3;
/// Losses of validation that a fall takes where neither accuracy nor classes are known.
const LOSSES: usize = 5;
/// A fall to less than this takes fewer.
const HALF: f64 = 0.5;
/// Validation photos that are assumed where nothing tells their number.
const ASSUMED: f64 = 300.0;

/// How far a loss may lie above what its accuracy explains, as a factor and in nats.
const ABOVE: (f64, f64) = (1.6, 0.3);
/// A first training loss, in nats, that no mean begins with, where the number of classes is not known; and as a multiple of guessing.
const START: (f64, f64) = (8.0, 2.0);

/// No class of a usual data set has so large a share.
const SKEWED: f64 = 0.8;

/// Share of the loss of guessing that is left, and share of what guessing leaves open that is right, of a network that has learned
/// little.
const LITTLE: (f64, f64) = (0.8, 0.25);
/// Share of the loss of guessing from which on that is so whatever the accuracy.
const NEXT_TO_ALL: f64 = 0.85;
/// How far the first losses of training and validation may lie apart in a network that guesses, as the logarithm of a factor.
const ALIKE: f64 = 0.06;
/// How far the first accuracy of training may lie from that of its loss in a network that guesses, as a factor.
const GUESSES: f64 = 1.35;

/// An area under the ROC curve that no network reaches which has learned little.
const ORDERED: f64 = 0.8;

/// How far validation lies above training that nothing explains, as a factor and in nats.
const BEHIND: (f64, f64) = (2.5, 0.9);

/// How far a score may end below where it began.
const SINKS: f64 = 0.1;

/// How far an accuracy falls from its best that takes a rise of the loss with it.
const FALL: f64 = 0.03;

/// What is missing for a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// No loss and no accuracy at all.
    Curves,
    /// Nothing was measured on photos that are not trained on.
    Validation,
    /// So many epochs with a validation are fewer than [`EPOCHS`].
    Epochs(usize),
    /// The values are those of guessing, as far as can be told.
    Proof,
    /// The loss is far above what the accuracy explains, and nothing else says why.
    Loss,
    /// The validation loss ends far above its least value, and nothing else says why.
    Rise,
    /// The validation accuracy ends far below what it was, or falls so again and again.
    Jumps,
    /// What stands before the first epoch is better than the run ever becomes, and may be where it set out from.
    Start,
    /// The log has columns of unknown names, and one that a judgement needs is missing.
    Strangers,
    /// The validation loss is far above that of training, and nothing says what training answers.
    Behind,
    /// Its lines are numbered by something that is no epoch and no step, or each is of another rate: no course of one run.
    NoCourse,
    /// Another score of validation falls while the accuracy does not.
    Scores,
    /// It learns, but the training loss is still most of that of guessing, and few answers are right.
    Little,
}

/// What is missing to say that the network learned; `None` if nothing is.
pub(crate) fn gap(context: &Context<'_>) -> Option<Gap> {
    let [accuracy, loss] = [Column::ValAccuracy, Column::ValLoss].map(|column| context.best_run(column));
    let trained = [Column::TrainAccuracy, Column::TrainLoss].map(|column| context.column(column).len());
    let epochs = accuracy.len().max(loss.len());
    match epochs {
        _ if epochs < EPOCHS && scores::rising(context).is_some() && falling_score(context).is_none() => None,
        0 if trained == [0, 0] => Some(Gap::Curves),
        0 => Some(Gap::Validation),
        2 if trained != [0, 0] && are_nearly_right(context, &accuracy) => None,
        _ if epochs < EPOCHS => Some(Gap::Epochs(epochs)),
        _ if !(by_accuracy(context, &accuracy) || by_loss(context, &loss) || by_score(context)) => {
            Some(Gap::Proof)
        }
        _ if may_be_one_class(context, &accuracy) => Some(Gap::Proof),
        _ if trained == [0, 0] && may_be_one_evaluation(context, &accuracy, &loss) => Some(Gap::Proof),
        _ if jumps(context, &accuracy) || overlap_jumps(context) => Some(Gap::Jumps),
        _ if has_risen(&loss, &accuracy) => Some(Gap::Rise),
        _ if is_unexplained(context) => Some(Gap::Loss),
        _ if may_be_its_start(&context.of_another_run, &context.rows) => Some(Gap::Start),
        _ if has_learned_little(context, &accuracy) => Some(Gap::Little),
        _ if lies_behind(context) => Some(Gap::Behind),
        _ if is_no_course(context) => Some(Gap::NoCourse),
        _ if falling_score(context).is_some() => Some(Gap::Scores),
        _ if may_hide_a_column(context) => Some(Gap::Strangers),
        _ => None,
    }
}

/// Whether two accuracies, of known classes and of epochs that are numbered, leave next to no errors.
fn are_nearly_right(context: &Context<'_>, curve: &[(usize, Reading)]) -> bool {
    const NEARLY: f64 = 0.9;
    let epoch = |place: usize| curve.get(place).and_then(|(index, _)| context.rows[*index].epoch);
    context.setup.classes.is_some()
        && epoch(0).is_some_and(|first| epoch(1).is_some_and(|second| first < second))
        && curve.iter().all(|(_, reading)| reading.value > NEARLY)
}

/// Whether an accuracy of unknown classes never rose, or one is the same to the last digit throughout, so that it may be the share of
/// one class.
fn may_be_one_class(context: &Context<'_>, curve: &[(usize, Reading)]) -> bool {
    let (Some(first), Some(end)) = (curve.first(), late(curve)) else { return false };
    let size = context.validation_size().map_or(ASSUMED, |size| size as f64);
    let noise = (2.0 * end * (1.0 - end) / size).sqrt();
    let same = curve.len() > EPOCHS + 1 && curve.iter().all(|(_, reading)| reading.value == first.1.value);
    if same && end < SKEWED {
        return true;
    }
    if repeats::one_share(context)
        .is_some_and(|(_, share, _)| share.value < SKEWED && repeats::costs_one_answer(context, share.value))
    {
        return true;
    }
    context.setup.classes.is_none()
        && curve.len() >= EPOCHS
        && end < SKEWED
        && end < first.1.value + noise
        && !goes_on_from_the_middle(context, curve)
}

/// Whether a log that begins in the middle of a run shows a network that answers otherwise in each epoch, with seven of ten right and
/// more, and goes on learning a little: it has learned before, and does not give one class to all.
fn goes_on_from_the_middle(context: &Context<'_>, curve: &[(usize, Reading)]) -> bool {
    const READINGS: usize = 8;
    const BEGUN: f64 = 5.0;
    const RIGHT: f64 = 0.7;
    let begun =
        curve.first().and_then(|(index, _)| context.rows[*index].epoch).is_some_and(|epoch| epoch >= BEGUN);
    let learned = context.column(Column::TrainAccuracy);
    let varies = |curve: &[(usize, Reading)]| {
        let mut values: Vec<f64> = curve.iter().map(|(_, reading)| reading.value).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        curve.len() >= READINGS && 4 * values.len() >= 3 * curve.len()
    };
    let early = |curve: &[(usize, Reading)]| late(&curve[..curve.len().div_ceil(3)]);
    let rises = |curve: &[(usize, Reading)]| late(curve) > early(curve);
    let falls = |column: Column| {
        let curve = context.column(column);
        curve.len() >= READINGS && late(&curve) < late(&curve[..curve.len().div_ceil(3)])
    };
    begun
        && varies(curve)
        && varies(&learned)
        && curve.iter().all(|(_, reading)| reading.value > RIGHT)
        && rises(&learned)
        && falls(Column::TrainLoss)
        && falls(Column::ValLoss)
}

/// Whether what was validated may be the batches of one evaluation: no epoch is numbered, and nothing becomes better.
fn may_be_one_evaluation(
    context: &Context<'_>,
    accuracies: &[(usize, Reading)],
    losses: &[(usize, Reading)],
) -> bool {
    let ends = |curve: &[(usize, Reading)]| Some((curve.first()?.1.value, late(curve)?));
    let rises = ends(accuracies).is_some_and(|(first, end)| end > first + FALL);
    let falls = ends(losses).is_some_and(|(first, end)| end < 0.9 * first);
    context.rows.iter().all(|row| row.epoch.is_none()) && !rises && !falls
}

/// Whether an accuracy falls far below its neighbours on both sides in a third of the epochs, or ends far below the best of those
/// before it.
fn jumps(context: &Context<'_>, curve: &[(usize, Reading)]) -> bool {
    let size = context.validation_size().map_or(ASSUMED, |size| size as f64);
    let best = |part: &[(usize, Reading)]| part.iter().map(|(_, reading)| reading.value).fold(0.0, f64::max);
    let fall = |place: usize| {
        let (before, after) = (best(&curve[..place]), best(&curve[place + 1..]));
        let usual = if place + 1 == curve.len() { before } else { before.min(after) };
        let error = (usual * (1.0 - usual) / size).sqrt();
        (usual - curve[place].1.value).max(0.0) / context.limits.unstable_drop.max(5.0 * error)
    };
    let falls = (1..curve.len()).filter(|&place| fall(place) > 1.0).count();
    let ends = curve.len() > 1 && fall(curve.len() - 1) > 2.0;
    ends || falls >= 2 && 3 * falls >= curve.len()
}

/// Whether an overlap, an F1 or a kappa of held-out data falls so, which an accuracy of pixels or of a frequent class does not show.
fn overlap_jumps(context: &Context<'_>) -> bool {
    const LINES: usize = 8;
    let reading =
        |point: &Point| Reading { value: point.value, resolution: point.resolution, line: point.line };
    overlap::overlaps(context).into_iter().any(|overlap| {
        let curve: Vec<(usize, Reading)> =
            overlap.held_out.points.iter().map(|point| (0, reading(point))).collect();
        curve.len() >= LINES && jumps(context, &curve)
    })
}

/// Whether a loss of validation ends above its least value by more than jumps and a mild overfitting make of it; where the
/// accuracy ends below its best with it, a rise by less in nats counts.
fn has_risen(losses: &[(usize, Reading)], accuracies: &[(usize, Reading)]) -> bool {
    let least = losses.iter().map(|(_, reading)| reading.value).fold(f64::INFINITY, f64::min);
    let best = accuracies.iter().map(|(_, reading)| reading.value).fold(f64::NEG_INFINITY, f64::max);
    let (Some(end), Some((_, last))) = (late(losses), losses.last()) else { return false };
    let falls = accuracies.last().is_some_and(|(_, reading)| reading.value < best - FALL);
    let end = end.min(last.value);
    let risen = end > 1.22 * least && end - least > 0.3 || falls && end > 1.5 * least;
    least > 0.0 && risen
}

/// Whether the last losses of validation, and those of training, lie far above what the accuracy of the same epoch explains to a
/// network that is no longer unsure, so that they may be sums, hold a penalty, or come from a softmax of probabilities.
fn is_unexplained(context: &Context<'_>) -> bool {
    if context.is_scaled()
        || context.double_softmax.is_some()
        || context.smoothing.is_some()
        || context.has_heads
    {
        return false;
    }
    let known = Known { classes: context.setup.classes, samples: context.validation_size() };
    let far = |row: &Row| {
        let (train, loss, accuracy) = (row.train_loss?, row.val_loss?, row.val_accuracy?);
        let need = expected(1.0 - accuracy.value, accuracy.resolution, known).log_loss.exp();
        let above = |loss: f64| loss > ABOVE.0 * need && loss - need > ABOVE.1;
        Some(above(loss.value) && above(train.value))
    };
    // At an accuracy above guessing, a mean is below it.
    let beyond_guessing = context.setup.chance_loss().is_some_and(|chance| {
        late(&context.column(Column::ValLoss)).is_some_and(|loss| loss > 0.98 * chance)
            && late(&context.column(Column::ValAccuracy)).is_some()
    });
    let begins = context.rows.first().is_some_and(|row| row.epoch.is_none_or(|epoch| epoch <= 1.0));
    let start = context.rows.iter().find_map(|row| row.train_loss).map_or(0.0, |loss| loss.value);
    let high = begins && start > context.setup.chance_loss().map_or(START.0, |chance| START.1 * chance);
    if beyond_guessing || high && !is_learned_number(context) && !is_sum_of_parts(context) {
        return true;
    }
    let judged: Vec<bool> = context.rows[context.best_run.clone()].iter().filter_map(far).collect();
    judged.len() >= EPOCHS && judged[judged.len() - judged.len().div_ceil(3)..].iter().all(|far| *far)
}

/// Whether nothing speaks of classes, and the losses of training and validation fall to half and less, with little noise and together:
/// those of a network that learns a number, in the square of whatever unit it has.
fn is_learned_number(context: &Context<'_>) -> bool {
    /// Readings, at least; and a fall, where nothing names the loss as that of a number.
    const READINGS: usize = 5;
    const DEEP: f64 = 0.1;
    /// A step up that is noise, and the share of the steps that may be more.
    const NOISE: f64 = 1.05;
    const STEPS: usize = 8;
    const APART: f64 = 2.0;
    let no_classes = context.setup.classes.is_none()
        && [Column::TrainAccuracy, Column::ValAccuracy]
            .iter()
            .all(|column| context.column(*column).is_empty());
    let [train, val] = [Column::TrainLoss, Column::ValLoss].map(|column| context.best_run(column));
    let fall = if is_deviation(context) { HALF } else { DEEP };
    let falls = |curve: &[(usize, Reading)]| {
        let noisy = curve.windows(2).filter(|pair| pair[1].1.value > NOISE * pair[0].1.value).count();
        let first = curve.first().map_or(0.0, |(_, reading)| reading.value);
        curve.len() >= READINGS
            && STEPS * noisy <= curve.len()
            && late(curve).is_some_and(|end| end > 0.0 && end < fall * first)
    };
    let together = late(&train).zip(late(&val)).is_some_and(|(train, val)| val < APART * train);
    no_classes && falls(&train) && falls(&val) && together
}

/// Whether the loss is by its name that of numbers and not of classes, and no accuracy says otherwise.
pub(crate) fn is_deviation(context: &Context<'_>) -> bool {
    let chosen = &context.chosen;
    let named = |series: &Series| {
        let name = series.name.to_lowercase();
        ["mse", "mae", "msle"].iter().any(|word| name.contains(word))
    };
    chosen.val_accuracy.or(chosen.train_accuracy).is_none()
        && chosen.val_loss.or(chosen.train_loss).is_some_and(named)
}

/// Whether the loss is the sum of several parts, so that it may start higher than any guess among classes costs.
fn is_sum_of_parts(context: &Context<'_>) -> bool {
    context.log.series.iter().filter(|series| series.metric == Metric::LossPart).count() >= 2
        && context.column(Column::ValAccuracy).is_empty()
}

/// Whether the training loss is nearly that of guessing yet, and the accuracy, though beyond guessing, low; or what losses there are
/// are hardly below it. Where the number of classes is not known, a network that begins as one that guesses tells it.
fn has_learned_little(context: &Context<'_>, accuracies: &[(usize, Reading)]) -> bool {
    let begins = || {
        let first = context.rows.first()?;
        let loss = first.train_loss?.value;
        let accuracy = first.train_accuracy.or(first.val_accuracy)?.value;
        let apart = (accuracy.ln() + loss).abs();
        (apart < GUESSES.ln() && loss > 0.66).then_some(loss)
    };
    // Both losses begin as those of one guess.
    let alike = || {
        let first = |column: Column| context.column(column).first().map(|(_, reading)| reading.value);
        let (train, val) = first(Column::TrainLoss).zip(first(Column::ValLoss))?;
        ((train / val).ln().abs() < ALIKE && train.min(val) > 0.66).then(|| train.max(val))
    };
    // Probabilities that are all near the same may still be in the right order.
    if scores::area(context).is_some_and(|area| area > ORDERED) {
        return false;
    }
    let known = context.setup.chance_loss().is_some();
    let Some(chance) = context.setup.chance_loss().or_else(begins).or_else(alike) else { return false };
    let [train, val] = [Column::TrainLoss, Column::ValLoss].map(|column| late(&context.column(column)));
    let above = |loss: Option<f64>, share: f64| loss.is_some_and(|loss| loss > share * chance);
    // The share of what guessing leaves open.
    let guess = (-chance).exp();
    let low = late(accuracies).is_some_and(|accuracy| (accuracy - guess) / (1.0 - guess) < LITTLE.1);
    let both = |share: f64| above(train, share) && (val.is_none() || above(val, share));
    let alone = train.is_none() && context.column(Column::TrainAccuracy).is_empty();
    (if known { above(train, LITTLE.0) || alone && above(val, LITTLE.0) } else { both(LITTLE.0) }) && low
        || both(NEXT_TO_ALL)
}

/// Whether validation ends far above training where no accuracy of training is printed, so that nothing tells memory from another
/// evaluation.
fn lies_behind(context: &Context<'_>) -> bool {
    let losses = context.mean_losses();
    let last = &losses[losses.len() - losses.len().div_ceil(3)..];
    let behind = |&(_, train, val): &(usize, f64, f64)| val > BEHIND.0 * train && val - train > BEHIND.1;
    let unsaid = context.column(Column::TrainAccuracy).is_empty();
    // A factor is the same in all lines.
    let ratio = |row: &(usize, f64, f64)| row.2 / row.1;
    let grows =
        losses.first().zip(losses.last()).is_some_and(|(first, last)| ratio(last) > 2.0 * ratio(first));
    unsaid && losses.len() >= EPOCHS && (!context.scale_is_off() || grows) && last.iter().all(behind)
}

/// Whether the lines of a log without epochs and steps are numbered by something else, or each has a learning rate of its own, as trials
/// have.
pub(crate) fn is_no_course(context: &Context<'_>) -> bool {
    const TIMES: f64 = 2.0;
    let placed = |point: &Point| point.epoch.is_some() || point.step.is_some();
    let counted = context.log.series.iter().any(|series| series.points.iter().any(placed));
    let trials = context.log.series.iter().any(|series| {
        let other =
            |pair: &[Point]| pair[0].value.max(pair[1].value) >= TIMES * pair[0].value.min(pair[1].value);
        series.metric == Metric::LearningRate
            && series.points.len() >= EPOCHS
            && series.points.windows(2).all(other)
    });
    !context.is_own && !counted && (context.log.counted.is_some() || trials)
}

/// A score of held-out photos that ends far below what it was, as the median of the last third.
pub(crate) fn falling_score<'a>(context: &Context<'a>) -> Option<(&'a Series, f64, f64)> {
    let held_out = |series: &&Series| {
        matches!(series.metric, Metric::F1 | Metric::OtherScore)
            && matches!(series.split, Some(Split::Validation | Split::Test))
            && series.points.len() > EPOCHS
            && !series.within_epoch
    };
    context.log.series.iter().filter(held_out).find_map(|series| {
        let mut end: Vec<f64> = series.points[series.points.len() - series.points.len().div_ceil(3)..]
            .iter()
            .map(|point| point.value)
            .collect();
        end.sort_by(f64::total_cmp);
        let (end, first) = (end[end.len() / 2], series.points[0].value);
        (end < first - SINKS).then_some((series, first, end))
    })
}

/// Whether a loss or an accuracy that a judgement needs was not read, while a column of unknown meaning may be it.
fn may_hide_a_column(context: &Context<'_>) -> bool {
    const NEEDED: [Column; 3] = [Column::TrainLoss, Column::ValLoss, Column::ValAccuracy];
    let missing = NEEDED.iter().any(|column| context.column(*column).len() < EPOCHS);
    missing && !context.is_own && !context.log.strangers.is_empty()
}

/// The median of the last third, at least of one value.
pub(crate) fn late(curve: &[(usize, Reading)]) -> Option<f64> {
    let mut values: Vec<f64> =
        curve[curve.len() - curve.len().div_ceil(3)..].iter().map(|(_, reading)| reading.value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn by_accuracy(context: &Context<'_>, curve: &[(usize, Reading)]) -> bool {
    let (Some(first), Some(end)) = (curve.first(), late(curve)) else { return false };
    let size = context.validation_size().map_or(ASSUMED, |size| size as f64);
    let error = |p: f64| (p * (1.0 - p) / size).max(0.25 / size / size).sqrt();
    let guess = context.setup.classes.map_or(0.5, |classes| 1.0 / classes as f64);
    end > guess + 4.0 * error(guess) || end > first.1.value + 4.0 * std::f64::consts::SQRT_2 * error(end)
}

/// Whether an overlap or an area under the curve proves what losses and accuracies do not.
fn by_score(context: &Context<'_>) -> bool {
    overlap::proves(context) || scores::area(context).is_some()
}

/// The loss of guessing of what boosting libraries call `logloss` or `binary_logloss`: that of two classes.
fn of_two_classes(context: &Context<'_>) -> Option<f64> {
    let name = context.chosen.val_loss?.name.trim().to_lowercase();
    let (_, metric) = name.split_once("'s ").or_else(|| name.rsplit_once('-'))?;
    matches!(metric, "logloss" | "binary_logloss").then_some(std::f64::consts::LN_2)
}

/// Whether the only loss is that of held-out data in rounds of boosting, as their names tell (`valid_0's rmse`, `eval-logloss`): no
/// penalty is printed with it, so that its fall is learning.
fn is_boosted(context: &Context<'_>, curve: &[(usize, Reading)]) -> bool {
    const ROUNDS: usize = 8;
    let numbered = |series: &Series| series.points.iter().all(|point| point.epoch.or(point.step).is_some());
    curve.len() >= ROUNDS && is_of_rounds(context) && context.chosen.val_loss.is_some_and(numbered)
}

/// Whether the name of the held-out loss is that of a set and a metric, as boosting libraries join them.
fn is_of_rounds(context: &Context<'_>) -> bool {
    let joined = |name: &str| {
        let (set, metric) = name.split_once("'s ").or_else(|| name.rsplit_once('-')).unwrap_or_default();
        !set.is_empty() && !metric.contains(' ') && !metric.contains("loss ") && metric.chars().count() > 1
    };
    context.chosen.val_loss.is_some_and(|series| joined(series.name.trim()))
}

/// Whether the losses of held-out data and of training in rounds of boosting fall from line to line: chance does not do that often.
fn falls_in_each_round(context: &Context<'_>, curve: &[(usize, Reading)]) -> bool {
    const ROUNDS: usize = 6;
    let falls = |curve: &[(usize, Reading)]| {
        let ups = curve.windows(2).filter(|pair| pair[1].1.value >= pair[0].1.value).count();
        curve.len() >= ROUNDS && 10 * ups <= curve.len()
    };
    falls(curve) && falls(&context.column(Column::TrainLoss)) && is_of_rounds(context)
}

fn by_loss(context: &Context<'_>, curve: &[(usize, Reading)]) -> bool {
    let (Some(first), Some(end)) = (curve.first(), late(curve)) else { return false };
    let mean = end / context.factors().1;
    if of_two_classes(context).is_some_and(|chance| end > 0.97 * chance) {
        return false;
    }
    match context.setup.chance_loss() {
        Some(chance) if !context.scale_is_off() => mean < 0.9 * chance,
        // The fall of one number that nothing explains may be that of a penalty.
        _ => {
            (curve.len() >= LOSSES || end < HALF * first.1.value)
                && end > 0.0
                && (end < 0.9 * first.1.value || falls_in_each_round(context, curve))
                && (!context.column(Column::TrainLoss).is_empty() || is_boosted(context, curve))
        }
    }
}
