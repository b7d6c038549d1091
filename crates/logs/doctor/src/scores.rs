//! Scores of held-out photos other than the accuracy: F1, average precision, overlap.

use foliar_logread::{Metric, Series, Split};

use crate::context::Context;
use crate::rows::Column;
use crate::words::number;

/// A score that rises over the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rise<'a> {
    pub(crate) series: &'a Series,
    pub(crate) first: f64,
    /// The median of the last third.
    pub(crate) end: f64,
}

impl Rise<'_> {
    /// What rises: a rate of errors is read as the share that is right.
    pub(crate) fn name(&self) -> String {
        let name = self.series.name.trim();
        let lower = name.to_lowercase();
        let mut words = lower.split(|letter: char| !letter.is_alphabetic());
        let errors = words.any(|word| matches!(word, "wer" | "cer" | "ter" | "error" | "err"));
        if errors { format!("1 - `{name}`") } else { format!("`{name}`") }
    }
}

/// A score that has clearly risen since the first line, is high at the end, and ends near its best.
pub(crate) fn rising<'a>(context: &Context<'a>) -> Option<Rise<'a>> {
    risen_far(context).or_else(|| learned_area(context))
}

fn risen_far<'a>(context: &Context<'a>) -> Option<Rise<'a>> {
    const LINES: usize = 4;
    /// Shares by which it rises, and that it reaches, at least, and that it ends below its best, at most.
    const RISES: f64 = 0.15;
    const REACHES: f64 = 0.3;
    const FALLS: f64 = 0.05;
    let held_out = |series: &&Series| {
        matches!(series.metric, Metric::F1 | Metric::OtherScore)
            && matches!(series.split, Some(Split::Validation | Split::Test))
            && !series.within_epoch
            && series.points.len() >= LINES
            && series.points.iter().all(|point| (0.0..=1.0).contains(&point.value))
    };
    // Scores that nothing counts may be those of several models.
    let courses = |series: &Series| {
        matches!(series.metric, Metric::Loss | Metric::LossPart | Metric::Accuracy | Metric::TopFive)
            || series.points.iter().any(|point| point.epoch.is_some() || point.step.is_some())
    };
    let held_out = |series: &&Series| held_out(series) && context.log.series.iter().any(courses);
    context.log.series.iter().filter(held_out).find_map(|series| {
        let points = &series.points;
        let mut late: Vec<f64> =
            points[points.len() - points.len().div_ceil(3)..].iter().map(|point| point.value).collect();
        late.sort_by(f64::total_cmp);
        let (first, last) = (points.first()?.value, points.last()?.value);
        let end = *late.get(late.len() / 2)?;
        let best = points.iter().map(|point| point.value).fold(0.0, f64::max);
        (end > first + RISES && end > REACHES && last > best - FALLS).then_some(Rise { series, first, end })
    })
}

/// An area under the ROC curve of held-out data that rose to clearly more than the half that guessing has, ends near its best, and is near
/// that of training where it is printed too.
fn learned_area<'a>(context: &Context<'a>) -> Option<Rise<'a>> {
    const LINES: usize = 6;
    const REACHES: f64 = 0.65;
    const RISES: f64 = 0.02;
    const FALLS: f64 = 0.01;
    const APART: f64 = 0.08;
    twins(context, LINES).into_iter().find_map(|(held_out, _)| {
        let values: Vec<f64> = held_out.points.iter().map(|point| point.value).collect();
        let (first, end) = (*values.first()?, middle_of_last_third(&values)?);
        let best = values.iter().copied().fold(0.0, f64::max);
        let learned = end > REACHES && end > first + RISES && *values.last()? > best - FALLS;
        // Of two sets that are both called held out, one may be that of training.
        let alike = context
            .log
            .series
            .iter()
            .filter(|series| is_area(series))
            .all(|series| series.points.last().is_none_or(|point| (point.value - end).abs() < APART));
        (is_area(held_out) && learned && alike).then_some(Rise { series: held_out, first, end })
    })
}

/// Whether a series is by its name an area under the ROC curve.
fn is_area(series: &Series) -> bool {
    let name = series.name.to_lowercase();
    name.contains("auc") && !name.contains("pr") && !name.contains("loss")
}

/// The area under the ROC curve of held-out data where it is clearly above the half that guessing has, whatever the classes' shares, in
/// each line but the first, ends near its best, and is near that of training.
pub(crate) fn area(context: &Context<'_>) -> Option<f64> {
    const LINES: usize = 4;
    const REACHES: f64 = 0.65;
    const FALLS: f64 = 0.01;
    const APART: f64 = 0.08;
    let areas = || {
        let whole =
            |series: &&Series| is_area(series) && !series.within_epoch && series.points.len() >= LINES;
        context.log.series.iter().filter(whole)
    };
    let share = |series: &&Series| series.points.iter().all(|point| (0.0..=1.0).contains(&point.value));
    let held_out =
        areas().filter(share).find(|series| matches!(series.split, Some(Split::Validation | Split::Test)))?;
    let values: Vec<f64> = held_out.points.iter().map(|point| point.value).collect();
    let (end, last) = (middle_of_last_third(&values)?, *values.last()?);
    let best = values.iter().copied().fold(0.0, f64::max);
    let alike = areas().all(|series| series.points.last().is_some_and(|point| point.value < end + APART));
    let above = values[values.len() / 2..].iter().all(|value| *value > REACHES);
    (above && last > best - FALLS && alike).then_some(end)
}

/// Scores of held-out data that are shares, of so many lines, each with that of training of the same name where there is one; none where
/// a validation loss or accuracy tells more.
pub(crate) fn twins<'a>(context: &Context<'a>, lines: usize) -> Vec<(&'a Series, Option<&'a Series>)> {
    let told = [Column::ValLoss, Column::ValAccuracy].iter().any(|column| context.column(*column).len() > 2);
    if told || context.is_own {
        return Vec::new();
    }
    let is_score = |series: &&Series| {
        matches!(series.metric, Metric::F1 | Metric::OtherScore)
            && series.points.len() >= lines
            && series.points.iter().all(|point| (0.0..=1.0).contains(&point.value))
    };
    let of = |held_out: bool| {
        context.log.series.iter().filter(is_score).filter(move |series| match held_out {
            true => matches!(series.split, Some(Split::Validation | Split::Test)) && !series.within_epoch,
            false => series.split == Some(Split::Train),
        })
    };
    of(true)
        .map(|held_out| {
            let twin = of(false).find(|train| {
                key(&train.name) == key(&held_out.name) && train.points.len() == held_out.points.len()
            });
            (held_out, twin)
        })
        .collect()
}

/// The middle value of the last third; `None` without values.
pub(crate) fn middle_of_last_third(values: &[f64]) -> Option<f64> {
    let mut late: Vec<f64> = values[values.len() - values.len().div_ceil(3)..].to_vec();
    late.sort_by(f64::total_cmp);
    late.get(late.len() / 2).copied()
}

/// The best value so far of photos held out, as the log itself tells it, where it was reached long before the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ToldBest<'a> {
    pub(crate) train: &'a Series,
    pub(crate) held_out: &'a Series,
    pub(crate) best: f64,
    /// The round in which it was reached, where that is told too.
    pub(crate) round: Option<f64>,
    /// Lines since, at least.
    pub(crate) since: usize,
}

impl ToldBest<'_> {
    /// `in round 12`, or `before line 40`.
    pub(crate) fn when(&self) -> String {
        match self.round {
            Some(round) => format!("in round {}", number(round)),
            None => "long before the end".to_owned(),
        }
    }
}

/// Of lines such as `40: learn: 0.31 test: 0.52 best: 0.49 (12)` the best value, where it is the same in ten lines and more, half of all
/// at least, or in all of five and more whose numbers tell that it is ten rounds old, and better than what was held out is in each of them.
pub(crate) fn told_best<'a>(context: &Context<'a>) -> Option<ToldBest<'a>> {
    const LINES: usize = 10;
    const FEWEST: usize = 5;
    let series = &context.log.series;
    let best = series
        .iter()
        .find(|series| series.metric == Metric::Unknown && series.name.trim().eq_ignore_ascii_case("best"))?;
    let measured =
        |series: &&Series| matches!(series.metric, Metric::Loss | Metric::OtherScore | Metric::Accuracy);
    let held_out = series
        .iter()
        .filter(measured)
        .find(|series| matches!(series.split, Some(Split::Validation | Split::Test)))?;
    let train = series
        .iter()
        .filter(measured)
        .find(|series| series.split == Some(Split::Train) && series.metric == held_out.metric)?;
    let last = best.points.last()?.value;
    let since = best.points.iter().rev().take_while(|point| point.value == last).count();
    // What is not a number equals nothing, itself neither.
    let begin = best.points.get(best.points.len() - since)?.row;
    let is_loss = held_out.metric == Metric::Loss;
    let mut after = held_out.points.iter().filter(|point| point.row > begin);
    let worse = after.all(|point| if is_loss { point.value > last } else { point.value < last });
    let round = series
        .iter()
        .find(|series| {
            series.name.to_lowercase().starts_with("best ") && series.points.len() == best.points.len()
        })
        .and_then(|series| series.points.last())
        .map(|point| point.value)
        .filter(|round| round.fract() == 0.0 && *round >= 0.0);
    let long = since > LINES && 2 * since >= best.points.len();
    let now = held_out.points.last().and_then(|point| point.epoch.or(point.step));
    let age = now.zip(round).map_or(0.0, |(now, round)| now - round);
    let old = since == best.points.len() && since >= FEWEST && age > LINES as f64;
    let since = if long { since - 1 } else { age as usize };
    ((long || old) && worse).then_some(ToldBest { train, held_out, best: last, round, since })
}

/// A score that training and what is held out have in common, of a run whose losses and accuracies are not printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Common<'a> {
    pub(crate) train: &'a Series,
    pub(crate) held_out: &'a Series,
    /// The place of the best held-out value, as the mean of three.
    pub(crate) turn: usize,
    /// That mean, and the median of the last third.
    pub(crate) best: f64,
    pub(crate) end: f64,
}

/// Where a score of held-out data was best in the first half of ten lines and more, and no validation loss and no accuracy tells more.
pub(crate) fn long_past<'a>(context: &Context<'a>) -> Option<Common<'a>> {
    const LINES: usize = 10;
    let told = [Column::ValLoss, Column::ValAccuracy].iter().any(|column| context.column(*column).len() > 2);
    let scores = |held_out: bool| {
        context.log.series.iter().filter(move |series| {
            let split = match held_out {
                true => matches!(series.split, Some(Split::Validation | Split::Test)),
                false => series.split == Some(Split::Train),
            };
            split
                && matches!(series.metric, Metric::F1 | Metric::OtherScore)
                && !series.within_epoch
                && series.points.len() >= LINES
                && series.points.iter().all(|point| (0.0..=1.0).contains(&point.value))
        })
    };
    if told || context.is_own {
        return None;
    }
    scores(true).find_map(|series| {
        let twin = |train: &&Series| {
            key(&train.name) == key(&series.name) && train.points.len() == series.points.len()
        };
        let train = scores(false).find(twin)?;
        let means: Vec<f64> = series
            .points
            .windows(3)
            .map(|three| three.iter().map(|point| point.value).sum::<f64>() / 3.0)
            .collect();
        let turn = (0..means.len()).min_by(|&a, &b| means[b].total_cmp(&means[a]))?;
        let mut late: Vec<f64> = means[means.len() - means.len().div_ceil(3)..].to_vec();
        late.sort_by(f64::total_cmp);
        let end = *late.get(late.len() / 2)?;
        (2 * turn <= means.len() && end < means[turn]).then_some(Common {
            train,
            held_out: series,
            turn: turn + 1,
            best: means[turn],
            end,
        })
    })
}

/// The name of a score without the data that it was measured on.
pub(crate) fn key(name: &str) -> String {
    const DATA: [&str; 9] = ["train", "training", "learn", "val", "valid", "validation", "eval", "test", "s"];
    let lower = name.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let said = |word: &&str| !DATA.contains(word) && word.parse::<u32>().is_err();
    words.filter(said).collect::<Vec<&str>>().join(" ")
}
