//! `foliar serve`: classifiers as an HTTP server.

use std::io::Write;
use std::path::Path;
use std::thread::available_parallelism;

use anyhow::Context;
use foliar_files::Printable as _;
use foliar_results::words::count;
use foliar_runlog::RunDir;
use foliar_serve::{Drained, Key, Model, Options, Server, Stop};
use serde_json::{Map, json};

use super::{export, folder_name, open_bundle_with_risk, paths, use_threads};
use crate::arguments::ServeArguments;
use crate::exit::{Exit, UsageError};
use crate::{interrupt, output};

pub(crate) fn run(arguments: &ServeArguments) -> anyhow::Result<Exit> {
    use_threads(arguments.threads)?;
    let key = arguments.key_file.as_deref().map(key).transpose()?;
    let models: Vec<Model> =
        arguments.bundles.iter().map(|path| model(path, arguments.risk)).collect::<anyhow::Result<_>>()?;
    let decoders = match arguments.threads {
        0 => available_parallelism().map_or(1, usize::from),
        threads => usize::from(threads),
    };
    if key.is_none() && !arguments.listen.ip().is_loopback() {
        say!(
            "note: {} is open to other machines, and anybody there may ask; --key-file asks for a key",
            arguments.listen
        );
    }
    let options = Options {
        listen: arguments.listen,
        body: arguments.body,
        pixels: arguments.pixels,
        queue: arguments.queue as usize,
        batch: arguments.batch.map_or(decoders.max(Options::BATCH), |batch| batch as usize),
        decoders,
        timeout: arguments.timeout,
        hosts: arguments.hosts.clone(),
        key,
    };
    let server = Server::start(models, options)?;
    let stop = Stop::default();
    let asked = stop.clone();
    interrupt::listen_for(move || {
        say!("ending: what was accepted is answered first (press Ctrl-C again to quit now)");
        asked.ask();
    })?;
    {
        let mut out = output::stdout();
        writeln!(out, "http://{}", server.address()?)?;
        out.flush()?;
    }
    let Drained { cut } = server.run(&stop)?;
    if cut > 0 {
        say!(
            "{} cut off: there was no end of what they asked for",
            count(cut, "connection was", "connections were")
        );
        return Ok(Exit::Failed);
    }
    Ok(Exit::Done)
}

fn key(path: &Path) -> anyhow::Result<Key> {
    let text =
        foliar_files::read_to_string(path).with_context(|| format!("{} cannot be read", path.shown()))?;
    let needed = Key::SHORTEST;
    Key::new(&text).ok_or_else(|| {
        let what = format!(
            "--key-file {}: its first line must be a key of {needed} or more letters, digits and signs without blanks",
            path.shown()
        );
        UsageError(what).into()
    })
}

fn model(path: &Path, risk: Option<f64>) -> anyhow::Result<Model> {
    let file = paths::bundle(path)?;
    let bundle = open_bundle_with_risk(path, risk)?;
    let origin = export::origin(&file, &bundle)?;
    let about = Map::from_iter([
        ("licence".to_owned(), json!(origin.licence)),
        ("folds".to_owned(), json!(origin.figures.as_ref().and_then(|figures| figures.folds))),
        ("figures".to_owned(), json!(origin.figures)),
    ]);
    Ok(Model { name: name(&file), digest: origin.bundle_blake3, bundle, about })
}

/// The folder of a run, or the name of a bundle that is elsewhere.
fn name(file: &Path) -> String {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    match file.parent() {
        Some(folder) if file.file_name() == Some(RunDir::BUNDLE.as_ref()) && folder.file_name().is_some() => {
            folder_name(folder)
        }
        _ => file.file_stem().map_or_else(|| folder_name(&file), |stem| stem.to_string_lossy().into_owned()),
    }
}
