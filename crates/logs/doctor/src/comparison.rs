//! Which of several runs is better, as far as their logs can tell.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | p, q | best validation accuracies of two runs |
//! | n | validation photos |
//! | σ | standard error of p - q for separate photos: √((p (1 - p) + q (1 - q)) / n) |
//!
//! Accuracies are compared as they are printed, losses only as means per photo, after division by the factor that each log shows.
//! A difference of more than 2 σ is more than chance explains; on the same photos less would do, so that this is cautious. Where n
//! is not known, it is said how many photos the difference would need: n = 4 (p (1 - p) + q (1 - q)) / (p - q)².

use serde::Serialize;

use crate::diagnosis::{CorrectedLoss, Diagnosis};
use crate::words::{number, percent};
use crate::{Id, RunSetup, Severity};

/// Of more runs the verdicts are not told one by one beside the comparison.
const MOST_TOLD: usize = 6;

/// What one log shows of its run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunSummary {
    /// Name of the log.
    pub name: String,
    /// Epochs (or validations) that were read.
    pub epochs: usize,
    /// Best validation accuracy, in 0..=1.
    pub best_accuracy: Option<f64>,
    /// Validation accuracy at the end, in 0..=1.
    pub last_accuracy: Option<f64>,
    /// First and last loss, of validation where there is one, with the means per photo behind them.
    pub losses: Option<(CorrectedLoss, CorrectedLoss)>,
    /// What matters most about the run.
    pub finding: Option<Id>,
    /// How much that matters.
    pub severity: Option<Severity>,
    /// The verdict on this run alone.
    pub verdict: String,
}

impl RunSummary {
    /// The verdict in a word or two: `healthy`, `warning: overfit`; `-` where nothing was found.
    #[must_use]
    pub fn main_finding(&self) -> String {
        let Some(id) = self.finding else { return "-".to_owned() };
        match self.severity {
            Some(Severity::Error) => format!("error: {}", id.name()),
            Some(Severity::Warning) => format!("warning: {}", id.name()),
            Some(Severity::Note) | None => id.name().to_owned(),
        }
    }
}

/// Several runs side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// In the order that they were given.
    pub runs: Vec<RunSummary>,
    /// Place of the better run; absent where the logs do not tell.
    pub better: Option<usize>,
    /// Which run is better and by how much, or why that cannot be told.
    pub answer: String,
    /// What cannot be compared, and what the logs do not show.
    pub limits: Vec<String>,
}

/// Compares runs by their diagnoses. `setup` is what is known of all of them.
#[must_use]
pub fn compare(runs: &[(&str, &Diagnosis)], setup: &RunSetup) -> Comparison {
    let are_of_foliar = runs.iter().all(|(_, diagnosis)| diagnosis.is_of_foliar);
    let tasks: Vec<Task> = runs.iter().map(|(_, diagnosis)| Task::of(diagnosis, setup)).collect();
    let runs: Vec<RunSummary> = runs.iter().map(|(name, diagnosis)| summary(name, diagnosis)).collect();
    let (better, answer) = answer(&runs, &tasks);
    let mut limits = Vec::new();
    let scaled = |run: &RunSummary| {
        run.losses.is_some_and(|(first, _)| (first.printed / first.mean - 1.0).abs() > 0.01)
    };
    if runs.iter().any(scaled) {
        limits.push(
            "Printed losses of different programs cannot be compared: they are added up in different ways. The means per photo \
                can, within their intervals."
                .to_owned(),
        );
    }
    let serious =
        |run: &RunSummary| run.finding.is_some_and(|id| !matches!(id, Id::Healthy | Id::LossScaled));
    if runs.len() <= MOST_TOLD {
        limits.extend(
            runs.iter().filter(|run| serious(run)).map(|run| format!("{}: {}", run.name, run.verdict)),
        );
    }
    let unranked: Vec<&str> =
        runs.iter().filter(|run| !is_ranked(run, &runs)).map(|run| run.name.as_str()).collect();
    if !unranked.is_empty() {
        limits.push(format!("Runs with an error are not ranked: {}.", unranked.join(", ")));
    }
    limits.push(if are_of_foliar && !runs.is_empty() {
        "`foliar compare` compares runs of foliar on the validation photos that they share.".to_owned()
    } else {
        "A log does not show whether the runs were validated on the same photos, nor whether these are of other plants than the \
            training photos."
            .to_owned()
    });
    Comparison { runs, better, answer, limits }
}

/// What a run was asked, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Task {
    classes: Option<usize>,
    validation: Option<usize>,
}

impl Task {
    fn of(diagnosis: &Diagnosis, setup: &RunSetup) -> Self {
        Self {
            classes: setup.classes.or(diagnosis.setup.classes),
            validation: setup.validation_size.or(diagnosis.setup.validation_size),
        }
    }

    /// Why results cannot be compared with those of `other`.
    fn differs_from(self, other: Self) -> Option<String> {
        let differ =
            |one: Option<usize>, other: Option<usize>| one.zip(other).filter(|(one, other)| one != other);
        let classes = differ(self.classes, other.classes);
        let photos = differ(self.validation, other.validation);
        match (classes, photos) {
            (Some((one, other)), _) => Some(format!("one has {one} classes, the other {other}")),
            (_, Some((one, other))) => Some(format!(
                "one was validated on {one} photos, the other on {other}, so they are not the same"
            )),
            _ => None,
        }
    }
}

/// Whether the numbers of a run may decide: those of a run with an error do only where no two others can be compared.
fn is_ranked(run: &RunSummary, runs: &[RunSummary]) -> bool {
    let sound = |run: &RunSummary| run.severity != Some(Severity::Error);
    sound(run) || runs.iter().filter(|run| sound(run)).count() < 2
}

fn summary(name: &str, diagnosis: &Diagnosis) -> RunSummary {
    let epochs = &diagnosis.series.epochs;
    let accuracies: Vec<f64> = epochs.iter().filter_map(|epoch| epoch.val_accuracy).collect();
    let of_validation: Vec<CorrectedLoss> = epochs.iter().filter_map(|epoch| epoch.val_loss).collect();
    let losses = if of_validation.is_empty() {
        epochs.iter().filter_map(|epoch| epoch.train_loss).collect()
    } else {
        of_validation
    };
    let finding = diagnosis.findings.iter().find(|finding| {
        finding.severity > Severity::Note
            || matches!(finding.id, Id::Healthy | Id::TooLittleToTell | Id::NotALog)
    });
    RunSummary {
        name: name.to_owned(),
        epochs: epochs.len(),
        best_accuracy: accuracies.iter().copied().max_by(f64::total_cmp),
        last_accuracy: accuracies.last().copied(),
        losses: losses.first().copied().zip(losses.last().copied()),
        finding: finding.map(|finding| finding.id),
        severity: finding.map(|finding| finding.severity),
        verdict: diagnosis.verdict.clone(),
    }
}

/// The better run by validation accuracy, else by the mean loss, and the sentence that says so.
fn answer(runs: &[RunSummary], tasks: &[Task]) -> (Option<usize>, String) {
    let may_decide = runs.iter().enumerate().filter(|(_, run)| is_ranked(run, runs));
    let mut ranked: Vec<(usize, f64)> =
        may_decide.filter_map(|(place, run)| Some((place, run.best_accuracy?))).collect();
    if ranked.len() < 2 {
        return by_loss(runs);
    }
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let ((first, p), (second, q)) = (ranked[0], ranked[1]);
    let (one, other) = (&runs[first].name, &runs[second].name);
    if let Some(why) = tasks[first].differs_from(tasks[second]) {
        return (
            None,
            format!("{one} and {other}, the runs with the highest accuracies, cannot be compared: {why}."),
        );
    }
    let size = tasks[first].validation.or(tasks[second].validation);
    let difference = p - q;
    let variance = p * (1.0 - p) + q * (1.0 - q);
    let both = format!("{} against {} best validation accuracy", percent(p), percent(q));
    if difference <= 0.0 {
        return (None, format!("{one} and {other} are equally good: {both}."));
    }
    match size {
        Some(size) if difference > 2.0 * (variance / size as f64).sqrt() => (
            Some(first),
            format!("{one} is better than {other}: {both}, more than chance explains on {size} photos."),
        ),
        Some(size) => (
            None,
            format!("{one} and {other} cannot be told apart: {both} is within chance on {size} photos."),
        ),
        None => {
            let needed = (4.0 * variance / difference.powi(2)).ceil();
            let text = format!(
                "{one} is better than {other} if validation has {} photos or more: {both}. With fewer, chance explains the \
                    difference. Say how many there are (`--val-size`).",
                number(needed.max(1.0))
            );
            (Some(first), text)
        }
    }
}

fn by_loss(runs: &[RunSummary]) -> (Option<usize>, String) {
    let may_decide = runs.iter().enumerate().filter(|(_, run)| is_ranked(run, runs));
    let mut ranked: Vec<(usize, CorrectedLoss)> =
        may_decide.filter_map(|(place, run)| Some((place, run.losses?.1))).collect();
    ranked.sort_by(|a, b| a.1.mean.total_cmp(&b.1.mean));
    let [(first, low), (second, high), ..] = ranked[..] else {
        return (
            None,
            "The logs do not show an accuracy or a loss of two runs, so nothing can be compared.".to_owned(),
        );
    };
    let (one, other) = (&runs[first].name, &runs[second].name);
    let both = format!("a loss of {} against {} at the end", number(low.mean), number(high.mean));
    if low.high < high.low {
        (Some(first), format!("{one} has the lower loss, {both}; no accuracy is printed for two runs."))
    } else {
        (
            None,
            format!("{one} and {other} cannot be told apart: {both}, within what is known of their scales."),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose;
    use foliar_logread::read_log;

    fn diagnosis(text: &str) -> Diagnosis {
        diagnose(&read_log(text.as_bytes()).expect("a log"), &RunSetup::default())
    }

    fn log(accuracies: [f64; 4]) -> String {
        let line = |(epoch, accuracy): (usize, &f64)| {
            format!(
                "epoch {epoch} train loss {:.3} val loss {:.3} val acc {accuracy}\n",
                1.1 - accuracy,
                1.2 - accuracy
            )
        };
        accuracies.iter().enumerate().map(line).collect()
    }

    #[test]
    fn the_number_of_photos_decides_what_a_difference_is_worth() {
        let (worse, better) =
            (diagnosis(&log([0.5, 0.7, 0.8, 0.90])), diagnosis(&log([0.5, 0.7, 0.9, 0.95])));
        let runs = [("a", &worse), ("b", &better)];
        for (size, told) in [(Some(100), None), (Some(2000), Some(1)), (None, Some(1))] {
            let comparison = compare(&runs, &RunSetup { validation_size: size, ..RunSetup::default() });
            assert_eq!(comparison.better, told, "{size:?}: {}", comparison.answer);
        }
        let same = compare(&[("a", &worse), ("b", &worse)], &RunSetup::default());
        assert_eq!(same.better, None, "{}", same.answer);
    }

    #[test]
    fn a_run_with_an_error_wins_only_where_there_is_no_other_pair() {
        let sound = diagnosis(&log([0.5, 0.7, 0.8, 0.90]));
        let lost = diagnosis(
            "epoch 1 train loss 0.9 val loss nan val acc 0.95\nepoch 2 train loss nan val loss nan val acc 0.99\n\
             epoch 3 train loss nan val loss nan val acc 0.99\n",
        );
        let better = diagnosis(&log([0.5, 0.7, 0.9, 0.95]));
        let three = compare(&[("a", &sound), ("lost", &lost), ("b", &better)], &RunSetup::default());
        assert_eq!(three.better, Some(2), "{}", three.answer);
        assert!(three.limits.iter().any(|limit| limit == "Runs with an error are not ranked: lost."));
        let two = compare(&[("a", &sound), ("lost", &lost)], &RunSetup::default());
        assert_eq!(two.better, Some(1), "{}", two.answer);
        assert!(two.limits.iter().any(|limit| limit.starts_with("lost: ")), "{:?}", two.limits);
    }

    #[test]
    fn sums_are_compared_as_means() {
        let sums = diagnosis(
            "epoch 1 train loss: 118.5 val loss: 87.5 val acc: 0.753\nepoch 2 train loss: 68.8 val loss: 50.3 val acc: 0.858\n\
             epoch 3 train loss: 41.5 val loss: 31.2 val acc: 0.928\nepoch 4 train loss: 26.9 val loss: 21.1 val acc: 0.948\n",
        );
        let means = diagnosis(&log([0.5, 0.7, 0.8, 0.90]));
        let comparison = compare(&[("sums", &sums), ("means", &means)], &RunSetup::default());
        assert_eq!(comparison.better, Some(0), "{}", comparison.answer);
        assert!(comparison.limits[0].contains("cannot be compared"), "{:?}", comparison.limits);
    }
}
