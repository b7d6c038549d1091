//! What is searched, and how: everything that the numbers of a study depend on, besides the photographs.

use std::path::PathBuf;

use foliar_bayes::{Options, Pruner, Setting, Space};
use foliar_nn::Optimizer;
use foliar_study::Definition;
use foliar_train::{Freeze, Phase, Photographs, Recipe};
use serde::{Deserialize, Serialize};

use crate::error::TuneError;
use crate::objective::Objective;
use crate::parameter::{apply, last, own, with_weight_decay};

/// A study before it begins. Stored as `plan.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The folder of photographs.
    #[serde(with = "foliar_files::any_path")]
    pub photographs: PathBuf,
    /// What is tuned. Its own setting is the first trial, its seed keys everything random, and its test share is what the
    /// result is measured on.
    pub recipe: Recipe,
    /// What trials are measured by.
    pub objective: Objective,
    /// The parameters, named as [`crate::Tunable`] names them, with their ranges.
    pub space: Space,
    /// Which trials are stopped early.
    pub pruner: Pruner,
    /// Most trials, at least 1.
    pub trials: u64,
    /// Seconds of work on trials, of all workers together, after which none is begun; no limit if absent.
    pub seconds: Option<f64>,
    /// Whether the search ends once the improvement that can be expected is lost in the noise.
    pub stop_in_noise: bool,
    /// Folds of the cross-validation of the weight decay; 0 leaves it as the recipe has it.
    pub folds: usize,
    /// The weight decays to choose from, rising.
    pub weight_decays: Vec<f64>,
    /// Other seeds that the best setting is run with.
    pub repeats: u32,
    /// Learning rate of the run that the tuned one is compared with.
    pub untuned_rate: f64,
}

/// The weight decays to choose from for `recipe`: none, and three decades in half-decade steps around what is usual. With SGD,
/// where the decay adds to the gradient, 1e-4 to 1e-1 for a classifier alone, whose weights are few and fresh, and 1e-5 to 1e-2
/// where the network learns too; with AdamW, where it is decoupled, 1e-3 to 1.
pub fn weight_decays(recipe: &Recipe) -> Vec<f64> {
    match recipe.phases.last() {
        Some(Phase { optimizer: Optimizer::AdamW { .. }, .. }) => {
            vec![0.0, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0]
        }
        Some(Phase { freeze: Freeze::Backbone, .. }) => vec![0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1],
        _ => vec![0.0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2],
    }
}

impl Plan {
    /// Checks that the plan can be carried out on `photographs`.
    ///
    /// # Errors
    /// The first field at fault, and what to do.
    pub fn validate(&self, photographs: &Photographs) -> Result<(), TuneError> {
        self.recipe.validate()?;
        last(&self.recipe)?;
        let check = |field: &str, good: bool, problem: &str| {
            if good { Ok(()) } else { Err(TuneError::plan(field, problem)) }
        };
        check("trials", self.trials >= 1, "give 1 or more")?;
        let seconds = self.seconds.unwrap_or(1.0);
        check("time", seconds > 0.0 && seconds.is_finite(), "give a time above 0, such as 30m")?;
        check("cv-weight-decay", self.folds != 1, "give 2 folds or more, or 0 for no cross-validation")?;
        let pool = photographs.splits.train.len() + photographs.splits.validation.len();
        check("cv-weight-decay", self.folds <= pool / 2, "there are too few photographs for so many folds")?;
        let decays = &self.weight_decays;
        let rising = decays.is_sorted_by(|a, b| a < b) && decays.iter().all(|&x| x >= 0.0 && x.is_finite());
        check(
            "weight-decays",
            self.folds == 0 || (decays.len() >= 2 && rising),
            "give two or more different numbers, 0 or above",
        )?;
        let rate = self.untuned_rate;
        check("untuned-lr", rate > 0.0 && rate.is_finite(), "give a rate above 0")?;
        check(
            "validation",
            !photographs.splits.validation.is_empty(),
            "no photographs are held back for validation; give --validation 0.2",
        )
    }

    /// What its study searches, for photographs with this fingerprint.
    pub(crate) fn definition(&self, fingerprint: &str) -> Result<Definition, TuneError> {
        // Of the plan, what is neither in the definition itself nor free to change from one process to the next.
        let rest = (self.objective, self.folds, &self.weight_decays, self.repeats, self.untuned_rate);
        let rest = serde_json::to_vec(&rest).map_err(|error| TuneError::plan("plan", error.to_string()))?;
        let short = |digest: &str| digest.chars().take(16).collect::<String>();
        Ok(Definition {
            fingerprint: format!(
                "photographs {}, recipe {}, plan {}",
                short(fingerprint),
                short(&self.recipe.digest()?),
                short(blake3::hash(&rest).to_hex().as_str())
            ),
            space: self.space.clone(),
            direction: self.objective.direction(),
            seed: self.recipe.seed,
            options: Options::default(),
            pruner: self.pruner,
        })
    }

    /// The settings that are tried before the search chooses any: the recipe's own, if it lies in the space.
    pub(crate) fn first_settings(&self) -> Vec<Setting> {
        own(self.space.parameters(), &self.recipe).into_iter().collect()
    }

    /// The recipe with `setting`, and with `decay` if one was chosen.
    pub(crate) fn tuned(&self, setting: &Setting, decay: Option<f64>) -> Recipe {
        let recipe = apply(setting, &self.recipe);
        match decay {
            Some(decay) => with_weight_decay(recipe, decay),
            None => recipe,
        }
    }

    /// The recipe of the run that is compared with: as it stands, but for the learning rate.
    pub(crate) fn untuned(&self) -> Recipe {
        let mut recipe = self.recipe.clone();
        if let Some(phase) = recipe.phases.last_mut() {
            phase.learning_rate.peak = self.untuned_rate;
        }
        recipe
    }

    /// A trial's recipe with its own seed, which keys the first weights of the classifier, the order of photographs and their
    /// variation. Variations whose features are kept are those of the plan's seed in every trial: they are computed once.
    pub(crate) fn seeded(&self, mut recipe: Recipe, seed: u64) -> Recipe {
        let kept_variations =
            recipe.phases.iter().any(|phase| phase.is_cached() && phase.augmented_views.unwrap_or(1) > 1);
        if !kept_variations {
            recipe.seed = seed;
        }
        recipe
    }

    /// A seed for something besides trials: 53 bits, so that every reader of JSON and TOML keeps it exactly.
    pub(crate) fn seed_of(&self, purpose: &str, index: u32) -> u64 {
        let mut hasher = blake3::Hasher::new_derive_key("foliar tune seed 1");
        hasher
            .update(&self.recipe.seed.to_le_bytes())
            .update(&index.to_le_bytes())
            .update(purpose.as_bytes());
        let mut bytes = [0; 8];
        hasher.finalize_xof().fill(&mut bytes);
        u64::from_le_bytes(bytes) >> 11
    }

    /// Epochs of the last phase, which the search is about.
    pub(crate) fn epochs(&self) -> u32 {
        self.recipe.phases.last().map_or(0, |phase| phase.epochs)
    }

    /// The pruner that suits `recipe`: none where a trial runs on kept features and takes less than a second, else the median
    /// of at least four others from a quarter of the last phase's epochs on.
    pub fn usual_pruner(recipe: &Recipe) -> Pruner {
        let epochs = recipe.phases.last().map_or(1, |phase| phase.epochs);
        if recipe.phases.iter().all(Phase::is_cached) {
            Pruner::Never
        } else {
            Pruner::Median { trials: 4, epoch: epochs.div_ceil(4) }
        }
    }
}
