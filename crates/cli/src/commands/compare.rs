//! `foliar compare`: runs side by side.

mod chart;

use std::io::{self, Write};

use foliar_eval::compare;
use foliar_files::Printable as _;
use foliar_results::{Comparison, ComparisonOutcome, Estimate, PairwiseTest};
use foliar_vision::counted;

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
    let names: Vec<String> = comparison.runs.iter().map(|run| run.run.shown().to_string()).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(3);
    let mut say = |line: String| writeln!(out, "{line}");
    // One network for all stands above the table, which then fits a terminal.
    let first = comparison.runs.first().map(|run| run.model.as_str());
    let common = first.filter(|first| comparison.runs.iter().all(|run| run.model == *first));
    let model = match common {
        Some(_) => 0,
        None => comparison.runs.iter().map(|run| run.model.len()).max().unwrap_or(0).max(5),
    };
    let of_model = |name: &str| if model > 0 { format!("  {name:model$}") } else { String::new() };
    say(format!(
        "{}on the {} validation photos, in {}, that all runs share; intervals and p-values by group\n",
        common.map_or_else(String::new, |model| format!("{model}, ")),
        comparison.photographs,
        counted(comparison.groups, "group", "groups")
    ))?;
    say(format!(
        "{:width$}{}  {:>6}  {:>6}  {:>6}  accuracy (95 % interval)  {:>8}  {:>5}",
        "run",
        of_model("model"),
        "rate",
        "epochs",
        "time",
        "macro F1",
        "loss"
    ))?;
    for (name, run) in names.iter().zip(&comparison.runs) {
        let Estimate { value, low, high } = run.accuracy;
        say(format!(
            "{name:width$}{}  {:>6}  {:>6}  {:>4.0} s  {value:.3} ({low:.3} to {high:.3})    {:>8.3}  {:>5.3}",
            of_model(&run.model),
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
