//! `foliar weights`: lists, downloads and verifies pretrained weights.

use std::collections::BTreeSet;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use foliar_catalogue::{
    CATALOGUE, Entry, FetchEvent, Fetched, Options, cached, default_cache_dir, fetch, find, for_model, verify,
};
use indicatif::ProgressBar;

use foliar_files::Printable as _;

use super::paths;
use crate::arguments::{WeightsArguments, WeightsCommand};
use crate::exit::{Exit, UsageError};
use crate::output;
use crate::{interrupt, progress};

/// The value of `--weights` that means the catalogue's file for the model.
const IMAGENET: &str = "imagenet";
/// The value of `--weights` that means random weights.
const NONE: &str = "none";

pub(crate) fn run(arguments: &WeightsArguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        WeightsCommand::List => list(),
        WeightsCommand::Fetch { name } => {
            let fetched = download(find(name)?, &Options::from_environment()?)?;
            writeln!(output::data(), "{}", fetched.file.path.display())?;
            Ok(Exit::Done)
        }
        WeightsCommand::Verify { file } => check(file),
    }
}

/// Whether `--weights` means the catalogue's file for the model.
pub(crate) fn is_catalogued(weights: &Path) -> bool {
    weights.as_os_str() == IMAGENET && !weights.exists()
}

/// Whether `--weights` means random weights.
pub(crate) fn is_none(weights: &Path) -> bool {
    weights.as_os_str() == NONE && !weights.exists()
}

/// The file that `--weights` names: the given file, the bundle of the given run, or the catalogue's file for `model` in the cache.
pub(crate) fn locate(weights: &Path, model: &str) -> anyhow::Result<PathBuf> {
    if !is_catalogued(weights) {
        return paths::bundle(weights);
    }
    let Some(entry) = for_model(model) else {
        let message = format!("the catalogue has no weights for {model}; name a file with --weights FILE");
        return Err(UsageError(message).into());
    };
    let file = cached(entry, &default_cache_dir()?)?;
    if file.digits < 64 {
        say!("{}: {}", entry.file, begins(file.digits));
    }
    Ok(file.path)
}

fn list() -> anyhow::Result<Exit> {
    let folder = default_cache_dir()?;
    let mut out = output::stdout();
    let longest = |text: fn(&Entry) -> &'static str| CATALOGUE.iter().map(|entry| text(entry).len()).max();
    let names = longest(|entry| entry.name).unwrap_or(0);
    let files = longest(|entry| entry.file).unwrap_or(0);
    writeln!(
        out,
        "{:names$}  {:files$}  {:>5}  {:>6}  {:>6}  {:7}  cached",
        "name", "file", "MiB", "pixels", "top-1", "SHA-256"
    )?;
    for entry in &CATALOGUE {
        let cached = if folder.join(entry.file).exists() { "yes" } else { "no" };
        let Entry { name, file, mebibytes, top1, sha256_prefix, input, .. } = entry;
        let known = if sha256_prefix.len() == 64 { "whole" } else { "8 of 64" };
        let pixels = input.crop;
        writeln!(
            out,
            "{name:names$}  {file:files$}  {mebibytes:5.1}  {pixels:6}  {top1:4.1} %  {known:7}  {cached}"
        )?;
    }
    let Entry { input, licence, .. } = &CATALOGUE[0];
    writeln!(out, "\ninput    (RGB / 255 - {:?}) / {:?}", input.mean, input.std)?;
    writeln!(out, "licence  {licence}")?;
    let others = CATALOGUE.iter().filter(|entry| entry.licence != *licence).map(|entry| entry.licence);
    let others: BTreeSet<&str> = others.collect();
    for other in others {
        let entries = CATALOGUE.iter().filter(|entry| entry.licence == other);
        let names: Vec<&str> = entries.map(|entry| entry.name).collect();
        writeln!(
            out,
            "         {other}: {}; without a classifier, top-1 is that of a linear one on their features",
            names.join(", ")
        )?;
    }
    writeln!(out, "folder   {}", folder.shown())?;
    Ok(Exit::Done)
}

/// Makes sure that the file of `entry` is in the cache, with a bar, and says how it got there.
///
/// # Errors
/// As for [`fetch`].
pub(crate) fn download(entry: &Entry, options: &Options) -> anyhow::Result<Fetched> {
    interrupt::listen()?;
    let bar = progress::bar(0, "{msg} {bar:16} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left");
    bar.set_message(entry.file);
    let mut told = 1;
    let fetched = fetch(entry, options, &mut |event| show(&bar, &mut told, event));
    bar.finish_and_clear();
    let fetched = fetched?;
    let how = if fetched.downloaded { "downloaded" } else { "already in the cache" };
    match fetched.file.digits {
        64 => say!("{how} and verified"),
        digits => say!("{how}: {}", begins(digits)),
    }
    Ok(fetched)
}

/// Shows how far the download is, and one line an attempt that failed; `told` is the last attempt that a line has announced.
fn show(bar: &ProgressBar, told: &mut u32, event: &FetchEvent<'_>) -> ControlFlow<()> {
    match event {
        FetchEvent::Received { bytes, total } => {
            // Attempts are counted anew after one that got further.
            *told = 1;
            bar.set_length(total.unwrap_or(*bytes));
            bar.set_position(*bytes);
        }
        FetchEvent::Retrying { attempt, .. } if attempt == told => {}
        FetchEvent::Retrying { attempt, attempts, wait, reason } => {
            *told = *attempt;
            let (failed, wait) = (attempt - 1, wait.as_secs_f64());
            bar.suspend(|| {
                say!("attempt {failed} of {attempts} failed: {reason}; trying again in {wait:.0} s")
            });
        }
    }
    if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

fn check(file: &Path) -> anyhow::Result<Exit> {
    let verified = verify(file)?;
    let what = verified.entry.map_or("not in the catalogue", |entry| entry.name);
    let mut out = output::stdout();
    let compared = match verified.digits {
        64 => "verified".to_owned(),
        digits => begins(digits),
    };
    writeln!(
        out,
        "{}: {compared}, {} bytes, SHA-256 {} ({what})",
        file.shown(),
        verified.bytes,
        verified.sha256
    )?;
    Ok(Exit::Done)
}

/// What it means that the beginning of a digest agrees.
fn begins(digits: usize) -> String {
    format!(
        "the first {digits} of 64 digits of its SHA-256 agree and more are not known, so it is not damaged, but could be forged"
    )
}
