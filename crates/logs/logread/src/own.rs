//! Logs that foliar itself wrote: what `foliar train` shows, `events.jsonl` and `metrics.csv`.
//!
//! Of these it is known what every number means: losses are means per photo in nats, accuracies are shares. So they are read by
//! their exact form and not by likeness, wherever they stand in a text; `1.099` in `(chance: loss 1.099, acc 0.333)` is no loss
//! of the run, and the 480 of `480 for training` no number of classes.

use std::sync::LazyLock;

use foliar_runlog::{Epoch, Event};
use memchr::memmem::Finder;

use crate::run_log::{Facts, Metric, Point, RunLog, Series, Split};

/// A longer line is none of ours.
const LONGEST: usize = 4096;
/// More epochs than any run has.
const MOST: usize = 100_000;
/// The columns of `metrics.csv`.
const COLUMNS: &str =
    "epoch,seconds,train_loss,train_accuracy,val_loss,val_accuracy,val_macro_f1,learning_rate";
/// Of so many more lines that another program may have written, ours are a quotation.
const QUOTED: usize = 3;
/// A number that is written with all its digits.
const ALL_DIGITS: f64 = 1e-12;

static EVENT: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("{\"event\":\""));
static EPOCH: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("epoch "));
static CLASSES: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(" classes"));

/// A number as it stands in a line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Written {
    value: f64,
    resolution: f64,
}

impl Written {
    fn exact(value: f64) -> Self {
        Self { value, resolution: ALL_DIGITS }
    }

    fn of(word: &str) -> Option<Self> {
        let value = word.parse().ok()?;
        let (digits, exponent) = word.split_once('e').unwrap_or((word, "0"));
        let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let power = exponent.parse::<i32>().ok()? - i32::try_from(decimals).ok()?;
        Some(Self { value, resolution: 10_f64.powi(power) })
    }
}

/// One epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct OwnEpoch {
    epoch: u32,
    phase: u32,
    line: usize,
    /// Whether its training photos were mixed.
    mixed: bool,
    /// Steps since the run began.
    step: Option<f64>,
    train_loss: Option<Written>,
    train_accuracy: Option<Written>,
    validation_loss: Option<Written>,
    validation_accuracy: Option<Written>,
    validation_macro_f1: Option<Written>,
    learning_rate: Option<Written>,
}

/// Looks for lines of foliar's among all lines of a text.
#[derive(Debug, Default)]
pub(crate) struct OwnReader {
    facts: Facts,
    epochs: Vec<OwnEpoch>,
    /// Whether something was said that no other program says.
    signed: bool,
    events: bool,
    table: bool,
    /// Lines of progress bars, which a terminal overwrites and a transcript keeps.
    bars: usize,
}

impl OwnReader {
    /// Takes a line of the text; `number` counts from 1.
    pub(crate) fn line(&mut self, text: &str, number: usize) {
        if text.len() > LONGEST || self.epochs.len() >= MOST {
            return;
        }
        let (bytes, epochs) = (text.as_bytes(), self.epochs.len());
        if let Some(start) = EVENT.find(bytes) {
            self.event(&text[start..], number);
        } else if let Some(start) = EPOCH.find(bytes) {
            self.epoch(&text[start..], number);
        } else if CLASSES.find(bytes).is_some() {
            self.sizes(text);
        } else if number == 1 && text.trim() == COLUMNS {
            self.table = true;
        }
        self.bars += usize::from(self.epochs.len() == epochs && is_bar(text));
    }

    fn event(&mut self, text: &str, line: usize) {
        match serde_json::from_str(text) {
            Ok(Event::Start(start)) => {
                (self.events, self.signed) = (true, true);
                self.facts.classes = Some(start.classes.len());
                self.facts.train_size = Some(start.train);
                self.facts.validation_size = Some(start.validation).filter(|&photos| photos > 0);
            }
            Ok(Event::Epoch(epoch)) => {
                (self.events, self.signed) = (true, true);
                self.facts.classes = Some(epoch.classes);
                self.epochs.push(of_event(&epoch, line));
            }
            _ => {}
        }
    }

    /// `epoch  3/30  28.4 s  train loss 0.482  val loss 0.391 (0.380)  val acc 0.884`, and its older forms.
    fn epoch(&mut self, text: &str, line: usize) {
        let Some((epoch, classes, signed)) = of_console(text) else { return };
        self.signed |= signed;
        if classes.is_some() {
            self.facts.classes = classes;
        }
        self.epochs.push(OwnEpoch { line, phase: 1, ..epoch });
    }

    /// `600 photos of 3 classes: 480 for training, 120 for validation`, `guessing among 3 classes: ...`.
    fn sizes(&mut self, text: &str) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = |place: usize| words.get(place).and_then(|word| word.replace(',', "").parse().ok());
        for place in 1..words.len() {
            let before: Option<usize> = number(place - 1);
            match words[place..] {
                ["classes" | "classes:" | "classes,", ..] if place >= 3 => {
                    let ours =
                        matches!(words[place - 3..place - 1], ["photos", "of"] | ["guessing", "among"]);
                    if let Some(classes) = before.filter(|_| ours) {
                        (self.facts.classes, self.signed) = (Some(classes), true);
                    }
                }
                ["for", "training" | "training,", ..] => self.facts.train_size = before,
                ["for", "validation" | "validation,", ..] => {
                    self.facts.validation_size = before.filter(|&photos| photos > 0);
                }
                _ => {}
            }
        }
    }

    /// Marks a log that another reader has understood, where it is one of foliar's; or takes its place, where the lines were read
    /// here. `understood` lines were read there.
    pub(crate) fn finish(self, other: Result<RunLog, String>) -> Result<RunLog, String> {
        let understood = other.as_ref().map_or(0, |log| log.understood_lines);
        let quoted = understood > QUOTED * self.epochs.len() + self.bars + 10;
        if self.epochs.is_empty() || !self.signed || quoted {
            return other.map(|mut log| {
                log.facts.foliar |= self.table;
                log
            });
        }
        let ignored = other.as_ref().map_or(0, |log| log.understood_lines + log.ignored_lines);
        let phase = self.epochs.last().map_or(1, |epoch| epoch.phase);
        let mixed = self.epochs.last().is_some_and(|epoch| epoch.mixed);
        let begin = self.epochs.iter().position(|epoch| epoch.phase == phase).unwrap_or_default();
        Ok(RunLog {
            series: series(&self.epochs),
            facts: Facts { foliar: true, mixed, last_phase: begin, ..self.facts },
            format: if self.events { "events of foliar" } else { "what foliar shows" }.to_owned(),
            understood_lines: self.epochs.len(),
            ignored_lines: ignored.saturating_sub(self.epochs.len()),
            strangers: Vec::new(),
            counted: None,
            cut_line: None,
        })
    }
}

/// Whether a line is a bar that foliar draws, with the strokes as the reader cleans them: `reading photos ###------------- 9/21  9m left`.
fn is_bar(text: &str) -> bool {
    const STROKES: usize = 16;
    let strokes =
        |word: &str| word.len() == STROKES && word.bytes().all(|byte| matches!(byte, b'|' | b'-' | b'#'));
    text.trim_end().ends_with(" left") && text.split_whitespace().any(strokes)
}

fn of_event(epoch: &Epoch, line: usize) -> OwnEpoch {
    OwnEpoch {
        epoch: epoch.epoch,
        phase: epoch.phase,
        line,
        mixed: epoch.mixed,
        step: Some(epoch.total_step as f64),
        train_loss: Some(Written::exact(epoch.train_loss)),
        train_accuracy: Some(Written::exact(epoch.train_accuracy)),
        validation_loss: epoch.validation_loss.map(Written::exact),
        validation_accuracy: epoch.validation_accuracy.map(Written::exact),
        validation_macro_f1: epoch.validation_macro_f1.map(Written::exact),
        learning_rate: Some(Written::exact(epoch.learning_rate)),
    }
}

/// The epoch of a line, the number of classes if it tells it, and whether only foliar writes such lines.
fn of_console(text: &str) -> Option<(OwnEpoch, Option<usize>, bool)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let ["epoch", count, seconds, "s", rest @ ..] = words.as_slice() else { return None };
    let (number, all) = count.split_once('/')?;
    all.parse::<u32>().ok()?;
    seconds.parse::<f64>().ok()?;
    let mut epoch = OwnEpoch { epoch: number.parse().ok()?, ..OwnEpoch::default() };
    let (mut classes, mut signed) = (None, false);
    let mut rest = rest;
    loop {
        rest = match rest {
            [] => break,
            [photos @ ("train" | "mixed"), "loss", value, rest @ ..] => {
                epoch.train_loss = Some(Written::of(value)?);
                epoch.mixed = *photos == "mixed";
                rest
            }
            ["train" | "mixed", "acc", value, rest @ ..] => {
                epoch.train_accuracy = Some(Written::of(value)?);
                rest
            }
            ["val", "loss", value, rest @ ..] => {
                epoch.validation_loss = Some(Written::of(value)?);
                match rest {
                    [calibrated, rest @ ..] if calibrated.starts_with('(') && calibrated.ends_with(')') => {
                        calibrated.trim_matches(['(', ')']).parse::<f64>().ok()?;
                        signed = true;
                        rest
                    }
                    rest => rest,
                }
            }
            ["val", "acc", value, rest @ ..] => {
                epoch.validation_accuracy = Some(Written::of(value)?);
                rest
            }
            ["(chance:", "loss", loss, "acc", accuracy, rest @ ..] => {
                let chance: f64 = loss.trim_end_matches(',').parse().ok()?;
                accuracy.trim_end_matches(')').parse::<f64>().ok()?;
                (classes, signed) = (Some(chance.exp().round() as usize), true);
                rest
            }
            ["lr", value, rest @ ..] => {
                epoch.learning_rate = Some(Written::of(value)?);
                rest
            }
            _ => return None,
        };
    }
    epoch.train_loss.is_some().then_some((epoch, classes, signed))
}

fn series(epochs: &[OwnEpoch]) -> Vec<Series> {
    type Read = fn(&OwnEpoch) -> Option<Written>;
    let columns: [(&str, Option<Split>, Metric, Read); 6] = [
        ("train_loss", Some(Split::Train), Metric::Loss, |epoch| epoch.train_loss),
        ("train_accuracy", Some(Split::Train), Metric::Accuracy, |epoch| epoch.train_accuracy),
        ("validation_loss", Some(Split::Validation), Metric::Loss, |epoch| epoch.validation_loss),
        ("validation_accuracy", Some(Split::Validation), Metric::Accuracy, |epoch| epoch.validation_accuracy),
        ("validation_macro_f1", Some(Split::Validation), Metric::F1, |epoch| epoch.validation_macro_f1),
        ("learning_rate", None, Metric::LearningRate, |epoch| epoch.learning_rate),
    ];
    let one = |(name, split, metric, read): (&str, Option<Split>, Metric, Read)| {
        let points = epochs.iter().enumerate().filter_map(|(row, epoch)| {
            let Written { value, resolution } = read(epoch)?;
            let number = Some(f64::from(epoch.epoch));
            Some(Point { row, epoch: number, step: epoch.step, value, resolution, line: epoch.line })
        });
        Series { name: name.to_owned(), split, metric, within_epoch: false, points: points.collect() }
    };
    columns.into_iter().map(one).filter(|series| !series.points.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use crate::read_log;
    use crate::run_log::{Metric, RunLog, Split};

    fn values(log: &RunLog, split: Split, metric: Metric) -> Vec<f64> {
        log.best(split, metric).unwrap().points.iter().map(|point| point.value).collect()
    }

    const OLD: &str = "600 photos of 3 classes: 480 for training, 120 for validation\n\
        mobilenet_v1_0.25: 213,843 parameters\n\
        epoch  1/30   0.0 s  train loss 0.931  val loss 0.656  val acc 0.742  (chance: loss 1.099, acc 0.333)  lr 0.0100\n\
        epoch  2/30   0.0 s  train loss 0.616  val loss 0.547  val acc 0.758  (chance: loss 1.099, acc 0.333)  lr 9.9e-3\n";
    const NEW: &str = "> guessing among 3 classes: loss 1.099, accuracy 0.333\n\
        > epoch  1/30   0.0 s  train loss 0.931  val loss 0.656 (0.650)  val acc 0.742\n\
        > epoch  2/30   0.0 s  train loss 0.616  val loss 0.547 (0.546)  val acc 0.758\n\
        What is wrong with my 144 photos?\n";

    #[test]
    fn what_is_on_the_screen_is_read_as_it_was_meant() {
        for text in [OLD, NEW, &OLD.replace("  ", " ")] {
            let log = read_log(text.as_bytes()).unwrap();
            assert!(log.facts.foliar && log.facts.classes == Some(3), "{log:?}");
            assert_eq!(values(&log, Split::Train, Metric::Loss), [0.931, 0.616]);
            assert_eq!(values(&log, Split::Validation, Metric::Loss), [0.656, 0.547]);
            assert_eq!(values(&log, Split::Validation, Metric::Accuracy), [0.742, 0.758]);
        }
        let facts = read_log(OLD.as_bytes()).unwrap().facts;
        assert_eq!((facts.train_size, facts.validation_size), (Some(480), Some(120)));
    }

    #[test]
    fn photos_that_were_mixed_are_known_by_their_loss() {
        let log = read_log(NEW.replace("train loss", "mixed loss").as_bytes()).unwrap();
        assert!(log.facts.foliar && log.facts.mixed, "{log:?}");
        assert_eq!(values(&log, Split::Train, Metric::Loss), [0.931, 0.616]);
        assert!(!read_log(NEW.as_bytes()).unwrap().facts.mixed);
    }

    #[test]
    fn bars_of_a_transcript_are_no_lines_of_another_program() {
        let reading = |photo: usize| format!("reading photos ━━━╸──────────── {photo}/2191  9m left\n");
        let epoch = |step: usize| {
            format!("epoch 2/30 ━╸────────────── {step}/600  loss 1.145  470734.3 images/s  0s left\n")
        };
        let bars: String = (0..600).map(|step| reading(step) + &epoch(step)).collect();
        for text in [format!("{bars}{OLD}"), format!("{OLD}{bars}")] {
            let log = read_log(text.as_bytes()).unwrap();
            assert!(log.facts.foliar && log.facts.classes == Some(3), "{:?}", log.facts);
        }
    }

    #[test]
    fn lines_of_another_program_stay_its_own() {
        let text = "epoch 1/3 2.0 s train loss 40.1 val loss 30.2 val acc 0.5\n\
                    epoch 2/3 2.0 s train loss 30.1 val loss 20.2 val acc 0.6\n";
        assert!(!read_log(text.as_bytes()).unwrap().facts.foliar);
        let table = "epoch,train_loss,val_loss\n1,0.5,0.6\n2,0.4,0.5\n";
        assert!(!read_log(table.as_bytes()).unwrap().facts.foliar);
    }

    #[test]
    fn a_table_of_foliar_is_known_by_its_columns() {
        let table =
            format!("{}\n1,2.0,0.9,0.5,0.8,0.6,0.6,0.1\n2,2.0,0.8,0.6,0.7,0.7,0.7,0.1\n", super::COLUMNS);
        assert!(read_log(table.as_bytes()).unwrap().facts.foliar);
    }

    #[test]
    fn events_tell_where_the_last_phase_begins_and_whether_it_mixes() {
        let event = |epoch: u32, phase: u32| {
            format!(
                "{{\"event\":\"epoch\",\"epoch\":{epoch},\"epochs\":4,\"phase\":{phase},\"mixed\":{},\"total_step\":9,\"seconds\":1.0,\
                 \"train_loss\":\"NaN\",\"train_accuracy\":0.5,\"learning_rate\":0.1,\"classes\":7,\"best\":false}}\n",
                phase == 2
            )
        };
        let text: String =
            [(1, 1), (2, 1), (3, 2), (4, 2)].map(|(epoch, phase)| event(epoch, phase)).concat();
        let log = read_log(text.as_bytes()).unwrap();
        assert!(log.facts.foliar && log.facts.last_phase == 2 && log.facts.classes == Some(7), "{log:?}");
        assert!(log.facts.mixed);
        assert!(values(&log, Split::Train, Metric::Loss).iter().all(|loss| loss.is_nan()));
    }
}
