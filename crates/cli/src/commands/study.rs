//! `foliar study`: shows and exports the trials of a study.

pub(super) mod table;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use foliar_files::{Printable as _, write_atomically};
use foliar_study::{Address, StoredStudy, StoredTrial};

use crate::arguments::{StudyArguments, StudyCommand, StudyFormat};
use crate::exit::{Exit, UsageError};
use crate::output;

/// Name of the study in a folder of `foliar tune`.
const STUDY: &str = "study.sqlite";

pub(crate) fn run(arguments: &StudyArguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        StudyCommand::Show { file, name } => show(view(file, name.as_deref())?),
        StudyCommand::Export { file, name, format, out } => {
            export(view(file, name.as_deref())?, *format, out.as_deref())
        }
    }
}

/// Opens a study file, the study in a folder, or the study `name` in a database.
fn view(place: &Path, name: Option<&str>) -> anyhow::Result<StoredStudy> {
    let address = place.to_str().filter(|text| Address::is_address(text));
    Ok(match (address, name) {
        (Some(address), Some(name)) => StoredStudy::view(Address::new(address, name)?)?,
        (Some(_), None) => {
            return Err(UsageError("--name says which study of the database is meant".into()).into());
        }
        (None, Some(_)) => {
            return Err(
                UsageError("--name belongs to the address of a database, postgres://...".into()).into()
            );
        }
        (None, None) if place.is_dir() => StoredStudy::view(place.join(STUDY))?,
        (None, None) => StoredStudy::view(place)?,
    })
}

/// What is said where processors with several sets of instructions have run trials.
fn mixed_instructions(trials: &[StoredTrial]) -> Option<String> {
    let sets: BTreeSet<&str> = trials.iter().filter_map(|trial| trial.instructions.as_deref()).collect();
    let sets: Vec<&str> = sets.into_iter().collect();
    (sets.len() > 1).then(|| {
        format!(
            "trials ran with {}: processors of several kinds round differently, so that the study does not repeat bit for bit",
            sets.join(" and ")
        )
    })
}

fn show(mut file: StoredStudy) -> anyhow::Result<Exit> {
    let trials = file.trials()?;
    let best = file.best()?;
    table::print(&mut output::stdout(), file.definition(), &trials, best.as_ref())?;
    say!("{}", table::summary(&file.counts()?, best.as_ref()));
    if let Some(mixed) = mixed_instructions(&trials) {
        say!("{mixed}");
    }
    Ok(Exit::Done)
}

fn export(mut file: StoredStudy, format: StudyFormat, out: Option<&Path>) -> anyhow::Result<Exit> {
    let study = file.export()?;
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
