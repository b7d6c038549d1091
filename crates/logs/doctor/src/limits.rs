//! The main thresholds of the rules, in one place, so that their curves can be drawn.

/// Thresholds. The default is what [`crate::diagnose`] uses; `docs/doctor.md` shows the false alarms and detections of others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// `overfit`: by how much the training accuracy exceeds that of validation, as a share of photos, where training still errs.
    pub overfit_gap: f64,
    /// `overfit`: by which share of its least value the validation loss has risen, where training has improved by a third; a tenth
    /// more where it has not.
    pub overfit_rise: f64,
    /// `underfit`: share of what guessing leaves open that is learned at most.
    pub underfit: f64,
    /// `lr-too-high`: share of the epochs in which the training loss jumps.
    pub jump_share: f64,
    /// `unstable-validation`: by how much the accuracy drops below its neighbours, as a share of photos.
    pub unstable_drop: f64,
    /// `val-spikes`: by how many times the validation loss exceeds its neighbours, where it does so again; twice that where once.
    pub spike: f64,
    /// `overconfident`: by how many times the loss exceeds what the accuracy explains.
    pub overconfident: f64,
    /// `plateau`: share of the epochs after the best one.
    pub plateau: f64,
    /// `hot-start`: the first loss, in multiples of that of guessing.
    pub hot_start: f64,
    /// `at-chance`: epochs with the loss and accuracy of guessing.
    pub chance_epochs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            overfit_gap: 0.2,
            overfit_rise: 0.25,
            underfit: 0.45,
            jump_share: 0.2,
            unstable_drop: 0.12,
            spike: 2.0,
            overconfident: 3.0,
            plateau: 0.5,
            hot_start: 1.6,
            chance_epochs: 6,
        }
    }
}
