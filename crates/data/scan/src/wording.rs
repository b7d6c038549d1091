//! The words of sentences about folders.

use std::path::{Path, PathBuf};

use foliar_files::Printable as _;

/// Names that a sentence lists before it counts.
pub(crate) const NAMED: usize = 4;
/// What is wrong with folders such as `images` and `masks`.
pub(crate) const KIND: &str = "say what kind of files they hold, not what is seen";

/// That folders of masks are left out.
pub(crate) fn not_used(masks: &[(PathBuf, &'static str)]) -> Option<String> {
    let names: Vec<String> = masks.iter().map(|(folder, _)| folder.shown().to_string()).collect();
    let is = if names.len() == 1 { "is" } else { "are" };
    (!names.is_empty()).then(|| format!("{} {is} not used: masks are not photos", listed(&names)))
}

/// What is wrong with so many folders that are named like parts.
pub(crate) fn are_parts(count: usize) -> &'static str {
    match count {
        1 => "is a part of a data set and holds no class folders",
        _ => "are parts of a data set and hold no class folders",
    }
}

/// A path for people.
pub(crate) fn shown(path: &Path) -> String {
    format!("{}/", path.shown())
}

/// `a, b, c and 3 more`.
pub(crate) fn listed(names: &[impl AsRef<str>]) -> String {
    let mut text = names.iter().take(NAMED).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        text.push_str(&format!(" and {} more", names.len() - NAMED));
    }
    text
}
