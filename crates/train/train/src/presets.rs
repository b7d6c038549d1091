//! Recipes by name: what is done where nothing else is asked for.

use foliar_nn::{Optimizer, Statistics};
use foliar_vision::{Augment, Mixing, Oversample};

use crate::class_weights::ClassWeights;
use crate::phase::{Freeze, Phase};
use crate::recipe::{DataSpec, Group, Head, LossSpec, Recipe};
use crate::schedule::{LearningRate, Schedule};

/// Epochs of a network that begins with random weights, and of a classifier on features.
const EPOCHS: u32 = 30;
/// Epochs of fine-tuning, after the classifier has been trained.
const FINE_EPOCHS: u32 = 12;
/// Folds of the cross-validation before a classifier on features learns from all photographs.
const FOLDS: u32 = 5;
/// Photographs a step.
const BATCH_SIZE: usize = 32;

impl Recipe {
    /// Every weight begins random and is trained. 30 epochs, batches of 32, SGD with momentum .9, one-cycle learning rate.
    /// Deep networks do not bear the rate of the shallow `baseline`.
    pub fn scratch(model: &str) -> Self {
        let peak = if model == "baseline" { 0.1 } else { 0.02 };
        Self::of(
            model,
            vec![Phase {
                epochs: EPOCHS,
                freeze: Freeze::None,
                augmented_views: None,
                stage_decay: 1.0,
                average: None,
                statistics: Statistics::Batch,
                optimizer: sgd(5e-4),
                learning_rate: LearningRate { peak, schedule: Schedule::OneCycle, warmup: 0.05 },
                augment: Augment::default(),
                mixing: Mixing::default(),
            }],
        )
    }

    /// The classifier alone is trained, on features that the frozen network has computed once; at the end it is solved on all
    /// photographs, those for validation too.
    pub fn quick(model: &str) -> Self {
        Self { refit: FOLDS, ..Self::of(model, vec![head()]) }
    }

    /// The classifier first, as in [`Recipe::quick`]; then the whole network, earlier stages more slowly. The best of all
    /// epochs of both is kept.
    pub fn fine(model: &str) -> Self {
        let whole = Phase {
            epochs: FINE_EPOCHS,
            freeze: Freeze::None,
            augmented_views: None,
            stage_decay: 0.7,
            average: None,
            statistics: Statistics::Batch,
            optimizer: sgd(1e-4),
            learning_rate: LearningRate { peak: 0.01, schedule: Schedule::Cosine, warmup: 0.1 },
            augment: Augment::default(),
            mixing: Mixing::default(),
        };
        Self { reestimate: true, refit: FOLDS, ..Self::of(model, vec![head(), whole]) }
    }

    /// How a classifier on kept features is found where nothing is said of it: solved, unless its training by gradient descent was
    /// given other numbers than the usual ones, which whoever gave them wants to count, or another loss or draw, which no solution has.
    pub fn usual_head(&self) -> Head {
        let solvable = self.loss.focal_gamma.is_none() && self.oversample.is_none();
        let usual =
            solvable && self.batch_size == BATCH_SIZE && self.phases.first().is_some_and(is_usual_head);
        if usual { Head::Logistic } else { Head::Trained }
    }

    fn of(model: &str, phases: Vec<Phase>) -> Self {
        let size = if model == "baseline" { 128 } else { 224 };
        let recipe = Self {
            model: model.to_owned(),
            batch_size: BATCH_SIZE,
            seed: 1,
            reestimate: false,
            refit: 0,
            head: Head::Trained,
            oversample: Oversample::None,
            weights: None,
            teacher: None,
            loss: LossSpec { label_smoothing: 0.0, focal_gamma: None, class_weights: ClassWeights::None },
            data: DataSpec {
                validation: 0.2,
                test: 0.0,
                group: Group::Sequence,
                near_duplicates: true,
                group_by: None,
                groups: None,
                split: None,
                fold: None,
                quarantine: None,
                review: None,
                classes_from: None,
                labels: None,
                classes: None,
                match_names: false,
                backgrounds: None,
            },
            preprocessing: Self::preprocessing(model, size),
            phases,
        };
        Self { head: recipe.usual_head(), ..recipe }
    }
}

/// Whether a classifier is trained as where nothing was said of it, but for what it sees of the photographs beside them as they are.
fn is_usual_head(phase: &Phase) -> bool {
    let usual = head();
    if phase.augment.background.is_none() {
        return *phase == usual;
    }
    *phase == Phase { augmented_views: phase.augmented_views, augment: phase.augment.clone(), ..usual }
}

/// A classifier on the features of a frozen network.
fn head() -> Phase {
    Phase {
        epochs: EPOCHS,
        freeze: Freeze::Backbone,
        augmented_views: Some(1),
        stage_decay: 1.0,
        average: None,
        statistics: Statistics::Batch,
        optimizer: sgd(1e-4),
        learning_rate: LearningRate { peak: 0.01, schedule: Schedule::Cosine, warmup: 0.0 },
        augment: Augment::none(),
        mixing: Mixing::default(),
    }
}

fn sgd(weight_decay: f64) -> Optimizer {
    Optimizer::Sgd { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay }
}
