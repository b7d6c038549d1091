//! The archives that this process has opened: each has its index made once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use crate::archive::Archive;
use crate::error::ArchiveError;
use crate::pattern::is_pattern;
use crate::split_path::splits;

/// By the paths by which they were asked for, and by their whole paths.
static OPENED: LazyLock<RwLock<HashMap<PathBuf, Arc<Archive>>>> = LazyLock::new(RwLock::default);

/// The archive that `path` leads into, and the path inside it; `None` where it leads through folders alone. An archive that was opened
/// before is the one that it was then; reading from it fails if its file has changed.
///
/// # Errors
/// [`ArchiveError`] for an archive that cannot be read.
pub fn find(path: &Path) -> Result<Option<(Arc<Archive>, PathBuf)>, ArchiveError> {
    for (place, inside) in splits(path) {
        if let Some(archive) = known(&place) {
            return Ok(Some((archive, inside)));
        }
        let Some(whole) = whole_path(&place) else { continue };
        let archive = match known(&whole) {
            Some(archive) => archive,
            None => Arc::new(Archive::open(&whole)?),
        };
        keep(&[place, whole], &archive);
        return Ok(Some((archive, inside)));
    }
    Ok(None)
}

/// The same for the beginning of a piece of work: an archive that has changed since it was opened is opened anew.
///
/// # Errors
/// As [`find`].
pub fn open(path: &Path) -> Result<Option<(Arc<Archive>, PathBuf)>, ArchiveError> {
    let found = find(path)?;
    match &found {
        Some((archive, _)) if !archive.is_unchanged() => {
            let mut opened = OPENED.write().unwrap_or_else(PoisonError::into_inner);
            opened.retain(|_, other| !Arc::ptr_eq(other, archive));
        }
        _ => return Ok(found),
    }
    find(path)
}

/// The whole path of a file, or of a pattern of files; `None` for a folder and for what is not there.
pub(crate) fn whole_path(place: &Path) -> Option<PathBuf> {
    if let Ok(metadata) = std::fs::metadata(place) {
        return metadata.is_file().then(|| std::fs::canonicalize(place).unwrap_or_else(|_| place.to_owned()));
    }
    place.to_str().filter(|text| is_pattern(text))?;
    // Folders before the first one with a pattern are as they are.
    let parts: Vec<_> = place.components().collect();
    let is_plain = |part: &&std::path::Component<'_>| !part.as_os_str().to_str().is_some_and(is_pattern);
    let plain = parts.iter().take_while(is_plain).count();
    let folder: PathBuf = parts[..plain].iter().collect();
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
    let whole = std::fs::canonicalize(here).ok()?;
    Some(parts[plain..].iter().fold(whole, |path, part| path.join(part)))
}

fn known(place: &Path) -> Option<Arc<Archive>> {
    OPENED.read().unwrap_or_else(PoisonError::into_inner).get(place).cloned()
}

fn keep(places: &[PathBuf; 2], archive: &Arc<Archive>) {
    let mut opened = OPENED.write().unwrap_or_else(PoisonError::into_inner);
    for place in places {
        opened.insert(place.clone(), Arc::clone(archive));
    }
}
