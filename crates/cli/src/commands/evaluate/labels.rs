//! An evaluation of a classifier of labels.

use std::io::{self, Write};

use anyhow::Context;
use foliar_eval::{EvalSource, EvaluateOptions, evaluate_labels, labels_table};
use foliar_files::{Printable as _, write_atomically};
use foliar_model::{Bundle, LabelPredictor};
use foliar_results::{Estimate, LabelEvaluation, LabelResult, Origin};
use foliar_vision::counted;
use serde::Serialize;

use super::{BATCH, Bar};
use crate::arguments::EvaluateArguments;
use crate::exit::Exit;
use crate::output;
use crate::wrap::{Fitted, paragraph};

/// Widest name of a label in a table.
const WIDEST: usize = 24;

#[derive(Serialize)]
struct Report<'a> {
    bundle: String,
    task: &'static str,
    #[serde(flatten)]
    evaluation: &'a LabelEvaluation,
}

/// Measures `bundle`, one of labels, and prints or writes what `arguments` ask for.
pub(super) fn run(
    arguments: &EvaluateArguments,
    bundle: Bundle,
    source: &EvalSource<'_>,
    options: &EvaluateOptions,
) -> anyhow::Result<Exit> {
    let evaluation = measure(bundle, arguments.examination.risk, source, options)?;
    let left_out = tell_problems(&evaluation);
    if let Some(path) = &arguments.predictions {
        let table = labels_table(&evaluation)?;
        write_atomically(path, |file| file.write_all(&table))
            .with_context(|| format!("{} could not be written", path.shown()))?;
    }
    let out = output::stdout();
    if arguments.json {
        let bundle = arguments.bundle.shown().to_string();
        out.json(&Report { bundle, task: "multi-label", evaluation: &evaluation })?;
    } else {
        print(&mut Fitted::new(out), &evaluation)?;
    }
    Ok(Exit::with_problems(left_out))
}

/// Measures `bundle`, with a bar.
pub(crate) fn measure(
    bundle: Bundle,
    risk: Option<f64>,
    source: &EvalSource<'_>,
    options: &EvaluateOptions,
) -> anyhow::Result<LabelEvaluation> {
    let mut predictor = LabelPredictor::new(bundle, BATCH)?;
    if let Some(risk) = risk {
        predictor.set_risk(risk)?;
    }
    let mut bar = Bar::default();
    let evaluation =
        evaluate_labels(&mut predictor, source, options, &mut |stage, done, all| bar.show(stage, done, all));
    bar.clear();
    Ok(evaluation?)
}

/// Says how a folder was understood and what was left out, and whether anything was.
pub(crate) fn tell_problems(evaluation: &LabelEvaluation) -> bool {
    if let Some(layout) = &evaluation.data.layout {
        say!("{layout}");
    }
    for problem in &evaluation.problems {
        let kind = if problem.excluded { "left out" } else { "note" };
        say!("{kind}: {}: {}", problem.path, problem.message);
    }
    for unknown in &evaluation.unknown_labels {
        let photos = counted(unknown.photographs, "photo", "photos");
        say!("left out: {photos} with labels that the classifier does not know: {}", unknown.class);
    }
    let learned = evaluation.data.training_left_out.len();
    if learned > 0 {
        let photos = counted(learned, "photo", "photos");
        say!("left out: {photos} that the classifier was trained, tuned or calibrated on");
    }
    !evaluation.unknown_labels.is_empty() || evaluation.problems.iter().any(|problem| problem.excluded)
}

/// What the classifier does in one sentence.
pub(crate) fn verdict(evaluation: &LabelEvaluation) -> String {
    let scores = &evaluation.scores;
    let Estimate { value, low, high } = scores.mean_f1;
    let basis = match evaluation.data.origin {
        Origin::Validation => {
            ", each predicted by a model that was not trained on it; thresholds were chosen on the same predictions, \
                               so expect a little less"
        }
        Origin::Test => " held back for the test",
        Origin::Folder => "",
    };
    format!(
        "Mean F1 {value:.3} ({low:.3} to {high:.3}), all labels right on {:.0} of 100 photos, judged on {}{basis}",
        100.0 * scores.exact_match.value,
        counted(evaluation.photographs, "photo", "photos"),
    )
}

fn figure(Estimate { value, low, high }: Estimate) -> String {
    format!("{value:.3} ({low:.3} to {high:.3})")
}

fn print(out: &mut impl Write, evaluation: &LabelEvaluation) -> io::Result<()> {
    let LabelEvaluation { data, scores, labels, .. } = evaluation;
    writeln!(
        out,
        "{} {}, in {}; 95 % intervals by group\n",
        evaluation.photographs,
        data.describe(),
        counted(data.groups, "group", "groups")
    )?;
    for (name, value) in [
        ("mean F1", scores.mean_f1),
        ("macro F1", scores.macro_f1),
        ("micro F1", scores.micro_f1),
        ("mAP", scores.mean_average_precision),
        ("all right", scores.exact_match),
        ("Hamming", scores.hamming_loss),
        ("loss", scores.loss),
    ] {
        let unit = if name == "loss" { " nats a label; even odds 0.693" } else { "" };
        writeln!(out, "{name:<10} {}{unit}", figure(value))?;
    }
    writeln!(out)?;
    paragraph(out, &verdict(evaluation), "", "")?;
    writeln!(out)?;
    let width = labels.iter().map(|label| label.label.chars().count()).max().unwrap_or(0).clamp(5, WIDEST);
    writeln!(
        out,
        "{:width$}  photos  called  threshold  precision  recall  F1                      AP     calib. error",
        "label"
    )?;
    for LabelResult { label, photographs, called, threshold, scores, calibration, .. } in labels {
        let name: String = label.chars().take(WIDEST).collect();
        write!(out, "{name:width$}  {photographs:>6}  {called:>6}  {threshold:>9.3}  ")?;
        match scores {
            Some(scores) => writeln!(
                out,
                "{:>9.3}  {:>6.3}  {:<22}  {:.3}  {:.3}",
                scores.precision.value,
                scores.recall.value,
                figure(scores.f1),
                scores.average_precision.value,
                calibration.error
            )?,
            None => writeln!(out, "no photo shows it")?,
        }
    }
    presence(out, evaluation, width)
}

fn presence(out: &mut impl Write, evaluation: &LabelEvaluation, width: usize) -> io::Result<()> {
    if evaluation.labels.iter().all(|label| label.presence.is_none()) {
        return Ok(());
    }
    writeln!(
        out,
        "\nPresent, absent or cannot tell; target: right for {:.0} % of the photos with the label, and of those without it",
        100.0 * (1.0 - evaluation.risk)
    )?;
    writeln!(out, "{:width$}  right with it  right without it  cannot tell", "label")?;
    let percent = |share: Option<Estimate>| match share {
        Some(share) => format!("{:.1} %", 100.0 * share.value),
        None => "-".to_owned(),
    };
    for LabelResult { label, presence, .. } in &evaluation.labels {
        let Some(presence) = presence else { continue };
        let name: String = label.chars().take(WIDEST).collect();
        writeln!(
            out,
            "{name:width$}  {:>13}  {:>16}  {:>11}",
            percent(presence.coverage_present),
            percent(presence.coverage_absent),
            percent(Some(presence.unsure))
        )?;
    }
    Ok(())
}
