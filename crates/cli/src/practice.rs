//! What a recipe does already, for the doctor: nobody is advised to do it again.

use std::path::Path;

use foliar_doctor::Practice;
use foliar_nn::{Optimizer, Statistics};
use foliar_runlog::RunDir;
use foliar_train::{Freeze, Group, Recipe, Schedule};
use foliar_vision::Augment;

/// What phase `number` of `recipe`, from 1, does.
pub(crate) fn of_phase(recipe: &Recipe, number: u32) -> Option<Practice> {
    let phase = recipe.phases.get((number as usize).checked_sub(1)?)?;
    let (Optimizer::Sgd { weight_decay, .. } | Optimizer::AdamW { weight_decay, .. }) = phase.optimizer;
    let frozen = phase.freeze == Freeze::Backbone;
    let rate = phase.learning_rate;
    Some(Practice {
        pretrained: recipe.weights.is_some(),
        frozen,
        augmented: phase.augmented_views != Some(1) && phase.augment != Augment::none(),
        weight_decay: weight_decay > 0.0,
        mixed: !phase.mixing.is_none(),
        label_smoothing: recipe.loss.label_smoothing > 0.0,
        falling_rate: rate.schedule != Schedule::Constant,
        warm_up: rate.schedule == Schedule::OneCycle || rate.warmup > 0.0,
        running_statistics: frozen || phase.statistics == Statistics::Running,
        grouped: recipe.data.group != Group::None,
        cross_validated: recipe.refit > 0,
    })
}

/// What the last phase of `recipe` does.
pub(crate) fn of(recipe: &Recipe) -> Option<Practice> {
    of_phase(recipe, u32::try_from(recipe.phases.len()).ok()?)
}

/// The same of the run in a folder; `None` where it is none of foliar's.
pub(crate) fn of_folder(folder: &Path) -> Option<Practice> {
    let text = std::fs::read_to_string(folder.join(RunDir::RECIPE)).ok()?;
    of(&Recipe::from_toml(&text).ok()?)
}
