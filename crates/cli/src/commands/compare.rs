//! `foliar compare`: runs side by side.

mod chart;

use std::io::{self, Write};

use foliar_eval::compare;
use foliar_results::{Comparison, ComparisonOutcome, Estimate, PairwiseTest};

use super::{paths, picture, use_threads};
use crate::arguments::CompareArguments;
use crate::exit::Exit;
use crate::output;

pub(crate) fn run(arguments: &CompareArguments) -> anyhow::Result<Exit> {
    arguments.picture.as_deref().map_or(Ok(()), picture::check_name)?;
    use_threads(arguments.threads)?;
    arguments.runs.iter().try_for_each(|run| paths::expect_run(run))?;
    let comparison = compare(&arguments.runs)?;
    if let Some(path) = &arguments.picture {
        picture::write(path, &chart::draw(&comparison)?)?;
    }
    if arguments.json {
        output::stdout().json(&comparison)?;
    } else {
        print(&mut output::text(), &comparison)?;
    }
    Ok(Exit::Done)
}

fn print(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    let names: Vec<String> = comparison.runs.iter().map(|run| run.run.display().to_string()).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(3);
    let model = comparison.runs.iter().map(|run| run.model.len()).max().unwrap_or(0).max(5);
    let mut say = |line: String| writeln!(out, "{line}");
    say(format!(
        "on the {} validation photos, in {} groups, that all runs share; intervals and p-values by group\n",
        comparison.photographs, comparison.groups
    ))?;
    say(format!(
        "{:width$}  {:model$}  {:>6}  {:>6}  {:>6}  {:22}  {:>5}  {:>5}",
        "run", "model", "rate", "epochs", "time", "accuracy (95 % range)", "F1", "loss"
    ))?;
    for (name, run) in names.iter().zip(&comparison.runs) {
        let Estimate { value, low, high } = run.accuracy;
        say(format!(
            "{name:width$}  {:model$}  {:>6}  {:>6}  {:>4.0} s  {value:.3} ({low:.3} to {high:.3})  {:>5.3}  {:>5.3}",
            run.model,
            run.learning_rate,
            run.epochs.len(),
            run.seconds,
            run.macro_f1.value,
            run.loss.value,
        ))?;
    }
    say(String::new())?;
    for PairwiseTest { first, second, difference } in &comparison.pairs {
        let verdict = ComparisonOutcome::of(difference).words();
        let Estimate { value, low, high } = difference.accuracy;
        say(format!(
            "{} - {}: accuracy {value:+.3} ({low:+.3} to {high:+.3}), p = {:.3}: {verdict}; correct only in the first: {}, \
             only in the second: {}",
            names[*first],
            names[*second],
            difference.accuracy_p_value,
            difference.only_first,
            difference.only_second
        ))?;
    }
    Ok(())
}
