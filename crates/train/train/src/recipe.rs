//! Everything that changes the numbers of a run.

use std::path::Path;

use serde::{Deserialize, Serialize};

use foliar_model::Bundle;
use foliar_nn::{Graph, zoo};
use foliar_scan::{ClassMap, ClassesFrom, ScanError, ScanOptions};
use foliar_vision::{Dataset, Oversample, Preprocessing, Task};

use crate::background_folder::BackgroundFolder;
use crate::class_weights::{self, ClassWeights};
use crate::error::{TrainError, check};
use crate::fold::Fold;
use crate::initial_weights::InitialWeights;
use crate::label_tables::LabelTables;
use crate::list_file::ListFile;
use crate::phase::{Freeze, Phase};
use crate::review_file::ReviewFile;
use crate::teacher::Teacher;

/// A run, but for its photographs. Stored as `recipe.toml`; two runs with equal recipes and photographs are equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Name of the network.
    pub model: String,
    /// Photographs a step, at least 2.
    pub batch_size: usize,
    /// Random seed of the split, the first weights, the order of photographs and the augmentation.
    pub seed: u64,
    /// Whether batch norms get their running statistics anew, from the training photographs as they are, when training has
    /// ended; the result is kept if it is better.
    pub reestimate: bool,
    /// Folds of the cross-validation with which a classifier on kept features ends, before it learns from all photographs;
    /// 0 for neither. See [`crate::train()`].
    #[serde(default)]
    pub refit: u32,
    /// How that classifier is found. Recipes without the field are older than the choice.
    #[serde(default)]
    pub head: Head,
    /// Which photographs are drawn more often than others, where networks are trained.
    #[serde(default, skip_serializing_if = "Oversample::is_none")]
    pub oversample: Oversample,
    /// The file that the first weights come from; random ones if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<InitialWeights>,
    /// A classifier that the network learns from besides the labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<Teacher>,
    /// What is minimised.
    pub loss: LossSpec,
    /// Which photographs are held back.
    pub data: DataSpec,
    /// How photographs become tensors, here and wherever the network is used.
    pub preprocessing: Preprocessing,
    /// What is trained, one after the other; at least one.
    #[serde(rename = "phase")]
    pub phases: Vec<Phase>,
}

/// How a classifier on kept features is found when a run ends with a refit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// As in the epochs before: by gradient descent, for a number of epochs that cross-validation chooses.
    #[default]
    Trained,
    /// As the minimum of a convex problem, [`foliar_logistic`], with a penalty that cross-validation chooses. What is
    /// no linear layer is trained all the same, and so is a classifier that begins with what an older one knows of the classes.
    Logistic,
}

/// What is minimised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossSpec {
    /// Share of the target spread over all classes, in [0, 1).
    pub label_smoothing: f32,
    /// γ of the focal loss (Lin et al. 2017), above 0 and at most 10: a photograph counts the less the surer the network is of what it
    /// shows. `None` minimises the cross-entropy. Losses that are told are cross-entropies either way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focal_gamma: Option<f32>,
    /// How much each class counts.
    pub class_weights: ClassWeights,
}

impl LossSpec {
    /// What there is to say of what is minimised, where it is no cross-entropy.
    pub(crate) fn remark(&self) -> Option<String> {
        let gamma = self.focal_gamma?;
        Some(format!("minimised is the focal loss with gamma {gamma}; the losses told are cross-entropies"))
    }
}

/// Which photographs are held back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// Share for validation where the folder has no split of its own for it, in [0, 1).
    pub validation: f64,
    /// Share that training never sees, in [0, 1).
    pub test: f64,
    /// Which photographs stay together, if no pattern or table says so.
    pub group: Group,
    /// Whether copies stay together that are not equal byte for byte.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub near_duplicates: bool,
    /// Regular expression whose first group, else whole match, in the path names what a photograph belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_by: Option<String>,
    /// Table of what photographs belong to, with the columns `path` and `group`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<ListFile>,
    /// Table of a split that was made before, with the columns `path`, `split` and, if it is there, `group`. The shares and
    /// the other rules of groups are then of no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<ListFile>,
    /// The fold of a cross-validation that is held back for validation, of all photographs that are not for the test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<Fold>,
    /// Table of photographs to be left out, with the column `path`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<ListFile>,
    /// What a person has decided about single photographs: their class, and whether they are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewFile>,
    /// Which folders are the classes, where it is given; see [`foliar_scan::ScanOptions`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes_from: Option<ClassesFrom>,
    /// Tables that say the classes, where folders do not. A run whose tables were found among the photographs holds them too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelTables>,
    /// What becomes of the classes: other names, one in the place of several, those that are wanted; see
    /// [`foliar_scan::ClassMap`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<ListFile>,
    /// Whether classes whose names differ in spelling only are one class; see [`foliar_scan::ScanOptions`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub match_names: bool,
    /// Pictures before which leaves are put where a phase changes backgrounds; drawn ones alone without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backgrounds: Option<BackgroundFolder>,
}

impl DataSpec {
    /// How the photographs in `root` are found.
    ///
    /// # Errors
    /// A table that cannot be read or was changed.
    pub fn scanning(&self, root: &Path) -> Result<ScanOptions, TrainError> {
        let map = |list: &ListFile| -> Result<ClassMap, TrainError> {
            Ok(ClassMap::read(&list.unchanged_below(root)?).map_err(ScanError::from)?)
        };
        Ok(ScanOptions {
            classes_from: self.classes_from,
            labels: self.labels.as_ref().map(|labels| labels.source(root)).transpose()?.unwrap_or_default(),
            classes: self.classes.as_ref().map(map).transpose()?,
            match_names: self.match_names,
            review: self.review.as_ref().map(ReviewFile::earlier).transpose()?,
            ..ScanOptions::default()
        })
    }
}

/// Which photographs stay on one side of a split, besides equal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Those that were taken one after the other, where file names count them; see [`foliar_vision::sequence`].
    Sequence,
    /// No others.
    None,
}

impl Recipe {
    /// The preprocessing that `model` is used with, at `size` pixels.
    pub fn preprocessing(model: &str, size: u32) -> Preprocessing {
        if model.starts_with("mobilenet_v1") {
            Preprocessing::minus_one_to_one(size)
        } else {
            Preprocessing::imagenet(size)
        }
    }

    /// The network that it trains, for so many `outputs`: that of its name, whose classifier sees features as the one does that it
    /// begins with.
    ///
    /// # Errors
    /// An unknown name; fewer than two outputs.
    pub fn network(&self, outputs: usize) -> Result<Graph, TrainError> {
        let graph = zoo::build(&self.model, outputs)?;
        let hellinger = self.weights.as_ref().is_some_and(|weights| weights.hellinger);
        Ok(if hellinger { graph.with_hellinger() } else { graph })
    }

    /// The recipe with the tables that were found among the photographs of `dataset`, so that they are found again.
    ///
    /// # Errors
    /// A table that cannot be read any more.
    pub fn with_tables_of(&self, dataset: &Dataset) -> Result<Self, TrainError> {
        let mut recipe = self.clone();
        if let Some(origin) = &dataset.tables {
            recipe.data.labels = Some(recipe.data.labels.take().unwrap_or_default().with_found(origin)?);
        }
        Ok(recipe)
    }

    /// What a classifier of the photographs is asked.
    pub fn task(&self) -> Task {
        self.data.labels.as_ref().map(|labels| labels.task).unwrap_or_default()
    }

    /// Side of the photographs that the network sees, in pixels.
    pub fn image_size(&self) -> usize {
        self.preprocessing.size as usize
    }

    /// Whether leaves are put before other backgrounds in any phase.
    pub fn changes_backgrounds(&self) -> bool {
        self.phases.iter().any(|phase| !phase.augment.background.is_none())
    }

    /// Epochs of all phases together.
    pub fn epochs(&self) -> u32 {
        self.phases.iter().map(|phase| phase.epochs).fold(0, u32::saturating_add)
    }

    /// Checks every number against its range.
    ///
    /// # Errors
    /// [`TrainError::Recipe`] with the first field at fault and its range.
    pub fn validate(&self) -> Result<(), TrainError> {
        let smoothing = f64::from(self.loss.label_smoothing);
        let size = self.image_size();
        let DataSpec { validation, test, .. } = self.data;
        let held_back = validation + test;
        check("phases", self.phases.len() as f64, !self.phases.is_empty(), "1 or more")?;
        check("batch size", self.batch_size as f64, self.batch_size >= 2, "2 or more, for batch norm")?;
        check("image size", size as f64, (32..=4096).contains(&size), "32 to 4096")?;
        check("label smoothing", smoothing, (0.0..1.0).contains(&smoothing), "0 or more and below 1")?;
        check("validation share", validation, (0.0..1.0).contains(&validation), "0 or more and below 1")?;
        check("test share", test, (0.0..1.0).contains(&test), "0 or more and below 1")?;
        check("the sum of validation and test", held_back, held_back < 1.0, "below 1")?;
        let refit = f64::from(self.refit);
        let unused = self.data.backgrounds.is_some() && !self.changes_backgrounds();
        check("backgrounds", 1.0, !unused, "absent unless backgrounds are changed")?;
        check("refit", refit, self.refit != 1 && self.refit <= 100, "0, or 2 to 100")?;
        let gamma = f64::from(self.loss.focal_gamma.unwrap_or(1.0));
        check("focal gamma", gamma, gamma > 0.0 && gamma <= 10.0, "above 0, at most 10")?;
        let weighted = !self.loss.class_weights.is_none() && !self.task().is_multi_class();
        check(
            "class weights",
            1.0,
            !weighted,
            "none with --multi-label: each label is a question of its own",
        )?;
        if let ClassWeights::Table(table) = &self.loss.class_weights {
            let wrong =
                table.rows.iter().map(|row| row.weight).find(|&weight| !class_weights::is_weight(weight));
            check("the weight of a class", wrong.unwrap_or(1.0), wrong.is_none(), "a number above 0")?;
        }
        self.check_combinations()?;
        self.preprocessing.check()?;
        self.teacher.as_ref().map_or(Ok(()), Teacher::validate)?;
        let of_labels = self.teacher.is_some() && !self.task().is_multi_class();
        check(
            "teacher",
            1.0,
            !of_labels,
            "absent with --multi-label: a teacher speaks of one class a photo",
        )?;
        self.data.fold.map_or(Ok(()), Fold::validate)?;
        let folded = self.data.fold.is_some() && self.data.split.is_some();
        check("folds", 1.0, !folded, "absent where a split is given")?;
        let mut trained_front = false;
        for phase in &self.phases {
            phase.validate()?;
            let stale = phase.is_cached() && trained_front;
            check(
                "augmented views",
                phase.augmented_views.unwrap_or(0).into(),
                !stale,
                "absent once the frozen part was trained",
            )?;
            trained_front |= phase.freeze != Freeze::Backbone;
        }
        Ok(())
    }

    /// Whether the run may end with a classifier that is solved, not trained.
    fn may_be_solved(&self) -> bool {
        self.head == Head::Logistic
            && self.refit >= 2
            && self.phases.first().is_some_and(|phase| phase.freeze == Freeze::Backbone && phase.is_cached())
    }

    /// Refuses what does not go together.
    fn check_combinations(&self) -> Result<(), TrainError> {
        let conflict = |is: bool, what: &'static str| match is {
            true => Err(TrainError::Conflict { what }),
            false => Ok(()),
        };
        conflict(
            self.loss.focal_gamma.is_some() && self.may_be_solved(),
            "a solved classifier minimises the cross-entropy: a focal loss needs a trained one (--head trained)",
        )?;
        let is_drawn = !self.oversample.is_none();
        conflict(
            is_drawn && self.may_be_solved(),
            "a solved classifier learns from all photos at once, so none can be drawn more often: --class-weights balanced makes \
             classes count equally there; or train the classifier (--head trained)",
        )?;
        conflict(
            is_drawn && self.loss.class_weights == ClassWeights::Balanced,
            "--oversample balanced and --class-weights balanced do the same, and together rare classes would count twice: give one \
             of them",
        )?;
        conflict(
            is_drawn && !self.task().is_multi_class(),
            "--oversample draws classes, and with --multi-label a photo has any number of labels: leave one of both out",
        )?;
        let is_mixed = self.phases.iter().any(|phase| !phase.mixing.is_none());
        conflict(
            is_mixed && self.teacher.is_some(),
            "a teacher speaks of photos as they are, and --mixup and --cutmix mix them: leave one of both out",
        )?;
        conflict(
            self.loss.focal_gamma.is_some() && self.teacher.is_some(),
            "a teacher is mixed with the cross-entropy of the label: leave --loss focal or --teacher out",
        )?;
        conflict(
            self.data.fold.is_some() && (self.refit > 0 || self.data.validation > 0.0),
            "a run that is judged on a fold holds nothing else back, and a refit would learn from the fold: refit and validation must be 0",
        )?;
        conflict(
            is_drawn && self.teacher.as_ref().is_some_and(|teacher| teacher.unlabelled.is_some()),
            "--oversample draws classes, and --unlabelled photos have none: leave one of both out",
        )
    }

    /// The recipe as the text of `recipe.toml`.
    ///
    /// # Errors
    /// A number that TOML cannot hold.
    pub fn to_toml(&self) -> Result<String, TrainError> {
        toml::to_string(self).map_err(|error| TrainError::RecipeText { what: error.to_string() })
    }

    /// The recipe as a value for the provenance of a bundle.
    ///
    /// # Errors
    /// A number that JSON cannot hold.
    pub fn to_json(&self) -> Result<serde_json::Value, TrainError> {
        serde_json::to_value(self).map_err(|error| TrainError::RecipeText { what: error.to_string() })
    }

    /// The recipe in the provenance of a bundle.
    ///
    /// # Errors
    /// A bundle of another version, whose recipes have other fields.
    pub fn of_bundle(bundle: &Bundle) -> Result<Self, TrainError> {
        serde_json::from_value(bundle.provenance.recipe.clone())
            .map_err(|error| TrainError::RecipeText { what: error.to_string() })
    }

    /// 64 hexadecimal digits, equal for equal recipes.
    ///
    /// # Errors
    /// As [`Recipe::to_toml`].
    pub fn digest(&self) -> Result<String, TrainError> {
        Ok(blake3::hash(self.to_toml()?.as_bytes()).to_hex().to_string())
    }

    /// Reads the text of a `recipe.toml`.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn from_toml(text: &str) -> Result<Self, TrainError> {
        toml::from_str(text).map_err(|error| TrainError::RecipeText { what: error.to_string() })
    }
}
