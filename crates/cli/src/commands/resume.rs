//! `foliar resume`: go on where a run was saved.

use std::time::Instant;

use foliar_train::check;

use super::train::{drive, open_photographs, tell_next};
use super::{paths, use_threads};
use crate::arguments::ResumeArguments;
use crate::exit::Exit;

pub(crate) fn run(arguments: &ResumeArguments) -> anyhow::Result<Exit> {
    let began = Instant::now();
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
