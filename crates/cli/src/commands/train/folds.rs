//! `foliar train --folds`: the runs of a cross-validation, one after the other, and what they come to.

use std::io::Write as _;
use std::time::Instant;

use anyhow::Context as _;
use foliar_eval::cross_validation;
use foliar_files::{Printable as _, write_atomically};
use foliar_results::words::{count, fixed};
use foliar_results::{CrossValidation, FoldFigure, FoldScores};
use foliar_runlog::StopReason;
use foliar_train::{Fold, FoldRuns, Head, Photographs, train};

use super::screen::Screen;
use super::{ending, not_finite, println};
use crate::arguments::MachineArguments;
use crate::commands::shell::{quoted, short};
use crate::exit::Exit;
use crate::{interrupt, output};

/// Trains the runs that have not ended, from their newest checkpoints, and measures all of them. `photographs` are those of the
/// first.
pub(crate) fn drive(
    runs: &FoldRuns,
    photographs: &Photographs,
    machine: &MachineArguments,
    began: Instant,
) -> anyhow::Result<Exit> {
    interrupt::listen()?;
    let folder = quoted(&short(runs.root()));
    let of = runs.folds();
    for (fold, run) in Fold::all(of).zip(runs.runs()) {
        let part = photographs.of_fold(fold, run.recipe.seed)?;
        let summary = part.summary();
        let photos = format!("{} for training, {} in the fold", summary.train, summary.validation);
        if FoldRuns::is_done(run)? {
            say!("\nfold {} of {of}: {photos}; done before", fold.number);
            continue;
        }
        say!("\nfold {} of {of}: {photos}", fold.number);
        let mut screen = Screen::of(&run.recipe);
        let outcome = train(machine.device(), run, &part, &mut |event| screen.show(event))
            .with_context(|| format!("run {}", run.dir.root().shown()))?;
        screen.clear();
        match outcome.reason {
            StopReason::NonFiniteLoss => return Err(not_finite(run, &outcome)),
            StopReason::Interrupted => {
                say!("saved; `foliar resume {folder}` continues");
                return Ok(Exit::Interrupted);
            }
            _ => screen.conclude(),
        }
    }
    let found = cross_validation(runs, photographs)?;
    let file = runs.root().join(FoldRuns::SUMMARY);
    write_atomically(&file, |out| {
        serde_json::to_writer_pretty(&mut *out, &found).map_err(std::io::Error::from)?;
        out.write_all(b"\n")
    })
    .with_context(|| file.shown().to_string())?;
    say!("");
    words(&found).iter().for_each(|line| say!("{line}"));
    say!("{}", ending::took(began.elapsed()));
    println(&file.display().to_string())?;
    if runs.recipe().head == Head::Logistic {
        say!(
            "the classifiers of the folds are trained; without --folds it is solved, and its own cross-validation judges it"
        );
    }
    say!(
        "none of the {of} classifiers is the one to use: each has left out a fold. One from all photos, with the options that you gave:"
    );
    let data = quoted(&short(&photographs.dataset.root));
    output::say_command(&format!("foliar train {data} OPTIONS"));
    Ok(Exit::with_problems(photographs.summary().skipped > 0))
}

/// A table of the figures, and what it rests on.
fn words(found: &CrossValidation) -> Vec<String> {
    let CrossValidation { photographs, groups, scores, folds } = found;
    let photos = match groups < photographs {
        true => {
            format!("{} in {}", count(*photographs, "photo", "photos"), count(*groups, "group", "groups"))
        }
        false => count(*photographs, "photo", "photos"),
    };
    let mut lines =
        vec![format!("{} folds: {photos}, each judged by the run that has not learned from it", folds.len())];
    lines.push("            all photos, 95 % by group   mean of folds   lowest to highest fold".to_owned());
    let FoldScores { accuracy, loss, macro_f1, mean_f1 } = scores;
    lines.push(row("accuracy", accuracy));
    lines.extend(mean_f1.as_ref().map(|figure| row("mean F1", figure)));
    lines.push(row("macro F1", macro_f1));
    lines.push(row("loss", loss));
    lines.push(
        "each fold also chose the epoch of its run, so expect a little less; the ranges by group leave out how much runs differ, which the folds show"
            .to_owned(),
    );
    lines
}

fn row(name: &str, figure: &FoldFigure) -> String {
    let FoldFigure { pooled, mean, lowest, highest } = *figure;
    let three = |value: f64| fixed(value, 3);
    let whole = match pooled.has_interval() {
        true => format!("{} ({} to {})", three(pooled.value), three(pooled.low), three(pooled.high)),
        false => three(pooled.value),
    };
    format!("{name:10}  {whole:26}  {:14}  {} to {}", three(mean), three(lowest), three(highest))
}
