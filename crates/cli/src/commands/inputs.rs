//! Which photographs arguments mean.

use std::path::{Path, PathBuf};

use foliar_archive::{Archive, Entry};
use foliar_files::Printable as _;
use foliar_objects::{Address, Object, ObjectError, Scope, Store};
use foliar_scan::{is_litter, is_own};
use foliar_vision::format::ExtensionHint;
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
            Input::File(path) | Input::Listed { file: path, .. } => match Address::parse(path) {
                // As a path it would lose a slash.
                Ok(Some(address)) => {
                    let name = portable_name(Path::new(&format!("{}/{}", address.bucket, address.key)));
                    format!("{}{name}", address.scheme.prefix())
                }
                _ => portable_name(path),
            },
            Input::Missing { argument, .. } => argument.clone(),
        }
    }

    /// The same without a size that a list tells.
    pub(crate) fn unlisted(self) -> Self {
        match self {
            Self::Listed { file, .. } => Self::File(file),
            other => other,
        }
    }

    /// What is wrong where the file has another size than its list says.
    pub(crate) fn changed(&self) -> Option<String> {
        let Input::Listed { file, bytes } = self else { return None };
        // The length of an object was looked at as it was fetched.
        if Address::is_meant(file) {
            return None;
        }
        changed(foliar_archive::length(file).unwrap_or(0), *bytes)
    }
}

/// What is wrong where a file has `found` bytes and its list says `listed`.
pub(crate) fn changed(found: u64, listed: u64) -> Option<String> {
    (found != listed).then(|| {
        format!("the file has {found} bytes, and {listed} in the manifest: it was changed, or is being copied; make a new manifest")
    })
}

/// Files in the order of the arguments; those of a folder or a pattern by name. Masks beside photos are left out, which is said.
///
/// # Errors
/// An object store that cannot be used.
pub(crate) fn find(arguments: &[PathBuf]) -> Result<Vec<Input>, ObjectError> {
    let mut found = Vec::new();
    let mut masks = Vec::new();
    for argument in arguments {
        match Address::parse(argument)? {
            Some(address) => found.extend(objects(&address)?),
            None => found.extend(expand(argument, &mut masks)),
        }
    }
    if let Some(first) = masks.first() {
        let are = if masks.len() == 1 { "is" } else { "are" };
        let count = counted(masks.len(), "mask of a photo", "masks of photos");
        say!("{count} {are} left out, such as {}", portable_name(first));
    }
    Ok(found)
}

/// The object at `address`, or the photos below it by key.
fn objects(address: &Address) -> Result<Vec<Input>, ObjectError> {
    let store = Store::open(address)?;
    let input = |Object { address, bytes }: Object| Input::Listed { file: address.to_string().into(), bytes };
    let is_named_so = |address: &Address| ExtensionHint::of(Path::new(address.name())).is_picture();
    if is_named_so(address) {
        match store.length(address) {
            Ok(bytes) => return Ok(vec![input(Object { address: address.clone(), bytes })]),
            // A folder may be called like a photo.
            Err(error) if error.scope == Scope::Missing => {}
            Err(error) => return Err(error),
        }
    }
    let below = address.key.len();
    let is_litter =
        |object: &Object| object.address.key[below..].split('/').any(|part| is_litter(part.as_ref()));
    let mut found = store.list(address)?;
    found.retain(|object| is_named_so(&object.address) && !is_litter(object));
    if found.is_empty() {
        let reason = "no object below this address is named as a photo".to_owned();
        return Ok(vec![Input::Missing {
            argument: Path::new(&address.to_string()).shown().to_string(),
            reason,
        }]);
    }
    Ok(found.into_iter().map(input).collect())
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
