//! `foliar merge`: several runs as one classifier.

use std::io::{self, Write};

use foliar_derived::{Average, MemberScores, MergeGain, MergeOutcome, Merged, merge};
use foliar_files::Printable as _;
use foliar_results::Estimate;
use foliar_vision::counted;
use serde::Serialize;

use super::{derived, paths, shell, use_threads};
use crate::arguments::{AverageName, MergeArguments};
use crate::exit::Exit;
use crate::output;
use crate::progress;
use crate::wrap::{Fitted, paragraph};

/// The figures beside the bundle in a folder.
const FIGURES: &str = "merge.json";

/// The JSON document.
#[derive(Serialize)]
struct Document<'a> {
    bundle: String,
    /// Networks before the classifier.
    networks: usize,
    #[serde(flatten)]
    gain: &'a MergeGain,
    notes: &'a [String],
}

pub(crate) fn run(arguments: &MergeArguments) -> anyhow::Result<Exit> {
    use_threads(arguments.threads)?;
    arguments.runs.iter().try_for_each(|run| paths::expect_run(run))?;
    arguments.runs.iter().try_for_each(|run| paths::bundle(run).map(drop))?;
    let bundle = derived::place(&arguments.out)?;
    let average = match arguments.average {
        AverageName::Outputs => Average::Outputs,
        AverageName::Weights => Average::Weights,
    };
    let bar = progress::photographs("predicting photos of the runs");
    let merged = merge(&arguments.runs, average, &mut |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let Merged { bundle: classifier, gain, networks, notes } = merged?;
    let document = Document { bundle: bundle.shown().to_string(), networks, gain: &gain, notes: &notes };
    derived::write(&classifier, &bundle, &arguments.out, FIGURES, &document)?;
    if arguments.json {
        output::stdout().json(&document)?;
    } else {
        print(&mut Fitted::new(output::stdout()), &document)?;
    }
    say!("next:\n  foliar predict {} photos", shell::quoted(&bundle.shown().to_string()));
    Ok(Exit::Done)
}

fn print(out: &mut impl Write, document: &Document<'_>) -> io::Result<()> {
    let Document { bundle, networks, gain, notes } = document;
    let MergeGain { photographs, groups, runs, merged, best, difference, .. } = gain;
    let of = counted(*networks, "network", "networks");
    writeln!(out, "{} runs merged into {bundle}, {of}\n", runs.len())?;
    let basis = format!(
        "on {} in {}, each predicted by models that had not learned from it; intervals and p-values by group",
        counted(*photographs, "photo", "photos"),
        counted(*groups, "group", "groups")
    );
    paragraph(out, &basis, "", "")?;
    let name = |scores: &MemberScores| {
        scores.run.as_ref().map_or("merged".to_owned(), |run| run.shown().to_string())
    };
    let width = runs.iter().map(|run| name(run).chars().count()).max().unwrap_or(0).max(6);
    writeln!(out, "{:width$}  accuracy (95 % interval)  loss (95 % interval)", "run")?;
    for scores in runs.iter().chain([merged]) {
        let cell = |Estimate { value, low, high }: Estimate| format!("{value:.3} ({low:.3} to {high:.3})");
        writeln!(out, "{:width$}  {:24}  {}", name(scores), cell(scores.accuracy), cell(scores.loss))?;
    }
    writeln!(out)?;
    let (accuracy, loss) = (difference.accuracy, difference.loss);
    let best = name(&runs[*best]);
    let said = match gain.outcome {
        MergeOutcome::Better => format!("better than {best}, the best of the runs"),
        MergeOutcome::NotProven => format!(
            "not proven better than {best}, the best of the runs, which is {}",
            if *networks > 1 { "smaller and faster" } else { "as good a choice" }
        ),
        MergeOutcome::Worse => format!("worse than {best}, the best of the runs: use that one"),
    };
    let words = format!(
        "merged - {best}: accuracy {:+.3} ({:+.3} to {:+.3}), p = {:.3}; loss {:+.3} ({:+.3} to {:+.3}), p = {:.3}: {said}",
        accuracy.value,
        accuracy.low,
        accuracy.high,
        difference.accuracy_p_value,
        loss.value,
        loss.low,
        loss.high,
        difference.loss_p_value
    );
    paragraph(out, &words, "", "")?;
    notes.iter().try_for_each(|note| paragraph(out, &format!("note: {note}"), "", ""))
}
