//! How many rows are done, for those who watch.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::arguments::ProgressFormat;
use crate::output;

/// Time between two lines.
const INTERVAL: Duration = Duration::from_secs(5);

/// Counts rows, and tells of them where it is asked to.
pub(super) struct Tally {
    tells: Option<ProgressFormat>,
    started: Instant,
    /// When the last line was written, and how many rows were predicted then.
    told: (Instant, usize),
    counts: Counts,
}

/// Rows so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Rows that there will be.
    pub(super) total: usize,
    /// Rows of slices that were there already.
    pub(super) skipped: usize,
    /// Rows that were predicted.
    pub(super) predicted: usize,
    /// Rows with an error, those that were there already included.
    pub(super) failures: usize,
}

/// A line of progress.
#[derive(Serialize)]
struct Line {
    /// `progress`, or `end` once.
    event: &'static str,
    done: usize,
    total: usize,
    skipped: usize,
    failures: usize,
    /// Since the line before; in the last line, since the start. Without rows that were skipped.
    rows_per_second: f64,
    /// Since the start.
    seconds: f64,
}

impl Counts {
    /// The line about the `rows` that were predicted in the last `span`, `elapsed` after the start.
    fn line(&self, event: &'static str, rows: usize, span: Duration, elapsed: Duration) -> Line {
        let rounded = |value: f64| (value * 10.0).round() / 10.0;
        let rate = if span.is_zero() { 0.0 } else { rows as f64 / span.as_secs_f64() };
        Line {
            event,
            done: self.skipped + self.predicted,
            total: self.total,
            skipped: self.skipped,
            failures: self.failures,
            rows_per_second: rounded(rate),
            seconds: rounded(elapsed.as_secs_f64()),
        }
    }
}

impl Tally {
    /// Of `total` rows.
    pub(super) fn new(tells: Option<ProgressFormat>, total: usize) -> Self {
        let started = Instant::now();
        Self { tells, started, told: (started, 0), counts: Counts { total, ..Counts::default() } }
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// Rows of a slice that is there already.
    pub(super) fn skip(&mut self, rows: usize, failures: usize) {
        self.counts.skipped += rows;
        self.counts.failures += failures;
    }

    /// A row was predicted.
    pub(super) fn row(&mut self, failed: bool) {
        self.counts.predicted += 1;
        self.counts.failures += usize::from(failed);
        if self.tells.is_none() {
            return;
        }
        let now = Instant::now();
        let (last, before) = self.told;
        if now - last >= INTERVAL {
            let rows = self.counts.predicted - before;
            tell(&self.counts.line("progress", rows, now - last, now - self.started));
            self.told = (now, self.counts.predicted);
        }
    }

    /// No more rows come.
    pub(super) fn end(&self) {
        if self.tells.is_some() {
            let elapsed = self.started.elapsed();
            tell(&self.counts.line("end", self.counts.predicted, elapsed, elapsed));
        }
    }
}

fn tell(line: &Line) {
    if let Ok(text) = serde_json::to_string(line) {
        output::say_json(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_rows_rate_and_failures() {
        let counts = Counts { total: 1000, skipped: 100, predicted: 50, failures: 3 };
        let line = counts.line("progress", 42, Duration::from_secs(5), Duration::from_millis(6543));
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            "{\"event\":\"progress\",\"done\":150,\"total\":1000,\"skipped\":100,\"failures\":3,\"rows_per_second\":8.4,\"seconds\":6.5}"
        );
        assert!(counts.line("end", 0, Duration::ZERO, Duration::ZERO).rows_per_second.abs() < 1e-9);
    }

    #[test]
    fn rows_are_counted() {
        let mut tally = Tally::new(None, 30);
        tally.skip(10, 2);
        (0..20).for_each(|row| tally.row(row % 7 == 0));
        assert_eq!(tally.counts(), Counts { total: 30, skipped: 10, predicted: 20, failures: 5 });
    }
}
