//! `events.out.tfevents.*`: the scalars of each epoch, for TensorBoard.
//!
//! The file is a sequence of checksummed records, each of which holds one `Event` message: first the version
//! of the format, then one message per epoch with a value for each tag. The step of a message is its epoch.
//!
//! Tags: `loss/train`, `loss/validation`, `accuracy/train`, `accuracy/validation`, `macro_f1/validation`,
//! `learning_rate`, `epoch_seconds`; those of validation only where there is one. Values are f32, as the
//! format has it.

mod message;
pub mod record;

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::RunError;
use crate::event::Epoch;
use foliar_files::{with_path, write_atomically};

const PREFIX: &str = "events.out.tfevents.";

/// Appends epochs to a TensorBoard file.
#[derive(Debug)]
pub struct TensorboardWriter {
    path: PathBuf,
    file: File,
}

impl TensorboardWriter {
    /// Begins a file in `folder`, named `events.out.tfevents.<seconds>.<host>`. `time` is in seconds since
    /// the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`RunError::Write`] if the file exists or cannot be written.
    pub fn create(folder: &Path, time: f64) -> Result<Self, RunError> {
        let path = folder.join(format!("{PREFIX}{:010}.{}", time as u64, host_name()));
        let mut file = File::create_new(&path).map_err(RunError::write(&path))?;
        file.write_all(&version_record(time)).map_err(RunError::write(&path))?;
        Ok(Self { path, file })
    }

    /// Continues the newest file in `folder` after `epoch`: later epochs and a torn end are dropped. Begins a
    /// file if there is none, or none with a readable beginning.
    ///
    /// # Errors
    ///
    /// [`RunError::Read`] or [`RunError::Write`]; the old file is then untouched.
    pub fn resume(folder: &Path, epoch: u32, time: f64) -> Result<Self, RunError> {
        let Some(name) = newest(folder).map_err(RunError::read(folder))? else {
            return Self::create(folder, time);
        };
        let path = folder.join(name);
        let bytes = foliar_files::read(&path).map_err(RunError::read(&path))?;
        let kept = match length_until(&bytes, epoch) {
            0 => version_record(time),
            length => bytes[..length].to_vec(),
        };
        write_atomically(&path, |writer| writer.write_all(&kept)).map_err(RunError::write(&path))?;
        let file = OpenOptions::new().append(true).open(&path).map_err(RunError::write(&path))?;
        Ok(Self { path, file })
    }

    /// Writes the scalars of one epoch. `time` is in seconds since the Unix epoch.
    ///
    /// # Errors
    ///
    /// An I/O error with the path in it, such as a full disk.
    pub fn append(&mut self, epoch: &Epoch, time: f64) -> io::Result<()> {
        let message = message::scalars(time, epoch.epoch, &scalars_of(epoch));
        let mut bytes = Vec::new();
        record::frame(&message, &mut bytes);
        self.file.write_all(&bytes).map_err(with_path(&self.path))
    }
}

fn scalars_of(epoch: &Epoch) -> Vec<(&'static str, f32)> {
    let values = [
        ("loss/train", Some(epoch.train_loss)),
        ("loss/validation", epoch.validation_loss),
        ("accuracy/train", Some(epoch.train_accuracy)),
        ("accuracy/validation", epoch.validation_accuracy),
        ("macro_f1/validation", epoch.validation_macro_f1),
        ("learning_rate", Some(epoch.learning_rate)),
        ("epoch_seconds", Some(epoch.seconds)),
    ];
    values.into_iter().filter_map(|(tag, value)| Some((tag, value? as f32))).collect()
}

fn version_record(time: f64) -> Vec<u8> {
    let mut bytes = Vec::new();
    record::frame(&message::version(time), &mut bytes);
    bytes
}

/// Length in bytes of the records before the first one that is damaged or past `epoch`.
fn length_until(bytes: &[u8], epoch: u32) -> usize {
    let mut length = 0;
    while let Some(data) = record::first(&bytes[length..]) {
        match message::step(data) {
            Some(step) if step <= u64::from(epoch) => length += record::framed_length(data),
            _ => break,
        }
    }
    length
}

/// Names carry the time they were begun at, in ten digits, so that the newest is the last in order.
fn newest(folder: &Path) -> io::Result<Option<OsString>> {
    let mut newest = None;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            newest = newest.max(Some(name));
        }
    }
    Ok(newest)
}

/// A name for this machine that is fit for a file name.
fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .unwrap_or_default();
    let fit = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let name: String = name.trim().chars().filter(|&letter| fit(letter)).take(64).collect();
    if name.is_empty() { "localhost".to_owned() } else { name }
}

#[cfg(test)]
mod tests;
