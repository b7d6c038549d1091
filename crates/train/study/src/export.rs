//! Exporting a study as JSON, which Optuna can import, or as CSV.

mod csv;
mod json;

use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use foliar_bayes::TrialId;

use crate::{Definition, StoredStudy, StoredTrial, StudyError};

/// A snapshot of a study to be written in another format.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    definition: Definition,
    trials: Vec<StoredTrial>,
    best: Option<TrialId>,
}

impl StoredStudy {
    /// Reads the study for an export.
    ///
    /// # Errors
    /// See [`StoredStudy`].
    pub fn export(&mut self) -> Result<Export, StudyError> {
        let best = self.best()?.map(|best| best.id);
        Ok(Export { definition: self.definition.clone(), trials: self.trials()?, best })
    }
}

impl Export {
    /// Writes one JSON document. Each parameter has its distribution in Optuna's JSON form
    /// (`optuna.distributions.json_to_distribution`).
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        json::write(out, self)
    }

    /// Writes CSV with one row per trial. The column of a parameter is its name with the prefix `params_`. Intermediate values
    /// are `fold:epoch:value`, separated by spaces; times are seconds since 1970.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::write(out, self)
    }
}

/// Seconds since 1970.
fn unix(moment: Option<SystemTime>) -> Option<f64> {
    let since = moment?.duration_since(UNIX_EPOCH).ok()?;
    Some(since.as_millis() as f64 / 1000.0)
}
