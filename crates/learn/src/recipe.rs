//! Everything that changes the numbers of a run.

use serde::{Deserialize, Serialize};

use foliar_nn::Optimizer;
use foliar_vision::{Augment, Preprocessing};

use crate::error::LearnError;
use crate::initial::InitialWeights;
use crate::schedule::{LearningRate, Schedule};

/// A run, but for its photographs. Stored as `recipe.toml`; two runs with equal recipes and photographs are equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Name of the network.
    pub model: String,
    /// Passes over the training photographs, at least 1.
    pub epochs: u32,
    /// Photographs a step, at least 2.
    pub batch_size: usize,
    /// The file that the first weights come from; random ones if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<InitialWeights>,
    /// Key of the split, the first weights, the order of photographs and the augmentation.
    pub seed: u64,
    /// How weights are updated.
    pub optimizer: Optimizer,
    /// How fast.
    pub learning_rate: LearningRate,
    /// What is minimised.
    pub loss: LossSpec,
    /// Which photographs are held back.
    pub data: DataSpec,
    /// How photographs become tensors, here and wherever the network is used.
    pub preprocessing: Preprocessing,
    /// How training photographs are varied.
    pub augment: Augment,
}

/// What is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossSpec {
    /// Share of the target spread over all classes, in [0, 1).
    pub label_smoothing: f32,
    /// How much each class counts.
    pub class_weights: ClassWeights,
}

/// How much each class counts in the loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeights {
    /// Every photograph counts the same.
    None,
    /// Every class counts the same: weights are photographs / (classes x photographs of the class).
    Balanced,
}

/// Which photographs are held back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// Share for validation where the folder has no part of its own for it, in [0, 1).
    pub validation: f64,
    /// Share that training never sees, in [0, 1).
    pub test: f64,
}

impl Recipe {
    /// The defaults for `model`: 30 epochs, batches of 32, SGD with momentum .9, one-cycle learning rate. Deep networks
    /// do not bear the rate of the shallow `baseline`.
    pub fn new(model: &str) -> Self {
        let (size, peak) = if model == "baseline" { (128, 0.1) } else { (224, 0.02) };
        Self {
            model: model.to_owned(),
            epochs: 30,
            batch_size: 32,
            weights: None,
            seed: 1,
            optimizer: Optimizer::Sgd { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 5e-4 },
            learning_rate: LearningRate { peak, schedule: Schedule::OneCycle, warmup: 0.05 },
            loss: LossSpec { label_smoothing: 0.0, class_weights: ClassWeights::None },
            data: DataSpec { validation: 0.2, test: 0.0 },
            preprocessing: Self::preprocessing(model, size),
            augment: Augment::default(),
        }
    }

    /// The preprocessing that `model` is used with, at `size` pixels.
    pub fn preprocessing(model: &str, size: u32) -> Preprocessing {
        if model.starts_with("mobilenet_v1") {
            Preprocessing::minus_one_to_one(size)
        } else {
            Preprocessing::imagenet(size)
        }
    }

    /// Side of the photographs that the network sees, in pixels.
    pub fn image_size(&self) -> usize {
        self.preprocessing.size as usize
    }

    /// Checks every number against its range.
    ///
    /// # Errors
    /// [`LearnError::Recipe`] with the first field at fault and its range.
    pub fn validate(&self) -> Result<(), LearnError> {
        let (momentum, weight_decay) = match self.optimizer {
            Optimizer::Sgd { momentum, weight_decay, nesterov, dampening } => {
                check("dampening", dampening, (0.0..=1.0).contains(&dampening), "0 to 1")?;
                let bare = nesterov && (momentum <= 0.0 || dampening != 0.0);
                check("momentum", momentum, !bare, "above 0, without dampening, for Nesterov's method")?;
                (momentum, weight_decay)
            }
            Optimizer::AdamW { beta1, beta2, weight_decay, epsilon } => {
                check("beta2", beta2, (0.0..1.0).contains(&beta2), "0 up to, not with, 1")?;
                check("epsilon", epsilon, epsilon > 0.0 && epsilon.is_finite(), "above 0")?;
                (beta1, weight_decay)
            }
        };
        let peak = self.learning_rate.peak;
        let warmup = self.learning_rate.warmup;
        let smoothing = f64::from(self.loss.label_smoothing);
        let DataSpec { validation, test } = self.data;
        let held_back = validation + test;
        check("epochs", f64::from(self.epochs), self.epochs >= 1, "1 or more")?;
        check("batch size", self.batch_size as f64, self.batch_size >= 2, "2 or more, for batch norm")?;
        check(
            "image size",
            self.image_size() as f64,
            (32..=4096).contains(&self.image_size()),
            "32 to 4096",
        )?;
        check("learning rate", peak, peak > 0.0 && peak.is_finite(), "above 0")?;
        check("warm-up", warmup, (0.0..1.0).contains(&warmup), "0 up to, not with, 1")?;
        check("momentum", momentum, (0.0..1.0).contains(&momentum), "0 up to, not with, 1")?;
        check("weight decay", weight_decay, weight_decay >= 0.0 && weight_decay.is_finite(), "0 or more")?;
        check("label smoothing", smoothing, (0.0..1.0).contains(&smoothing), "0 up to, not with, 1")?;
        check("validation share", validation, (0.0..1.0).contains(&validation), "0 up to, not with, 1")?;
        check("test share", test, (0.0..1.0).contains(&test), "0 up to, not with, 1")?;
        check("validation and test share", held_back, held_back < 1.0, "less than 1 together")?;
        self.preprocessing.check()?;
        Ok(self.augment.check()?)
    }

    /// The recipe as the text of `recipe.toml`.
    ///
    /// # Errors
    /// A number that TOML can not hold.
    pub fn to_toml(&self) -> Result<String, LearnError> {
        toml::to_string(self).map_err(|error| LearnError::RecipeText { what: error.to_string() })
    }

    /// 64 hexadecimal digits, equal for equal recipes.
    ///
    /// # Errors
    /// As [`Recipe::to_toml`].
    pub fn digest(&self) -> Result<String, LearnError> {
        Ok(blake3::hash(self.to_toml()?.as_bytes()).to_hex().to_string())
    }

    /// Reads the text of a `recipe.toml`.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn from_toml(text: &str) -> Result<Self, LearnError> {
        toml::from_str(text).map_err(|error| LearnError::RecipeText { what: error.to_string() })
    }
}

fn check(field: &'static str, value: f64, good: bool, range: &'static str) -> Result<(), LearnError> {
    if good { Ok(()) } else { Err(LearnError::Recipe { field, value, range }) }
}
