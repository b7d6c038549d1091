//! The table of decisions, held open by one process.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use foliar_files::Printable as _;
use foliar_scan::Review;
use foliar_scan::review::{Decision, Entry, HEADER};
use foliar_vision::Digest;

use crate::clock::now;
use crate::error::ReviewError;

/// What stands of a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) decision: Decision,
    pub(crate) class: String,
    pub(crate) digest: Option<Digest>,
    /// What was doubted, in words.
    pub(crate) doubts: String,
}

/// A `review.csv` that this process alone appends to.
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    /// Locked for as long as it is open.
    _lock: File,
    /// Bytes of the whole lines.
    length: u64,
    standing: BTreeMap<String, Standing>,
    /// Photos with a decision that can be taken back, the last one last.
    order: Vec<String>,
    remark: Option<String>,
}

impl Journal {
    /// Opens or begins the table at `path`.
    ///
    /// A last line that was cut, as by a killed process, is removed, which is a remark.
    pub(crate) fn open(path: &Path) -> Result<Self, ReviewError> {
        let at = |source| ReviewError::Io { path: path.to_owned(), source };
        let lock_path = lock_path(path).ok_or_else(|| at(ErrorKind::InvalidInput.into()))?;
        let lock = own(&lock_path).map_err(|source| ReviewError::Io { path: lock_path.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ReviewError::Busy { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(ReviewError::Io { path: lock_path, source }),
        }
        let mut file = own(path).map_err(at)?;
        let bytes = foliar_files::read(path).map_err(at)?;
        let review = Review::of_bytes(path, &bytes)?;
        let whole = usize::try_from(review.whole()).unwrap_or(bytes.len());
        let cut = review.is_torn().then(|| String::from_utf8_lossy(&bytes[whole..]).into_owned());
        if cut.is_some() {
            file.set_len(review.whole()).map_err(at)?;
        }
        let missing = match &bytes[..whole] {
            [] => format!("{HEADER}\n"),
            [.., b'\n'] => String::new(),
            _ => "\n".to_owned(),
        };
        file.write_all(missing.as_bytes()).and_then(|()| file.sync_all()).map_err(at)?;
        if review.whole() == 0 {
            sync_folder(path);
        }
        let mut journal = Self {
            path: path.to_owned(),
            file,
            _lock: lock,
            length: review.whole() + missing.len() as u64,
            standing: BTreeMap::new(),
            order: Vec::new(),
            remark: cut.filter(|text| !HEADER.starts_with(text)).map(|text| {
                format!(
                    "the last line of {} was cut, as by a killed process, and is removed: {}",
                    path.shown(),
                    foliar_files::printable(&text)
                )
            }),
        };
        review.entries().iter().for_each(|entry| journal.take_in(entry));
        Ok(journal)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What is to be said of it.
    pub(crate) fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// What stands of the photo at `path`.
    pub(crate) fn standing(&self, path: &str) -> Option<&Standing> {
        self.standing.get(path)
    }

    /// Photos that have a decision.
    #[cfg(test)]
    pub(crate) fn decided(&self) -> usize {
        self.standing.len()
    }

    /// Appends a decision; when this returns it is on the disk, or not there at all.
    pub(crate) fn append(
        &mut self,
        path: &str,
        digest: Option<Digest>,
        decision: Decision,
        class: &str,
        doubts: String,
    ) -> io::Result<()> {
        self.check()?;
        let (path, class) = (path.to_owned(), class.to_owned());
        let entry = Entry { path, digest, decision, class, doubts, when: now() };
        let line = entry.line();
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // What was written of the line goes away again; should that fail too, it is a line that was cut.
            let _ = self.file.set_len(self.length);
            return Err(error);
        }
        self.length += line.len() as u64;
        self.take_in(&entry);
        Ok(())
    }

    /// Takes the last decision back, and says which photo it was of; `None` if there is none.
    pub(crate) fn undo(&mut self) -> io::Result<Option<String>> {
        let Some(path) = self.order.last().cloned() else { return Ok(None) };
        let (class, digest) = match self.standing.get(&path) {
            Some(standing) => (standing.class.clone(), standing.digest),
            None => (String::new(), None),
        };
        self.append(&path, digest, Decision::Undo, &class, String::new())?;
        Ok(Some(path))
    }

    fn take_in(&mut self, entry: &Entry) {
        self.order.retain(|path| *path != entry.path);
        if entry.decision == Decision::Undo {
            self.standing.remove(&entry.path);
            return;
        }
        self.order.push(entry.path.clone());
        let Entry { decision, class, digest, doubts, .. } = entry.clone();
        self.standing.insert(entry.path.clone(), Standing { decision, class, digest, doubts });
    }

    /// Refuses to append to a file that another program has replaced or changed.
    fn check(&self) -> io::Result<()> {
        let ours = self.file.metadata()?;
        let there = fs::symlink_metadata(&self.path);
        if there.is_ok_and(|there| same(&ours, &there)) && ours.len() == self.length {
            return Ok(());
        }
        let what = "another program has changed the file; nothing was saved, start foliar review again";
        Err(io::Error::other(what))
    }
}

fn lock_path(path: &Path) -> Option<PathBuf> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name()?);
    name.push(".lock");
    Some(path.with_file_name(name))
}

/// Opens a file for appending, or makes it. A link is refused: whoever can place one in the folder could choose what is written to.
fn own(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => return made,
    }
    let refused = || io::Error::new(ErrorKind::InvalidInput, "this is a link or no file; remove it");
    let there = fs::symlink_metadata(path)?;
    if !there.is_file() {
        return Err(refused());
    }
    let file = options.open(path)?;
    if same(&file.metadata()?, &there) { Ok(file) } else { Err(refused()) }
}

/// Makes a new name durable, where the system can.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// Whether both are of one file.
#[cfg(unix)]
fn same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    b.is_file() && (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn same(_: &Metadata, b: &Metadata) -> bool {
    b.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(journal: &mut Journal, path: &str) {
        journal.append(path, None, Decision::Keep, "a", "label".to_owned()).unwrap();
    }

    #[test]
    fn decisions_are_there_again_wherever_the_process_was_killed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("review.csv");
        let mut journal = Journal::open(&path).unwrap();
        for photo in ["a/1.jpg", "a/2.jpg", "=b, \"3\".jpg"] {
            keep(&mut journal, photo);
        }
        drop(journal);
        let whole = fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let mut journal = Journal::open(&path).unwrap();
            let before = journal.decided();
            keep(&mut journal, "c/9.jpg");
            drop(journal);
            let after = Review::read(&path).unwrap();
            assert!(!after.is_torn(), "{cut}");
            assert_eq!(after.standing().len(), before + 1, "{cut}");
            assert!(after.standing().contains_key("c/9.jpg"));
        }
    }

    #[test]
    fn the_last_decisions_are_taken_back_one_by_one_also_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("review.csv");
        let mut journal = Journal::open(&path).unwrap();
        ["a", "b", "c"].iter().for_each(|photo| keep(&mut journal, photo));
        assert_eq!(journal.undo().unwrap().as_deref(), Some("c"));
        drop(journal);
        let mut journal = Journal::open(&path).unwrap();
        assert_eq!(journal.undo().unwrap().as_deref(), Some("b"));
        keep(&mut journal, "a");
        assert_eq!(journal.undo().unwrap().as_deref(), Some("a"));
        assert_eq!(journal.undo().unwrap(), None);
        assert_eq!((journal.decided(), Review::read(&path).unwrap().standing().len()), (0, 0));
    }

    #[test]
    fn two_at_once_links_and_changed_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("review.csv");
        let mut journal = Journal::open(&path).unwrap();
        assert!(matches!(Journal::open(&path), Err(ReviewError::Busy { .. })));
        keep(&mut journal, "a");
        fs::write(&path, format!("{HEADER}\n")).unwrap();
        assert!(journal.append("b", None, Decision::Keep, "", String::new()).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{HEADER}\n"));
        drop(journal);
        #[cfg(unix)]
        for name in ["review.csv", ".review.csv.lock"] {
            let aim = folder.path().join("aim");
            fs::write(&aim, "mine").unwrap();
            let link = folder.path().join(name);
            fs::remove_file(&link).unwrap();
            std::os::unix::fs::symlink(&aim, &link).unwrap();
            assert!(matches!(Journal::open(&path), Err(ReviewError::Io { .. })), "{name}");
            assert_eq!(fs::read_to_string(&aim).unwrap(), "mine");
            fs::remove_file(&link).unwrap();
        }
    }
}
