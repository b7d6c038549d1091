//! An evaluation as text: what it comes to first, then the tables.

use std::io::{self, Write};

use foliar_learn::Evaluation;
use foliar_learn::evaluation::{Estimate, Origin, Robustness};

/// Classes up to which the confusion matrix is printed whole.
const MATRIX_CLASSES: usize = 20;
/// Confusions that are named.
const CONFUSIONS: usize = 5;

/// Everything, for people.
pub(crate) fn print(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    summary(out, evaluation)?;
    let remarks = evaluation.remarks();
    if !remarks.is_empty() {
        writeln!(out, "\nmind that")?;
        remarks.iter().try_for_each(|remark| writeln!(out, "- {remark}"))?;
    }
    writeln!(out)?;
    classes(out, evaluation)?;
    confusions(out, evaluation)?;
    match &evaluation.robustness {
        Some(robustness) => worse(out, robustness),
        None => Ok(()),
    }
}

/// A share as a percentage with its interval.
fn percent(Estimate { value, low, high }: Estimate) -> String {
    format!("{:.1} % ({:.1} to {:.1})", 100.0 * value, 100.0 * low, 100.0 * high)
}

/// A figure with its interval.
fn figure(Estimate { value, low, high }: Estimate) -> String {
    format!("{value:.3} ({low:.3} to {high:.3})")
}

fn summary(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    let Evaluation { sample, metrics, scores, calibration, selective, .. } = evaluation;
    let what = match sample.origin {
        Origin::Folder => "photographs",
        Origin::Test => "photographs that the run set aside for a test",
        Origin::Validation => "photographs, each as the run saw it before it had learnt from it",
    };
    let classes = metrics.classes.len() as f64;
    writeln!(
        out,
        "{} {what}, in {} groups that belong together; figures with 95 % intervals\n",
        metrics.photographs, sample.groups
    )?;
    writeln!(out, "accuracy     {}; chance {:.3}", figure(scores.accuracy), 1.0 / classes)?;
    writeln!(out, "macro F1     {}", figure(scores.macro_f1))?;
    for top in &scores.top {
        writeln!(out, "top {}        {}", top.k, figure(top.accuracy))?;
    }
    writeln!(out, "loss         {} nats; chance {:.3}", figure(scores.loss), classes.ln())?;
    writeln!(
        out,
        "calibration  error {:.3}, {:.3} more than chance explains ({:.3} to {:.3}); Brier {:.3}",
        calibration.error,
        calibration.excess.value,
        calibration.excess.low,
        calibration.excess.high,
        scores.brier.value
    )?;
    if let Some(sets) = &evaluation.sets {
        write!(
            out,
            "sets         hold the truth in {}, promised {:.0} %; {:.1} classes each",
            percent(sets.coverage),
            100.0 * (1.0 - sets.alpha),
            sets.size.value
        )?;
        match sets.sizes.first() {
            Some(&empty) if empty > 0 => writeln!(out, ", {empty} of them empty")?,
            _ => writeln!(out)?,
        }
    }
    match (selective.threshold, selective.error) {
        (Some(_), Some(error)) => writeln!(
            out,
            "don't know   {:.1} % are answered; {} of the answers are wrong",
            100.0 * selective.answered.value,
            percent(error)
        )?,
        (Some(threshold), None) => {
            writeln!(out, "don't know   is said of every photograph: none is as probable as {threshold:.2}")?;
        }
        (None, _) => {}
    }
    let Some(outside) = &evaluation.outside else { return Ok(()) };
    for set in &outside.sets {
        let auroc = set.distance_auroc.unwrap_or(set.energy_auroc);
        write!(out, "outside      {}: AUROC {}", set.name, figure(auroc))?;
        if outside.refused_inside.is_some() {
            write!(out, "; {:.1} % are called no leaf of these classes", 100.0 * set.refused)?;
        }
        writeln!(out)?;
    }
    match outside.refused_inside {
        Some(refused) => writeln!(out, "             of the photographs themselves {}", percent(refused)),
        None => Ok(()),
    }
}

fn classes(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    let Evaluation { metrics, scores, sets, .. } = evaluation;
    let width = metrics.classes.iter().map(|class| class.class.chars().count()).max().unwrap_or(0).max(5);
    let in_set = if sets.is_some() { "  in its set" } else { "" };
    writeln!(out, "{:width$}  photographs  precision         recall            F1   {in_set}", "class")?;
    let cell = |Estimate { value, low, high }: Estimate| format!("{value:.2} ({low:.2} to {high:.2})");
    for (index, (class, scores)) in metrics.classes.iter().zip(&scores.classes).enumerate() {
        write!(
            out,
            "{:width$}  {:11}  {}  {}  {:.3}",
            class.class,
            class.photographs,
            cell(scores.precision),
            cell(scores.recall),
            class.f1
        )?;
        match sets.as_ref().and_then(|sets| sets.classes[index]) {
            Some(class) => writeln!(out, "  {:8.0} %", 100.0 * class.coverage.value)?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// The confusion matrix where it fits a terminal, and the most frequent mistakes.
fn confusions(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    let metrics = &evaluation.metrics;
    let counts = &metrics.confusion.counts;
    if counts.len() <= MATRIX_CLASSES {
        let widest = counts.iter().flatten().max().copied().unwrap_or(0).to_string().len().max(2) + 1;
        writeln!(out, "\nconfusion matrix: rows are the truth, columns what was said, in the order above")?;
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
        let wrong = row.iter().enumerate().filter(|&(said, &count)| said != truth && count > 0);
        mistakes.extend(wrong.map(|(said, &count)| (count, truth, said)));
    }
    mistakes.sort_by_key(|&(count, truth, said)| (std::cmp::Reverse(count), truth, said));
    if !mistakes.is_empty() {
        writeln!(out, "\nmost frequent mistakes")?;
    }
    for (count, truth, said) in mistakes.into_iter().take(CONFUSIONS) {
        let [truth, said] = [truth, said].map(|class| &metrics.classes[class].class);
        writeln!(out, "  {count:4} x {truth}, taken for {said}")?;
    }
    Ok(())
}

/// Accuracy on photographs made worse.
fn worse(out: &mut impl Write, robustness: &Robustness) -> io::Result<()> {
    writeln!(
        out,
        "\naccuracy on {} of the photographs made worse, at severity 1 to 5; in brackets the share left unanswered",
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
