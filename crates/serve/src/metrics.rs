//! What the server has done, in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foliar_model::{AbstentionReason, Prediction};

use crate::drift::{Drift, WINDOW};
use crate::model::Model;

/// Upper edges of the histogram of seconds.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Upper edges of the histogram of photographs in one pass of the network.
const PHOTOGRAPHS: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// What a request spends its time with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// From the end of the body until a thread takes it.
    Queue,
    Decode,
    /// In the network, the whole batch.
    Infer,
    /// From the head of a request to its answer.
    Request,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Decode => "decode",
            Self::Infer => "infer",
            Self::Request => "request",
        }
    }
}

#[derive(Clone, Debug)]
struct Histogram {
    edges: &'static [f64],
    /// As many as edges and one.
    counts: Vec<u64>,
    sum: f64,
}

impl Histogram {
    fn new(edges: &'static [f64]) -> Self {
        Self { edges, counts: vec![0; edges.len() + 1], sum: 0.0 }
    }

    fn record(&mut self, value: f64) {
        let place = self.edges.partition_point(|&edge| edge < value);
        self.counts[place] += 1;
        self.sum += value;
    }

    fn write(&self, text: &mut String, name: &str, label: &str) {
        let mut total = 0;
        let comma = if label.is_empty() { "" } else { "," };
        for (place, count) in self.counts.iter().enumerate() {
            total += count;
            let edge = self.edges.get(place).map_or_else(|| "+Inf".to_owned(), f64::to_string);
            let _ = writeln!(text, "{name}_bucket{{{label}{comma}le=\"{edge}\"}} {total}");
        }
        let braces = if label.is_empty() { String::new() } else { format!("{{{label}}}") };
        let _ = writeln!(text, "{name}_sum{braces} {}\n{name}_count{braces} {total}", self.sum);
    }
}

/// Counts of one classifier.
#[derive(Clone, Debug)]
struct OfModel {
    name: String,
    classes: Vec<String>,
    /// Answers with each class.
    answers: Vec<u64>,
    unknown: BTreeMap<&'static str, u64>,
    drift: Drift,
}

#[derive(Debug)]
struct Counts {
    requests: BTreeMap<u16, u64>,
    refused: BTreeMap<&'static str, u64>,
    cut: u64,
    seconds: BTreeMap<Stage, Histogram>,
    batch: Histogram,
    models: Vec<OfModel>,
}

/// What the server has done since it started.
#[derive(Debug)]
pub(crate) struct Metrics(Mutex<Counts>);

impl Metrics {
    pub(crate) fn new(models: &[Model]) -> Self {
        let of_model = |model: &Model| OfModel {
            name: model.name.clone(),
            classes: model.bundle.classes.clone(),
            answers: vec![0; model.bundle.classes.len()],
            unknown: [AbstentionReason::OutOfDistribution, AbstentionReason::LowConfidence]
                .map(|reason| (reason.name(), 0))
                .into(),
            drift: Drift::new(&model.bundle),
        };
        Self(Mutex::new(Counts {
            requests: BTreeMap::new(),
            refused: BTreeMap::new(),
            cut: 0,
            seconds: [Stage::Queue, Stage::Decode, Stage::Infer, Stage::Request]
                .map(|stage| (stage, Histogram::new(&SECONDS)))
                .into(),
            batch: Histogram::new(&PHOTOGRAPHS),
            models: models.iter().map(of_model).collect(),
        }))
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn request(&self, code: u16, time: Duration) {
        *self.counts().requests.entry(code).or_default() += 1;
        self.time(Stage::Request, time);
    }

    /// A photograph, or a request, that was refused, by the word of the refusal.
    pub(crate) fn refused(&self, reason: &'static str) {
        *self.counts().refused.entry(reason).or_default() += 1;
    }

    /// A connection that was cut.
    pub(crate) fn cut(&self) {
        self.counts().cut += 1;
    }

    pub(crate) fn time(&self, stage: Stage, time: Duration) {
        if let Some(histogram) = self.counts().seconds.get_mut(&stage) {
            histogram.record(time.as_secs_f64());
        }
    }

    pub(crate) fn batch(&self, photographs: usize) {
        self.counts().batch.record(photographs as f64);
    }

    pub(crate) fn prediction(&self, model: usize, prediction: &Prediction) {
        let mut counts = self.counts();
        let Some(of_model) = counts.models.get_mut(model) else { return };
        match prediction.abstention() {
            Some(reason) => *of_model.unknown.entry(reason.name()).or_default() += 1,
            None => of_model.answers[prediction.predicted()] += 1,
        }
        of_model.drift.record(prediction);
    }

    /// The page `/metrics`; `waiting` photographs are in the queue or worked on.
    pub(crate) fn text(&self, waiting: usize) -> String {
        let counts = self.counts();
        let mut text = String::new();
        let head = |text: &mut String, name: &str, kind: &str, help: &str| {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        };
        head(&mut text, "foliar_requests_total", "counter", "Requests that were answered, by status.");
        for (code, count) in &counts.requests {
            let _ = writeln!(text, "foliar_requests_total{{code=\"{code}\"}} {count}");
        }
        head(
            &mut text,
            "foliar_refused_total",
            "counter",
            "Requests and photos that were refused, by reason.",
        );
        for (reason, count) in &counts.refused {
            let _ = writeln!(text, "foliar_refused_total{{reason=\"{reason}\"}} {count}");
        }
        head(
            &mut text,
            "foliar_cut_total",
            "counter",
            "Connections that were cut, since the client did not read.",
        );
        let _ = writeln!(text, "foliar_cut_total {}", counts.cut);
        head(&mut text, "foliar_answers_total", "counter", "Photos that were answered with a class.");
        for model in &counts.models {
            let name = escaped(&model.name);
            for (class, count) in model.classes.iter().zip(&model.answers) {
                let class = escaped(class);
                let _ = writeln!(text, "foliar_answers_total{{model=\"{name}\",class=\"{class}\"}} {count}");
            }
        }
        head(
            &mut text,
            "foliar_unknown_total",
            "counter",
            "Photos that the classifier abstained on, by reason.",
        );
        for model in &counts.models {
            let name = escaped(&model.name);
            for (reason, count) in &model.unknown {
                let _ =
                    writeln!(text, "foliar_unknown_total{{model=\"{name}\",reason=\"{reason}\"}} {count}");
            }
        }
        head(&mut text, "foliar_seconds", "histogram", "Time by stage.");
        for (stage, histogram) in &counts.seconds {
            histogram.write(&mut text, "foliar_seconds", &format!("stage=\"{}\"", stage.name()));
        }
        head(&mut text, "foliar_batch_size", "histogram", "Photos in one pass of the network.");
        counts.batch.write(&mut text, "foliar_batch_size", "");
        head(&mut text, "foliar_queue", "gauge", "Photos that wait or are worked on.");
        let _ = writeln!(text, "foliar_queue {waiting}");
        let help = format!("Share of the last {WINDOW} photos.");
        head(&mut text, "foliar_drift_share", "gauge", &help);
        for_signals(&counts.models, |model, signal| {
            if let Some(share) = signal.share() {
                let _ = writeln!(text, "foliar_drift_share{{{}}} {share}", labels(model, signal.name));
            }
        });
        head(
            &mut text,
            "foliar_drift_promised",
            "gauge",
            "Share that the bundle promises of new photos of its classes, at most.",
        );
        for_signals(&counts.models, |model, signal| {
            if let Some(promised) = signal.promised {
                let _ = writeln!(text, "foliar_drift_promised{{{}}} {promised}", labels(model, signal.name));
            }
        });
        let help = "1 where the share is above the promise by more than chance: photos are not as those it was calibrated on.";
        head(&mut text, "foliar_drift_alarm", "gauge", help);
        for_signals(&counts.models, |model, signal| {
            if signal.promised.is_some() {
                let alarm = u8::from(signal.alarm());
                let _ = writeln!(text, "foliar_drift_alarm{{{}}} {alarm}", labels(model, signal.name));
            }
        });
        text
    }
}

fn for_signals(models: &[OfModel], mut each: impl FnMut(&str, &crate::drift::Signal)) {
    for model in models {
        model.drift.0.iter().for_each(|signal| each(&model.name, signal));
    }
}

fn labels(model: &str, signal: &str) -> String {
    format!("model=\"{}\",signal=\"{signal}\"", escaped(model))
}

/// A value of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_adds_up_from_below() {
        let mut histogram = Histogram::new(&PHOTOGRAPHS);
        [1.0, 1.0, 2.0, 16.0, 100.0].into_iter().for_each(|value| histogram.record(value));
        let mut text = String::new();
        histogram.write(&mut text, "x", "a=\"b\"");
        let counts: Vec<&str> = text.lines().filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(counts, ["2", "3", "3", "3", "4", "4", "4", "5", "120", "5"]);
        assert!(text.starts_with("x_bucket{a=\"b\",le=\"1\"} 2\n") && text.contains("x_count{a=\"b\"} 5"));
        assert_eq!(escaped("a\"\\\n"), "a\\\"\\\\\\n");
    }
}
