//! An opened archive: one file, or several shards.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use crate::contents::Contents;
use crate::error::ArchiveError;
use crate::format::Format;
use crate::links::Listing;
use crate::pattern::{expanded, fits, has_wildcard, is_pattern};
use crate::problem::ArchiveProblem;
use crate::shard::Shard;
use crate::{tar, zip};

/// Shards up to which files are kept open; systems allow about a thousand.
const KEPT_OPEN: usize = 128;

/// An archive with its index. Paths are those inside it, with nothing before them.
#[derive(Debug)]
pub struct Archive {
    shards: Vec<Shard>,
    contents: Contents,
}

/// What a path inside an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file of that many bytes.
    File(u64),
    /// A folder.
    Folder,
}

impl Archive {
    /// Reads the index of the file at `path`, or of the shards for which the pattern `path` stands.
    ///
    /// # Errors
    /// A file that cannot be read in place, or not at all. Of several shards those that can be read are enough.
    pub(crate) fn open(path: &Path) -> Result<Self, ArchiveError> {
        let (paths, mut problems) = shard_paths(path)?;
        let mut archive = Self { shards: Vec::with_capacity(paths.len()), contents: Contents::default() };
        let keep = paths.len() <= KEPT_OPEN;
        let several = paths.len() > 1;
        for place in &paths {
            match listed(place, keep) {
                Ok((shard, listing)) => {
                    archive.contents.add(archive.shards.len(), place, several, listing);
                    archive.shards.push(shard);
                }
                Err(error) if !several => return Err(error),
                Err(error) => {
                    let what = match error {
                        ArchiveError::Refused { what, .. } => what,
                        ArchiveError::Unreadable { source, .. } => source.to_string(),
                        other => other.to_string(),
                    };
                    problems.push(ArchiveProblem::lost(name_of(place), what));
                }
            }
        }
        archive.contents.problems.append(&mut problems);
        archive.contents.finish();
        Ok(archive)
    }

    /// What is wrong with it, by path.
    #[must_use]
    pub fn problems(&self) -> &[ArchiveProblem] {
        &self.contents.problems
    }

    /// Whether its files on the disk are as they were when it was opened.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.shards.iter().all(Shard::is_unchanged)
    }

    /// What `path` is; nothing if it is not there. The empty path is the archive itself.
    #[must_use]
    pub fn entry(&self, path: &Path) -> Option<Entry> {
        match self.contents.files.get(path) {
            Some((_, member)) => Some(Entry::File(member.length)),
            None => {
                let is_folder = path.as_os_str().is_empty() || self.contents.folders.contains(path);
                is_folder.then_some(Entry::Folder)
            }
        }
    }

    /// The bytes of a file, `most` of them.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`], an archive that has changed since it was opened, and bytes that are damaged.
    pub fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        match self.contents.files.get(path) {
            Some((shard, member)) => member.read(&self.shards[*shard], most),
            None if self.entry(path).is_some() => Err(io::Error::from(io::ErrorKind::IsADirectory)),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    /// What lies directly in a folder, by name.
    #[must_use]
    pub fn children(&self, folder: &Path) -> Vec<PathBuf> {
        let is_child = |path: &&PathBuf| path.parent() == Some(folder);
        let files = self.contents.files.range(folder.to_owned()..).map(|(path, _)| path);
        let folders = self.contents.folders.range(folder.to_owned()..);
        let below = |path: &&PathBuf| path.starts_with(folder);
        let mut found: Vec<PathBuf> = files.take_while(below).filter(is_child).cloned().collect();
        found.extend(folders.take_while(below).filter(is_child).cloned());
        found.sort();
        found
    }

    /// Everything below a folder, by path, but for what `leave_out` says and what is below that. It is asked once for each file and
    /// folder, after those above it.
    #[must_use]
    pub fn below(
        &self,
        folder: &Path,
        leave_out: &mut dyn FnMut(&Path, Entry) -> bool,
    ) -> Vec<(PathBuf, Entry)> {
        let inside = |path: &&PathBuf| path.starts_with(folder);
        let files = self.contents.files.range(folder.to_owned()..).map(|(path, _)| path);
        let folders = self.contents.folders.range(folder.to_owned()..);
        let mut all: Vec<&PathBuf> = files.take_while(inside).chain(folders.take_while(inside)).collect();
        all.retain(|path| path.as_path() != folder);
        all.sort();
        let mut found = Vec::with_capacity(all.len());
        let mut skipped: Option<&Path> = None;
        for path in all {
            if skipped.is_some_and(|skipped| path.starts_with(skipped)) {
                continue;
            }
            let Some(entry) = self.entry(path) else { continue };
            match leave_out(path, entry) {
                true => skipped = Some(path),
                false => found.push((path.clone(), entry)),
            }
        }
        found
    }
}

fn listed(path: &Path, keep: bool) -> Result<(Shard, Listing), ArchiveError> {
    let unreadable = |source| ArchiveError::Unreadable { path: path.to_owned(), source };
    let refused = |what| ArchiveError::Refused { path: path.to_owned(), what };
    let format = Format::of(path).map_err(unreadable)?.map_err(refused)?;
    let shard = Shard::open(path, keep).map_err(unreadable)?;
    let listing = match format {
        Format::Tar => tar::list(&shard).map_err(unreadable)?,
        Format::Zip => zip::list(&shard).map_err(unreadable)?.map_err(refused)?,
    };
    Ok((shard, listing))
}

/// The files of an archive, sorted, and those that a pattern names and that are missing.
fn shard_paths(path: &Path) -> Result<(Vec<PathBuf>, Vec<ArchiveProblem>), ArchiveError> {
    let Some(pattern) = path.to_str().filter(|text| is_pattern(text) && !path.is_file()) else {
        return Ok((vec![path.to_owned()], Vec::new()));
    };
    let refused = |what: String| ArchiveError::Refused { path: path.to_owned(), what };
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for name in expanded(pattern).map_err(|what| refused(format!("the pattern {what}")))? {
        let name = PathBuf::from(name);
        match name.file_name().and_then(OsStr::to_str).filter(|last| has_wildcard(last)) {
            Some(last) => {
                let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty());
                let entries = folder.unwrap_or(Path::new(".")).read_dir().into_iter().flatten().flatten();
                let fitting =
                    entries.filter(|entry| entry.file_name().to_str().is_some_and(|name| fits(last, name)));
                found.extend(fitting.map(|entry| name.with_file_name(entry.file_name())));
            }
            None if name.exists() => found.push(name),
            None => {
                let what = "this archive of the pattern is not there; what it holds is missing";
                problems.push(ArchiveProblem::lost(name_of(&name), what));
            }
        }
    }
    found.sort();
    found.dedup();
    match found.is_empty() {
        true => Err(ArchiveError::NoShards { pattern: path.to_owned() }),
        false => Ok((found, problems)),
    }
}

fn name_of(path: &Path) -> PathBuf {
    path.file_name().map(PathBuf::from).unwrap_or_default()
}
