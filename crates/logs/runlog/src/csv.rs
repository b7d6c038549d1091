//! `metrics.csv`: one row per epoch, for pandas and spreadsheets.
//!
//! Comma-separated with a header and a point as the decimal mark. Floats have as many digits as it takes to
//! read back the same value; a value that does not exist is an empty cell, and the others are `NaN`, `inf`
//! and `-inf`.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::RunError;
use crate::event::Epoch;
use foliar_files::{with_path, write_atomically};

const HEADER: &str =
    "epoch,seconds,train_loss,train_accuracy,val_loss,val_accuracy,val_macro_f1,learning_rate\n";

/// Appends rows to a table of epochs.
#[derive(Debug)]
pub struct CsvWriter {
    path: PathBuf,
    file: File,
}

impl CsvWriter {
    /// Begins a table.
    ///
    /// # Errors
    ///
    /// [`RunError::Write`] if the file exists or cannot be written.
    pub fn create(path: &Path) -> Result<Self, RunError> {
        let mut file = File::create_new(path).map_err(RunError::write(path))?;
        file.write_all(HEADER.as_bytes()).map_err(RunError::write(path))?;
        Ok(Self { path: path.to_path_buf(), file })
    }

    /// Continues a table after `epochs`: whatever the file held, it then holds exactly these rows.
    ///
    /// # Errors
    ///
    /// [`RunError::Write`]; the old table is then untouched.
    pub fn resume<'a>(path: &Path, epochs: impl IntoIterator<Item = &'a Epoch>) -> Result<Self, RunError> {
        write_atomically(path, |writer| {
            writer.write_all(HEADER.as_bytes())?;
            for epoch in epochs {
                writer.write_all(row(epoch).as_bytes())?;
            }
            Ok(())
        })
        .map_err(RunError::write(path))?;
        let file = OpenOptions::new().append(true).open(path).map_err(RunError::write(path))?;
        Ok(Self { path: path.to_path_buf(), file })
    }

    /// Writes one row.
    ///
    /// # Errors
    ///
    /// An I/O error with the path in it, such as a full disk.
    pub fn append(&mut self, epoch: &Epoch) -> io::Result<()> {
        self.file.write_all(row(epoch).as_bytes()).map_err(with_path(&self.path))
    }
}

fn row(epoch: &Epoch) -> String {
    format!(
        "{},{:?},{:?},{:?},{},{},{},{:?}\n",
        epoch.epoch,
        epoch.seconds,
        epoch.train_loss,
        epoch.train_accuracy,
        optional(epoch.validation_loss),
        optional(epoch.validation_accuracy),
        optional(epoch.validation_macro_f1),
        epoch.learning_rate
    )
}

fn optional(value: Option<f64>) -> String {
    value.map(|value| format!("{value:?}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{CsvWriter, HEADER};
    use crate::event::{Epoch, samples};

    #[test]
    fn rows_have_full_precision_and_empty_cells() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.csv");
        let mut writer = CsvWriter::create(&path).unwrap();
        writer.append(&samples::epoch(1)).unwrap();
        writer
            .append(&Epoch {
                train_loss: 1.0 / 3.0,
                validation_loss: Some(f64::NAN),
                validation_accuracy: None,
                validation_macro_f1: None,
                calibrated_loss: None,
                learning_rate: 3.2e-7,
                ..samples::epoch(2)
            })
            .unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            format!(
                "{HEADER}1,28.4,0.482,0.8125,0.391,0.884,0.871,0.01\n\
                 2,28.4,0.3333333333333333,0.8125,NaN,,,3.2e-7\n"
            )
        );
        assert!(CsvWriter::create(&path).is_err(), "a table is never overwritten");
    }

    #[test]
    fn a_resumed_table_equals_an_uninterrupted_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.csv");
        let mut writer = CsvWriter::create(&path).unwrap();
        for number in 1..=3 {
            writer.append(&samples::epoch(number)).unwrap();
        }
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 7]).unwrap();
        let mut writer = CsvWriter::resume(&path, [&samples::epoch(1), &samples::epoch(2)]).unwrap();
        writer.append(&samples::epoch(3)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), whole);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        let path = std::path::PathBuf::from("/dev/full");
        let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        let error = CsvWriter { path, file }.append(&samples::epoch(1)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }
}
