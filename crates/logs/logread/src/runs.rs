//! The runs in a folder, as far as names tell.

use std::fs;
use std::path::{Path, PathBuf};

use foliar_files::Printable as _;

use crate::error::ReadError;
use crate::folder::{holds_events, is_events, record};
use crate::parts::is_parted;

/// How far below a folder runs are looked for.
const DEEPEST: usize = 4;
/// A folder with more files is none of logs.
const MOST_FILES: usize = 10_000;
/// What names of files that are no logs end in: photos, weights, archives, programs, settings and documents.
const NO_LOGS: &str = "jpg jpeg png gif webp bmp tif tiff heic svg mp4 avi wav mp3 pt pth ckpt safetensors h5 hdf5 keras onnx pb \
    tflite bin npy npz pkl pickle foliar index joblib sqlite db lmdb parquet zip gz bz2 xz zst tar 7z py pyc rs c cc cpp h so js ts \
    css sh yaml yml toml ini cfg lock md rst pdf doc docx";

/// What a folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// Folders of runs, and files that may be logs, each for [`read_log_path`](crate::read_log_path), by name. The folder itself
    /// alone, if it is that of one run.
    pub runs: Vec<PathBuf>,
    /// Files whose names say that they are no logs, by name.
    pub others: Vec<PathBuf>,
}

/// Finds the runs in a folder and up to four levels below it. A folder is a run if it holds the record of one, such as
/// `events.jsonl`, `metrics.csv`, TensorBoard's event files or a file for each metric; in all others each file may be the log of
/// one. Hidden files and links to folders are passed over. Of the checkpoints of the Hugging Face trainer the last is taken: it
/// holds the log of all before it.
///
/// # Errors
/// [`ReadError::Io`] if a folder cannot be read, [`ReadError::Folder`] if it holds more than 10,000 files.
pub fn find_runs(folder: &Path) -> Result<Runs, ReadError> {
    let mut found = Runs::default();
    walk(folder, 0, &mut found)?;
    found.runs.sort();
    found.others.sort();
    Ok(found)
}

fn walk(folder: &Path, depth: usize, found: &mut Runs) -> Result<(), ReadError> {
    let located = |error| ReadError::Io(foliar_files::with_path(folder)(error));
    if record(folder).is_some() || holds_events(folder) || is_parted(folder) {
        found.runs.push(folder.to_owned());
        return Ok(());
    }
    let mut checkpoint: Option<(u64, PathBuf)> = None;
    for entry in fs::read_dir(folder).map_err(located)? {
        let entry = entry.map_err(located)?;
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || name == "__pycache__" {
            continue;
        }
        if entry.file_type().map_err(located)?.is_dir() {
            let step = name.strip_prefix("checkpoint-").and_then(|step| step.parse().ok());
            match step.filter(|_| record(&path).is_some()) {
                Some(step) if checkpoint.as_ref().is_none_or(|(last, _)| *last < step) => {
                    checkpoint = Some((step, path));
                }
                Some(_) => {}
                None if depth < DEEPEST => match walk(&path, depth + 1, found) {
                    // Whoever reads it learns why it cannot be.
                    Err(ReadError::Io(_)) => found.runs.push(path),
                    done => done?,
                },
                None => {}
            }
        } else if path.is_file() && !is_events(&path) {
            let end = path.extension().map(|end| end.to_string_lossy().to_lowercase());
            let is_other = end.is_some_and(|end| NO_LOGS.split_whitespace().any(|other| other == end));
            if is_other { &mut found.others } else { &mut found.runs }.push(path);
        }
        if found.runs.len() + found.others.len() > MOST_FILES {
            let reason =
                format!("{} holds more than {MOST_FILES} files; name a folder of logs", folder.shown());
            return Err(ReadError::Folder { reason });
        }
    }
    found.runs.extend(checkpoint.map(|(_, path)| path));
    Ok(())
}
