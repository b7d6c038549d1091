//! A run as it is now: read from its folder, which is not touched.

use std::time::{Duration, SystemTime};

use foliar_results::words::count;
use foliar_runlog::{Epoch, Event, RunDir, Start, StopReason, jsonl};
use foliar_train::Recipe;
use serde::Serialize;

use super::found::written;
use crate::watch::Watch;

/// Epochs that the time of the next one is estimated from.
const RECENT: usize = 5;
/// How long nothing is written before it is said, at least.
const SILENT: Duration = Duration::from_secs(120);
/// The same, as a multiple of the longest epoch.
const SILENT_EPOCHS: f64 = 4.0;

/// A run as it is now.
pub(super) struct Run {
    pub(super) name: String,
    pub(super) dir: RunDir,
    pub(super) start: Option<Start>,
    pub(super) epochs: Vec<Epoch>,
    stop: Option<StopReason>,
    /// What the doctor said, with the epoch in which it did.
    said: Vec<String>,
    written: Option<SystemTime>,
    remarks: Vec<String>,
}

/// The same for the page.
#[derive(Serialize)]
pub(super) struct Shown {
    name: String,
    /// `training`, `done`, `stopped` or `silent`.
    state: &'static str,
    status: String,
    facts: Vec<[String; 2]>,
    said: Vec<String>,
    remarks: Vec<String>,
    /// Epochs that are done, and planned.
    progress: [u32; 2],
}

impl Run {
    /// Reads what is there; what cannot be read is a remark.
    pub(super) fn read(name: String, dir: RunDir) -> Self {
        let mut run = Self {
            start: None,
            epochs: Vec::new(),
            stop: None,
            said: Vec::new(),
            written: written(&[dir.events(), dir.checkpoints(), dir.recipe()]),
            remarks: Vec::new(),
            name,
            dir,
        };
        if !run.dir.events().exists() {
            return run;
        }
        let events = match jsonl::read(&run.dir.events()) {
            Ok((events, problems)) => {
                let unreadable = |problem: &&jsonl::Problem| problem.kind != jsonl::ProblemKind::Torn;
                run.remarks.extend(problems.iter().filter(unreadable).map(ToString::to_string));
                events
            }
            Err(error) => {
                run.remarks.push(error.to_string());
                return run;
            }
        };
        let recipe = std::fs::read_to_string(run.dir.recipe()).ok();
        let recipe = recipe.and_then(|text| Recipe::from_toml(&text).ok());
        let mut doctor = recipe.as_ref().map_or_else(Watch::default, Watch::of);
        for event in events {
            match event {
                Event::Start(start) => {
                    doctor.start(&start);
                    run.stop = None;
                    run.start = Some(start);
                }
                Event::Epoch(epoch) => {
                    let lines = doctor.epoch(&epoch).into_iter();
                    run.said.extend(lines.map(|line| format!("epoch {}: {line}", epoch.epoch)));
                    run.epochs.push(epoch);
                }
                Event::Stop(stop) => run.stop = Some(stop.reason),
                Event::Step(_) | Event::Progress(_) | Event::Note(_) => {}
            }
        }
        if run.stop == Some(StopReason::Finished) {
            run.said.extend(doctor.conclude().into_iter().map(|line| format!("at the end: {line}")));
        }
        run
    }

    /// Whether the run has come to its own end.
    pub(super) fn is_done(&self) -> bool {
        self.stop == Some(StopReason::Finished)
    }

    /// What the page shows at the time `now`.
    pub(super) fn shown(&self, now: SystemTime) -> Shown {
        let silent = self.written.and_then(|time| now.duration_since(time).ok()).unwrap_or_default();
        let longest = self.epochs.iter().map(|epoch| epoch.seconds).fold(0.0, f64::max);
        let patience = SILENT.as_secs_f64().max(SILENT_EPOCHS * longest);
        let last = self.epochs.last();
        // Nothing is written within an epoch, and how long the first one takes, or what follows the last, is not known.
        let may_be_silent = last.is_some_and(|last| last.epoch < last.epochs);
        let (state, status) = match self.stop {
            Some(StopReason::Finished) => ("done", "done".to_owned()),
            Some(StopReason::Interrupted) => {
                ("stopped", "interrupted and saved; `foliar resume` continues it".to_owned())
            }
            Some(StopReason::NonFiniteLoss) => {
                ("stopped", "ended: the loss or the weights were no longer finite".to_owned())
            }
            Some(StopReason::TimeLimit) => ("stopped", "ended by its time limit".to_owned()),
            Some(StopReason::EarlyStop) => ("stopped", "ended: validation stopped improving".to_owned()),
            Some(StopReason::Observer) => ("stopped", "ended early".to_owned()),
            None if may_be_silent && silent.as_secs_f64() > patience => (
                "silent",
                format!(
                    "nothing was written for {}: it may have been killed; if so, `foliar resume` continues it",
                    span(silent.as_secs_f64())
                ),
            ),
            None => match (last, self.remaining()) {
                (None, _) => ("training", "training; no epoch has ended yet".to_owned()),
                (Some(last), _) if last.epoch >= last.epochs => {
                    ("training", "all epochs are done; the classifier is being made".to_owned())
                }
                (_, Some(seconds)) => {
                    let left = (seconds - silent.as_secs_f64()).max(0.0);
                    ("training", format!("training; about {} left", span(left)))
                }
                _ => ("training", "training".to_owned()),
            },
        };
        Shown {
            name: self.name.clone(),
            state,
            status,
            facts: self.facts(),
            said: self.said.clone(),
            remarks: self.remarks.clone(),
            progress: last.map_or([0, 0], |last| [last.epoch, last.epochs]),
        }
    }

    /// Seconds that the epochs that are left will take.
    fn remaining(&self) -> Option<f64> {
        let last = self.epochs.last()?;
        let recent = self.epochs.iter().rev().take(RECENT).filter(|epoch| epoch.phase == last.phase);
        let mut seconds: Vec<f64> = recent.map(|epoch| epoch.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        let median = seconds.get(seconds.len() / 2)?;
        Some(median * f64::from(last.epochs.saturating_sub(last.epoch)))
    }

    fn facts(&self) -> Vec<[String; 2]> {
        let mut facts: Vec<[String; 2]> = Vec::new();
        let mut fact = |what: &str, value: String| facts.push([what.to_owned(), value]);
        if let Some(start) = &self.start {
            fact(
                "network",
                format!(
                    "{} on {} of {}, {} for validation",
                    start.model,
                    count(start.train, "photo", "photos"),
                    count(start.classes.len(), "class", "classes"),
                    start.validation
                ),
            );
        }
        let Some(last) = self.epochs.last() else { return facts };
        let phase = if last.phase > 1 { format!(", phase {}", last.phase) } else { String::new() };
        fact("epoch", format!("{} of {}{phase}", last.epoch, last.epochs));
        let chance = (last.classes.max(1) as f64).ln();
        let photos = if last.mixed { "mixed" } else { "training" };
        fact(&format!("{photos} loss"), format!("{:.3} (chance {chance:.3})", last.train_loss));
        fact(&format!("{photos} accuracy"), format!("{:.1} %", 100.0 * last.train_accuracy));
        if let Some(loss) = last.validation_loss {
            fact("validation loss", format!("{loss:.3}"));
        }
        if let Some(accuracy) = last.validation_accuracy {
            fact("validation accuracy", format!("{:.1} %", 100.0 * accuracy));
        }
        if let Some(best) = self.epochs.iter().rev().find(|epoch| epoch.best) {
            let accuracy =
                best.validation_accuracy.map(|accuracy| format!(" with {:.1} %", 100.0 * accuracy));
            fact("best epoch", format!("{}{}", best.epoch, accuracy.unwrap_or_default()));
        }
        fact("learning rate", format!("{:.2e}", last.learning_rate));
        let seconds: f64 = self.epochs.iter().map(|epoch| epoch.seconds).sum();
        fact("time", format!("{}, {:.1} s an epoch", span(seconds), seconds / self.epochs.len() as f64));
        facts
    }
}

/// A span of time in words.
fn span(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 90.0 => format!("{seconds:.0} s"),
        seconds if seconds < 5400.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.1} h", seconds / 3600.0),
        seconds => format!("{:.1} days", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_in_words() {
        for (seconds, words) in
            [(0.0, "0 s"), (89.0, "89 s"), (600.0, "10 min"), (7200.0, "2.0 h"), (2e5, "2.3 days")]
        {
            assert_eq!(span(seconds), words);
        }
    }
}
