//! Logs on disk: a file, a run's folder, or a folder of TensorBoard's.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use foliar_files::Printable as _;
use foliar_runlog::RunDir;

use crate::error::ReadError;
use crate::parts::{is_parted, only, parts};
use crate::reader::{Reader, read_titled};
use crate::run_log::{RunLog, Split};
use crate::split_word::split_word;
use crate::tensorboard::{self, EventReader};
use crate::title::Title;

/// Names of the record of a run, the most telling first: a folder with one of them is a run.
const RECORDS: [&str; 8] = [
    RunDir::EVENTS,
    "results.csv",
    "metrics.csv",
    "summary.csv",
    "log.csv",
    "history.csv",
    "history.json",
    "trainer_state.json",
];
/// Names that logs often have, in a folder of one run or of several.
const USUAL: [&str; 2] = ["log.txt", "train.log"];
/// TensorBoard's part of a file name.
const EVENTS: &str = "tfevents";
/// How far below a folder TensorBoard's files are looked for.
const DEEPEST: usize = 4;
/// Bytes by which event files are told.
const BEGINNING: u64 = 4096;
/// Bytes of event files that are read; pictures in them can make them huge.
const MOST_BYTES: u64 = 128 << 20;

/// Reads a log from a file or a folder.
///
/// Of a folder the record of a foliar run is read, else a file with one of the usual names of logs, else all
/// event files of TensorBoard in it and in the folders below, whose names may say `train` or `validation`, else
/// its tables and objects as parts of one run, each with a curve, a split or an epoch, or its only text. For a folder of
/// several runs see [`find_runs`](crate::find_runs).
///
/// # Errors
/// [`ReadError::Nothing`] if it holds no training log, [`ReadError::Folder`] if the folder is not that of one run,
/// [`ReadError::Io`] with the path if it cannot be read.
pub fn read_log_path(path: &Path) -> Result<RunLog, ReadError> {
    if !path.is_dir() {
        return read_file(path).map_err(|error| with_path(path, error));
    }
    let usual = || USUAL.iter().map(|name| path.join(name)).find(|file| file.is_file());
    if let Some(file) = record(path).or_else(usual) {
        return read_file(&file).map_err(|error| with_path(&file, error));
    }
    let mut files = Vec::new();
    find(path, 0, &mut files).map_err(|error| with_path(path, error.into()))?;
    let runs: BTreeSet<&Path> = files.iter().map(|file| run_of(path, file)).collect();
    if runs.is_empty() {
        if let Some(log) = of_parts(path)? {
            return Ok(log);
        }
        let reason = format!(
            "{} holds neither events.jsonl nor a table of metrics nor TensorBoard's event files; name the file",
            path.shown()
        );
        return Err(ReadError::Folder { reason });
    }
    if let ([one, other, ..], false) = (&Vec::from_iter(&runs)[..], runs.contains(path)) {
        let reason = format!(
            "{} holds {} runs; name one of them, such as {} or {}",
            path.shown(),
            runs.len(),
            one.shown(),
            other.shown()
        );
        return Err(ReadError::Folder { reason });
    }
    files.sort();
    let mut reader = EventReader::new();
    for file in &files {
        let bytes = limited(file).map_err(|error| with_path(file, error.into()))?;
        reader.push(&bytes, split_of(path, file));
    }
    reader.finish()
}

/// The file in `folder` that is the record of a run.
pub(crate) fn record(folder: &Path) -> Option<PathBuf> {
    RECORDS.iter().map(|name| folder.join(name)).find(|file| file.is_file())
}

/// The folder of the run that an event file belongs to: the one it lies in, or above those that are named after splits.
fn run_of<'a>(root: &Path, file: &'a Path) -> &'a Path {
    let mut folder = file.parent().unwrap_or(file);
    while folder != root && names_split(folder) {
        folder = folder.parent().unwrap_or(folder);
    }
    folder
}

/// Whether a folder holds event files itself, or in folders that are named after splits. What cannot be read holds none.
pub(crate) fn holds_events(folder: &Path) -> bool {
    let mut files = Vec::new();
    let _ = find(folder, DEEPEST - 1, &mut files);
    files.iter().any(|file| run_of(folder, file) == folder)
}

fn names_split(folder: &Path) -> bool {
    folder.file_name().and_then(OsStr::to_str).is_some_and(|name| split_word(name).is_some())
}

/// What several files tell together, or one alone.
fn of_parts(folder: &Path) -> Result<Option<RunLog>, ReadError> {
    if let Some(file) = only(folder).map_err(|error| with_path(folder, error.into()))? {
        return read_file(&file).map(Some).map_err(|error| with_path(&file, error));
    }
    let parts = parts(folder).map_err(|error| with_path(folder, error.into()))?;
    if parts.len() < 2 && !is_parted(folder) {
        return Ok(None);
    }
    let mut reader = Reader::new();
    for part in parts {
        open(&part.path)
            .and_then(|file| reader.push_part(file, part.title))
            .map_err(|error| with_path(&part.path, error.into()))?;
    }
    match reader.finish() {
        Ok(log) => Ok(Some(log)),
        Err(ReadError::Nothing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_file(path: &Path) -> Result<RunLog, ReadError> {
    // A pipe can be read only once.
    let mut file = open(path)?;
    let mut beginning = Vec::new();
    file.by_ref().take(BEGINNING).read_to_end(&mut beginning)?;
    if tensorboard::is_events(&beginning) {
        file.take(MOST_BYTES).read_to_end(&mut beginning)?;
        let mut reader = EventReader::new();
        reader.push(&beginning, None);
        return reader.finish();
    }
    let key = path.extension().is_none() && path.parent().is_some_and(|folder| folder.ends_with("metrics"));
    let title = match path.file_name().filter(|_| key) {
        Some(name) => Title::of_key(&name.to_string_lossy()),
        None => Title::of_file(path),
    };
    read_titled(beginning.as_slice().chain(file), title)
}

/// Opens a file, or what the caller of the program holds open: the end of such a pipe comes, that of another may not.
fn open(path: &Path) -> io::Result<File> {
    let held = path == Path::new("/dev/stdin")
        || ["/dev/fd", "/proc/self/fd"].iter().any(|held| path.starts_with(held));
    if held { File::open(path) } else { foliar_files::open(path) }
}

fn limited(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn is_events(path: &Path) -> bool {
    path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.contains(EVENTS))
}

fn find(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if depth < DEEPEST {
                find(&path, depth + 1, files)?;
            }
        } else if is_events(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// What the folders between `root` and `file` say, as Keras names them.
fn split_of(root: &Path, file: &Path) -> Option<Split> {
    let inner = file.parent()?.strip_prefix(root).ok()?;
    inner.iter().rev().filter_map(OsStr::to_str).find_map(split_word)
}

fn with_path(path: &Path, error: ReadError) -> ReadError {
    match error {
        ReadError::Io(error) => ReadError::Io(foliar_files::with_path(path)(error)),
        other @ (ReadError::Nothing { .. } | ReadError::Folder { .. }) => other,
    }
}
