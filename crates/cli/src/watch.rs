//! The live doctor beside `foliar train`.

use foliar_doctor::{LiveDoctor, LiveEpoch, RunSetup};
use foliar_runlog::{Epoch, Start};

/// What is known of the run, and the doctor once its first epoch has ended.
#[derive(Default)]
pub(crate) struct Watch {
    setup: RunSetup,
    phase: u32,
    doctor: Option<LiveDoctor>,
}

impl Watch {
    /// Takes in the sizes of the data set.
    pub(crate) fn start(&mut self, start: &Start) {
        self.setup.train_size = Some(start.train);
        self.setup.validation_size = Some(start.validation);
    }

    /// Takes in an epoch and returns what there is to warn of, a line each. Nothing is said twice.
    pub(crate) fn epoch(&mut self, epoch: &Epoch) -> Vec<String> {
        self.setup.classes = Some(epoch.classes);
        let doctor = self.doctor.get_or_insert_with(|| LiveDoctor::new(self.setup));
        if self.phase != epoch.phase {
            self.phase = epoch.phase;
            doctor.begin_phase();
        }
        let findings = doctor.epoch(&LiveEpoch {
            epoch: epoch.epoch,
            train_loss: epoch.train_loss,
            train_accuracy: Some(epoch.train_accuracy),
            validation_loss: epoch.validation_loss,
            validation_accuracy: epoch.validation_accuracy,
            learning_rate: epoch.learning_rate,
        });
        let line = |finding: foliar_doctor::Finding| {
            format!("{}: {} {}", finding.id.name(), finding.claim, finding.advice)
        };
        findings.into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(number: u32, phase: u32, loss: f64) -> Epoch {
        let accuracy = if loss < 2.0 { 0.6 } else { 0.2 };
        Epoch {
            epoch: number,
            epochs: 10,
            phase,
            total_step: u64::from(number),
            seconds: 1.0,
            train_loss: loss,
            train_accuracy: accuracy,
            validation_loss: Some(loss),
            validation_accuracy: Some(accuracy),
            validation_macro_f1: Some(accuracy),
            learning_rate: 0.1,
            classes: 5,
            best: false,
        }
    }

    fn said(losses: &[f64], phase_of: impl Fn(u32) -> u32) -> Vec<String> {
        let mut watch = Watch::default();
        let lines = losses.iter().zip(1..).flat_map(|(&loss, number)| {
            let lines = watch.epoch(&epoch(number, phase_of(number), loss));
            lines.into_iter()
        });
        lines.collect()
    }

    #[test]
    fn an_explosion_is_one_line_with_its_advice() {
        let lines = said(&[1.4, 1.0, 0.8, 4e3, 9e4, 2e6, 3e6, 5e6], |_| 1);
        let diverged: Vec<_> = lines.iter().filter(|line| line.starts_with("diverged: ")).collect();
        assert!(diverged.len() == 1 && diverged[0].contains("learning rate"), "{lines:?}");
    }

    #[test]
    fn a_phase_does_not_continue_the_losses_of_the_one_before() {
        let losses = [0.3, 0.2, 0.1, 1.5, 1.4, 1.3];
        assert_eq!(said(&losses, |number| if number < 4 { 1 } else { 2 }), [""; 0]);
        assert_ne!(said(&losses, |_| 1), [""; 0]);
    }
}
