//! Logs on disk: a file, a run's folder, or a folder of TensorBoard's.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use foliar_runlog::RunDir;

use crate::error::ReadError;
use crate::parts::{only, parts};
use crate::reader::{Reader, read_titled};
use crate::run_log::{RunLog, Split};
use crate::split_word::split_word;
use crate::tensorboard::{self, EventReader};
use crate::title::Title;

/// Names that logs have in a folder, the most telling first.
const USUAL: [&str; 10] = [
    RunDir::EVENTS,
    "results.csv",
    "metrics.csv",
    "summary.csv",
    "log.csv",
    "history.csv",
    "history.json",
    "trainer_state.json",
    "log.txt",
    "train.log",
];
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
/// its tables and objects as parts of one run, each with a curve, a split or an epoch, or its only text.
///
/// # Errors
/// [`ReadError::Nothing`] if it holds no training log, [`ReadError::Io`] with the path if it cannot be read.
pub fn read_log_path(path: &Path) -> Result<RunLog, ReadError> {
    if !path.is_dir() {
        return read_file(path).map_err(|error| with_path(path, error));
    }
    for name in USUAL {
        let file = path.join(name);
        if file.is_file() {
            return read_file(&file).map_err(|error| with_path(&file, error));
        }
    }
    let mut files = Vec::new();
    find(path, 0, &mut files).map_err(|error| with_path(path, error.into()))?;
    if files.is_empty() {
        if let Some(log) = of_parts(path)? {
            return Ok(log);
        }
        let reason = format!(
            "{} holds neither events.jsonl nor a table of metrics nor TensorBoard's event files; name the file",
            path.display()
        );
        return Err(ReadError::Nothing { reason });
    }
    files.sort();
    let mut reader = EventReader::new();
    for file in &files {
        let bytes = limited(file).map_err(|error| with_path(file, error.into()))?;
        reader.push(&bytes, split_of(path, file));
    }
    reader.finish()
}

/// What several files tell together, or one alone.
fn of_parts(folder: &Path) -> Result<Option<RunLog>, ReadError> {
    if let Some(file) = only(folder).map_err(|error| with_path(folder, error.into()))? {
        return read_file(&file).map(Some).map_err(|error| with_path(&file, error));
    }
    let parts = parts(folder).map_err(|error| with_path(folder, error.into()))?;
    if parts.len() < 2 {
        return Ok(None);
    }
    let mut reader = Reader::new();
    for part in parts {
        File::open(&part.path)
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
    let mut beginning = Vec::new();
    File::open(path)?.take(BEGINNING).read_to_end(&mut beginning)?;
    if tensorboard::is_events(&beginning) {
        let mut reader = EventReader::new();
        reader.push(&limited(path)?, None);
        return reader.finish();
    }
    let key = path.extension().is_none() && path.parent().is_some_and(|folder| folder.ends_with("metrics"));
    let title = match path.file_name().filter(|_| key) {
        Some(name) => Title::of_key(&name.to_string_lossy()),
        None => Title::of_file(path),
    };
    read_titled(File::open(path)?, title)
}

fn limited(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_events(path: &Path) -> bool {
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
        nothing @ ReadError::Nothing { .. } => nothing,
    }
}
