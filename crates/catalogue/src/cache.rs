//! The cache folder for downloaded files.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::catalogue::Entry;
use crate::error::CatalogueError;
use crate::verify::{Verified, verify};

/// The cache folder: `$FOLIAR_CACHE`, else `$XDG_CACHE_HOME/foliar/weights`, else `~/.cache/foliar/weights`.
///
/// # Errors
/// Neither variable is set, and the home folder is unknown.
pub fn default_cache_dir() -> Result<PathBuf, CatalogueError> {
    cache_dir(|name| std::env::var_os(name), std::env::home_dir()).ok_or(CatalogueError::NoCacheFolder)
}

fn cache_dir(variable: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    let folder = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // A relative XDG_CACHE_HOME is invalid and must be ignored (XDG Base Directory Specification 0.8).
    let base = || folder("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    let home = || home.filter(|path| path.is_absolute()).map(|home| home.join(".cache"));
    folder("FOLIAR_CACHE").or_else(|| base().or_else(home).map(|cache| cache.join("foliar/weights")))
}

/// The folder for cached features of frozen networks: `$FOLIAR_CACHE/features`, else `features` beside the folder of
/// [`default_cache_dir`].
///
/// # Errors
/// As for [`default_cache_dir`].
pub fn feature_folder() -> Result<PathBuf, CatalogueError> {
    let weights = default_cache_dir()?;
    let own = std::env::var_os("FOLIAR_CACHE").is_some_and(|value| !value.is_empty());
    Ok(if own { weights.join("features") } else { weights.with_file_name("features") })
}

/// The file of `entry` in the cache, verified.
///
/// # Errors
/// The file is not in the cache (the error says where to put it), or it is damaged.
pub fn cached(entry: &Entry, cache_dir: &Path) -> Result<Verified, CatalogueError> {
    let path = cache_dir.join(entry.file);
    if !path.exists() {
        return Err(CatalogueError::Absent { name: entry.name, url: entry.url(None), path });
    }
    verify(&path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::find;

    #[test]
    fn the_first_folder_that_is_set_is_used() {
        let check = |variables: &[(&str, &str)], home: Option<&str>, expected: Option<&str>| {
            let variable = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
            };
            assert_eq!(cache_dir(variable, home.map(PathBuf::from)), expected.map(PathBuf::from));
        };
        let (own, xdg) = (("FOLIAR_CACHE", "mine"), ("XDG_CACHE_HOME", "/cache"));
        check(&[own, xdg], Some("/home/a"), Some("mine"));
        check(&[xdg], Some("/home/a"), Some("/cache/foliar/weights"));
        check(&[("XDG_CACHE_HOME", "relative")], Some("/home/a"), Some("/home/a/.cache/foliar/weights"));
        check(&[("FOLIAR_CACHE", "")], Some("/home/a"), Some("/home/a/.cache/foliar/weights"));
        check(&[], None, None);
    }

    #[test]
    fn the_error_for_an_absent_file_says_where_to_put_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = cached(find("resnet18").unwrap(), folder.path()).unwrap_err().to_string();
        for part in [
            "resnet18-f37072fd.pth is not in the cache",
            "foliar weights fetch resnet18",
            "https://download.pytorch",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }
}
