//! `events.jsonl`: one event a line, appended as it happens.
//!
//! Each line goes to the operating system in one write, so a killed process leaves at most its last line
//! torn. Epochs and stops are also flushed to the disk. A reader never fails on what a line holds: it returns
//! the events it could read and a [`Problem`] for each line it could not.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::RunError;
use crate::event::Event;
use foliar_files::Printable as _;
use foliar_files::{with_path, write_atomically};

/// A line that holds no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// It is the last one and was cut short, as a killed process leaves it.
    Torn,
    /// It is complete and yet no event; the text says why.
    Unreadable(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, line {}: ", self.path.shown(), self.line)?;
        match &self.kind {
            ProblemKind::Torn => formatter.write_str("cut short, as by a killed process"),
            ProblemKind::Unreadable(reason) => write!(formatter, "no event: {reason}"),
        }
    }
}

/// All events of a log, and the lines that hold none. Empty lines are neither.
///
/// # Errors
///
/// [`RunError::Read`] if the file cannot be read at all.
pub fn read(path: &Path) -> Result<(Vec<Event>, Vec<Problem>), RunError> {
    let bytes = foliar_files::read(path).map_err(RunError::read(path))?;
    let (lines, problems) = parse(path, &bytes);
    Ok((lines.into_iter().map(|line| line.event).collect(), problems))
}

struct Line<'a> {
    text: &'a [u8],
    event: Event,
}

fn parse<'a>(path: &Path, bytes: &'a [u8]) -> (Vec<Line<'a>>, Vec<Problem>) {
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    for (index, text) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let ended = text.ends_with(b"\n");
        let text = text.trim_ascii();
        if text.is_empty() {
            continue;
        }
        match serde_json::from_slice(text) {
            Ok(event) => lines.push(Line { text, event }),
            Err(error) => {
                let kind = if ended { ProblemKind::Unreadable(error.to_string()) } else { ProblemKind::Torn };
                problems.push(Problem { path: path.to_path_buf(), line: index + 1, kind });
            }
        }
    }
    (lines, problems)
}

/// Appends events to a log.
#[derive(Debug)]
pub struct JsonlWriter {
    path: PathBuf,
    file: File,
}

impl JsonlWriter {
    /// Begins a log.
    ///
    /// # Errors
    ///
    /// [`RunError::Write`] if the file cannot be created or exists.
    pub fn create(path: &Path) -> Result<Self, RunError> {
        let file = File::create_new(path).map_err(RunError::write(path))?;
        Ok(Self { path: path.to_path_buf(), file })
    }

    /// Continues a log from a checkpoint made after `total_step` optimiser steps; a log that does not exist
    /// is begun.
    ///
    /// The first event past the checkpoint, everything after it and all unreadable lines are dropped from the
    /// file; the lines that stay are kept byte for byte. Returns the events kept and the problems found.
    ///
    /// # Errors
    ///
    /// [`RunError::Read`] or [`RunError::Write`]; the old log is then untouched.
    pub fn resume(path: &Path, total_step: u64) -> Result<(Self, Vec<Event>, Vec<Problem>), RunError> {
        let bytes = match foliar_files::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            bytes => bytes.map_err(RunError::read(path))?,
        };
        let (mut lines, problems) = parse(path, &bytes);
        let past = |line: &Line<'_>| line.event.total_step().is_some_and(|step| step > total_step);
        if let Some(first) = lines.iter().position(past) {
            lines.truncate(first);
        }
        write_atomically(path, |writer| {
            for line in &lines {
                writer.write_all(line.text)?;
                writer.write_all(b"\n")?;
            }
            Ok(())
        })
        .map_err(RunError::write(path))?;
        let file = OpenOptions::new().append(true).open(path).map_err(RunError::write(path))?;
        let events = lines.into_iter().map(|line| line.event).collect();
        Ok((Self { path: path.to_path_buf(), file }, events, problems))
    }

    /// Writes one event as one line.
    ///
    /// # Errors
    ///
    /// An I/O error with the path in it, such as a full disk.
    pub fn append(&mut self, event: &Event) -> io::Result<()> {
        self.append_line(event).map_err(with_path(&self.path))
    }

    fn append_line(&mut self, event: &Event) -> io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        match event {
            Event::Epoch(_) | Event::Stop(_) => self.file.sync_data(),
            Event::Start(_) | Event::Step(_) | Event::Progress(_) | Event::Note(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{JsonlWriter, ProblemKind, read};
    use crate::event::{Event, samples};

    fn log(folder: &Path, events: &[Event]) -> PathBuf {
        let path = folder.join("events.jsonl");
        let mut writer = JsonlWriter::create(&path).unwrap();
        for event in events {
            writer.append(event).unwrap();
        }
        path
    }

    fn epoch(number: u32) -> Event {
        Event::Epoch(samples::epoch(number))
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let events = [samples::start(), epoch(1), samples::note("lr halved"), samples::stop(10)];
        let path = log(folder.path(), &events);
        assert_eq!(read(&path).unwrap(), (events.to_vec(), Vec::new()));
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), events.len());
        assert!(JsonlWriter::create(&path).is_err(), "a log is never overwritten");
    }

    #[test]
    fn a_log_cut_at_any_byte_yields_every_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let events = [samples::start(), epoch(1), samples::stop(10)];
        let path = log(folder.path(), &events);
        let bytes = fs::read(&path).unwrap();
        for length in 0..=bytes.len() {
            fs::write(&path, &bytes[..length]).unwrap();
            let (read, problems) = read(&path).unwrap();
            let ends = bytes[..length].iter().filter(|&&byte| byte == b'\n').count();
            // A line that only lacks its line break is whole.
            let whole = ends + usize::from(bytes.get(length) == Some(&b'\n'));
            assert_eq!(read, events[..whole]);
            let begun = length > 0 && bytes[length - 1] != b'\n' && whole == ends;
            assert_eq!(problems.len(), usize::from(begun), "cut at {length}");
            assert!(problems.iter().all(|problem| problem.kind == ProblemKind::Torn));
        }
    }

    #[test]
    fn broken_lines_in_the_middle_are_problems() {
        let folder = tempfile::tempdir().unwrap();
        let path = log(folder.path(), &[epoch(1)]);
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend_from_slice(b"\0\0\0\0\n\n{\"event\":\"unheard-of\"}\r\n\xff\xfe\n");
        let good = fs::read(&path).unwrap();
        bytes.extend_from_slice(&good);
        fs::write(&path, &bytes).unwrap();
        let (events, problems) = read(&path).unwrap();
        assert_eq!(events, [epoch(1), epoch(1)]);
        let lines: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 4, 5]);
        let text = problems[1].to_string();
        assert!(text.contains("line 4") && text.contains("unheard-of"), "{text}");
        assert!(read(&folder.path().join("absent.jsonl")).is_err());
    }

    #[test]
    fn resuming_drops_what_lies_past_the_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let events = [
            samples::start(),
            epoch(1),
            samples::note("before"),
            epoch(2),
            samples::note("after"),
            samples::stop(25),
        ];
        let path = log(folder.path(), &events);
        let before = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{before}{{\"event\":\"ep")).unwrap();

        let (mut writer, kept, problems) = JsonlWriter::resume(&path, 15).unwrap();
        assert_eq!(kept, events[..3]);
        assert_eq!(problems.len(), 1);
        writer.append(&epoch(2)).unwrap();
        let after = fs::read_to_string(&path).unwrap();
        assert!(before.starts_with(&after), "{after}");
        assert_eq!(after.lines().count(), 4);
    }

    #[test]
    fn a_stop_at_the_checkpoint_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = log(folder.path(), &[samples::start(), samples::stop(20)]);
        assert_eq!(JsonlWriter::resume(&path, 20).unwrap().1.len(), 2);
        assert_eq!(JsonlWriter::resume(&path, 19).unwrap().1.len(), 1);
        fs::remove_file(&path).unwrap();
        assert_eq!(JsonlWriter::resume(&path, 19).unwrap().1, []);
        assert!(path.exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_with_a_path() {
        let path = PathBuf::from("/dev/full");
        let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        let error = JsonlWriter { path, file }.append(&epoch(1)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
        assert!(error.to_string().contains("/dev/full"), "{error}");
    }
}
