//! The logs that the arguments mean, each with its diagnosis.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use foliar_doctor::{Diagnosis, Id, RunSetup, diagnose};
use foliar_files::Printable as _;
use foliar_logread::{ReadError, RunLog, find_runs, read_log_from, read_log_path};
use serde::Serialize;

use crate::exit::UsageError;
use crate::practice;

/// Means standard input.
const STANDARD_INPUT: &str = "-";

/// What to do where there is no log.
const SAVE: &str = "save what the training prints, as with `python train.py > train.log`";

/// A log that was read.
pub(super) struct Log {
    /// As it was named, or its path below the one folder that was named.
    pub(super) name: String,
    pub(super) log: RunLog,
    pub(super) diagnosis: Diagnosis,
}

/// A file of a folder that holds no log.
#[derive(Serialize)]
pub(super) struct NoLog {
    pub(super) path: String,
    pub(super) reason: String,
}

/// What was found.
#[derive(Default)]
pub(super) struct Logs {
    /// In the order of the arguments; those of a folder by name.
    pub(super) logs: Vec<Log>,
    pub(super) skipped: Vec<NoLog>,
}

impl Logs {
    /// Reads all arguments. A file that was named must be a log; of a folder, at least one file.
    pub(super) fn read(arguments: &[PathBuf], setup: &RunSetup) -> anyhow::Result<Self> {
        if arguments.iter().filter(|path| is_standard_input(path)).count() > 1 {
            anyhow::bail!(UsageError("- stands twice, but standard input can be read only once".to_owned()));
        }
        let mut found = Self::default();
        for path in arguments {
            if is_standard_input(path) || !path.is_dir() {
                found.one(path, setup)?;
                continue;
            }
            let runs = find_runs(path).map_err(|error| refused(path, error))?;
            if runs.runs == [path.as_path()] {
                found.one(path, setup)?;
            } else {
                let below = if arguments.len() == 1 { path.as_path() } else { Path::new("") };
                found.folder(path, runs.runs, runs.others, below, setup)?;
            }
        }
        Ok(found)
    }

    fn one(&mut self, path: &Path, setup: &RunSetup) -> anyhow::Result<()> {
        let log = if is_standard_input(path) { read_log_from(io::stdin()) } else { read_log_path(path) };
        let log = log.map_err(|error| refused(path, error))?;
        let diagnosis = diagnose(&log, &known(path, setup));
        self.logs.push(Log { name: path.shown().to_string(), log, diagnosis });
        Ok(())
    }

    /// Reads what may be logs in `folder`. Names are paths below `below`.
    fn folder(
        &mut self,
        folder: &Path,
        candidates: Vec<PathBuf>,
        others: Vec<PathBuf>,
        below: &Path,
        setup: &RunSetup,
    ) -> anyhow::Result<()> {
        let name = |path: &Path| path.strip_prefix(below).unwrap_or(path).shown().to_string();
        let (logs, files) = (self.logs.len(), candidates.len() + others.len());
        for path in candidates {
            let log = match read_log_path(&path) {
                Ok(log) => log,
                Err(error) => {
                    self.skipped.push(NoLog { path: name(&path), reason: reason(error) });
                    continue;
                }
            };
            let diagnosis = diagnose(&log, &known(&path, setup));
            match diagnosis.findings.iter().find(|finding| finding.id == Id::NotALog) {
                Some(finding) => {
                    self.skipped.push(NoLog { path: name(&path), reason: finding.claim.clone() });
                }
                None => self.logs.push(Log { name: name(&path), log, diagnosis }),
            }
        }
        for path in others {
            self.skipped.push(NoLog { path: name(&path), reason: "named as no log".to_owned() });
        }
        self.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        if self.logs.len() == logs {
            anyhow::bail!(
                "{} holds no training log: {}; {SAVE}, and name that file",
                folder.shown(),
                match files {
                    0 => "it is empty".to_owned(),
                    1 => format!("its one file is none ({})", self.skipped[0].reason),
                    files => format!("none of its {files} files is one"),
                }
            );
        }
        Ok(())
    }
}

/// What is known of the run whose log `path` is: of one of foliar's also what it does already.
fn known(path: &Path, setup: &RunSetup) -> RunSetup {
    let folder = if path.is_dir() { Some(path) } else { path.parent() };
    RunSetup { practice: folder.and_then(practice::of_folder), ..*setup }
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT)
}

/// Why a file that was named is not read, and what to do.
fn refused(path: &Path, error: ReadError) -> anyhow::Error {
    let name = if is_standard_input(path) { "standard input".to_owned() } else { path.shown().to_string() };
    match error {
        ReadError::Nothing { ref reason } if reason.ends_with("empty") => {
            anyhow::anyhow!("{name} is {error}; {SAVE}")
        }
        ReadError::Nothing { .. } => anyhow::anyhow!("{name} is {error}"),
        ReadError::Folder { .. } => anyhow::anyhow!("{error}"),
        ReadError::Io(ref cause) => match cause.kind() {
            ErrorKind::NotFound => anyhow::anyhow!("{name} does not exist; check the path"),
            ErrorKind::PermissionDenied => {
                anyhow::anyhow!("{name} may not be read by this user; change its permissions or copy it")
            }
            _ => anyhow::anyhow!("{error}; check the path"),
        },
    }
}

/// The same for a file of a folder, in few words.
fn reason(error: ReadError) -> String {
    match error {
        ReadError::Nothing { reason } | ReadError::Folder { reason } => reason,
        ReadError::Io(cause) if cause.kind() == ErrorKind::PermissionDenied => {
            "may not be read by this user".to_owned()
        }
        ReadError::Io(cause) => cause.to_string(),
    }
}
