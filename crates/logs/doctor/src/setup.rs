//! What the caller knows about a run.

use foliar_logread::Facts;
use serde::Serialize;

/// What the caller knows about a run. Everything is optional; what is absent is taken from [`Facts`] where
/// the log states it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunSetup {
    /// Number of classes, at least 2.
    pub classes: Option<usize>,
    /// Photos a step.
    pub batch_size: Option<usize>,
    /// Training photos.
    pub train_size: Option<usize>,
    /// Validation photos.
    pub validation_size: Option<usize>,
    /// What a run of foliar's does already; `None` for other programs, and where it is not known.
    pub practice: Option<Practice>,
}

/// What a run of foliar's does already, so that nobody is advised to do it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Practice {
    /// It began with pretrained weights.
    pub pretrained: bool,
    /// Only the classifier is trained, on a frozen network.
    pub frozen: bool,
    /// Training photos are augmented.
    pub augmented: bool,
    /// There is a weight decay.
    pub weight_decay: bool,
    /// Training photos are mixed with each other: mixup, CutMix.
    pub mixed: bool,
    /// Labels are smoothed.
    pub label_smoothing: bool,
    /// The learning rate falls towards the end.
    pub falling_rate: bool,
    /// The learning rate begins low.
    pub warm_up: bool,
    /// Batch norms use their running statistics while training, or none is trained.
    pub running_statistics: bool,
    /// Photos that belong together are in one split.
    pub grouped: bool,
    /// Cross-validation judges by all photos.
    pub cross_validated: bool,
}

impl RunSetup {
    /// This setup, with its gaps filled from what the log states. Impossible values count as absent.
    pub(crate) fn or(self, facts: &Facts) -> Self {
        let sound = |value: Option<usize>, least: usize| value.filter(|&value| value >= least);
        Self {
            classes: sound(self.classes, 2).or(sound(facts.classes, 2)),
            batch_size: sound(self.batch_size, 1).or(sound(facts.batch_size, 1)),
            train_size: sound(self.train_size, 1).or(sound(facts.train_size, 1)),
            validation_size: sound(self.validation_size, 1).or(sound(facts.validation_size, 1)),
            practice: self.practice,
        }
    }

    /// Mean cross-entropy of guessing, ln(classes), in nats.
    pub(crate) fn chance_loss(&self) -> Option<f64> {
        self.classes.map(|classes| (classes as f64).ln())
    }
}
