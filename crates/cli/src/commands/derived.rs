//! Where the commands that make a bundle from runs write it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use foliar_files::{Printable as _, make_folder, write_atomically};
use foliar_model::Bundle;
use foliar_runlog::RunDir;
use serde::Serialize;

use crate::exit::UsageError;

/// Where the bundle is written: nothing is there yet.
pub(super) fn place(out: &Path) -> anyhow::Result<PathBuf> {
    let is_bundle = out.extension().is_some_and(|end| end.eq_ignore_ascii_case("foliar"));
    let is_empty_folder = || fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_none());
    if out.symlink_metadata().is_ok() && (is_bundle || !is_empty_folder()) {
        let what = format!("--out {}: it is there already; name a new file or folder", out.shown());
        return Err(UsageError(what).into());
    }
    Ok(if is_bundle { out.to_owned() } else { out.join(RunDir::BUNDLE) })
}

/// Writes `bundle` to `path`, and, where that lies in the folder `out`, `document` beside it under the name `figures`.
pub(super) fn write(
    bundle: &Bundle,
    path: &Path,
    out: &Path,
    figures: &str,
    document: &impl Serialize,
) -> anyhow::Result<()> {
    let cannot = || format!("{} could not be written", out.shown());
    if path != out {
        make_folder(out).with_context(cannot)?;
    }
    bundle.write(path)?;
    if path != out {
        write_atomically(&out.join(figures), |file| {
            serde_json::to_writer_pretty(&mut *file, document).map_err(io::Error::from)?;
            file.write_all(b"\n")
        })
        .with_context(cannot)?;
    }
    Ok(())
}
