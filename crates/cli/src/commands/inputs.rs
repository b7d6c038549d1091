//! Which photographs arguments mean.

use std::path::{Path, PathBuf};

use foliar_archive::{Archive, Entry};
use foliar_files::Printable as _;
use foliar_scan::{is_litter, is_own};
use foliar_vision::{Limits, counted, is_photo_file, portable_name};
use walkdir::WalkDir;

/// One row of the result to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A file to read.
    File(PathBuf),
    /// A file of a list that tells its size in bytes.
    Listed { file: PathBuf, bytes: u64 },
    /// An argument that means no file.
    Missing { argument: String, reason: String },
}

impl Input {
    /// The file, if the argument means one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Input::File(path) | Input::Listed { file: path, .. } => Some(path),
            Input::Missing { .. } => None,
        }
    }

    /// How the row is called.
    pub(crate) fn name(&self) -> String {
        match self {
            Input::File(path) | Input::Listed { file: path, .. } => portable_name(path),
            Input::Missing { argument, .. } => argument.clone(),
        }
    }

    /// What is wrong where the file has another size than its list says.
    pub(crate) fn changed(&self) -> Option<String> {
        let Input::Listed { file, bytes } = self else { return None };
        let found = file.metadata().map_or(0, |metadata| metadata.len());
        (found != *bytes).then(|| {
            format!("the file has {found} bytes, and {bytes} in the manifest: it was changed, or is being copied; make a new manifest")
        })
    }
}

/// Files in the order of the arguments; those of a folder or a pattern by name. Masks beside photos are left out, which is said.
pub(crate) fn find(arguments: &[PathBuf]) -> Vec<Input> {
    let mut found = Vec::new();
    let mut masks = Vec::new();
    for argument in arguments {
        found.extend(expand(argument, &mut masks));
    }
    if let Some(first) = masks.first() {
        let are = if masks.len() == 1 { "is" } else { "are" };
        let count = counted(masks.len(), "mask of a photo", "masks of photos");
        say!("{count} {are} left out, such as {}", portable_name(first));
    }
    found
}

fn expand(argument: &Path, masks: &mut Vec<PathBuf>) -> Vec<Input> {
    let missing = |reason: &str| {
        vec![Input::Missing { argument: argument.shown().to_string(), reason: reason.to_owned() }]
    };
    match foliar_archive::open(argument) {
        Ok(Some((archive, inside))) => {
            return match archive.entry(&inside) {
                None => missing("the archive holds no such file"),
                Some(Entry::File(_)) => vec![Input::File(argument.to_owned())],
                Some(Entry::Folder) => match members(argument, &archive, &inside, masks) {
                    files if files.is_empty() => missing("the archive holds no photos"),
                    files => files,
                },
            };
        }
        Ok(None) => {}
        Err(error) => return missing(&error.to_string()),
    }
    if argument.is_dir() {
        let files = pictures(argument, masks);
        return if files.is_empty() { missing("the folder holds no photos") } else { files };
    }
    if argument.is_file()
        && let Some(what) = foliar_archive::refusal(argument)
    {
        return missing(&what);
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
            .flat_map(|path| if path.is_dir() { pictures(&path, masks) } else { vec![Input::File(path)] })
            .collect(),
        Err(error) => return missing(&format!("the pattern is not valid: {error}")),
    };
    if found.is_empty() { missing("no file matches the pattern") } else { found }
}

/// Files below `folder` that training would take for photos, by path; those that cannot be read have a row as well. Those that
/// are masks of others are added to `masks`.
fn pictures(folder: &Path, masks: &mut Vec<PathBuf>) -> Vec<Input> {
    let litter = |entry: &walkdir::DirEntry| {
        entry.depth() > 0 && (is_litter(entry.file_name()) || is_own(entry.path()))
    };
    let found = WalkDir::new(folder)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !litter(entry))
        .filter_map(|entry| match entry {
            Ok(entry) if !entry.file_type().is_dir() && is_photo_file(entry.path()) => {
                Some(Input::File(entry.into_path()))
            }
            Ok(_) => None,
            Err(error) => Some(Input::Missing {
                argument: portable_name(error.path().unwrap_or(folder)),
                reason: error.to_string(),
            }),
        })
        .collect();
    without_masks(folder, found, masks)
}

/// The same for what lies below `inside` in an archive, which `folder` leads to, with a row for what is lost of it.
fn members(folder: &Path, archive: &Archive, inside: &Path, masks: &mut Vec<PathBuf>) -> Vec<Input> {
    let place = |path: &Path| folder.join(path.strip_prefix(inside).unwrap_or(path));
    let found = archive.below(inside, &mut |path, entry| {
        path.file_name().is_some_and(is_litter) || (entry == Entry::Folder && is_own(&place(path)))
    });
    let files = found.into_iter().filter(|(_, entry)| *entry != Entry::Folder);
    let photos = files.map(|(path, _)| place(&path)).filter(|path| is_photo_file(path)).map(Input::File);
    let lost = archive.problems().iter().filter(|problem| problem.left_out).map(|problem| Input::Missing {
        argument: portable_name(&folder.join(&problem.path)),
        reason: problem.what.clone(),
    });
    without_masks(folder, photos.chain(lost).collect(), masks)
}

fn without_masks(folder: &Path, found: Vec<Input>, masks: &mut Vec<PathBuf>) -> Vec<Input> {
    let of_others = foliar_scan::masks(folder, &Limits::default());
    let is_mask = |path: &Path| path.strip_prefix(folder).is_ok_and(|below| of_others.contains(below));
    let (left_out, found): (Vec<Input>, Vec<Input>) =
        found.into_iter().partition(|input| input.file().is_some_and(is_mask));
    masks.extend(left_out.iter().filter_map(Input::file).map(Path::to_owned));
    found
}
