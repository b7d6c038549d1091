//! One writer for everything a run logs.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::csv::CsvWriter;
use crate::error::RunError;
use crate::event::Event;
use crate::jsonl::{JsonlWriter, Problem};
use crate::run_dir::RunDir;
use crate::tensorboard::TensorboardWriter;

/// Writes the events of a run to `events.jsonl`, and its epochs to `metrics.csv` and TensorBoard's file as
/// well.
///
/// An epoch has to be written before the checkpoint that ends it is saved: a process killed between the two
/// then repeats the epoch, and [`Log::resume`] drops the first account of it. The other way round it would be
/// missing.
#[derive(Debug)]
pub struct Log {
    events: JsonlWriter,
    metrics: CsvWriter,
    tensorboard: TensorboardWriter,
}

impl Log {
    /// Begins the logs of a new run.
    ///
    /// # Errors
    ///
    /// [`RunError::Write`] if one of the files exists or cannot be written.
    pub fn create(run: &RunDir) -> Result<Self, RunError> {
        Ok(Self {
            events: JsonlWriter::create(&run.events())?,
            metrics: CsvWriter::create(&run.metrics())?,
            tensorboard: TensorboardWriter::create(run.root(), now())?,
        })
    }

    /// Continues the logs of a run from a checkpoint made after `total_step` optimiser steps.
    ///
    /// Whatever was logged past the checkpoint is dropped from all three files, so that they continue as if
    /// the run had never been interrupted; temporary files that a killed process left in the run are removed.
    /// Returns the lines of `events.jsonl` that could not be read, a torn last one among them. No other
    /// process may be writing to the run.
    ///
    /// # Errors
    ///
    /// [`RunError::Read`] or [`RunError::Write`] with the file in question.
    pub fn resume(run: &RunDir, total_step: u64) -> Result<(Self, Vec<Problem>), RunError> {
        run.remove_partial_files()?;
        let (events, kept, problems) = JsonlWriter::resume(&run.events(), total_step)?;
        let epochs = || {
            kept.iter().filter_map(|event| match event {
                Event::Epoch(epoch) => Some(epoch),
                _ => None,
            })
        };
        let last_epoch = epochs().next_back().map_or(0, |epoch| epoch.epoch);
        let log = Self {
            events,
            metrics: CsvWriter::resume(&run.metrics(), epochs())?,
            tensorboard: TensorboardWriter::resume(run.root(), last_epoch, now())?,
        };
        Ok((log, problems))
    }

    /// Writes one event. A [`Step`](crate::Step) and a [`Progress`](crate::Progress) are for
    /// observers and are not written.
    ///
    /// # Errors
    ///
    /// An I/O error with the path in it, such as a full disk.
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Step(_) | Event::Progress(_) => Ok(()),
            Event::Epoch(epoch) => {
                self.events.append(event)?;
                self.metrics.append(epoch)?;
                self.tensorboard.append(epoch, now())
            }
            Event::Start(_) | Event::Note(_) | Event::Stop(_) => self.events.append(event),
        }
    }
}

/// Seconds since the Unix epoch; 0 on a clock set before it.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Log;
    use crate::event::{Event, samples};
    use crate::jsonl;
    use crate::run_dir::RunDir;

    #[test]
    fn a_resumed_run_logs_what_an_uninterrupted_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let whole = RunDir::create(folder.path().join("whole")).unwrap().0;
        let killed = RunDir::create(folder.path().join("killed")).unwrap().0;
        let epoch = |number| Event::Epoch(samples::epoch(number));

        let mut log = Log::create(&whole).unwrap();
        for event in [samples::start(), samples::step(1), epoch(1), epoch(2), epoch(3)] {
            log.write(&event).unwrap();
        }

        let mut log = Log::create(&killed).unwrap();
        for event in [samples::start(), epoch(1), epoch(2)] {
            log.write(&event).unwrap();
        }
        drop(log);
        let torn = fs::read_to_string(killed.events()).unwrap() + "{\"event\":\"epoch\",\"epo";
        fs::write(killed.events(), torn).unwrap();
        let (mut log, problems) = Log::resume(&killed, 13).unwrap();
        assert_eq!(problems.len(), 1);
        for event in [epoch(2), epoch(3)] {
            log.write(&event).unwrap();
        }

        assert_eq!(fs::read(killed.events()).unwrap(), fs::read(whole.events()).unwrap());
        assert_eq!(fs::read(killed.metrics()).unwrap(), fs::read(whole.metrics()).unwrap());
        assert_eq!(jsonl::read(&killed.events()).unwrap().0.len(), 4, "steps are not kept");
        assert_eq!(fs::read_dir(killed.root()).unwrap().count(), 5);
    }

    #[test]
    fn a_log_is_not_begun_twice() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(folder.path()).unwrap().0;
        Log::create(&run).unwrap();
        let error = Log::create(&run).unwrap_err();
        assert!(error.to_string().contains("events.jsonl"), "{error}");
    }
}
