//! A diagnosis as Markdown, to be pasted into a forum or an issue: no HTML, and nothing of a log is markup.

use std::fmt::Write as _;

use foliar_doctor::{Comparison, Diagnosis, EpochCurve, Explanation, Finding};
use foliar_logread::RunLog;

use crate::doctor_page::DiagnosedLog;
use crate::doctor_page::comparison::{CELLS, cells};
use crate::doctor_page::findings::{sentence, share, sureness};
use crate::doctor_page::series::{ACCURACIES, LOSSES, is_corrected};
use crate::doctor_page::tables::stated;
use crate::doctor_page::words::{count, metric, number, percent, printed, split, weight};
use crate::markdown::{code, fenced, plain, prose, table};
use crate::page::parts::gap;

/// More columns of a log than this are counted only.
const MOST_COLUMNS: usize = 12;

/// A diagnosis: the verdict, every finding with its lines, the first, the best and the last epoch, and what was read.
#[must_use]
pub fn doctor_markdown(log: &RunLog, diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    one(&mut text, log, diagnosis);
    ended(text)
}

/// Several diagnoses: which run is better, all in one table, what limits the comparison, then each of them. `comparison` is
/// that of the same logs in the same order.
#[must_use]
pub fn doctor_comparison_markdown(logs: &[DiagnosedLog<'_>], comparison: &Comparison) -> String {
    let mut text = format!("**Comparison:** {}\n\n", prose(&comparison.answer));
    let rows = comparison.runs.iter().map(|run| {
        let mut row = vec![plain(&run.name)];
        row.extend(cells(run).iter().map(|cell| plain(cell)));
        row
    });
    let head: Vec<&str> = std::iter::once("log").chain(CELLS).collect();
    text += &table(&head, rows);
    text.push('\n');
    for limit in &comparison.limits {
        text += &format!("- {}\n", prose(limit));
    }
    for logged in logs {
        text += &format!("\n## {}\n\n", plain(logged.name));
        one(&mut text, logged.log, logged.diagnosis);
    }
    ended(text)
}

fn one(text: &mut String, log: &RunLog, diagnosis: &Diagnosis) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "**Verdict:** {}", prose(&diagnosis.verdict));
    for (place, finding) in diagnosis.findings.iter().enumerate() {
        found(text, finding, diagnosis.explanations.get(place));
    }
    let epochs = epochs(&diagnosis.series.epochs);
    if !epochs.is_empty() {
        let _ = write!(text, "\n### Numbers\n\n{epochs}");
    }
    let _ = write!(text, "\n### What was read\n\n{}", reading(log));
}

fn found(text: &mut String, finding: &Finding, explanation: Option<&Explanation>) {
    let _ = writeln!(
        text,
        "\n### {}: {} ({}, {})\n\n{}",
        weight(finding).0,
        plain(finding.id.title()),
        code(finding.id.name()),
        sureness(finding.confidence),
        prose(&finding.claim)
    );
    if !finding.evidence.is_empty() {
        text.push('\n');
    }
    for evidence in &finding.evidence {
        let place = evidence.line.map_or_else(|| "whole log".to_owned(), |line| format!("line {line}"));
        let _ = writeln!(text, "- {place}: {}", prose(&evidence.text));
    }
    if !finding.advice.is_empty() {
        let _ = writeln!(text, "\n**What to do:** {}", prose(&finding.advice));
    }
    if let Some(lines) = &finding.code {
        let _ = write!(text, "\n{}", fenced("python", lines));
    }
    let others = explanation.map_or(&[][..], |explanation| &explanation.alternatives);
    if !others.is_empty() {
        text.push_str("\n**What else it could be:**\n\n");
    }
    for other in others {
        let _ = writeln!(
            text,
            "- {} ({}). {}",
            plain(&sentence(other.cause)),
            share(other.share),
            prose(other.test)
        );
    }
}

/// The first, the best and the last epoch, with the columns that the log has.
fn epochs(epochs: &[EpochCurve]) -> String {
    let Some(last) = epochs.len().checked_sub(1) else { return String::new() };
    let losses: Vec<_> = LOSSES.into_iter().filter(|column| column.ends(epochs).is_some()).collect();
    let accuracies: Vec<_> = ACCURACIES.into_iter().filter(|column| column.ends(epochs).is_some()).collect();
    let corrected = is_corrected(epochs);
    let mut head = vec![String::new(), "epoch".to_owned()];
    for column in &losses {
        head.push(format!("{} loss", column.split));
        if corrected {
            head.push("mean".to_owned());
        }
    }
    head.extend(accuracies.iter().map(|column| format!("{} accuracy", column.split)));
    let row = |name: &str, index: usize| {
        let epoch = &epochs[index];
        let mut row = vec![name.to_owned(), epoch.epoch.map_or_else(|| format!("({})", index + 1), printed)];
        for column in &losses {
            let loss = (column.of)(epoch);
            row.push(loss.map_or_else(gap, |loss| printed(loss.printed)));
            if corrected {
                row.push(loss.map_or_else(gap, |loss| number(loss.mean)));
            }
        }
        row.extend(accuracies.iter().map(|column| (column.of)(epoch).map_or_else(gap, percent)));
        row
    };
    let best = best(epochs);
    let mut rows = Vec::new();
    match best {
        Some(0) if last > 0 => rows.push(row("first, best", 0)),
        _ => rows.push(row("first", 0)),
    }
    match best {
        Some(index) if index > 0 && index < last => rows.push(row("best", index)),
        _ => {}
    }
    if last > 0 {
        rows.push(row(if best == Some(last) { "last, best" } else { "last" }, last));
    }
    table(&head.iter().map(String::as_str).collect::<Vec<_>>(), rows)
}

/// Where validation is best: by accuracy, else by loss. `None` where nothing was validated.
fn best(epochs: &[EpochCurve]) -> Option<usize> {
    let places = |of: &dyn Fn(&EpochCurve) -> Option<f64>| -> Vec<(usize, f64)> {
        let values = epochs.iter().enumerate().filter_map(|(index, epoch)| Some((index, of(epoch)?)));
        values.filter(|(_, value)| value.is_finite()).collect()
    };
    let first_highest = |values: Vec<(usize, f64)>| {
        values.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(index, _)| index)
    };
    first_highest(places(&|epoch| epoch.val_accuracy))
        .or_else(|| first_highest(places(&|epoch| epoch.val_loss.map(|loss| -loss.printed))))
}

fn reading(log: &RunLog) -> String {
    let kind = if log.format.is_empty() { "a text".to_owned() } else { plain(&log.format) };
    let mut words = format!("Read as {kind}: numbers from {}", count(log.understood_lines, "line", "lines"));
    if log.ignored_lines > 0 {
        words += &format!(", nothing from {}", count(log.ignored_lines, "other", "others"));
    }
    words.push('.');
    let facts = stated(&log.facts);
    if !facts.is_empty() {
        words += &format!(" The log itself states {}.", facts.join(", "));
    }
    words += "\n\n";
    for series in log.series.iter().take(MOST_COLUMNS) {
        let on = series.split.map_or_else(String::new, |on| format!(", {}", split(Some(on))));
        let within = if series.within_epoch { ", within epochs" } else { "" };
        let points = count(series.points.len(), "point", "points");
        words += &format!("- {}: {}{on}{within}, {points}\n", code(&series.name), metric(series.metric));
    }
    if log.series.len() > MOST_COLUMNS {
        words += &format!("- and {}\n", count(log.series.len() - MOST_COLUMNS, "more", "more"));
    }
    words
}

/// With where it comes from, and spaces that every program shows.
fn ended(text: String) -> String {
    format!("{}\n\nJudged by {}.\n", text.trim_end().replace('\u{a0}', " "), code("foliar doctor"))
}
