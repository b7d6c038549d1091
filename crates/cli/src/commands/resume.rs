//! `foliar resume`: go on where a run was saved.

use std::time::Instant;

use foliar_train::{FoldRuns, check};

use super::train::{drive, folds, open_photographs, tell_next};
use super::{paths, use_threads};
use crate::arguments::ResumeArguments;
use crate::exit::Exit;

pub(crate) fn run(arguments: &ResumeArguments) -> anyhow::Result<Exit> {
    let began = Instant::now();
    if FoldRuns::are_in(&arguments.run) {
        return of_folds(arguments, began);
    }
    let run = paths::open_run(&arguments.run)?;
    use_threads(arguments.machine.threads)?;
    let root = arguments.data.as_ref().unwrap_or(&run.data_root);
    let photographs = open_photographs(root, &run.recipe, &arguments.machine)?;
    run.check(&photographs)?;
    check(&run.recipe, photographs.dataset.outputs())?;
    let exit = drive(&run, &photographs, &arguments.machine, began)?;
    tell_next(&run, exit);
    Ok(exit)
}

/// Goes on with the runs of a cross-validation.
fn of_folds(arguments: &ResumeArguments, began: Instant) -> anyhow::Result<Exit> {
    let mut runs = FoldRuns::open(&arguments.run)?;
    use_threads(arguments.machine.threads)?;
    let root = arguments.data.clone().unwrap_or_else(|| runs.runs()[0].data_root.clone());
    let photographs = open_photographs(&root, runs.recipe(), &arguments.machine)?;
    runs.complete(&photographs)?;
    check(runs.recipe(), photographs.dataset.outputs())?;
    folds::drive(&runs, &photographs, &arguments.machine, began)
}
