//! What happens in a run, as values.
//!
//! The training loop hands each event to its observers and to the [`Log`](crate::Log). On disk an event is
//! one JSON object whose `event` field names its kind: `{"event":"epoch","epoch":3,...}`. Losses are means
//! per photo in nats, accuracies and F1 lie in 0..=1, times are seconds. Floats that are not finite are
//! written as the strings `"NaN"`, `"inf"` and `"-inf"`.

use serde::{Deserialize, Serialize};

/// One thing that happened in a run.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Training began, or began again.
    Start(Start),
    /// One optimiser step; for observers, not kept on disk.
    Step(Step),
    /// Work besides the steps went on; for observers, not kept on disk.
    Progress(Progress),
    /// An epoch ended.
    Epoch(Epoch),
    /// Something worth telling.
    Note(Note),
    /// Training ended.
    Stop(Stop),
}

impl Event {
    /// Optimiser steps the run had made when this happened; `None` where the event does not say.
    pub fn total_step(&self) -> Option<u64> {
        match self {
            Self::Start(start) => start.resumed_from_step,
            Self::Step(step) => Some(step.total_step),
            Self::Epoch(epoch) => Some(epoch.total_step),
            Self::Progress(_) | Self::Note(_) => None,
            Self::Stop(stop) => Some(stop.total_step),
        }
    }
}

/// The beginning of training, or of its continuation.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Start {
    /// Version of foliar that runs.
    pub foliar: String,
    /// Name of the network, such as `resnet50`.
    pub model: String,
    /// The classes, in the order of the network's outputs.
    pub classes: Vec<String>,
    /// Photos trained on.
    pub train: usize,
    /// Photos held back for validation.
    pub validation: usize,
    /// Files left out because they could not be used.
    pub skipped: usize,
    /// Trainable values of the network.
    pub parameters: u64,
    /// Steps already made, if this continues an earlier run; `None` at the first start.
    #[serde(default)]
    pub resumed_from_step: Option<u64>,
    /// Seconds since the Unix epoch.
    #[serde(with = "crate::float")]
    pub time: f64,
}

/// One optimiser step.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Step {
    /// Epoch, from 1.
    pub epoch: u32,
    /// Epochs planned.
    pub epochs: u32,
    /// Step within the epoch, from 1.
    pub step: u32,
    /// Steps of this epoch.
    pub steps: u32,
    /// Steps since the run began, this one included.
    pub total_step: u64,
    /// Mean training loss per photo over the epoch so far, in nats.
    #[serde(with = "crate::float")]
    pub loss: f64,
    /// Learning rate of this step.
    #[serde(with = "crate::float")]
    pub learning_rate: f64,
    /// Photos trained on per second, over the epoch so far.
    #[serde(with = "crate::float")]
    pub images_per_second: f64,
}

/// How far some work besides the steps is, such as the features of a frozen network.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is made.
    pub what: String,
    /// How many are done.
    pub done: usize,
    /// How many there are to do.
    pub all: usize,
}

/// The result of one epoch.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Epoch {
    /// Epoch, from 1.
    pub epoch: u32,
    /// Epochs planned.
    pub epochs: u32,
    /// The part of the recipe that the epoch belongs to, from 1.
    #[serde(default = "first_phase")]
    pub phase: u32,
    /// Steps since the run began.
    pub total_step: u64,
    /// Time the epoch took, validation included.
    #[serde(with = "crate::float")]
    pub seconds: f64,
    /// Whether training photos were mixed with each other (mixup, CutMix). Loss and accuracy of training are then those of mixtures,
    /// which no network classifies as well as the validation photos.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mixed: bool,
    /// Mean cross-entropy per photo over all training photos of the epoch, in nats, whatever loss is minimised.
    #[serde(with = "crate::float")]
    pub train_loss: f64,
    /// Share of those that the network classified correctly while it trained on them; where photos have any number of labels, of
    /// their labels. A mixture counts as the photo that has the larger share of it.
    #[serde(with = "crate::float")]
    pub train_accuracy: f64,
    /// Mean loss per validation photo in nats; `None` without validation.
    #[serde(default, with = "crate::float::optional")]
    pub validation_loss: Option<f64>,
    /// Share of the validation photos, or of their labels, classified correctly.
    #[serde(default, with = "crate::float::optional")]
    pub validation_accuracy: Option<f64>,
    /// Mean over the classes of F1 on the validation photos.
    #[serde(default, with = "crate::float::optional")]
    pub validation_macro_f1: Option<f64>,
    /// Mean over the validation photos of the F1 of their labels, where they have any number of them.
    #[serde(default, with = "crate::float::optional", skip_serializing_if = "Option::is_none")]
    pub validation_mean_f1: Option<f64>,
    /// Mean loss per validation photo after calibration, in nats: the epoch with the lowest is kept.
    #[serde(default, with = "crate::float::optional", skip_serializing_if = "Option::is_none")]
    pub calibrated_loss: Option<f64>,
    /// Learning rate of the epoch's last step.
    #[serde(with = "crate::float")]
    pub learning_rate: f64,
    /// Number of classes, from which chance follows; 2 where each of several labels is there or not.
    pub classes: usize,
    /// Whether this is the best epoch so far.
    pub best: bool,
}

fn first_phase() -> u32 {
    1
}

/// A remark in plain words.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Note {
    /// One sentence.
    pub text: String,
}

/// The end of training.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Stop {
    /// Why it ended.
    pub reason: StopReason,
    /// The last epoch that ran, complete or not, from 1.
    pub epoch: u32,
    /// Steps since the run began.
    pub total_step: u64,
}

/// Why training ended.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// All epochs are done.
    Finished,
    /// The user asked, with Ctrl-C or a termination signal.
    Interrupted,
    /// The loss became infinite or not a number.
    NonFiniteLoss,
    /// The time allowed is used up.
    TimeLimit,
    /// Validation stopped improving.
    EarlyStop,
    /// An observer, such as a pruner, said stop.
    Observer,
}

#[cfg(test)]
pub(crate) mod samples {
    //! Events for the tests of this crate.

    use super::{Epoch, Event, Note, Start, Step, Stop, StopReason};

    pub(crate) fn start() -> Event {
        Event::Start(Start {
            foliar: "0.1.0".to_owned(),
            model: "baseline".to_owned(),
            classes: vec!["healthy".to_owned(), "apple, \"scab\"\nüß".to_owned()],
            train: 80,
            validation: 20,
            skipped: 1,
            parameters: 1234,
            resumed_from_step: None,
            time: 1_700_000_000.25,
        })
    }

    pub(crate) fn step(total_step: u64) -> Event {
        Event::Step(Step {
            epoch: 1,
            epochs: 30,
            step: 1,
            steps: 10,
            total_step,
            loss: 0.7,
            learning_rate: 0.01,
            images_per_second: 55.5,
        })
    }

    /// Epoch `number` of 30, ten steps an epoch.
    pub(crate) fn epoch(number: u32) -> Epoch {
        Epoch {
            epoch: number,
            epochs: 30,
            phase: 1,
            total_step: u64::from(number) * 10,
            seconds: 28.4,
            mixed: false,
            train_loss: 0.482,
            train_accuracy: 0.8125,
            validation_loss: Some(0.391),
            validation_accuracy: Some(0.884),
            validation_macro_f1: Some(0.871),
            validation_mean_f1: None,
            calibrated_loss: Some(0.380),
            learning_rate: 0.01,
            classes: 15,
            best: true,
        }
    }

    pub(crate) fn note(text: &str) -> Event {
        Event::Note(Note { text: text.to_owned() })
    }

    pub(crate) fn stop(total_step: u64) -> Event {
        Event::Stop(Stop { reason: StopReason::NonFiniteLoss, epoch: 2, total_step })
    }
}

#[cfg(test)]
mod tests {
    use super::{Epoch, Event, samples};

    #[test]
    fn every_event_reads_back_equal_from_one_line_of_json() {
        let events = [
            samples::start(),
            samples::step(7),
            Event::Epoch(samples::epoch(3)),
            Event::Epoch(Epoch { mixed: true, ..samples::epoch(3) }),
            Event::Epoch(Epoch {
                train_loss: f64::INFINITY,
                validation_loss: None,
                validation_accuracy: None,
                validation_macro_f1: Some(f64::NEG_INFINITY),
                calibrated_loss: None,
                ..samples::epoch(3)
            }),
            samples::note("the line\nbreaks"),
            samples::stop(20),
        ];
        for event in events {
            let text = serde_json::to_string(&event).unwrap();
            assert!(!text.contains('\n'), "{text}");
            assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event, "{text}");
        }
    }

    #[test]
    fn names_on_disk_are_stable() {
        assert_eq!(
            serde_json::to_string(&samples::stop(20)).unwrap(),
            r#"{"event":"stop","reason":"non-finite-loss","epoch":2,"total_step":20}"#
        );
        let text = serde_json::to_string(&Event::Epoch(Epoch {
            train_loss: f64::NAN,
            validation_loss: None,
            ..samples::epoch(3)
        }))
        .unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"event":"epoch","epoch":3,"epochs":30,"phase":1,"total_step":30,"seconds":28.4,"train_loss":"NaN","#,
                r#""train_accuracy":0.8125,"validation_loss":null,"validation_accuracy":0.884,"#,
                r#""validation_macro_f1":0.871,"calibrated_loss":0.38,"learning_rate":0.01,"classes":15,"best":true}"#
            )
        );
    }
}
