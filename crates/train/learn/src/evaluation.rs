//! What an evaluation finds, as values: whoever shows them need not know how they come about.

use std::path::PathBuf;

pub use foliar_metrics::Estimate;
use foliar_metrics::{ConformalScore, Metrics, ReliabilityBin, RiskCoverage, Scores};
use foliar_vision::Problem;
use serde::Serialize;

/// Which photographs a classifier is measured on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// The folder that the paths of the rows are relative to.
    #[serde(with = "foliar_files::any_path")]
    pub root: PathBuf,
    /// What they are.
    pub origin: Origin,
    /// Groups of photographs that belong together: equal files, neighbours in time.
    pub groups: usize,
}

/// How photographs relate to the training of the classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A folder that was given; whether its photographs were trained on is not known.
    Folder,
    /// Held back by the run for a test: nothing was chosen on them.
    Test,
    /// What the run said of photographs by classifiers that had not learnt from them, held back for validation or in folds:
    /// epoch, temperature and thresholds were chosen by it, and the figures flatter.
    Validation,
}

/// Everything that is measured.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// Which photographs.
    pub sample: Sample,
    /// Loss, accuracy and F1 with calibrated probabilities; per class; confusion matrix.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// These and others with intervals, overall and per class.
    pub scores: Scores<Estimate>,
    /// Whether probabilities mean what they say.
    pub calibration: CalibrationFigures,
    /// Sets of classes that hold the truth with a promised probability; `None` for a bundle without them.
    pub sets: Option<SetFigures>,
    /// What is won by leaving the least certain photographs unanswered.
    pub selective: SelectiveFigures,
    /// Whether photographs of something else are told from those of the classes; `None` if none were looked at.
    pub outside: Option<OutsideFigures>,
    /// How much worse photographs it takes; `None` if that was not asked for.
    pub robustness: Option<Robustness>,
    /// Each photograph.
    pub rows: Vec<PhotographRow>,
    /// Classes of the folder that the bundle does not know; their photographs are left out.
    pub unknown_classes: Vec<String>,
    /// Files left out and why.
    pub problems: Vec<Problem>,
}

/// Whether probabilities mean what they say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationFigures {
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

/// Whether sets of classes hold the truth as often as promised.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetFigures {
    /// Promised share of sets without the truth.
    pub alpha: f64,
    /// How classes are chosen.
    pub score: ConformalScore,
    /// Share of sets that hold the truth.
    pub coverage: Estimate,
    /// Mean number of classes in a set.
    pub size: Estimate,
    /// `sizes[k]` is the number of photographs whose set has k classes.
    pub sizes: Vec<usize>,
    /// Each class, in the order of the classes; `None` for one without photographs.
    pub classes: Vec<Option<ClassCoverage>>,
}

/// Sets of the photographs of one class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClassCoverage {
    /// Photographs.
    pub photographs: usize,
    /// Share of sets that hold the class.
    pub coverage: f64,
    /// 95 % Wilson interval of this share.
    pub interval: [f64; 2],
    /// Mean number of classes in a set.
    pub size: f64,
}

/// What is won by leaving photographs unanswered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SelectiveFigures {
    /// Error against share answered, by falling confidence, and the area under it.
    pub curve: RiskCoverage,
    /// Confidence below which the classifier says that it does not know; `None` for a bundle without.
    pub threshold: Option<f64>,
    /// Share answered with the bundle's rules, confidence and likeness.
    pub answered: Estimate,
    /// Share of the answers that are wrong; `None` if nothing is answered.
    pub error: Option<Estimate>,
}

/// Whether photographs of something else are told from those of the classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutsideFigures {
    /// Share of the sample's own photographs called outside, wrongly; `None` for a bundle that calls nothing outside.
    pub refused_inside: Option<Estimate>,
    /// Each kind of photographs from outside.
    pub sets: Vec<OutsideSet>,
}

/// Photographs of something that is none of the classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutsideSet {
    /// `drawn things`, or the folder.
    pub name: String,
    /// How many.
    pub photographs: usize,
    /// Area under the receiver operating characteristic, inside against outside, by the distance of features: 0.5 is
    /// chance. `None` for a bundle without.
    pub distance_auroc: Option<Estimate>,
    /// The same by energy.
    pub energy_auroc: Estimate,
    /// Share called outside with the bundle's threshold.
    pub refused: f64,
    /// Share answered with one class: neither outside nor below the confidence threshold.
    pub answered: f64,
    /// Each kind.
    pub kinds: Vec<OutsideKind>,
}

/// One kind of an [`OutsideSet`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutsideKind {
    /// Name.
    pub name: String,
    /// Photographs.
    pub photographs: usize,
    /// Share called outside.
    pub refused: f64,
}

/// How much worse photographs a classifier takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Robustness {
    /// Photographs that were made worse, spread over the sample.
    pub photographs: usize,
    /// As they are, then each kind.
    pub rows: Vec<RobustnessRow>,
}

/// One kind of corruption.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RobustnessRow {
    /// Kind.
    pub corruption: String,
    /// Accuracy at severity 1, 2, ...; one alone where a kind has no severities.
    pub accuracy: Vec<Estimate>,
    /// Share of photographs called outside or left unanswered at each.
    pub unanswered: Vec<f64>,
}

/// One photograph.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhotographRow {
    /// Relative to the sample's root, with `/`.
    pub path: String,
    /// Place of its class.
    pub truth: usize,
    /// Place of the most probable class.
    pub said: usize,
    /// Probability of that class.
    pub confidence: f64,
    /// One a class, divided by the temperature.
    pub logits: Vec<f32>,
    /// Places of the classes in its set; `None` for a bundle without sets.
    pub set: Option<Vec<usize>>,
    /// Distance of its features from those of training, in units of the threshold: above 1 is outside. `None` for a bundle
    /// without.
    pub distance: Option<f64>,
    /// -ln of the sum of the exponentials of the logits, by which it is outside if high.
    pub energy: f64,
    /// Whether the classifier says that it does not know.
    pub abstains: bool,
    /// A number that photographs share which belong together.
    pub group: u64,
}
