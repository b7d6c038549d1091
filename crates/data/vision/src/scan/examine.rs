//! One file: a photograph, a problem, or nothing to do with us.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::decode::{inspect, read_file};
use crate::digest::Digest;
use crate::format::{Format, Promise};
use crate::limits::Limits;
use crate::problem::Reason;

/// What a file turns out to be.
pub(super) enum Finding {
    /// A photograph as far as can be told without decoding it.
    Photo(Examined),
    /// What a person would call a photograph, and why it is none.
    Problem(Reason),
    /// Neither by name nor by content a picture.
    Unrelated,
}

/// What is known of a photograph.
pub(super) struct Examined {
    pub(super) digest: Digest,
    pub(super) bytes: u64,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Examines the file at `path` below `root`.
pub(super) fn examine(root: &Path, path: &Path, limits: &Limits) -> Finding {
    let file = root.join(path);
    let examined = match Promise::of(path) {
        Promise::Picture(promised) => promised_picture(&file, promised, limits),
        Promise::Unsupported(what) => Err(Reason::Unsupported { what: what.to_owned() }),
        Promise::Nothing if found_picture(&file).is_some() => any_picture(&file, limits),
        Promise::Other => match found_picture(&file) {
            Some(found) => Err(Reason::WrongExtension { found }),
            None => return Finding::Unrelated,
        },
        Promise::Nothing => return Finding::Unrelated,
    };
    match examined {
        Ok(examined) => Finding::Photo(examined),
        Err(reason) => Finding::Problem(reason),
    }
}

fn promised_picture(file: &Path, promised: Format, limits: &Limits) -> Result<Examined, Reason> {
    let bytes = read_file(file, limits)?;
    match Format::sniff(&bytes) {
        Some(found) if found != promised => Err(Reason::WrongExtension { found }),
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

/// The format of a file whose name promises none, from its first bytes. What can not be opened is none.
fn found_picture(file: &Path) -> Option<Format> {
    let mut start = Vec::with_capacity(64);
    File::open(file).ok()?.take(64).read_to_end(&mut start).ok()?;
    Format::sniff(&start)
}
