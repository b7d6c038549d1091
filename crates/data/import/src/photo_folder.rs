//! A folder of photos by class that is whole or absent.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use foliar_vision::format::{ExtensionHint, Format};

use crate::error::ImportError;
use crate::names::{Namer, safe_name};

/// A folder that is being written, beside its place.
pub(crate) struct PhotoFolder {
    place: PathBuf,
    partial: PathBuf,
    /// Folder of each part and class, with the names in it.
    classes: HashMap<(String, String), (PathBuf, Namer)>,
    /// Names of the folders of classes in each part, which are the same in all.
    folders: BTreeMap<String, String>,
    namer: Namer,
    is_done: bool,
}

impl PhotoFolder {
    /// Begins the folder that will be at `place`.
    ///
    /// # Errors
    /// [`ImportError::Exists`], and what the system says.
    pub(crate) fn begin(place: &Path) -> Result<Self, ImportError> {
        if place.symlink_metadata().is_ok() {
            return Err(ImportError::Exists { path: place.to_owned() });
        }
        let name = place.file_name().ok_or_else(|| ImportError::Exists { path: place.to_owned() })?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".partial-{}", std::process::id()));
        let partial = place.with_file_name(hidden);
        let at = |source| ImportError::Io { path: partial.clone(), source };
        if let Some(above) = partial.parent().filter(|above| !above.as_os_str().is_empty()) {
            fs::create_dir_all(above).map_err(at)?;
        }
        fs::create_dir(&partial).map_err(at)?;
        Ok(Self {
            place: place.to_owned(),
            partial,
            classes: HashMap::new(),
            folders: BTreeMap::new(),
            namer: Namer::default(),
            is_done: false,
        })
    }

    /// Writes a photo of a class, under the name `path` as far as it is one, else under its number.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn write(
        &mut self,
        part: &str,
        class: &str,
        path: Option<&str>,
        number: u64,
        bytes: &[u8],
    ) -> Result<(), ImportError> {
        let folder = match self.folders.get(class) {
            Some(folder) => folder.clone(),
            None => {
                let folder = self.namer.name(&safe_name(class), "");
                self.folders.insert(class.to_owned(), folder.clone());
                folder
            }
        };
        let key = (part.to_owned(), folder);
        if !self.classes.contains_key(&key) {
            let path = self.partial.join(part).join(&key.1);
            fs::create_dir_all(&path).map_err(|source| ImportError::Io { path: path.clone(), source })?;
            self.classes.insert(key.clone(), (path, Namer::default()));
        }
        let Some((folder, namer)) = self.classes.get_mut(&key) else { return Ok(()) };
        let (stem, end) = stem_and_end(path, number, bytes);
        let file = folder.join(namer.name(&stem, &end));
        let new = fs::OpenOptions::new().write(true).create_new(true).open(&file);
        let written = new.and_then(|mut new| io::Write::write_all(&mut new, bytes));
        written.map_err(|source| ImportError::Io { path: file, source })
    }

    /// Photos are all written: the folder gets its name.
    ///
    /// # Errors
    /// [`ImportError::Exists`] if something came there meanwhile, and what the system says.
    pub(crate) fn finish(mut self) -> Result<(), ImportError> {
        if self.place.symlink_metadata().is_ok() {
            return Err(ImportError::Exists { path: self.place.clone() });
        }
        match fs::rename(&self.partial, &self.place) {
            Ok(()) => self.is_done = true,
            Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty) => {
                return Err(ImportError::Exists { path: self.place.clone() });
            }
            Err(source) => return Err(ImportError::Io { path: self.place.clone(), source }),
        }
        Ok(())
    }
}

impl Drop for PhotoFolder {
    fn drop(&mut self) {
        if !self.is_done {
            let _ = fs::remove_dir_all(&self.partial);
        }
    }
}

/// The name of a photo, with the ending that its content has.
fn stem_and_end(path: Option<&str>, number: u64, bytes: &[u8]) -> (String, String) {
    let name = path.and_then(|path| path.rsplit(['/', '\\']).next()).filter(|name| !name.trim().is_empty());
    let stem = |name: &str| match name.rsplit_once('.') {
        Some((stem, end)) if !stem.is_empty() && end.len() <= 5 => (stem.to_owned(), end.to_lowercase()),
        _ => (name.to_owned(), String::new()),
    };
    let (stem, named) = name.map(stem).unwrap_or_else(|| (format!("{number:06}"), String::new()));
    let end = match Format::sniff(bytes) {
        // `.jpeg` is as good as `.jpg`.
        Some(format)
            if ExtensionHint::of(Path::new(&format!("x.{named}"))) == ExtensionHint::Picture(format) =>
        {
            named
        }
        Some(format) => format.extension().to_owned(),
        None => named,
    };
    let end = if end.is_empty() { String::new() } else { format!(".{}", safe_name(&end)) };
    (safe_name(&stem), end)
}
