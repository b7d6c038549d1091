//! A file that is an archive, as it was when its index was made.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file of an archive.
#[derive(Debug)]
pub(crate) struct Shard {
    path: PathBuf,
    stamp: Stamp,
    /// Kept open where the archive has few files: opening one anew takes long on the file systems of clusters.
    kept: Option<File>,
}

/// By what it is seen that a file has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl Shard {
    /// Opens the file.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn open(path: &Path, keep: bool) -> io::Result<Self> {
        let file = foliar_files::open(path)?;
        let stamp = Stamp::of(&file.metadata()?);
        Ok(Self { path: path.to_owned(), stamp, kept: keep.then_some(file) })
    }

    /// Its bytes when it was opened.
    pub(crate) fn length(&self) -> u64 {
        self.stamp.length
    }

    /// Whether the file at its path is still as it was.
    pub(crate) fn is_unchanged(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|metadata| Stamp::of(&metadata) == self.stamp)
    }

    /// `length` bytes from `offset`.
    ///
    /// # Errors
    /// A file that has changed or ends before, and memory that cannot be had.
    pub(crate) fn read_at(&self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let opened;
        let file = match &self.kept {
            Some(file) => file,
            None => {
                opened = foliar_files::open(&self.path)?;
                &opened
            }
        };
        let changed = || {
            io::Error::other(
                "the archive was changed while it was in use; start again and do not change it meanwhile",
            )
        };
        if Stamp::of(&file.metadata()?) != self.stamp {
            return Err(changed());
        }
        let end = offset.checked_add(length).filter(|&end| end <= self.stamp.length);
        let (Some(_), Ok(size)) = (end, usize::try_from(length)) else {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the archive ends in the middle of this file",
            ));
        };
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(size)?;
        bytes.resize(size, 0);
        read_exact_at(file, &mut bytes, offset)?;
        Ok(bytes)
    }

    /// A reader of its own that begins at the start.
    pub(crate) fn reader(&self) -> io::Result<File> {
        foliar_files::open(&self.path)
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { length: metadata.len(), modified: metadata.modified().ok() }
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    use std::io::Seek as _;
    // Two threads of one file share where they are in it, so that each takes its turn.
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut file = file;
    file.seek(io::SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}

/// Reads a file in order, with places to go to.
pub(crate) struct Cursor {
    file: io::BufReader<File>,
    at: u64,
}

impl Cursor {
    pub(crate) fn new(file: File) -> Self {
        // Members are skipped: what is read ahead is lost.
        Self { file: io::BufReader::with_capacity(4096, file), at: 0 }
    }

    /// As many bytes from `offset` as fit and are there.
    pub(crate) fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let step = i64::try_from(i128::from(offset) - i128::from(self.at)).map_err(io::Error::other)?;
        self.file.seek_relative(step)?;
        self.at = offset;
        let mut read = 0;
        while read < bytes.len() {
            match self.file.read(&mut bytes[read..]) {
                Ok(0) => break,
                Ok(count) => read += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.at += read as u64;
        Ok(read)
    }
}
