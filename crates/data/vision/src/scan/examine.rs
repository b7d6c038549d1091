//! Examines one file: it is a photo, a problem or unrelated.

use std::io::Read;
use std::path::Path;

use crate::decode::{inspect, read_file};
use crate::digest::Digest;
use crate::format::{ExtensionHint, Format};
use crate::limits::Limits;
use crate::problem::Reason;

/// The result for a file.
pub(super) enum Finding {
    /// A photo, as far as its header shows.
    Photo(Examined),
    /// A photo by its name or content that cannot be used, and why.
    Problem(Reason),
    /// Not a picture, neither by name nor by content.
    Unrelated,
}

/// What is known about a photo.
pub(super) struct Examined {
    pub(super) digest: Digest,
    pub(super) bytes: u64,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Examines the file at `path` below `root`.
pub(super) fn examine(root: &Path, path: &Path, limits: &Limits) -> Finding {
    let file = root.join(path);
    let examined = match ExtensionHint::of(path) {
        ExtensionHint::Picture(named) => named_picture(&file, named, limits),
        ExtensionHint::Unsupported(what) => Err(Reason::Unsupported { what: what.to_owned() }),
        ExtensionHint::Nothing if found_picture(&file).is_some() => any_picture(&file, limits),
        ExtensionHint::Other => match found_picture(&file) {
            Some(found) => Err(Reason::WrongExtension { found }),
            None => return Finding::Unrelated,
        },
        ExtensionHint::Nothing => return Finding::Unrelated,
    };
    match examined {
        Ok(examined) => Finding::Photo(examined),
        Err(reason) => Finding::Problem(reason),
    }
}

fn named_picture(file: &Path, named: Format, limits: &Limits) -> Result<Examined, Reason> {
    let bytes = read_file(file, limits)?;
    match Format::sniff(&bytes) {
        Some(found) if found != named => Err(Reason::WrongExtension { found }),
        _ => judge(&bytes, limits),
    }
}

fn any_picture(file: &Path, limits: &Limits) -> Result<Examined, Reason> {
    judge(&read_file(file, limits)?, limits)
}

fn judge(bytes: &[u8], limits: &Limits) -> Result<Examined, Reason> {
    let header = inspect(bytes, limits)?;
    let (width, height) = (header.width, header.height);
    Ok(Examined { digest: Digest::of(bytes), bytes: bytes.len() as u64, width, height })
}

/// The format of a file by its first bytes; `None` if it cannot be opened.
fn found_picture(file: &Path) -> Option<Format> {
    let mut start = Vec::with_capacity(64);
    foliar_files::open(file).ok()?.take(64).read_to_end(&mut start).ok()?;
    Format::sniff(&start)
}
