//! An accuracy that means nothing for this task.
//!
//! Idea, twelve signs: (1) the loss is below `e ln 2`, the least cross-entropy of
//! so many errors, everywhere: the loss is not cross-entropy, as in regression. (2) F1 is 0 while accuracy is high: most
//! labels are negative and no positive is found. (3) Recall is exactly 1 while precision equals accuracy to
//! 1 %: every sample may be predicted positive. (4) Accuracy is the same to the last digit for eight epochs (for three from the
//! first on, where that of training repeats itself too), far from perfect, with a loss that does not fall: one class is always
//! predicted, unless the training accuracy is higher; then the network has only stopped changing. (5) Accuracy is exactly 0 in three epochs and more: it is
//! not computed. (6) Accuracy is exactly 1 and the loss exactly 0 in all epochs. (7) The five likeliest classes always hold
//! the right one, although the likeliest is often wrong: there are at most five classes. (8) Training and validation have the
//! same accuracy to the last digit in all epochs. (9) The accuracy of 200 photos and more is the same to the last digit for six
//! epochs, most of the run, and that of training comes near it, although the losses still fall. (10) F1 is exactly 0 in four lines and
//! more, or with precision and recall in three, and no accuracy is printed. (11) The validation accuracy is the same to the last digit in all epochs but the first, five at least,
//! that of training is near it, and no loss comes below the entropy of that share. (12) An accuracy of points (`binary_accuracy`,
//! `pixel_acc`) is exactly 1 on both sides from the second epoch on. Source: the definitions of the scores.
//! Limits: (3) also fits a nearly perfect model; the confidence says so.

use foliar_logread::{Metric, Series, Split};

use super::at_chance;
use crate::context::Context;
use crate::entropy::least_loss;
use crate::repeats::{self, repeats};
use crate::rows::{Column, Reading};
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

/// How far above the share of one class the training accuracy of a network that distinguishes classes is.
const DISTINGUISHED: f64 = 0.05;

/// Most other values that the accuracy of a network that always predicts one class has had.
const OTHERS: usize = 3;

/// Lines in which an accuracy that never moves is no chance.
const STILL_LINES: usize = 10;

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    not_cross_entropy(context)
        .or_else(|| nothing_found(context))
        .or_else(|| all_positive(context))
        .or_else(|| one_class(context))
        .or_else(|| one_answer(context))
        .or_else(|| same_answers(context))
        .or_else(|| constant(context))
        .or_else(|| one_share(context))
        .or_else(|| all_of_five(context))
        .or_else(|| no_f1(context))
        .or_else(|| all_background(context))
}

/// Sign (12).
fn all_background(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 3;
    let named = |series: &Series| {
        let name = series.name.to_lowercase();
        name.contains("binary") || name.contains("pixel")
    };
    let series = context.chosen.val_accuracy.filter(|series| named(series))?;
    let all = |column: Column| {
        let curve = context.column(column);
        curve.len() >= EPOCHS && curve[1..].iter().all(|(_, reading)| reading.value >= 1.0)
    };
    let (last, right) = (series.points.last()?, all(Column::TrainAccuracy) && all(Column::ValAccuracy));
    right.then(|| {
        finding(
            Severity::Warning,
            0.7,
            format!(
                "{} is exactly 1 in training and validation from the second epoch on: each point of each mask is right, as where all \
                    masks are empty.",
                series.name.trim()
            ),
            vec![Evidence::at(last.line, format!("{} = 1", series.name.trim()))],
            "Count the points of each class in the masks as the network receives them. Masks of 0 and 1 that are divided by 255 are \
                empty. Judge by the overlap (IoU, Dice).",
        )
    })
}

/// Sign (10).
fn no_f1(context: &Context<'_>) -> Option<Finding> {
    const LINES: usize = 4;
    const FEWEST: usize = 3;
    const SCORES: usize = 3;
    const BEGUN: (f64, f64) = (2.0, 100.0);
    let scores =
        context.log.series.iter().filter(|series| series.metric == Metric::F1 && !series.within_epoch);
    let all_zero = |series: &Series| series.points.iter().all(|point| point.value == 0.0);
    // Fewer lines will do, some way into the run, where precision and recall are 0 in all of them too.
    let zeros = |lines: usize| {
        let scored = |series: &&Series| {
            matches!(series.metric, Metric::F1 | Metric::OtherScore)
                && series.split == Some(Split::Validation)
                && series.points.len() == lines
        };
        let scores: Vec<&Series> = context.log.series.iter().filter(scored).collect();
        scores.len() >= SCORES && scores.into_iter().all(all_zero)
    };
    let nothing = |series: &&Series| {
        let points = &series.points;
        let begun = points.last().is_some_and(|point| {
            point.epoch.is_some_and(|epoch| epoch >= BEGUN.0)
                || point.step.is_some_and(|step| step >= BEGUN.1)
        });
        let few = points.len() >= FEWEST && begun && all_zero(series) && zeros(points.len());
        few || points.len() > LINES && points[1..].iter().all(|point| point.value == 0.0)
    };
    let untold =
        [Column::TrainAccuracy, Column::ValAccuracy].iter().all(|column| context.column(*column).is_empty());
    let series = scores.into_iter().find(nothing).filter(|_| untold)?;
    let last = series.points.last()?;
    Some(finding(
        Severity::Warning,
        0.85,
        format!(
            "{} is exactly 0 in {}: nothing that was predicted is right, or nothing is predicted.",
            series.name,
            if all_zero(series) {
                format!("all {} lines", series.points.len())
            } else {
                format!("the last {} of {} lines", series.points.len() - 1, series.points.len())
            }
        ),
        vec![Evidence::at(last.line, format!("{} = 0", series.name))],
        "Print ten outputs beside their labels. If no output passes the threshold, lower it or weight the rare class; if the \
            labels never match, compare their spelling and their borders.",
    ))
}

/// Sign (5) and (6).
fn constant(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 3;
    let columns = [(Column::ValAccuracy, Column::ValLoss), (Column::TrainAccuracy, Column::TrainLoss)];
    columns.into_iter().find_map(|(accuracy, loss)| {
        let (accuracies, losses) = (context.column(accuracy), context.column(loss));
        let &(index, first) = accuracies.first()?;
        let all = |value: f64| accuracies.len() >= EPOCHS && accuracies.iter().all(|(_, reading)| reading.value == value);
        let no_loss = !losses.is_empty() && losses.iter().all(|(_, reading)| reading.value == 0.0);
        // Among many classes, a network that guesses may have no answer right.
        let size = context.validation_size().map_or(300.0, |size| size as f64);
        let many = losses.first().map(|(_, loss)| loss.value.exp());
        let classes = context.setup.classes.map(|classes| classes as f64).or(many);
        let by_chance = classes.is_some_and(|classes| (1.0 - 1.0 / classes).powf(size) > 1e-3);
        let (severity, text) = if all(0.0) && !by_chance {
            (Severity::Warning, "is exactly 0 in every line: it is not computed, or labels and outputs are never of one form")
        } else if all(1.0) && no_loss {
            (Severity::Warning, "is exactly 1 in every line while the loss is 0, so it measures nothing")
        } else {
            return None;
        };
        let noun = if accuracy == Column::ValAccuracy { "validation accuracy" } else { "training accuracy" };
        Some(finding(
            severity,
            0.85,
            format!("The {noun} {text}."),
            vec![Evidence::at(first.line, quoted(&context.rows[index], index, noun, first))],
            "Compare ten outputs with their labels by hand. Classes must be numbers on both sides, or one-hot on both.",
        ))
    })
}

/// Sign (8).
fn one_share(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 4;
    let [train, val] = [Column::TrainAccuracy, Column::ValAccuracy].map(|column| context.column(column));
    let &(index, last) = val.last()?;
    let same = |curve: &[(usize, Reading)]| {
        curve.len() >= EPOCHS && curve.iter().all(|(_, reading)| reading.value == last.value)
    };
    (same(&train) && same(&val) && (0.5..0.99995).contains(&last.value)).then(|| {
        finding(
            Severity::Warning,
            0.8,
            format!(
                "The accuracy is exactly {} in training and validation, in all {} epochs: the share of one class, which is predicted \
                    for every photo.",
                percent(last.value),
                val.len()
            ),
            vec![Evidence::at(last.line, quoted(&context.rows[index], index, "validation accuracy", last))],
            "Print the confusion matrix. Judge by recall and precision of the rare class, and weight it in the loss.",
        )
    })
}

/// Sign (7).
fn all_of_five(context: &Context<'_>) -> Option<Finding> {
    const LINES: usize = 3;
    let series = &context.log.series;
    let of_several = |series: &Series| {
        let name = series.name.to_lowercase();
        series.metric == Metric::TopFive
            || name.contains("top_k")
            || name.contains("top-k")
            || name.contains("top k")
    };
    let five = series.iter().find(|series| {
        let points = &series.points;
        of_several(series) && points.len() >= LINES && points.iter().all(|point| point.value == 1.0)
    })?;
    let Some(one) = series.iter().find(|one| one.metric == Metric::Accuracy && one.split == five.split)
    else {
        let last = five.points.last()?;
        return Some(finding(
            Severity::Warning,
            0.85,
            format!(
                "{} is always 100 %, and no other accuracy is printed: there are not more classes than it allows.",
                five.name
            ),
            vec![Evidence::at(last.line, format!("{} = {}", five.name, number(last.value)))],
            "Print the accuracy of the likeliest class.",
        ));
    };
    let last = one.points.last().filter(|point| point.value < 0.9)?;
    Some(finding(
        Severity::Note,
        0.85,
        format!(
            "{} is always 100 %, while {} is {}: there are at most five classes, so it says nothing.",
            five.name,
            one.name,
            percent(last.value)
        ),
        vec![Evidence::at(last.line, format!("{} = {}", one.name, number(last.value)))],
        "Judge by the accuracy of the likeliest class.",
    ))
}

fn finding(
    severity: Severity,
    confidence: f64,
    claim: String,
    evidence: Vec<Evidence>,
    advice: &str,
) -> Finding {
    Finding {
        id: Id::DegenerateMetric,
        severity,
        claim,
        evidence,
        confidence,
        advice: advice.to_owned(),
        code: None,
    }
}

fn not_cross_entropy(context: &Context<'_>) -> Option<Finding> {
    let columns = [(Column::ValLoss, Column::ValAccuracy), (Column::TrainLoss, Column::TrainAccuracy)]
        .map(|(loss, accuracy)| (context.column(loss), context.column(accuracy)));
    let readings = if context.loss_is_foreign { 2 } else { 1 };
    let enough = |(loss, accuracy): &(Vec<_>, Vec<_>)| loss.len() >= readings && accuracy.len() >= readings;
    let (loss, accuracy) = columns.into_iter().find(enough)?;
    // A share of next to nothing that never moves says that nothing is learned, whatever the loss.
    const NEXT_TO_NOTHING: f64 = 0.01;
    let still = accuracy.len() >= STILL_LINES
        && accuracy
            .iter()
            .all(|(_, reading)| reading.value == accuracy[0].1.value && reading.value < NEXT_TO_NOTHING);
    if still || context.loss_is_squared || !context.loss_is_foreign && !contradicts(&loss, &accuracy) {
        return None;
    }
    let best = accuracy.iter().map(|(_, reading)| reading.value).fold(0.0, f64::max);
    let &(index, last) = loss.last()?;
    let mut finding = finding(
        Severity::Warning,
        0.9,
        format!(
            "Accuracy never exceeds {} while the loss is {}. With so many errors, cross-entropy is at \
                least {}. So the loss is not cross-entropy (a regression loss, for example), and \
                accuracy is not the metric of this task.",
            percent(best),
            number(last.value),
            number(least_loss(1.0 - best))
        ),
        vec![Evidence::at(last.line, quoted(&context.rows[index], index, "loss", last))],
        "For numeric targets print the mean absolute error. For classes use cross-entropy, and check \
            that the labels are class indices.",
    );
    finding.code = Some(
        "model.compile(loss='mse', metrics=['mae'])                                  # for numbers\n\
        model.compile(loss='sparse_categorical_crossentropy', metrics=['accuracy'])  # for classes"
            .to_owned(),
    );
    Some(finding)
}

/// Whether every loss is below what its errors cost at least, but by less than a sum or a division by a batch explains.
fn contradicts(losses: &[(usize, Reading)], accuracies: &[(usize, Reading)]) -> bool {
    let mut pairs = losses.iter().filter_map(|(row, loss)| {
        let (_, accuracy) = accuracies.iter().find(|(other, _)| other == row)?;
        Some((loss.value, 1.0 - accuracy.value))
    });
    let below =
        |(loss, errors): (f64, f64)| errors > 0.3 && (0.4..0.85).contains(&(loss / least_loss(errors)));
    pairs.clone().next().is_some() && pairs.all(below)
}

fn nothing_found(context: &Context<'_>) -> Option<Finding> {
    let f1 = context
        .log
        .series
        .iter()
        .find(|series| {
            let is_f = series.metric == Metric::F1
                || series
                    .name
                    .to_lowercase()
                    .split(|c: char| !c.is_alphanumeric())
                    .any(|word| matches!(word, "f1" | "f2" | "fbeta"));
            is_f && !series.points.is_empty() && series.points.iter().all(|point| point.value.abs() < 1e-3)
        })
        .or_else(|| nothing_recalled(context))?;
    let accuracy = context.chosen.val_accuracy.or(context.chosen.train_accuracy)?;
    let last = accuracy.points.last().filter(|point| point.value > 0.8)?;
    Some(finding(
        Severity::Warning,
        0.85,
        format!(
            "Accuracy is {} while {} is 0: almost all labels are negative, and a model that predicts \
                only negatives reaches this accuracy.",
            percent(last.value),
            f1.name
        ),
        vec![Evidence::at(last.line, format!("{} = {}, {} = 0", accuracy.name, number(last.value), f1.name))],
        "Judge by F1, or by precision and recall of each class, and weight the rare classes in the \
            loss.",
    ))
}

/// The score of a name that holds `word`.
fn score<'a>(context: &Context<'a>, word: &str) -> Option<&'a Series> {
    let named =
        |series: &&Series| series.metric == Metric::OtherScore && series.name.to_lowercase().contains(word);
    context.log.series.iter().find(named)
}

/// Recall, where it and precision are 0 throughout.
fn nothing_recalled<'a>(context: &Context<'a>) -> Option<&'a Series> {
    let none =
        |series: &&Series| !series.points.is_empty() && series.points.iter().all(|point| point.value == 0.0);
    score(context, "precision").filter(none)?;
    score(context, "recall").filter(none)
}

fn all_positive(context: &Context<'_>) -> Option<Finding> {
    let (recall, precision) = (score(context, "recall")?, score(context, "precision")?);
    let accuracy = context.chosen.val_accuracy.or(context.chosen.train_accuracy)?;
    let (r, p, a) = (recall.points.last()?, precision.points.last()?, accuracy.points.last()?);
    let always = recall.points.iter().all(|point| point.value > 1.0 - 1e-9);
    (always && p.value < 1.0 && (a.value - p.value).abs() < 0.01).then(|| {
        finding(
            Severity::Warning,
            if p.value < 0.95 { 0.85 } else { 0.5 },
            format!(
                "Recall is exactly 1 and accuracy ({}) nearly equals precision ({}). A model that \
                    predicts positive for every sample gets the same scores on a set that is {} \
                    positive, so these scores cannot tell a good model from a constant one.",
                percent(a.value),
                percent(p.value),
                percent(p.value)
            ),
            vec![Evidence::at(
                r.line,
                format!(
                    "recall = {}, precision = {}, accuracy = {}",
                    number(r.value),
                    number(p.value),
                    number(a.value)
                ),
            )],
            "Print the confusion matrix and the share of each class. Judge by the recall of the rarer \
                class.",
        )
    })
}

fn one_class(context: &Context<'_>) -> Option<Finding> {
    let accuracies = context.column(Column::ValAccuracy);
    let losses = context.column(Column::ValLoss);
    let &(index, last) = accuracies.last()?;
    let same =
        accuracies.iter().rev().take_while(|(_, reading)| (reading.value - last.value).abs() < 1e-12).count();
    // A network that has settled passed many values on its way.
    let mut others: Vec<f64> =
        accuracies[..accuracies.len() - same].iter().map(|(_, reading)| reading.value).collect();
    others.sort_by(f64::total_cmp);
    others.dedup();
    // Few epochs will do where the training accuracy repeats itself too.
    let training = context.column(Column::TrainAccuracy);
    let repeats = training.windows(2).rev().take_while(|pair| pair[0].1.value == pair[1].1.value).count() + 1;
    let both = same >= 3 && same == accuracies.len() && repeats >= 2 && repeats + 1 >= training.len();
    if !(same >= 8 || both) || others.len() > OTHERS || !(0.3..0.9).contains(&last.value) {
        return None;
    }
    let moves = training.windows(2).rev().take(same).any(|pair| pair[0].1.value != pair[1].1.value);
    // One class may have another share in each part.
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    let of_another_set = DISTINGUISHED.max(2.0 * (last.value * (1.0 - last.value) / size).sqrt());
    let distinguishes = |&(_, training): &(usize, Reading)| {
        training.value > last.value + if moves { DISTINGUISHED } else { of_another_set }
    };
    if training.last().is_some_and(distinguishes) || at_chance::training_learned(context) {
        return None;
    }
    let recent = &losses[losses.len().saturating_sub(same)..];
    let level = &recent[recent.len() / 3..];
    let (first, end) = (level.first()?.1.value, level.last()?.1.value);
    (end > 0.97 * first).then(|| {
        finding(
            Severity::Warning,
            0.85,
            format!(
                "The validation accuracy has been exactly {} for {same} epochs, and the loss does not \
                    fall: the network predicts the same class for every photo, and {} is the share of \
                    that class.",
                percent(last.value),
                percent(last.value)
            ),
            vec![Evidence::at(last.line, quoted(&context.rows[index], index, "validation accuracy", last))],
            "Count how often each class is predicted. If it is always the same one: lower the learning \
                rate, check the size of the last layer, balance the classes.",
        )
    })
}

/// Sign (11).
fn one_answer(context: &Context<'_>) -> Option<Finding> {
    const STILL: f64 = 0.01;
    let (index, last, count) = repeats::one_share(context)?;
    let trained = context.best_run(Column::TrainAccuracy);
    let since = context.best_run(Column::ValAccuracy).iter().rev().nth(count - 1).map(|(row, _)| *row)?;
    let recent: Vec<f64> =
        trained.iter().filter(|(row, _)| *row > since).map(|(_, reading)| reading.value).collect();
    // A network that is as good as it gets repeats the accuracy of a small validation part by chance; that of training moves on.
    let alike = !recent.is_empty() && recent.iter().all(|value| (value - last.value).abs() < DISTINGUISHED);
    let still = recent.windows(2).all(|pair| (pair[0] - pair[1]).abs() < STILL);
    let judged = (0.3..0.9).contains(&last.value) && repeats::costs_one_answer(context, last.value);
    (alike && still && judged && !context.is_own).then(|| {
        finding(
            Severity::Warning,
            0.85,
            format!(
                "The validation accuracy is {} in each of the last {count} epochs, to the last digit, that of training is \
                    near it, and the losses come down to no less than a network pays that gives one class to every photo: {} \
                    is the share of that class.",
                percent(last.value),
                percent(last.value)
            ),
            vec![Evidence::at(last.line, quoted(&context.rows[index], index, "validation accuracy", last))],
            "Count how often each class is predicted. If it is always the same one, check that the targets fit the loss and the \
                last layer, weigh the classes, and try a tenth of the learning rate.",
        )
    })
}

/// Sign (9).
fn same_answers(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 6;
    const PHOTOS: usize = 200;
    let curve = context.column(Column::ValAccuracy);
    let count = repeats(&curve).filter(|count| *count >= EPOCHS)?;
    let &(index, last) = curve.last()?;
    let since = curve[curve.len() - count].0;
    let moves = |column: Column, by: f64| {
        let losses = context.column(column);
        let values = losses.iter().filter(|(row, _)| *row >= since).map(|(_, reading)| reading.value);
        let (least, most) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
        most > by * least
    };
    // Fewer photos give the same accuracy again by chance.
    let many = context.validation_size().is_some_and(|size| size >= PHOTOS);
    // A network that knows the training photos better, or worse, answers differently: that is for other rules.
    let (_, trained) = *context.column(Column::TrainAccuracy).last()?;
    let alike = (trained.value - last.value).abs() < DISTINGUISHED && last.value < 0.9;
    (many && alike && moves(Column::TrainLoss, 1.05) && moves(Column::ValLoss, 1.1)).then(|| {
        finding(
            Severity::Warning,
            0.8,
            format!(
                "The validation accuracy is {} in each of the last {count} epochs, to the last digit, while the losses move: \
                    very probably the network gives one class to every photo, the largest.",
                percent(last.value)
            ),
            vec![Evidence::at(last.line, quoted(&context.rows[index], index, "validation accuracy", last))],
            "Count how often each class is predicted, and compare the accuracy with the share of the largest class. If they are \
                equal, weigh the classes, judge by balanced accuracy, and try to overfit a single batch.",
        )
    })
}
