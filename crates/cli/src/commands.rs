//! One file a command.

pub(crate) mod adapt;
pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod demo;
mod derived;
mod digits;
pub(crate) mod doctor;
pub(crate) mod evaluate;
pub(crate) mod explain;
pub(crate) mod export;
mod file_problems;
mod findings;
mod grouping;
pub(crate) mod import;
mod inputs;
mod local;
pub(crate) mod lr_find;
pub(crate) mod man;
pub(crate) mod merge;
pub(crate) mod paths;
pub(crate) mod picture;
mod place;
pub(crate) mod predict;
pub(crate) mod report;
pub(crate) mod resume;
pub(crate) mod review;
pub(crate) mod serve;
pub(crate) mod shell;
pub(crate) mod study;
pub(crate) mod summary;
pub(crate) mod thumbnails;
pub(crate) mod train;
pub(crate) mod tune;
pub(crate) mod version;
pub(crate) mod watch;
pub(crate) mod weights;

use std::path::Path;

use anyhow::Context;
use foliar_files::Printable as _;
use foliar_model::{Bundle, FileError, Views};
use foliar_objects::Address;
use foliar_vision::{Digest, Task};

use self::place::Place;
use crate::exit::UsageError;

/// Uses `threads` threads for arithmetic; all that the machine has if 0.
pub(crate) fn use_threads(threads: u16) -> anyhow::Result<()> {
    rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global().context(
        "the threads for arithmetic could not be started; give fewer with --threads, or end other programs",
    )
}

/// Reads a bundle, or that of a run folder.
pub(crate) fn open_bundle(path: &Path) -> anyhow::Result<Bundle> {
    read_bundle(path, Bundle::read)
}

/// Reads a bundle of classes or of labels.
pub(crate) fn open_any_bundle(path: &Path) -> anyhow::Result<Bundle> {
    read_bundle(path, Bundle::read_any)
}

/// The same, with the digest of the file.
pub(crate) fn open_any_bundle_with_digest(path: &Path) -> anyhow::Result<(Bundle, Digest)> {
    if !Address::is_meant(path) {
        return read_bundle(path, Bundle::read_any_with_digest);
    }
    let bytes = Place::of(path)?.read().with_context(|| path.shown().to_string())?;
    let digest = Digest::of(&bytes);
    let refused = |what| {
        anyhow::anyhow!(
            "{} is not a classifier that foliar can use: {what}; give a model.foliar",
            path.shown()
        )
    };
    Ok((Bundle::any_from_bytes(bytes).map_err(refused)?, digest))
}

/// Refuses labels for what is about photos of one class.
pub(crate) fn one_class_only(command: &str, task: Task) -> anyhow::Result<()> {
    match task {
        Task::MultiClass => Ok(()),
        Task::MultiLabel => Err(UsageError(format!(
            "foliar {command} is about photos of one class and does not know --multi-label; leave it out, or give `--classes FILE` \
             with a class for each combination of labels"
        ))
        .into()),
    }
}

/// Refuses several views of each photo for a classifier of labels.
pub(crate) fn one_view_only(views: Views) -> anyhow::Result<()> {
    if views.is_one() {
        return Ok(());
    }
    let what = "--views: this is a multi-label classifier, of which several views have not been measured; leave it out";
    Err(UsageError(what.to_owned()).into())
}

fn read_bundle<T>(path: &Path, read: impl Fn(&Path) -> Result<T, FileError>) -> anyhow::Result<T> {
    let file = paths::bundle(path)?;
    let refused = |error| match error {
        error @ FileError::MultiLabel { .. } => anyhow::Error::from(error),
        error => anyhow::Error::from(error).context(format!(
            "{} is not a classifier that foliar can use; give a run folder, or its model.foliar",
            file.shown()
        )),
    };
    read(&file).map_err(refused)
}

/// The same, with the digest of the file.
pub(crate) fn open_bundle_with_digest(path: &Path, risk: Option<f64>) -> anyhow::Result<(Bundle, Digest)> {
    let (mut bundle, digest) = read_bundle(path, Bundle::read_with_digest)?;
    set_risk(&mut bundle, path, risk)?;
    Ok((bundle, digest))
}

/// Uses thresholds for a target error rate: one of [`RISK_LEVELS`](foliar_model::RISK_LEVELS).
pub(crate) fn set_risk(bundle: &mut Bundle, path: &Path, risk: Option<f64>) -> anyhow::Result<()> {
    if let Some(risk) = risk {
        let Some(uncertainty) = &mut bundle.uncertainty else {
            anyhow::bail!(
                "--risk {risk}: {} has no thresholds, because it was trained without validation photos; train again",
                path.shown()
            );
        };
        uncertainty.set_risk(risk)?;
    }
    Ok(())
}

/// The last part of a path, as people call a folder.
pub(crate) fn folder_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
