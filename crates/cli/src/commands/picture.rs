//! Pictures as files.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use foliar_files::{Printable as _, write_atomically};
use foliar_report::Picture;

use crate::exit::UsageError;

/// Pixels of a PNG for each of the picture's own.
const DENSITY: u32 = 2;

/// Refuses a name whose form is not known, before any work is done.
pub(crate) fn check_name(path: &Path) -> anyhow::Result<()> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg" | "png") => Ok(()),
        _ => Err(UsageError(format!("{}: a picture is a .svg or a .png file", path.shown())).into()),
    }
}

/// Writes the picture in the form that the name asks for.
pub(crate) fn write(path: &Path, picture: &Picture) -> anyhow::Result<()> {
    let bytes = match path.extension().and_then(|extension| extension.to_str()) {
        Some("png") => picture.png_dense(DENSITY)?,
        _ => picture.svg().into_bytes(),
    };
    write_atomically(path, |file| file.write_all(&bytes))
        .with_context(|| format!("{} cannot be written", path.shown()))
}
