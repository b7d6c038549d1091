//! `foliar serve`: classifiers as an HTTP server.

use std::io::Write;
use std::path::Path;
use std::thread::available_parallelism;

use anyhow::Context;
use foliar_files::Printable as _;
use foliar_results::words::count;
use foliar_runlog::RunDir;
use foliar_serve::{Drained, Key, Model, Options, Server, Stop, Tls};
use serde_json::{Map, json};

use super::{export, folder_name, open_bundle_with_digest, paths};
use crate::arguments::ServeArguments;
use crate::exit::{Exit, UsageError};
use crate::{interrupt, output};

pub(crate) fn run(arguments: &ServeArguments) -> anyhow::Result<Exit> {
    let key = arguments.key_file.as_deref().map(key).transpose()?;
    let tls = arguments.tls_certificate.as_deref().zip(arguments.tls_key.as_deref());
    let tls = tls.map(|(certificate, key)| self::tls(certificate, key)).transpose()?;
    let models: Vec<Model> =
        arguments.bundles.iter().map(|path| model(path, arguments.risk)).collect::<anyhow::Result<_>>()?;
    let threads = match arguments.threads {
        0 => available_parallelism().map_or(1, usize::from),
        threads => usize::from(threads),
    };
    if !arguments.listen.ip().is_loopback() {
        let listen = arguments.listen;
        if key.is_none() {
            say!(
                "note: {listen} is open to other machines, and anybody there may ask; --key-file asks for a key"
            );
        } else if tls.is_none() {
            say!(
                "note: the key and the photos travel to {listen} for anybody to read; --tls-certificate and --tls-key \
                 encrypt them, unless a proxy does"
            );
        }
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    let options = Options {
        listen: arguments.listen,
        body: arguments.body,
        pixels: arguments.pixels,
        queue: arguments.queue as usize,
        batch: arguments.batch.map_or(Options::BATCH, |batch| batch as usize),
        threads,
        timeout: arguments.timeout,
        hosts: arguments.hosts.clone(),
        key,
        tls,
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
        writeln!(out, "{scheme}://{}", server.address()?)?;
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

fn tls(certificate: &Path, key: &Path) -> anyhow::Result<Tls> {
    let read =
        |path: &Path| foliar_files::read(path).with_context(|| format!("{} cannot be read", path.shown()));
    Tls::of_pem(&read(certificate)?, &read(key)?).map_err(|error| {
        let (option, path) =
            if error.is_of_key() { ("--tls-key", key) } else { ("--tls-certificate", certificate) };
        UsageError(format!("{option} {}: {error}", path.shown())).into()
    })
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
    let (bundle, digest) = open_bundle_with_digest(path, risk)?;
    let origin = export::origin(&file, digest, &bundle);
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
