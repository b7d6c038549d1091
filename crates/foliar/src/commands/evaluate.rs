//! `foliar evaluate`: how good a classifier is on photographs whose class is known.

use std::io::{self, Write};

use foliar_learn::{Evaluation, Predictor, evaluate};
use foliar_metrics::Metrics;
use foliar_vision::{Limits, Part};
use serde::Serialize;

use super::{open_bundle, use_threads};
use crate::arguments::{EvaluateArguments, PartName};
use crate::exit::Exit;
use crate::progress;

/// Photographs in one pass of the network.
const BATCH: usize = 32;
/// Classes up to which the confusion matrix is printed whole.
const MATRIX_CLASSES: usize = 20;
/// Confusions that are named.
const CONFUSIONS: usize = 5;

/// The JSON document: every figure, and where it comes from.
#[derive(Serialize)]
struct Report<'a> {
    bundle: String,
    data: String,
    #[serde(flatten)]
    evaluation: &'a Evaluation,
}

pub(crate) fn run(arguments: &EvaluateArguments) -> anyhow::Result<Exit> {
    use_threads(arguments.threads)?;
    let mut predictor = Predictor::new(open_bundle(&arguments.bundle)?, BATCH)?;
    let part = arguments.part.map(|part| match part {
        PartName::Train => Part::Train,
        PartName::Val => Part::Validation,
        PartName::Test => Part::Test,
    });
    let bar = progress::photographs("evaluating");
    let evaluation =
        evaluate(&mut predictor, &arguments.data, part, &Limits::default(), &mut |done, found| {
            bar.set_length(found as u64);
            bar.set_position(done as u64);
        });
    bar.finish_and_clear();
    let evaluation = evaluation?;
    let left_out = evaluation.problems.iter().filter(|problem| problem.reason.excludes()).count();
    for problem in &evaluation.problems {
        let word = if problem.reason.excludes() { "left out" } else { "remark" };
        eprintln!("{word}: {problem}");
    }
    for class in &evaluation.unknown_classes {
        eprintln!("left out: {class} is no class of this classifier");
    }
    let mut out = io::stdout().lock();
    if arguments.json {
        let report = Report {
            bundle: arguments.bundle.display().to_string(),
            data: arguments.data.display().to_string(),
            evaluation: &evaluation,
        };
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        print(&mut out, &evaluation.metrics)?;
    }
    Ok(Exit::with_problems(left_out > 0 || !evaluation.unknown_classes.is_empty()))
}

/// The figures as tables for people.
pub(crate) fn print(out: &mut impl Write, metrics: &Metrics) -> io::Result<()> {
    let [low, high] = metrics.accuracy_interval;
    let chance = 1.0 / metrics.classes.len() as f64;
    writeln!(out, "photographs  {}", metrics.photographs)?;
    writeln!(
        out,
        "accuracy     {:.3}  (95 % interval {low:.3} to {high:.3}; chance {chance:.3})",
        metrics.accuracy
    )?;
    writeln!(out, "macro F1     {:.3}", metrics.macro_f1)?;
    writeln!(out, "loss         {:.3}  (nats; chance {:.3})\n", metrics.loss, -chance.ln())?;
    let width = metrics.classes.iter().map(|class| class.class.chars().count()).max().unwrap_or(0).max(5);
    writeln!(out, "{:width$}  photographs  precision  recall     F1", "class")?;
    for class in &metrics.classes {
        writeln!(
            out,
            "{:width$}  {:11}  {:9.3}  {:6.3}  {:5.3}",
            class.class, class.photographs, class.precision, class.recall, class.f1
        )?;
    }
    confusions(out, metrics)
}

/// The confusion matrix where it fits a terminal, and the most frequent mistakes.
fn confusions(out: &mut impl Write, metrics: &Metrics) -> io::Result<()> {
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
