//! `foliar resume`: go on where a run was saved.

use foliar_train::{Run, check};

use super::train::{drive, open_photographs};
use super::use_threads;
use crate::arguments::ResumeArguments;
use crate::exit::Exit;

pub(crate) fn run(arguments: &ResumeArguments) -> anyhow::Result<Exit> {
    let run = Run::open(&arguments.run)?;
    use_threads(arguments.machine.threads)?;
    let root = arguments.data.as_ref().unwrap_or(&run.data_root);
    let photographs = open_photographs(root, &run.recipe, &arguments.machine)?;
    run.check(&photographs)?;
    check(&run.recipe, &photographs.dataset.classes)?;
    drive(&run, &photographs, &arguments.machine)
}
