//! The text holds no course of a training.
//!
//! Idea: a course is a quantity that was measured again and again. A table of precision and recall by class, a
//! list of files or a page of prose has numbers, but no loss and no accuracy that is followed over epochs or
//! steps. Nor has one a table with a row a finished run: it has columns of settings, and none that counts. Limits: a log whose words the reader does not know looks the same; the claim says what was read.

use foliar_logread::{Metric, Series};

use crate::context::Context;
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    let measures =
        |metric| matches!(metric, Metric::Loss | Metric::LossPart | Metric::Accuracy | Metric::TopFive);
    let series = &context.log.series;
    let judged = series.iter().any(|series| measures(series.metric) && !series.points.is_empty());
    // Scores of an epoch are a course, those of a class are not.
    let counted = series
        .iter()
        .filter(|series| matches!(series.metric, Metric::F1 | Metric::OtherScore))
        .any(|series| series.points.iter().any(|point| point.epoch.is_some() || point.step.is_some()));
    if judged || counted || repeats(series) {
        return None;
    }
    let names: Vec<&str> = series.iter().map(|series| series.name.as_str()).take(6).collect();
    let read = if names.is_empty() {
        "No number with a known name was read".to_owned()
    } else {
        format!("Only these were read: {}", names.join(", "))
    };
    Some(Finding {
        id: Id::NotALog,
        severity: Severity::Warning,
        claim: "This does not look like a training log: there is no loss and no accuracy that is followed over epochs."
            .to_owned(),
        evidence: vec![Evidence::whole(format!(
            "{read}, in {} of {} lines",
            context.log.understood_lines,
            context.log.understood_lines + context.log.ignored_lines
        ))],
        confidence: if names.is_empty() { 0.8 } else { 0.9 },
        advice: "Give the output of the training itself: one line an epoch with the loss and the accuracy of \
            training and validation. If this is one, name its columns like `epoch, train_loss, val_loss, val_acc`."
            .to_owned(),
        code: None,
    })
}

/// Whether scores come again and again with other lines between them, as a table of one row does that is printed after each evaluation. The
/// rows of one table, a class each, follow one another.
fn repeats(series: &[Series]) -> bool {
    const TIMES: usize = 3;
    const APART: usize = 3;
    series.iter().filter(|series| matches!(series.metric, Metric::F1 | Metric::OtherScore)).any(|series| {
        let points = &series.points;
        points.len() >= TIMES && points.windows(2).all(|pair| pair[0].line + APART <= pair[1].line)
    })
}

/// What a column sets or sums up, by the words of its name. Rates and durations do not count: a log of epochs has them too.
const SETTINGS: [(&str, &[&str]); 10] = [
    ("epochs", &["epochs"]),
    ("seed", &["seed"]),
    ("patience", &["patience"]),
    ("best", &["best", "final"]),
    ("decay", &["decay", "wd"]),
    ("batch", &["batch", "batchsize"]),
    ("dropout", &["dropout"]),
    ("momentum", &["momentum"]),
    ("size", &["n", "num", "size"]),
    ("width", &["hidden", "layers", "units", "depth", "width"]),
];
/// The first of [`SETTINGS`] that belong to a whole run.
const OF_A_RUN: usize = 4;

/// A table with a row a finished run: the settings of each beside its results.
pub(crate) fn of_runs(context: &Context<'_>) -> Option<Finding> {
    const FEWEST: usize = 3;
    if context.is_own || counts(&context.log.series) {
        return None;
    }
    let mut named: Vec<(usize, &str)> = context
        .log
        .series
        .iter()
        .filter(|series| series.metric == Metric::Unknown || series.name.to_lowercase().contains("best"))
        .filter_map(|series| Some((setting(&series.name)?, series.name.trim())))
        .collect();
    named.sort_unstable();
    named.dedup_by_key(|(kind, _)| *kind);
    let of_a_run = named.iter().any(|(kind, _)| *kind < OF_A_RUN);
    (named.len() >= FEWEST && of_a_run).then(|| {
        let names: Vec<String> = named.iter().map(|(_, name)| format!("`{name}`")).collect();
        Finding {
            id: Id::NotALog,
            severity: Severity::Warning,
            claim: "This is a table of finished runs, one row a run: nothing in it counts epochs or steps, so it shows the course of \
                none of them."
                .to_owned(),
            evidence: vec![Evidence::whole(format!("{} are settings and results of whole runs", names.join(", ")))],
            confidence: 0.85,
            advice: "Give the log of one of these runs: one line an epoch with the loss and the accuracy of training and validation. \
                Judge the runs of the table by the same validation photos, and the best one by photos that chose none of them."
                .to_owned(),
            code: None,
        }
    })
}

/// Whether a number of an epoch or a step rises along the lines.
fn counts(series: &[Series]) -> bool {
    let rises = |series: &Series, place: fn(&foliar_logread::Point) -> Option<f64>| {
        let places: Vec<f64> = series.points.iter().filter_map(place).collect();
        places.len() > 1
            && places.windows(2).all(|pair| pair[0] <= pair[1])
            && places[0] < places[places.len() - 1]
            && places.windows(2).filter(|pair| pair[0] == pair[1]).count() == 0
    };
    series.iter().any(|series| rises(series, |point| point.epoch) || rises(series, |point| point.step))
}

/// Which of [`SETTINGS`] a name is.
fn setting(name: &str) -> Option<usize> {
    let lower = name.to_lowercase();
    let mut words = lower.split(|letter: char| !letter.is_alphanumeric());
    let kind = |word: &str| SETTINGS.iter().position(|(_, words)| words.contains(&word));
    // A number of seconds an epoch is none.
    if lower.contains("second") || lower.contains("time") {
        return None;
    }
    words.find_map(kind)
}
