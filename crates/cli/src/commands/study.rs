//! `foliar study`: shows and exports the trials of a study.

pub(super) mod table;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use foliar_files::{Printable as _, write_atomically};
use foliar_study::{StudyError, StudyFile};

use crate::arguments::{StudyArguments, StudyCommand, StudyFormat};
use crate::exit::Exit;
use crate::output;

/// Name of the study in a folder of `foliar tune`.
const STUDY: &str = "study.sqlite";

pub(crate) fn run(arguments: &StudyArguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        StudyCommand::Show { file } => show(file),
        StudyCommand::Export { file, format, out } => export(file, *format, out.as_deref()),
    }
}

/// Opens a study file, or the study in a folder.
fn view(path: &Path) -> Result<StudyFile, StudyError> {
    if path.is_dir() { StudyFile::view(&path.join(STUDY)) } else { StudyFile::view(path) }
}

fn show(path: &Path) -> anyhow::Result<Exit> {
    let mut file = view(path)?;
    let trials = file.trials()?;
    let best = file.best()?;
    table::print(&mut output::stdout(), file.definition(), &trials, best.as_ref())?;
    say!("{}", table::summary(&file.counts()?, best.as_ref()));
    Ok(Exit::Done)
}

fn export(path: &Path, format: StudyFormat, out: Option<&Path>) -> anyhow::Result<Exit> {
    let study = view(path)?.export()?;
    let write = |out: &mut dyn Write| match format {
        StudyFormat::Csv => study.write_csv(out),
        StudyFormat::Json => study.write_json(out),
    };
    match out {
        Some(path) => write_atomically(path, |file: &mut BufWriter<File>| write(file))
            .with_context(|| format!("{} cannot be written", path.shown()))?,
        None => {
            let mut out = output::data();
            write(&mut out)?;
            out.flush()?;
        }
    }
    Ok(Exit::Done)
}
