//! What lies among photos and is none of them.

use std::ffi::OsStr;
use std::path::Path;

use foliar_archive::{entries, is_file, start};

/// Hidden files and folders, and what systems and tools leave behind.
#[must_use]
pub fn is_litter(name: &OsStr) -> bool {
    const LEFT_BEHIND: [&str; 11] = [
        "__macosx",
        "__pycache__",
        "thumbs.db",
        "desktop.ini",
        "@eadir",
        "$recycle.bin",
        "system volume information",
        "lost+found",
        "#recycle",
        "thumbnails",
        "_thumbnails",
    ];
    name.as_encoded_bytes().first() == Some(&b'.')
        || name.to_str().is_some_and(|name| LEFT_BEHIND.contains(&name.to_lowercase().as_str()))
}

/// Name of the file by which a folder says that a program of this kind filled it with pictures.
pub const OUTPUT_MARK: &str = ".foliar-output";

/// How the page of an exported classifier begins.
const PAGE_BEGINS: &[u8] = b"<!doctype html><!-- foliar export";

/// Whether the folder at `path` was written by this program: a run, pictures that explain one or of its report, or an exported page.
#[must_use]
pub fn is_own(path: &Path) -> bool {
    let holds = |name: &str| is_file(&path.join(name));
    holds(OUTPUT_MARK)
        || is_of_report(path)
        || (holds("recipe.toml") && (holds("data.json") || holds("metrics.csv")))
        || (holds("manifest.webmanifest") && holds("sw.js") && begins(&path.join("index.html"), PAGE_BEGINS))
}

/// Whether the folder at `path` holds the pictures of a report that was written without a mark: it lies beside its page and its model
/// card, and of each picture there is one of lines and one of pixels.
fn is_of_report(path: &Path) -> bool {
    let beside = |name: &str| is_file(&path.with_file_name(name));
    if path.file_name().is_none_or(|name| name != "pictures")
        || !beside("report.html")
        || !beside("model-card.md")
    {
        return false;
    }
    let twin = |file: &Path| match file.extension().and_then(OsStr::to_str) {
        Some("png") => is_file(&file.with_extension("svg")),
        Some("svg") => is_file(&file.with_extension("png")),
        _ => false,
    };
    entries(path).is_ok_and(|entries| entries.iter().all(|entry| twin(entry)))
}

fn begins(path: &Path, with: &[u8]) -> bool {
    is_file(path) && start(path, with.len() as u64).is_ok_and(|head| head == with)
}
