//! Examines one file: it is a photo or a problem.

use std::path::Path;

use foliar_vision::decode::{inspect, read_file};
use foliar_vision::digest::Digest;
use foliar_vision::limits::Limits;
use foliar_vision::photo_file::check_name;
use foliar_vision::problem::Reason;

/// What is known about a photo.
pub(crate) struct Examined {
    pub(crate) digest: Digest,
    pub(crate) bytes: u64,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// What is odd about it, though it is used.
    pub(crate) remarks: Vec<Reason>,
}

/// Examines the file at `path` below `root`, which is taken for a photo.
///
/// # Errors
/// Why it cannot be used, as far as its header shows.
pub(crate) fn examine(root: &Path, path: &Path, limits: &Limits) -> Result<Examined, Reason> {
    let bytes = read_file(&root.join(path), limits)?;
    let mut remarks: Vec<Reason> = check_name(path, &bytes)?.into_iter().collect();
    let header = inspect(&bytes, limits)?;
    remarks.extend(header.remarks);
    Ok(Examined {
        digest: Digest::of(&bytes),
        bytes: bytes.len() as u64,
        width: header.width,
        height: header.height,
        remarks,
    })
}
