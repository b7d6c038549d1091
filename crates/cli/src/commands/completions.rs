//! `foliar completions`: what a shell completes.

use std::io::Write;

use clap::CommandFactory;

use crate::arguments::{Arguments, CompletionsArguments};
use crate::exit::Exit;
use crate::output;

pub(crate) fn run(arguments: &CompletionsArguments) -> anyhow::Result<Exit> {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    // Only to memory: the generators panic where they cannot write.
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    let mut out = output::data();
    out.write_all(&script)?;
    out.flush()?;
    Ok(Exit::Done)
}
