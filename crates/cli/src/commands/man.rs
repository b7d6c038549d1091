//! `foliar man`: the manual pages.

use std::fs;
use std::io::{self, Write};

use anyhow::Context;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use foliar_files::{Printable as _, write_atomically};

use crate::arguments::{Arguments, ManArguments};
use crate::exit::Exit;
use crate::output;

/// A page: its file's name, and its text.
type Page = (String, Vec<u8>);

pub(crate) fn run(arguments: &ManArguments) -> anyhow::Result<Exit> {
    let dir = &arguments.dir;
    let pages = pages().context("the manual pages could not be made")?;
    fs::create_dir_all(dir).with_context(|| format!("{}: the folder cannot be created", dir.shown()))?;
    let mut out = output::stdout();
    for (name, text) in pages {
        let path = dir.join(name);
        write_atomically(&path, |file| file.write_all(&text))
            .with_context(|| format!("{} cannot be written", path.shown()))?;
        writeln!(out, "{}", path.shown())?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// The pages of all commands, that of the program first.
fn pages() -> io::Result<Vec<Page>> {
    // `help` of each command is an option on its page.
    let mut program = Arguments::command().disable_help_subcommand(true);
    program.build();
    let version = program.get_version().map(str::to_owned).unwrap_or_default();
    let mut pages = Vec::new();
    add(&program, &version, &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, version: &str, pages: &mut Vec<Page>) -> io::Result<()> {
    // Built commands call themselves by the whole way to them, `foliar-weights-fetch`.
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    // A page says everything; what the short help leaves out would be there without its text.
    let shown = command.clone().mut_args(|argument| argument.hide_short_help(false));
    let mut text = Vec::new();
    let source = format!("foliar {version}");
    Man::new(shown).title(&name).source(source).manual("foliar").render(&mut text)?;
    pages.push((format!("{name}.1"), text));
    command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .try_for_each(|command| add(command, version, pages))
}
