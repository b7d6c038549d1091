//! Which photographs arguments mean.

use std::path::{Path, PathBuf};

use foliar_files::Printable as _;
use foliar_vision::{is_litter, is_own, portable_name};
use walkdir::WalkDir;

/// One row of the result to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A file to read.
    File(PathBuf),
    /// An argument that means no file.
    Missing { argument: String, reason: String },
}

impl Input {
    /// The file, if the argument means one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Input::File(path) => Some(path),
            Input::Missing { .. } => None,
        }
    }

    /// How the row is called.
    pub(crate) fn name(&self) -> String {
        match self {
            Input::File(path) => portable_name(path),
            Input::Missing { argument, .. } => argument.clone(),
        }
    }
}

/// Names that pictures end in; other files in a folder are passed over. The last row cannot be read, and is named so that
/// nobody misses a photograph without a word.
const EXTENSIONS: [&str; 21] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "dib", "gif", "tif", "tiff", //
    "heic", "heif", "avif", "jxl", "jp2", "dng", "cr2", "cr3", "nef", "arw",
];

/// Files in the order of the arguments; those of a folder or a pattern by name.
pub(crate) fn find(arguments: &[PathBuf]) -> Vec<Input> {
    arguments.iter().flat_map(|argument| expand(argument)).collect()
}

fn expand(argument: &Path) -> Vec<Input> {
    let missing = |reason: &str| {
        vec![Input::Missing { argument: argument.shown().to_string(), reason: reason.to_owned() }]
    };
    if argument.is_dir() {
        let files = pictures(argument);
        return if files.is_empty() { missing("the folder holds no photos") } else { files };
    }
    if argument.exists() {
        return vec![Input::File(argument.to_owned())];
    }
    let Some(pattern) = argument.to_str().filter(|text| text.contains(['*', '?', '['])) else {
        return missing("the file does not exist");
    };
    let found: Vec<Input> = match glob::glob(pattern) {
        Ok(paths) => paths
            .filter_map(Result::ok)
            .flat_map(|path| if path.is_dir() { pictures(&path) } else { vec![Input::File(path)] })
            .collect(),
        Err(error) => return missing(&format!("the pattern is not valid: {error}")),
    };
    if found.is_empty() { missing("no file matches the pattern") } else { found }
}

/// Files below `folder` that are named as pictures, by path; what lies among photos and is none is passed over.
fn pictures(folder: &Path) -> Vec<Input> {
    let litter = |entry: &walkdir::DirEntry| {
        entry.depth() > 0 && (is_litter(entry.file_name()) || is_own(entry.path()))
    };
    WalkDir::new(folder)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !litter(entry))
        .filter_map(|entry| match entry {
            Ok(entry) if entry.file_type().is_file() && named_as_picture(entry.path()) => {
                Some(Input::File(entry.into_path()))
            }
            Ok(_) => None,
            Err(error) => Some(Input::Missing {
                argument: portable_name(error.path().unwrap_or(folder)),
                reason: error.to_string(),
            }),
        })
        .collect()
}

fn named_as_picture(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}
