//! The live doctor beside `foliar train`.

use foliar_doctor::{Finding, LiveDoctor, LiveEpoch, RunSetup};
use foliar_runlog::{Epoch, Start};
use foliar_train::Recipe;

use crate::practice;

/// What is known of the run, and the doctor once its first epoch has ended.
#[derive(Default)]
pub(crate) struct Watch {
    setup: RunSetup,
    recipe: Option<Recipe>,
    phase: u32,
    doctor: Option<LiveDoctor>,
}

impl Watch {
    /// A doctor who knows what the run does already.
    pub(crate) fn of(recipe: &Recipe) -> Self {
        Self { recipe: Some(recipe.clone()), ..Self::default() }
    }

    /// Takes in the sizes of the data set.
    pub(crate) fn start(&mut self, start: &Start) {
        self.setup.train_size = Some(start.train);
        self.setup.validation_size = Some(start.validation);
    }

    /// Takes in an epoch and returns what there is to say, a line each. Nothing is said twice; what is no longer so is taken back.
    pub(crate) fn epoch(&mut self, epoch: &Epoch) -> Vec<String> {
        self.setup.classes = Some(epoch.classes);
        let doctor = self.doctor.get_or_insert_with(|| LiveDoctor::new(self.setup));
        if self.phase != epoch.phase {
            self.phase = epoch.phase;
            doctor.begin_phase();
            doctor.practise(self.recipe.as_ref().and_then(|recipe| practice::of_phase(recipe, epoch.phase)));
        }
        let findings = doctor.epoch(&LiveEpoch {
            epoch: epoch.epoch,
            train_loss: epoch.train_loss,
            train_accuracy: Some(epoch.train_accuracy),
            validation_loss: epoch.validation_loss,
            validation_accuracy: epoch.validation_accuracy,
            learning_rate: epoch.learning_rate,
        });
        let gone = doctor.withdrawn().into_iter();
        let gone = gone.map(|id| format!("no longer so: {}", id.title().to_lowercase()));
        findings.iter().map(line).chain(gone).collect()
    }

    /// What stands at the end of the run and was not said before, a line each.
    pub(crate) fn conclude(&mut self) -> Vec<String> {
        let findings = self.doctor.as_mut().map(LiveDoctor::conclude).unwrap_or_default();
        findings.iter().map(line).collect()
    }
}

fn line(finding: &Finding) -> String {
    format!("{} {}", finding.claim, finding.advice)
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
            mixed: false,
            train_loss: loss,
            train_accuracy: accuracy,
            validation_loss: Some(loss),
            validation_accuracy: Some(accuracy),
            validation_macro_f1: Some(accuracy),
            validation_mean_f1: None,
            calibrated_loss: Some(loss),
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
        let diverged: Vec<_> = lines.iter().filter(|line| line.contains("did not recover")).collect();
        assert!(diverged.len() == 1 && diverged[0].contains("learning rate"), "{lines:?}");
    }

    #[test]
    fn a_phase_does_not_continue_the_losses_of_the_one_before() {
        let losses = [0.3, 0.2, 0.1, 1.5, 1.4, 1.3];
        assert_eq!(said(&losses, |number| if number < 4 { 1 } else { 2 }), [""; 0]);
        assert_ne!(said(&losses, |_| 1), [""; 0]);
    }
}
