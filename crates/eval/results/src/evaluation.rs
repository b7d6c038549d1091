//! What an evaluation measures, as values.

use std::path::PathBuf;

use foliar_metrics::{
    AbstentionReason, ClassCoverage, ClassScores, Confusion, ReliabilityBin, RiskCoverage, TopScore,
};
pub use foliar_metrics::{Calibrated, Estimate, PairedDifference};
use serde::{Deserialize, Serialize};

use crate::words::count;

/// Which photographs a classifier is measured on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvaluationData {
    /// The folder that the paths of the predictions are relative to.
    #[serde(serialize_with = "foliar_files::any_path::serialize")]
    pub root: PathBuf,
    /// How they relate to the training of the classifier.
    pub origin: Origin,
    /// How the given folder was understood, in one sentence; `None` where it is one of class folders and nothing else.
    pub layout: Option<String>,
    /// Photographs that are left out because the classifier was trained, tuned or calibrated on them.
    pub training_left_out: Vec<String>,
    /// Such photographs that were asked for and are among those measured: results on them measure memorisation.
    pub training_included: usize,
    /// What the groups of a given folder rest on, in words; `None` for photographs of a run, grouped as its split was.
    pub grouped_by: Option<String>,
    /// Groups of photographs that belong together, such as those of one leaf; intervals are bootstrapped over them.
    pub groups: usize,
    /// Whether the split of the run kept photographs that belong together on one side; `None` for photographs that no run
    /// split.
    pub split_by_group: Option<bool>,
}

impl EvaluationData {
    /// Name of the folder.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.root.file_name().unwrap_or(self.root.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// What the photographs are: `photos of plantvillage-mini held back for the test`.
    #[must_use]
    pub fn describe(&self) -> String {
        let name = self.name();
        match self.origin {
            Origin::Test => format!("photos of {name} held back for the test"),
            // Those of folds are all photographs of the run.
            Origin::Validation => {
                format!("photos of {name}, each predicted by a model that was not trained on it")
            }
            Origin::Folder if self.training_included > 0 => {
                format!("photos of {name}, training photos included")
            }
            Origin::Folder => format!("photos of {name}"),
        }
    }
}

/// How photographs relate to the training of the classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A folder that was given.
    Folder,
    /// Held back by the run for a test: nothing was chosen on them.
    Test,
    /// Held back by the run for validation, or in folds: epoch, temperature and thresholds were tuned on them, so results are
    /// optimistic.
    Validation,
}

/// Everything that is measured of a classifier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Which photographs.
    pub data: EvaluationData,
    /// How many could be used.
    pub photographs: usize,
    /// Scores over all of them, with intervals.
    #[serde(flatten)]
    pub scores: OverallScores,
    /// Number of classes that have photographs: averages over classes, such as the macro F1, are over these alone.
    pub averaged_classes: usize,
    /// Each class, in the order of the classifier.
    pub classes: Vec<ClassResult>,
    /// Counts of true by predicted class.
    pub confusion: Confusion,
    /// Whether probabilities can be taken at their word.
    pub calibration: CalibrationResult,
    /// Sets of classes that hold the true one with a promised probability; `None` for a bundle without them.
    pub prediction_sets: Option<PredictionSetResult>,
    /// What abstaining gains.
    pub selective: SelectiveResult,
    /// Whether photographs of something else are recognised as such; `None` if none were looked at.
    pub ood: Option<OodResult>,
    /// Accuracy on corrupted photographs; `None` if that was not asked for.
    pub robustness: Option<Robustness>,
    /// Each photograph.
    pub predictions: Vec<PhotographPrediction>,
    /// Classes of the folder that the classifier does not know; their photographs are left out.
    pub unknown_classes: Vec<UnknownClass>,
    /// Files left out and why.
    pub problems: Vec<FileProblem>,
}

/// A class of the folder that the classifier does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnknownClass {
    /// Its name.
    pub class: String,
    /// Its photographs, at least 1: they are left out.
    pub photographs: usize,
}

/// Scores over all photographs, each with its 95 % interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OverallScores {
    /// Share of correct predictions.
    pub accuracy: Estimate,
    /// Mean recall over the classes that occur.
    pub balanced_accuracy: Estimate,
    /// Mean F1 over the classes that occur.
    pub macro_f1: Estimate,
    /// Top-k accuracies, by ascending k.
    pub top: Vec<TopScore<Estimate>>,
    /// Matthews' correlation, -1 to 1.
    pub matthews: Estimate,
    /// Cohen's kappa, up to 1.
    pub kappa: Estimate,
    /// Mean cross-entropy in nats, with calibrated probabilities.
    pub loss: Estimate,
    /// Brier score, summed over the classes, 0 to 2.
    pub brier: Estimate,
}

/// One class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassResult {
    /// Its name.
    pub class: String,
    /// Photographs of it.
    pub photographs: usize,
    /// Photographs predicted as it.
    pub predicted: usize,
    /// Precision, recall and F1, each with its interval.
    #[serde(flatten)]
    pub scores: ClassScores<Estimate>,
}

impl ClassResult {
    /// Of the photographs predicted as it, the share that are; `None` if none was.
    #[must_use]
    pub fn precision(&self) -> Option<Estimate> {
        (self.predicted > 0).then_some(self.scores.precision)
    }

    /// Of its photographs, the share predicted as it; `None` if there are none.
    #[must_use]
    pub fn recall(&self) -> Option<Estimate> {
        (self.photographs > 0).then_some(self.scores.recall)
    }

    /// F1; `None` for a class without photographs.
    #[must_use]
    pub fn f1(&self) -> Option<Estimate> {
        (self.photographs > 0).then_some(self.scores.f1)
    }
}

impl OodSet {
    /// The area under the curve of what the classifier uses: the distance of features, or the energy without a detector.
    #[must_use]
    pub fn auroc(&self) -> Estimate {
        self.distance_auroc.unwrap_or(self.energy_auroc)
    }

    /// Last part of its name, which may be a path.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.name.rsplit(['/', std::path::MAIN_SEPARATOR]).find(|part| !part.is_empty()).unwrap_or(&self.name)
    }
}

impl Robustness {
    /// Accuracy without corruption; `None` without any row.
    #[must_use]
    pub fn clean(&self) -> Option<Estimate> {
        self.rows.first()?.accuracy.first().copied()
    }

    /// The kinds of corruption.
    #[must_use]
    pub fn corruptions(&self) -> &[RobustnessRow] {
        self.rows.get(1..).unwrap_or_default()
    }

    /// The highest severity of any kind.
    #[must_use]
    pub fn severities(&self) -> usize {
        self.corruptions().iter().map(|row| row.accuracy.len()).max().unwrap_or(0)
    }
}

impl RobustnessRow {
    /// Accuracy at the middle severity: 3 of 5.
    #[must_use]
    pub fn middle(&self) -> Option<Estimate> {
        self.accuracy.get(self.accuracy.len().saturating_sub(1) / 2).copied()
    }
}

impl Evaluation {
    /// Share of the most frequent class: the accuracy of always predicting it.
    #[must_use]
    pub fn majority_share(&self) -> f64 {
        let largest = self.classes.iter().map(|class| class.photographs).max().unwrap_or(0);
        largest as f64 / self.photographs.max(1) as f64
    }

    /// Names of the classes without photographs.
    pub fn missing_classes(&self) -> impl Iterator<Item = &str> {
        self.classes.iter().filter(|class| class.photographs == 0).map(|class| class.class.as_str())
    }

    /// Which classes have no photographs, and what that means for averages, in one sentence; `None` if all have.
    #[must_use]
    pub fn missing_classes_words(&self) -> Option<String> {
        const NAMED: usize = 5;
        let missing: Vec<&str> = self.missing_classes().collect();
        let mut named = missing.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        if missing.len() > NAMED {
            named.push_str(&format!(" and {} more", missing.len() - NAMED));
        }
        let have = if missing.len() == 1 { "has" } else { "have" };
        (!missing.is_empty()).then(|| {
            format!(
                "{} of {} classes {have} no photo here ({named}): nothing is known of {}, and averages over classes cover the \
                 other {}",
                missing.len(),
                self.classes.len(),
                if missing.len() == 1 { "it" } else { "them" },
                self.averaged_classes
            )
        })
    }

    /// Which classes of the folder are none of the classifier's, and how many photographs are left out for that, in one sentence;
    /// `None` if there are none.
    #[must_use]
    pub fn unknown_classes_words(&self) -> Option<String> {
        const NAMED: usize = 5;
        let unknown = &self.unknown_classes;
        let photographs: usize = unknown.iter().map(|class| class.photographs).sum();
        let named: Vec<String> = unknown
            .iter()
            .take(NAMED)
            .map(|UnknownClass { class, photographs }| format!("{class} ({photographs})"))
            .collect();
        let more = match unknown.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let of = match unknown.len() {
            0 => return None,
            1 => "a class that the classifier does not know",
            _ => "classes that the classifier does not know",
        };
        Some(format!(
            "{} left out, of {of}: {}{more}",
            count(photographs, "photo is", "photos are"),
            named.join(", ")
        ))
    }
}

/// Whether probabilities can be taken at their word.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationResult {
    /// What the network's outputs were divided by.
    pub temperature: f64,
    /// Expected calibration error with 15 bins of equal numbers of photographs. Resamples raise it by chance alone, so that
    /// its excess has an interval and it has none.
    pub error: f64,
    /// What the error would be on so many photographs if every probability were right, on average.
    pub error_if_perfect: f64,
    /// How far the error is above that.
    pub excess: Estimate,
    /// Probability of an error at least as large if every probability were right.
    pub p_value: f64,
    /// Mean confidence less accuracy: above 0 is overconfident.
    pub overconfidence: Estimate,
    /// The reliability diagram, from low to high confidence.
    pub bins: Vec<ReliabilityBin>,
}

/// Whether prediction sets hold the true class as often as the target says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PredictionSetResult {
    /// Target share of sets without the true class.
    pub alpha: f64,
    /// On what the sets were calibrated.
    pub calibrated: Calibrated,
    /// The coverage that is guaranteed for photographs like those of training, whatever they look like; `None` where nothing
    /// is guaranteed and `coverage` is all that is known.
    pub guaranteed_coverage: Option<f64>,
    /// Share of sets that hold the true class.
    pub coverage: Estimate,
    /// Mean number of classes in a set.
    pub size: Estimate,
    /// `sizes[k]` is the number of photographs whose set has k classes.
    pub sizes: Vec<usize>,
    /// Each class, in the order of the classes; `None` for one without photographs.
    pub classes: Vec<Option<ClassCoverage>>,
}

/// What abstaining gains.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SelectiveResult {
    /// Error against share answered, by falling confidence, and the area under it.
    pub curve: RiskCoverage,
    /// Confidence below which the classifier abstains; `None` for a bundle without thresholds.
    pub threshold: Option<f64>,
    /// Whether the threshold is proven for the predictions that it was fitted to: with confidence 0.95, at most the chosen share
    /// of the answers of the models that made them is wrong.
    pub proven: bool,
    /// Of what predictions that is true; only of [`Calibrated::HeldOut`] ones is it true of this classifier. `None` for a bundle
    /// without thresholds.
    pub calibrated: Option<Calibrated>,
    /// Whether the threshold is proven for this classifier: `proven`, of held-out predictions.
    pub guaranteed: bool,
    /// About so many more groups (leaves) in training would be enough to prove a threshold for the models that made the
    /// predictions; `None` if it is proven, or if no number would be enough because the classifier errs too often.
    pub more_groups: Option<usize>,
    /// Photographs of which it can be assessed whether they are out-of-distribution: the detector was not fitted to them.
    pub assessed: usize,
    /// Share of those that is answered: neither below the threshold nor out-of-distribution. `None` if none can be assessed.
    pub answered: Option<Estimate>,
    /// Share of the answers that are wrong; `None` if nothing is answered.
    pub error: Option<Estimate>,
}

/// Whether photographs of something else are recognised as such.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OodResult {
    /// Share of the evaluated photographs themselves flagged as out-of-distribution; `None` for a bundle without a detector.
    pub flagged_inside: Option<Estimate>,
    /// Each set of other photographs.
    pub sets: Vec<OodSet>,
}

/// Photographs of something that is none of the classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OodSet {
    /// `drawn things`, or the folder.
    pub name: String,
    /// How many.
    pub photographs: usize,
    /// Area under the receiver operating characteristic by the distance of features: 0.5 is chance, 1 perfect. `None` for
    /// a bundle without a detector.
    pub distance_auroc: Option<Estimate>,
    /// The same by energy.
    pub energy_auroc: Estimate,
    /// Share flagged as out-of-distribution.
    pub flagged: f64,
    /// Share answered with a class: neither flagged nor below the confidence threshold.
    pub answered: f64,
    /// Each kind.
    pub kinds: Vec<OodKind>,
}

/// One kind of an [`OodSet`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OodKind {
    /// Name.
    pub name: String,
    /// Photographs.
    pub photographs: usize,
    /// Share flagged as out-of-distribution.
    pub flagged: f64,
}

/// Accuracy on corrupted photographs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Robustness {
    /// Photographs that were corrupted, spread over all.
    pub photographs: usize,
    /// Without corruption, then each kind.
    pub rows: Vec<RobustnessRow>,
}

/// One kind of corruption.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RobustnessRow {
    /// Kind.
    pub corruption: String,
    /// Accuracy at severity 1, 2, ...; one alone where a kind has no severities.
    pub accuracy: Vec<Estimate>,
    /// Share of photographs on which the classifier abstains at each.
    pub unanswered: Vec<f64>,
}

/// One photograph.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhotographPrediction {
    /// Relative to the root of the data, with `/`.
    pub path: String,
    /// Place of its true class.
    pub label: usize,
    /// Place of the most probable class.
    pub predicted: usize,
    /// Probability of that class.
    pub confidence: f64,
    /// One a class, divided by the temperature.
    pub logits: Vec<f32>,
    /// Places of the classes in its set; `None` for a bundle without sets.
    pub set: Option<Vec<usize>>,
    /// Distance of its features from those of training photographs, in units of the threshold: above 1 is
    /// out-of-distribution. `None` for a bundle without a detector.
    pub distance: Option<f64>,
    /// -ln of the sum of the exponentials of the logits: the higher, the less like the training photographs.
    pub energy: f64,
    /// Why the classifier abstains; `None` if it answers.
    pub abstention: Option<AbstentionReason>,
    /// A number that photographs share which belong together.
    pub group: u64,
}

/// A file that cannot be used, or that is odd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileProblem {
    /// Relative to the folder, with `/`.
    pub path: String,
    /// A word for programs, such as `truncated`.
    pub code: String,
    /// Whether it was left out.
    pub excluded: bool,
    /// What is wrong with it, and what to do.
    pub message: String,
}

impl FileProblem {
    /// Whether the file cannot be used; what a person has left out can.
    #[must_use]
    pub fn is_unusable(&self) -> bool {
        self.excluded && self.code != "left-out-by-review"
    }
}
