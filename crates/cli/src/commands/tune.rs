//! `foliar tune`: finds good hyperparameters for a data set and measures the gain.

mod pictures;
mod plan;
mod screen;
mod shared;
pub(super) mod view;
mod words;

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::Context;
use foliar_files::Printable as _;
use foliar_train::Run;
use foliar_tune::{Folder, TuneOutcome, TuningResult, tune};

use self::screen::Screen;
use super::evaluate::verdict_on;
use super::train::open_photographs;
use super::use_threads;
use crate::arguments::TuneArguments;
use crate::exit::Exit;
use crate::interrupt;
use crate::output;
use crate::output::Messages;
use crate::wrap::Fitted;

pub(crate) fn run(arguments: &TuneArguments) -> anyhow::Result<Exit> {
    let (folder, photographs) = match (&arguments.resume, &arguments.photos) {
        (Some(resumed), moved) => {
            let folder = plan::open(resumed, arguments)?;
            use_threads(arguments.recipe.machine.threads)?;
            let root = moved.as_ref().unwrap_or(&folder.plan().photographs);
            let photographs = open_photographs(root, &folder.plan().recipe, &arguments.recipe.machine)?;
            (folder, photographs)
        }
        (None, photos) => {
            super::one_class_only("tune", arguments.recipe.labels.task())?;
            let photos = &arguments.recipe.labels.root(photos.as_deref())?;
            let shared = shared::of(arguments)?;
            if let (Some(out), None) = (&arguments.out, &shared) {
                // Checked before anything is downloaded and any photo is read.
                Folder::check_free(out)?;
            }
            use_threads(arguments.recipe.machine.threads)?;
            let mut plan = match &shared {
                Some(address) => shared::plan(address, photos, arguments)?,
                None => plan::of(photos, arguments)?,
            };
            let photographs = open_photographs(photos, &plan.recipe, &arguments.recipe.machine)?;
            plan.recipe = plan.recipe.with_tables_of(&photographs.dataset)?;
            let notes = foliar_train::check(&plan.recipe, &photographs.dataset.classes)?;
            notes.iter().for_each(|note| say!("{note}"));
            let out = arguments.out.clone();
            let folder = match &shared {
                Some(address) => {
                    let out = out.unwrap_or_else(|| Path::new("runs").join(address.name()));
                    Folder::shared(&out, &plan, &photographs, address, shared::on_connection)?
                }
                None => {
                    let name = format!("tune-{}", plan.recipe.model);
                    Folder::create(&out.unwrap_or_else(|| Run::free_folder(&name)), &plan, &photographs)?
                }
            };
            (folder, photographs)
        }
    };
    let skipped = photographs.summary().skipped;
    interrupt::listen()?;
    let mut screen = Screen::new(folder.plan());
    screen.begin();
    let worker = match folder.is_shared() {
        true => format!("process {} on {}", std::process::id(), shared::host()),
        false => format!("process {}", std::process::id()),
    };
    let ended = tune(arguments.recipe.machine.device(), &folder, photographs, &worker, &mut |event| {
        screen.show(event);
        if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    screen.clear();
    let root = folder.root().shown().to_string();
    match ended.with_context(|| format!("study {root}"))? {
        TuneOutcome::Interrupted => {
            if folder.is_shared() {
                say!("saved in {}; the same command continues", folder.study());
            } else {
                say!("saved; continue with `foliar tune --resume {root}`");
            }
            Ok(Exit::Interrupted)
        }
        TuneOutcome::Finished(result) => {
            conclude(&folder, &result, arguments)?;
            Ok(Exit::with_problems(skipped > 0))
        }
    }
}

fn conclude(folder: &Folder, result: &TuningResult, arguments: &TuneArguments) -> anyhow::Result<()> {
    let mut said = Fitted::of_messages(Messages);
    words::print(&mut said, result)?;
    let verdict = verdict_on(&folder.tuned());
    words::print_verdict(&mut said, verdict.as_ref())?;
    drop(said);
    if arguments.report {
        pictures::write(folder, result, verdict.ok())?;
    }
    let mut out = output::data();
    if arguments.json {
        out.json(result)?;
    } else {
        writeln!(out, "{}", folder.tuned().join(foliar_runlog::RunDir::BUNDLE).display())?;
    }
    Ok(())
}
