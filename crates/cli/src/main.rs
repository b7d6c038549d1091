//! Trains plant-disease classifiers that can be trusted from a folder of leaf photographs.

#[macro_use]
mod output;

mod arguments;
mod commands;
mod exit;
mod interrupt;
mod peak_memory;
mod practice;
mod progress;
mod usage;
mod watch;
mod wrap;

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;

fn main() -> std::process::ExitCode {
    exit::guard(start).into()
}

/// Reads the arguments and does what they say.
fn start() -> anyhow::Result<Exit> {
    let given: Vec<_> = std::env::args_os().skip(1).collect();
    commands::paths::check_blanks(&given)?;
    commands::paths::check_objects(&given)?;
    match usage::parse()? {
        Ok(arguments) => run(arguments),
        Err(exit) => Ok(exit),
    }
}

fn run(mut arguments: Arguments) -> anyhow::Result<Exit> {
    arguments.command.find_tables()?;
    match arguments.command {
        Command::Audit(arguments) => commands::audit::run(&arguments),
        Command::Review(arguments) => commands::review::run(&arguments),
        Command::Train(arguments) => commands::train::run(&arguments),
        Command::Tune(arguments) => commands::tune::run(&arguments),
        Command::LrFind(arguments) => commands::lr_find::run(&arguments),
        Command::Watch(arguments) => commands::watch::run(&arguments),
        Command::Resume(arguments) => commands::resume::run(&arguments),
        Command::Evaluate(arguments) => commands::evaluate::run(&arguments),
        Command::Compare(arguments) => commands::compare::run(&arguments),
        Command::Adapt(arguments) => commands::adapt::run(&arguments),
        Command::Merge(arguments) => commands::merge::run(&arguments),
        Command::Doctor(arguments) => commands::doctor::run(&arguments),
        Command::Predict(arguments) => commands::predict::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Export(arguments) => commands::export::run(&arguments),
        Command::Serve(arguments) => commands::serve::run(&arguments),
        Command::Report(arguments) => commands::report::run(&arguments),
        Command::Summary(arguments) => commands::summary::run(&arguments),
        Command::Bench(arguments) => commands::bench::run(&arguments),
        Command::Study(arguments) => commands::study::run(&arguments),
        Command::Import(arguments) => commands::import::run(&arguments),
        Command::Weights(arguments) => commands::weights::run(&arguments),
        Command::Demo(arguments) => commands::demo::run(&arguments),
        Command::Completions(arguments) => commands::completions::run(&arguments),
        Command::Man(arguments) => commands::man::run(&arguments),
    }
}
