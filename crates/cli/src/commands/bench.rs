//! `foliar bench`: how fast networks and the input pipeline run on this machine.

mod load;
mod network;
mod peak;
mod timing;

use std::io::{self, Write};

use foliar_train::Recipe;
use serde::Serialize;

use super::use_threads;
use crate::arguments::{BenchArguments, BenchMode};
use crate::exit::{Exit, UsageError};
use crate::output;

pub(crate) fn run(arguments: &BenchArguments) -> anyhow::Result<Exit> {
    let default = Recipe::scratch(&arguments.model).image_size();
    let work = Work {
        batch: arguments.batch,
        size: arguments.size.map_or(default, |size| size as usize),
        arguments,
    };
    if work.batch == 0 || arguments.classes < 2 || !(32..=4096).contains(&work.size) {
        let message = "a benchmark needs --batch 1 or more, --classes 2 or more and --size 32 to 4096";
        return Err(UsageError(message.to_owned()).into());
    }
    if !(0.0..=86_400.0).contains(&arguments.seconds) {
        return Err(UsageError("--seconds must lie between 0 and 86400".to_owned()).into());
    }
    use_threads(arguments.threads)?;
    match (arguments.mode, &arguments.data) {
        (BenchMode::Load, Some(folder)) => load::run(&work, folder),
        (BenchMode::Load, None) => {
            Err(UsageError("--mode load needs photos: --data FOLDER".to_owned()).into())
        }
        (BenchMode::Train | BenchMode::Infer, Some(_)) => {
            Err(UsageError("--data is for --mode load; networks are measured on random pixels".to_owned())
                .into())
        }
        (BenchMode::Train | BenchMode::Infer, None) => network::run(&work),
    }
}

/// What is measured.
struct Work<'a> {
    arguments: &'a BenchArguments,
    /// Photographs a step.
    batch: usize,
    /// Side of the photographs, in pixels.
    size: usize,
}

/// Prints a document as JSON if that was asked for, and else as `text` says.
fn print(
    arguments: &BenchArguments,
    document: &impl Serialize,
    text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<Exit> {
    let mut out = output::stdout();
    if arguments.json {
        out.json(document)?;
    } else {
        text(&mut out)?;
    }
    Ok(Exit::Done)
}

/// Threads that arithmetic uses.
fn threads() -> usize {
    rayon::current_num_threads()
}

fn memory_line(bytes: Option<u64>) -> String {
    match bytes {
        Some(bytes) => format!("{} MiB", super::digits::grouped(bytes.div_ceil(1 << 20))),
        None => "not available".to_owned(),
    }
}
