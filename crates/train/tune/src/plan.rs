//! The plan of a tuning: everything that its results depend on, except the photos.

use std::path::PathBuf;

use foliar_bayes::{Options, Params, Pruner, Space};
use foliar_nn::Optimizer;
use foliar_study::Definition;
use foliar_train::{Freeze, Phase, Photographs, Recipe};
use serde::{Deserialize, Serialize};

use crate::error::TuneError;
use crate::objective::Objective;
use crate::parameter::{apply, last, own, with_weight_decay};

/// The plan of a tuning. Stored as `plan.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The folder of photos.
    #[serde(with = "foliar_files::any_path")]
    pub photographs: PathBuf,
    /// The recipe to tune. Its own parameters are the first trial, its seed is the random seed, and its test split measures
    /// the result.
    pub recipe: Recipe,
    /// The score that trials are compared by.
    pub objective: Objective,
    /// The parameters and their ranges, with the names of [`crate::Tunable`].
    pub space: Space,
    /// Which trials are stopped early.
    pub pruner: Pruner,
    /// Most trials, at least 1.
    pub trials: u64,
    /// Total seconds of trials, over all workers, after which no trial is started; no limit if absent.
    pub seconds: Option<f64>,
    /// Whether the search stops once the expected improvement is below the noise level.
    pub stop_below_noise: bool,
    /// Folds of the cross-validation of the weight decay; with 0 the recipe's weight decay is kept.
    pub folds: usize,
    /// The weight decays to choose from, in increasing order.
    pub weight_decays: Vec<f64>,
    /// Number of other seeds to train the best parameters with.
    pub repeats: u32,
    /// Learning rate of the untuned run.
    pub untuned_rate: f64,
}

/// The default weight decays to choose from for `recipe`: 0, and three decades in half-decade steps. With SGD, where the decay
/// is added to the gradient, 1e-4 to 1e-1 if only the classifier is trained and 1e-5 to 1e-2 if the network is trained too;
/// with AdamW, where it is decoupled, 1e-3 to 1.
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
    /// The first invalid field, and what to do.
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
        let pool = photographs.measurable();
        check("cv-weight-decay", self.folds <= pool / 2, "there are too few photos for so many folds")?;
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
            "there are no validation photos; give --validation 0.2",
        )
    }

    /// The study's definition, for photos with this fingerprint.
    pub(crate) fn definition(&self, fingerprint: &str) -> Result<Definition, TuneError> {
        // The parts of the plan that are not in the definition itself and must be the same in every process.
        let rest = (self.objective, self.folds, &self.weight_decays, self.repeats, self.untuned_rate);
        let rest = serde_json::to_vec(&rest).map_err(|error| TuneError::plan("plan", error.to_string()))?;
        // Weights are known by their digest, wherever they are on this machine.
        let mut recipe = self.recipe.clone();
        if let Some(weights) = &mut recipe.weights {
            weights.file = PathBuf::new();
        }
        let short = |digest: &str| digest.chars().take(16).collect::<String>();
        Ok(Definition {
            fingerprint: format!(
                "photographs {}, recipe {}, plan {}",
                short(fingerprint),
                short(&recipe.digest()?),
                short(blake3::hash(&rest).to_hex().as_str())
            ),
            space: self.space.clone(),
            direction: self.objective.direction(),
            seed: self.recipe.seed,
            options: Options::default(),
            pruner: self.pruner,
        })
    }

    /// The parameters of the first trials: the recipe's own, if they lie in the space.
    pub(crate) fn first_params(&self) -> Vec<Params> {
        own(self.space.parameters(), &self.recipe).into_iter().collect()
    }

    /// The recipe with `params`, and with `decay` if one was chosen.
    pub(crate) fn tuned(&self, params: &Params, decay: Option<f64>) -> Recipe {
        let recipe = apply(params, &self.recipe);
        match decay {
            Some(decay) => with_weight_decay(recipe, decay),
            None => recipe,
        }
    }

    /// The recipe of the untuned run: the plan's recipe with the untuned learning rate.
    pub(crate) fn untuned(&self) -> Recipe {
        let mut recipe = self.recipe.clone();
        if let Some(phase) = recipe.phases.last_mut() {
            phase.learning_rate.peak = self.untuned_rate;
        }
        recipe.head = recipe.usual_head();
        recipe
    }

    /// A trial's recipe with the trial's seed, which determines initial weights, the order of photos, and augmentation. If
    /// features of augmented photos are cached, every trial uses the plan's seed, so that they are computed only once.
    pub(crate) fn seeded(&self, mut recipe: Recipe, seed: u64) -> Recipe {
        let cached_views =
            recipe.phases.iter().any(|phase| phase.is_cached() && phase.augmented_views.unwrap_or(1) > 1);
        if !cached_views {
            recipe.seed = seed;
        }
        recipe
    }

    /// A seed for other purposes than trials, below 2^53, so that every JSON and TOML reader keeps it exactly.
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

    /// Epochs of the last phase, which is tuned.
    pub(crate) fn epochs(&self) -> u32 {
        self.recipe.phases.last().map_or(0, |phase| phase.epochs)
    }

    /// The default pruner for `recipe`: none if trials use cached features, because such a trial takes about a second; else
    /// the median rule with at least four other trials, from a quarter of the last phase's epochs on.
    pub fn usual_pruner(recipe: &Recipe) -> Pruner {
        let epochs = recipe.phases.last().map_or(1, |phase| phase.epochs);
        if recipe.phases.iter().all(Phase::is_cached) {
            Pruner::Never
        } else {
            Pruner::Median { trials: 4, epoch: epochs.div_ceil(4) }
        }
    }
}
