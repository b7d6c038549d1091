//! An evaluation as text: what it comes to first, then the tables.

use std::io::{self, Write};

use foliar_results::{Circumstances, ClassResult, Estimate, Evaluation, Origin, Robustness, Verdict, scale};

use foliar_vision::counted;

use crate::commands::findings;
use crate::wrap::paragraph;

/// Classes up to which the confusion matrix is printed whole.
const MATRIX_CLASSES: usize = 20;
/// Confusions that are named.
const CONFUSIONS: usize = 5;

/// Everything, for people.
pub(crate) fn print(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    let verdict = Verdict::of(Some(evaluation), &Circumstances::default());
    summary(out, evaluation)?;
    writeln!(out)?;
    paragraph(out, &verdict.summary, "", "")?;
    paragraph(out, &format!("({})", scale()), "", "")?;
    findings::print(out, &verdict.findings)?;
    writeln!(out)?;
    classes(out, evaluation)?;
    confusions(out, evaluation)?;
    match &evaluation.robustness {
        Some(robustness) => corruptions(out, robustness),
        None => Ok(()),
    }
}

/// A share as a percentage with its interval.
fn percent(Estimate { value, low, high }: Estimate) -> String {
    if (Estimate { value, low, high }).is_anything() {
        return format!("{:.1} % (too few groups for a range)", 100.0 * value);
    }
    format!("{:.1} % ({:.1} to {:.1})", 100.0 * value, 100.0 * low, 100.0 * high)
}

/// A figure with its interval.
fn figure(Estimate { value, low, high }: Estimate) -> String {
    if (Estimate { value, low, high }).is_anything() {
        return format!("{value:.3} (too few groups for a range)");
    }
    format!("{value:.3} ({low:.3} to {high:.3})")
}

fn summary(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    let Evaluation { data, scores, calibration, selective, .. } = evaluation;
    let what = match data.origin {
        Origin::Folder => "photos",
        Origin::Test => "test photos of the run",
        Origin::Validation => "photos, each predicted by a model that was not trained on it",
    };
    let classes = evaluation.classes.len() as f64;
    writeln!(
        out,
        "{} {what}, in {}; 95 % intervals by group\n",
        evaluation.photographs,
        counted(data.groups, "group", "groups")
    )?;
    writeln!(out, "accuracy     {}; chance {:.3}", figure(scores.accuracy), 1.0 / classes)?;
    match evaluation.missing_classes_words() {
        Some(words) => {
            let (covered, all) = (evaluation.averaged_classes, evaluation.classes.len());
            writeln!(out, "macro F1     {}, over {covered} of {all} classes", figure(scores.macro_f1))?;
            paragraph(out, &words, "             ", "             ")?;
        }
        None => writeln!(out, "macro F1     {}", figure(scores.macro_f1))?,
    }
    for top in &scores.top {
        writeln!(out, "top {}        {}", top.k, figure(top.accuracy))?;
    }
    writeln!(out, "loss         {} nats; chance {:.3}", figure(scores.loss), classes.ln())?;
    writeln!(
        out,
        "calibration  error {:.3}, excess over chance {:.3} ({:.3} to {:.3}); Brier {:.3}",
        calibration.error,
        calibration.excess.value,
        calibration.excess.low,
        calibration.excess.high,
        scores.brier.value
    )?;
    if let Some(sets) = &evaluation.prediction_sets {
        write!(
            out,
            "sets         hold the true class in {}, target {:.0} %; {:.1} classes each",
            percent(sets.coverage),
            100.0 * (1.0 - sets.alpha),
            sets.size.value
        )?;
        match sets.sizes.first() {
            Some(&empty) if empty > 0 => writeln!(out, ", {empty} of them empty")?,
            _ => writeln!(out)?,
        }
    }
    match (selective.threshold, selective.answered, selective.error) {
        (Some(_), Some(answered), Some(error)) => writeln!(
            out,
            "answered     {:.1} %; {} of the answers are wrong",
            100.0 * answered.value,
            percent(error)
        )?,
        (Some(threshold), Some(_), None) => {
            writeln!(out, "answered     none: no photo reaches the confidence threshold, {threshold:.2}")?;
        }
        _ => {}
    }
    let Some(ood) = &evaluation.ood else { return Ok(()) };
    for set in &ood.sets {
        write!(out, "OOD          {}: AUROC {}", set.name, figure(set.auroc()))?;
        if ood.flagged_inside.is_some() {
            write!(out, "; {:.1} % are flagged as out-of-distribution", 100.0 * set.flagged)?;
        }
        writeln!(out)?;
    }
    match ood.flagged_inside {
        Some(flagged) => {
            writeln!(out, "             flagged among the evaluated photos: {}", percent(flagged))
        }
        None => Ok(()),
    }
}

fn classes(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    let Evaluation { classes, prediction_sets, .. } = evaluation;
    let width = classes.iter().map(|class| class.class.chars().count()).max().unwrap_or(0).max(5);
    let in_set = if prediction_sets.is_some() { "  in its set" } else { "" };
    writeln!(out, "{:width$}  photos  {:19}  {:19}  {:5}{in_set}", "class", "precision", "recall", "F1")?;
    let cell = |estimate: Estimate| match estimate.is_anything() {
        true => format!("{:.2} (too few groups)", estimate.value),
        false => format!("{:.2} ({:.2} to {:.2})", estimate.value, estimate.low, estimate.high),
    };
    for (index, ClassResult { class, photographs, scores, .. }) in classes.iter().enumerate() {
        if *photographs == 0 {
            writeln!(out, "{class:width$}  {photographs:6}  no photos")?;
            continue;
        }
        write!(
            out,
            "{class:width$}  {photographs:6}  {:19}  {:19}  {:.3}",
            cell(scores.precision),
            cell(scores.recall),
            scores.f1.value
        )?;
        match prediction_sets.as_ref().and_then(|sets| sets.classes[index]) {
            Some(coverage) => writeln!(out, "  {:8.0} %", 100.0 * coverage.coverage.value)?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// The confusion matrix where it fits a terminal, and the most frequent mistakes.
fn confusions(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    let counts = &evaluation.confusion.counts;
    if counts.len() <= MATRIX_CLASSES {
        let widest = counts.iter().flatten().max().copied().unwrap_or(0).to_string().len().max(2) + 1;
        writeln!(
            out,
            "\nconfusion matrix: rows are true classes, columns predicted ones, in the order above"
        )?;
        for row in counts {
            let cells = row.iter().map(|count| match count {
                0 => format!("{:>widest$}", "."),
                _ => format!("{count:widest$}"),
            });
            writeln!(out, "{}", cells.collect::<String>())?;
        }
    }
    let mut mistakes: Vec<(usize, usize, usize)> = Vec::new();
    for (truth, row) in counts.iter().enumerate() {
        let wrong = row.iter().enumerate().filter(|&(predicted, &count)| predicted != truth && count > 0);
        mistakes.extend(wrong.map(|(predicted, &count)| (count, truth, predicted)));
    }
    mistakes.sort_by_key(|&(count, truth, predicted)| (std::cmp::Reverse(count), truth, predicted));
    if !mistakes.is_empty() {
        writeln!(out, "\nmost frequent mistakes")?;
    }
    for (count, truth, predicted) in mistakes.into_iter().take(CONFUSIONS) {
        let [truth, predicted] = [truth, predicted].map(|class| &evaluation.classes[class].class);
        writeln!(out, "  {count:4} x {truth}, predicted as {predicted}")?;
    }
    Ok(())
}

/// Robustness to image corruptions.
fn corruptions(out: &mut impl Write, robustness: &Robustness) -> io::Result<()> {
    writeln!(
        out,
        "\nrobustness to image corruptions: accuracy on {} of the photos at severity 1 to 5, and the share unanswered",
        robustness.photographs
    )?;
    for row in &robustness.rows {
        let cells =
            row.accuracy.iter().zip(&row.unanswered).map(|(accuracy, unanswered)| {
                format!("  {:.3} ({:3.0} %)", accuracy.value, 100.0 * unanswered)
            });
        writeln!(out, "{:16}{}", row.corruption, cells.collect::<String>())?;
    }
    Ok(())
}
