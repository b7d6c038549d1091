//! The doctor at the bedside: judges a run while it goes on.

use std::collections::BTreeSet;

use foliar_doctor::{Id, RunSetup, Severity, diagnose};
use foliar_logread::{Metric, Point, RunLog, Series, Split};
use foliar_runlog::Epoch;

/// What a run has shown so far, and what was said about it.
#[derive(Default)]
pub(crate) struct Watch {
    log: RunLog,
    phase: u32,
    /// What the last epoch's log gave reason to warn of.
    standing: BTreeSet<Id>,
    told: BTreeSet<Id>,
}

impl Watch {
    /// Takes an epoch in and returns what there is to warn of, a line each; nothing is said twice, and nothing that stands
    /// for a single epoch: on one epoch an explosion and a sum look alike.
    pub(crate) fn epoch(&mut self, epoch: &Epoch) -> Vec<String> {
        if self.phase != epoch.phase {
            // Another part of the network is trained at other rates: its losses do not continue the earlier ones.
            self.log = RunLog::default();
            self.standing.clear();
            self.phase = epoch.phase;
        }
        let row = self.log.understood_lines;
        self.log.understood_lines += 1;
        let values = [
            ("train loss", Split::Train, Metric::Loss, Some(epoch.train_loss)),
            ("train acc", Split::Train, Metric::Accuracy, Some(epoch.train_accuracy)),
            ("val loss", Split::Validation, Metric::Loss, epoch.validation_loss),
            ("val acc", Split::Validation, Metric::Accuracy, epoch.validation_accuracy),
        ];
        for (name, split, metric, value) in values {
            let Some(value) = value else { continue };
            let point = Point {
                row,
                epoch: Some(f64::from(epoch.epoch)),
                step: None,
                value,
                resolution: 0.0,
                line: 0,
            };
            match self.log.series.iter_mut().find(|series| series.name == name) {
                Some(series) => series.points.push(point),
                None => self.log.series.push(Series {
                    name: name.to_owned(),
                    split: Some(split),
                    metric,
                    within_epoch: false,
                    points: vec![point],
                }),
            }
        }
        let setup = RunSetup { classes: Some(epoch.classes), ..RunSetup::default() };
        let findings = diagnose(&self.log, &setup).findings;
        let serious: Vec<_> =
            findings.into_iter().filter(|finding| finding.severity > Severity::Note).collect();
        let before =
            std::mem::replace(&mut self.standing, serious.iter().map(|finding| finding.id).collect());
        let fresh =
            serious.iter().filter(|finding| before.contains(&finding.id) && self.told.insert(finding.id));
        fresh.map(|finding| format!("{}: {} {}", finding.id.name(), finding.claim, finding.advice)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(number: u32, train: f64, validation: f64, accuracy: f64) -> Epoch {
        Epoch {
            epoch: number,
            epochs: 10,
            phase: 1,
            total_step: u64::from(number),
            seconds: 1.0,
            train_loss: train,
            train_accuracy: accuracy,
            validation_loss: Some(validation),
            validation_accuracy: Some(accuracy),
            validation_macro_f1: Some(accuracy),
            learning_rate: 0.1,
            classes: 5,
            best: false,
        }
    }

    #[test]
    fn a_healthy_run_is_left_in_peace() {
        let mut watch = Watch::default();
        for (number, (loss, accuracy)) in
            [(1.4, 0.45), (1.0, 0.62), (0.7, 0.75), (0.5, 0.83), (0.4, 0.87)].into_iter().enumerate()
        {
            let said = watch.epoch(&epoch(number as u32 + 1, loss, loss, accuracy));
            assert!(said.is_empty(), "{said:?}");
        }
    }

    #[test]
    fn an_explosion_is_told_once() {
        let mut watch = Watch::default();
        let losses = [1.4, 1.0, 0.8, 4e3, 9e4, 2e6, 3e6, 5e6];
        let mut said = Vec::new();
        for (number, loss) in losses.into_iter().enumerate() {
            said.extend(watch.epoch(&epoch(
                number as u32 + 1,
                loss,
                loss,
                if loss < 2.0 { 0.6 } else { 0.2 },
            )));
        }
        let names: BTreeSet<&str> = said.iter().filter_map(|line| line.split(':').next()).collect();
        assert!(!said.is_empty() && names.len() == said.len(), "{said:?}");
        assert!(names.contains("diverged") || names.contains("worse-than-chance"), "{said:?}");
    }
}
