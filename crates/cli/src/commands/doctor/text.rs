//! A diagnosis for people at a terminal.

use std::io::{self, Write};

use foliar_doctor::{Comparison, CorrectedLoss, Diagnosis, Explanation, Finding, Id, Severity};
use foliar_logread::RunLog;
use foliar_vision::counted;

use super::logs::NoLog;
use crate::wrap;

/// Epochs of the table; of longer runs some are left out.
const ROWS: usize = 16;
/// Pieces of evidence that are spelled out.
const EVIDENCE: usize = 4;
/// Files without a log that are named.
const NAMED: usize = 20;

pub(super) fn print(out: &mut impl Write, log: &RunLog, diagnosis: &Diagnosis) -> io::Result<()> {
    paragraph(out, "", &diagnosis.verdict)?;
    if let Some(explanation) = diagnosis.explanations.first() {
        best_and_next(out, explanation)?;
    }
    for (finding, explanation) in diagnosis.findings.iter().zip(&diagnosis.explanations) {
        writeln!(out)?;
        one(out, finding)?;
        if let Some(next) = explanation.alternatives.first() {
            paragraph(out, "  ", &format!("Or else: {} ({}). {}", next.cause, share(next.share), next.test))?;
        }
    }
    curves(out, diagnosis)?;
    match diagnosis.is_of_foliar {
        true => writeln!(out, "\nread as {}", log.format),
        false => writeln!(
            out,
            "\nread as {}: {} understood, {} skipped",
            log.format,
            counted(log.understood_lines, "line", "lines"),
            log.ignored_lines
        ),
    }
}

/// The explanation that fits best, and the next one.
fn best_and_next(out: &mut impl Write, best: &Explanation) -> io::Result<()> {
    let Some(next) = best.alternatives.first() else { return Ok(()) };
    let (id, name) = (best.id.name(), next.id.map_or(next.cause, Id::name));
    let text = format!(
        "Best explanation: {id} ({}); next: {name} ({}). To tell them apart: {}",
        share(best.share),
        share(next.share),
        next.test
    );
    paragraph(out, "", &text)
}

/// A probability in per cent.
fn share(probability: f64) -> String {
    format!("{:.0} %", 100.0 * probability)
}

/// Several runs in one table, which is better, and what cannot be compared.
pub(super) fn print_comparison(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    let mut rows = vec![
        ["log", "epochs", "best acc", "last acc", "printed loss", "mean per photo", "verdict"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for run in &comparison.runs {
        let share = |share: Option<f64>| {
            share.map_or_else(|| "-".to_owned(), |share| format!("{:.2} %", 100.0 * share))
        };
        let course = |read: fn(CorrectedLoss) -> f64| {
            let ends =
                run.losses.map(|(first, last)| format!("{} to {}", loss(read(first)), loss(read(last))));
            ends.unwrap_or_else(|| "-".to_owned())
        };
        rows.push(vec![
            run.name.clone(),
            run.epochs.to_string(),
            share(run.best_accuracy),
            share(run.last_accuracy),
            course(|loss| loss.printed),
            course(|loss| loss.mean),
            run.main_finding(),
        ]);
    }
    // Where every printed loss is a mean, one column says all.
    if rows[1..].iter().all(|row| row[4] == row[5]) {
        rows.iter_mut().for_each(|row| drop(row.remove(5)));
        rows[0][4] = "loss".to_owned();
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    for row in &rows {
        let cell = |(column, cell): (usize, &String)| match column {
            1..=3 => format!("{cell:>width$}", width = widths[column]),
            _ => format!("{cell:width$}", width = widths[column]),
        };
        let line = row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ");
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)?;
    paragraph(out, "", &comparison.answer)?;
    comparison.limits.iter().try_for_each(|limit| {
        writeln!(out)?;
        paragraph(out, "", limit)
    })
}

/// Files of a folder that hold no log: how many, and which.
pub(super) fn print_skipped(out: &mut impl Write, skipped: &[NoLog]) -> io::Result<()> {
    let count = match skipped.len() {
        0 => return Ok(()),
        1 => "1 other file holds no log".to_owned(),
        many => format!("{many} other files hold no log"),
    };
    let names = skipped
        .iter()
        .take(NAMED)
        .map(|file| format!("{} ({})", file.path, file.reason.trim_end_matches('.')));
    let more = skipped.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    writeln!(out)?;
    paragraph(out, "", &format!("{count}: {}{more}", names.collect::<Vec<_>>().join(", ")))
}

/// A loss to three significant digits.
fn loss(value: f64) -> String {
    if value.is_finite() && value != 0.0 && !(1e-3..1e6).contains(&value.abs()) {
        return format!("{value:.1e}");
    }
    let digits = if value.abs() >= 100.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else if value.abs() >= 1.0 {
        2
    } else {
        3
    };
    format!("{value:.digits$}")
}

fn one(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let severity = match finding.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    writeln!(out, "{severity}: {}  (confidence {:.0} %)", finding.id.name(), 100.0 * finding.confidence)?;
    paragraph(out, "  ", &finding.claim)?;
    for evidence in finding.evidence.iter().take(EVIDENCE) {
        let place = evidence.line.map_or_else(String::new, |line| format!("line {line}: "));
        paragraph(out, "    ", &format!("{place}{}", evidence.text))?;
    }
    if !finding.advice.is_empty() {
        paragraph(out, "  ", &format!("What to do: {}", finding.advice))?;
    }
    if let Some(code) = &finding.code {
        code.lines().try_for_each(|line| writeln!(out, "      {line}"))?;
    }
    Ok(())
}

/// Printed and true losses side by side.
fn curves(out: &mut impl Write, diagnosis: &Diagnosis) -> io::Result<()> {
    let epochs = &diagnosis.series.epochs;
    if epochs.is_empty() {
        return Ok(());
    }
    let means = !diagnosis.is_of_foliar;
    let mean_column = |name: &str| if means { format!("  {name:>8}") } else { String::new() };
    writeln!(
        out,
        "\n{:>7}  {:>10}{}  {:>10}{}  {:>8}  mean if calibrated",
        "epoch",
        "train loss",
        mean_column("mean"),
        "val loss",
        mean_column("mean"),
        "accuracy"
    )?;
    // The first, the last, and some evenly between.
    let step = epochs.len().div_ceil(ROWS);
    let shown = |index: usize| index.is_multiple_of(step) || index + 1 == epochs.len();
    for (index, epoch) in epochs.iter().enumerate().filter(|(index, _)| shown(*index)) {
        let number = epoch.epoch.unwrap_or(index as f64 + 1.0);
        let printed =
            |loss: Option<CorrectedLoss>| loss.map_or_else(|| "-".to_owned(), |loss| figure(loss.printed));
        let mean =
            |loss: Option<CorrectedLoss>| loss.map_or_else(|| "-".to_owned(), |loss| figure(loss.mean));
        let accuracy = epoch.val_accuracy.or(epoch.train_accuracy);
        let band = epoch.band.map_or_else(String::new, |band| match band.high {
            Some(high) => format!("{} to {}", figure(band.low), figure(high)),
            None => format!("{} or more", figure(band.low)),
        });
        writeln!(
            out,
            "{number:>7}  {:>10}{}  {:>10}{}  {:>8}  {band}",
            printed(epoch.train_loss),
            mean_column(&mean(epoch.train_loss)),
            printed(epoch.val_loss),
            mean_column(&mean(epoch.val_loss)),
            accuracy.map_or_else(|| "-".to_owned(), |share| format!("{:.2} %", 100.0 * share)),
        )?;
    }
    if let Some(chance) = diagnosis.series.chance_loss {
        writeln!(out, "chance: mean loss {chance:.3}")?;
    }
    Ok(())
}

/// A number with four significant digits.
fn figure(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => value.to_string(),
        size if size >= 1e6 || (size > 0.0 && size < 1e-3) => format!("{value:.2e}"),
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 10.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// Words, wrapped, each line after `indent`.
fn paragraph(out: &mut impl Write, indent: &str, text: &str) -> io::Result<()> {
    let width = wrap::of_text();
    for part in text.lines() {
        let mut line = String::new();
        for word in part.split_whitespace() {
            if !line.is_empty() && indent.len() + line.chars().count() + 1 + word.chars().count() > width {
                writeln!(out, "{indent}{line}")?;
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        writeln!(out, "{indent}{line}")?;
    }
    Ok(())
}
