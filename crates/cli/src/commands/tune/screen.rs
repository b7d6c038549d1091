//! Progress of a tuning: a growing table of trials and, on a terminal, a line for the current trial or job.

use foliar_bayes::{Params, Value};
use foliar_runlog::{Event, epoch_line};
use foliar_tune::{Plan, SearchStop, SearchStopReason, TrialEnd, TuneEvent};
use indicatif::ProgressBar;

use crate::commands::train::screen::Screen as TrainingScreen;
use crate::progress;

/// Width of a parameter's column.
const COLUMN: usize = 9;

/// Shows events.
pub(super) struct Screen {
    objective: &'static str,
    parameters: Vec<String>,
    bar: Option<ProgressBar>,
    training: TrainingScreen,
    /// The best epoch so far of the current run.
    kept: Option<String>,
    /// Whether the heading of the table has been printed.
    headed: bool,
    waiting: bool,
    folds: usize,
}

impl Screen {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            objective: plan.objective.name(),
            parameters: plan.space.parameters().iter().map(|parameter| parameter.name.clone()).collect(),
            bar: None,
            training: TrainingScreen::default(),
            kept: None,
            headed: false,
            waiting: false,
            folds: plan.folds,
        }
    }

    /// Prints what will be done.
    pub(super) fn begin(&self) {
        say!("searching {} for the best {}", self.parameters.join(", "), self.objective);
    }

    pub(super) fn show(&mut self, event: TuneEvent<'_>) {
        if !matches!(event, TuneEvent::Waiting) {
            self.waiting = false;
        }
        match event {
            TuneEvent::Features { done, all } => {
                let bar = self.bar("{prefix} {bar:16} {pos}/{len}  {eta} left", all as u64);
                bar.set_prefix("features");
                bar.set_length(all as u64);
                bar.set_position(done as u64);
                if done == all {
                    self.clear();
                }
            }
            TuneEvent::TrialBegan { id, params, trials } => {
                self.spin(format!("trial {} of at most {trials}: {}", id.0, words(params)));
            }
            TuneEvent::Step => {}
            TuneEvent::Epoch { epoch, epochs, value } => {
                if let Some(bar) = &self.bar {
                    bar.set_prefix(format!("  epoch {epoch}/{epochs}: {value:.4}"));
                }
            }
            TuneEvent::TrialEnded(end) => self.row(end),
            TuneEvent::SearchEnded(end) => {
                self.clear();
                say!("{}", stop_words(end));
            }
            TuneEvent::Dropped { what } => {
                self.clear();
                say!(
                    "{what} went to another process, because this one was not heard of; what was found here is dropped"
                );
            }
            TuneEvent::Waiting if self.waiting => {}
            TuneEvent::Waiting => {
                self.waiting = true;
                self.spin("waiting for other processes to finish their part".to_owned());
            }
            TuneEvent::JobBegan { name, place, jobs } => {
                if place == 1 && name.starts_with("weight decay") {
                    self.clear();
                    say!(
                        "weight decay: {} candidates, {} folds each, with the parameters found",
                        jobs / self.folds.max(1),
                        self.folds
                    );
                }
                if name.ends_with(" run") {
                    self.clear();
                } else {
                    self.spin(format!("{name} ({place} of {jobs})"));
                }
            }
            TuneEvent::JobEnded { name, value, seconds } => {
                self.clear();
                if name.starts_with("weight decay") || name.starts_with("repeat") {
                    let value = value.map_or("diverged".to_owned(), |value| format!("{value:.4}"));
                    say!("  {name:28}  {value:>9}  {seconds:6.1} s");
                }
                if let Some(kept) = self.kept.take() {
                    say!("{name}, best epoch: {kept}");
                }
            }
            TuneEvent::Training(event) => match event {
                Event::Step(_) | Event::Progress(_) => {
                    let _ = self.training.show(event);
                }
                Event::Epoch(epoch) if epoch.best => self.kept = Some(epoch_line(epoch)),
                _ => {}
            },
            TuneEvent::Test { done, all } => {
                let bar = self.bar("{prefix} {bar:16} {pos}/{len}  {eta} left", all as u64);
                bar.set_prefix("test photos");
                bar.set_length(all as u64);
                bar.set_position(done as u64);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.training.clear();
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn row(&mut self, end: &TrialEnd) {
        self.clear();
        if !std::mem::replace(&mut self.headed, true) {
            let columns: String = self.parameters.iter().map(|name| column(name, name)).collect();
            say!("trial  state     {columns}  {:>9}  {:>9}      time", "value", "best");
        }
        let params = |name: &String| column(name, &end.params.get(name).map_or(String::new(), short));
        let columns: String = self.parameters.iter().map(params).collect();
        let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
        let leads = end.best.is_some_and(|(best, _)| best == end.id);
        say!(
            "{:5}  {:10}{columns}  {:>9}  {:>9}{} {:6.1} s",
            end.id.0,
            end.state,
            number(end.value),
            number(end.best.map(|(_, value)| value)),
            if leads { " *" } else { "  " },
            end.seconds,
        );
    }

    fn bar(&mut self, template: &str, all: u64) -> &ProgressBar {
        self.bar.get_or_insert_with(|| progress::bar(all, template))
    }

    fn spin(&mut self, text: String) {
        self.clear();
        let bar = progress::bar(0, "{spinner} {msg}{prefix}  {elapsed}");
        bar.set_message(text);
        progress::tick(&bar);
        self.bar = Some(bar);
    }
}

/// `text` in the column of the parameter `name`.
fn column(name: &str, text: &str) -> String {
    format!("  {text:>width$}", width = COLUMN.max(name.len()))
}

/// A value in few digits.
pub(super) fn short(value: &Value) -> String {
    match value {
        Value::Float(value) if *value == 0.0 => "0".to_owned(),
        Value::Float(value) if (0.001..1000.0).contains(&value.abs()) => {
            let digits = (3 - value.abs().log10().floor() as i32).clamp(0, 6) as usize;
            format!("{value:.digits$}")
        }
        Value::Float(value) => format!("{value:.2e}"),
        other => other.to_string(),
    }
}

/// `learning-rate 0.01, momentum 0.9`.
pub(super) fn words(params: &Params) -> String {
    let words: Vec<String> = params.iter().map(|(name, value)| format!("{name} {}", bare(value))).collect();
    words.join(", ")
}

/// A value in few digits, without zeros at its end.
pub(super) fn bare(value: &Value) -> String {
    let text = short(value);
    if text.contains('.') && !text.contains('e') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

fn stop_words(stop: &SearchStop) -> String {
    let trials = stop.trials;
    match (stop.reason, stop.expected_gain) {
        (SearchStopReason::Trials, _) => format!("search finished: all {trials} trials have ended"),
        (SearchStopReason::Time, _) => {
            format!("search stopped after {trials} trials: the time limit is reached")
        }
        (SearchStopReason::Noise, Some(gain)) => format!(
            "search stopped after {trials} trials: the expected improvement ({:.1e}) is below the noise level ({:.1e})",
            gain.expected_improvement, gain.noise
        ),
        (SearchStopReason::Noise, None) => {
            format!("search stopped after {trials} trials: no further improvement is expected")
        }
    }
}
