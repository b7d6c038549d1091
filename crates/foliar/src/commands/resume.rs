//! `foliar resume`: go on where a run was saved.

use foliar_learn::Run;

use super::train::{drive, network, open_photographs};
use super::use_threads;
use crate::arguments::ResumeArguments;
use crate::exit::Exit;

pub(crate) fn run(arguments: &ResumeArguments) -> anyhow::Result<Exit> {
    let run = Run::open(&arguments.run)?;
    use_threads(arguments.machine.threads)?;
    let root = arguments.data.as_ref().unwrap_or(&run.data_root);
    let photographs = open_photographs(root, &run.recipe, &arguments.machine)?;
    run.check(&photographs)?;
    let network = network(&run.recipe, &photographs)?;
    drive(&run, &photographs, network)
}
