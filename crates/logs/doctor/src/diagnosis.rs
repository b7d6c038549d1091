//! The result: findings, the scale of the printed losses, and the corrected curves.

use foliar_logread::Split;
use serde::Serialize;

use crate::{Explanation, Finding, RunSetup};

/// Everything the doctor says about one log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Two sentences in plain words.
    pub verdict: String,
    /// By importance; never empty: a run without a warning is [`crate::Id::Healthy`] if the log proves that it learned, else
    /// [`crate::Id::TooLittleToTell`].
    pub findings: Vec<Finding>,
    /// What else explains each finding, in their order.
    pub explanations: Vec<Explanation>,
    /// The factors between the printed losses and the means per sample.
    pub scale: Scale,
    /// What is known of the run, from the caller or from its log.
    pub setup: RunSetup,
    /// Whether foliar wrote the log, so that its losses are known to be means.
    pub is_of_foliar: bool,
    /// The corrected curves.
    pub series: Curves,
}

/// The factors between the printed losses and the means per sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scale {
    /// Of the training loss; absent where the log does not show it.
    pub train: Option<ScaleEstimate>,
    /// Of the validation loss; absent where the log does not show it.
    pub val: Option<ScaleEstimate>,
}

/// The factor between a printed loss and the mean per sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ScaleEstimate {
    /// Lower end of the 90 % interval.
    pub low: f64,
    /// Upper end of the 90 % interval.
    pub high: f64,
    /// The likeliest value; 1 for a mean.
    pub best: f64,
    /// The kind of sum that explains it, if one does.
    pub reduction: Option<Reduction>,
}

/// How a program adds up losses into the number it prints.
///
/// | symbol | is                                |
/// | ------ | --------------------------------- |
/// | `n`    | samples an epoch                  |
/// | `B`    | samples a batch                   |
/// | `m`    | batches an epoch, `ceil(n / B)`   |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reduction {
    /// The mean per sample, or the mean of the batches' means: factor 1.
    Mean,
    /// Sum over samples divided by batches: factor `n / m`, about `B`.
    BatchSum,
    /// The batches' means, added and not divided: factor `m`.
    SumOfBatchMeans,
    /// Sum over samples, not divided: factor `n`.
    TotalSum,
    /// The batches' means, added and divided by samples: factor `m / n`, about `1 / B`.
    BatchMeansOverSamples,
}

/// The curves on the scale of means, for charts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curves {
    /// Loss of guessing, ln(classes), where the number of classes is known.
    pub chance_loss: Option<f64>,
    /// One entry an epoch, in the order of the log.
    pub epochs: Vec<EpochCurve>,
    /// Scores beside loss and accuracy, parts of the loss, errors of numbers (MAE), and accuracies and losses of other splits, in the
    /// order of the log.
    pub scores: Vec<ScoreCurve>,
}

/// A named number that was followed beside the four curves of [`Curves::epochs`], such as an average precision.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ScoreCurve {
    /// As the log names it.
    pub name: String,
    /// Measured on which photos, if the log shows it.
    pub split: Option<Split>,
    /// The values, in the order of the log.
    pub values: Vec<ScoreValue>,
}

/// One value of a [`ScoreCurve`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ScoreValue {
    /// Epoch as printed, possibly fractional.
    pub epoch: Option<f64>,
    /// Line of the log, from 1; 0 for a log without lines.
    pub line: usize,
    /// The value; a share as a fraction in 0..=1 whatever was printed. Absent where it is not a number.
    pub value: Option<f64>,
}

/// One epoch of [`Curves`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct EpochCurve {
    /// Epoch as printed.
    pub epoch: Option<f64>,
    /// Line of the log, from 1; 0 for a log without lines.
    pub line: usize,
    /// The training loss.
    pub train_loss: Option<CorrectedLoss>,
    /// The validation loss.
    pub val_loss: Option<CorrectedLoss>,
    /// Share of training samples classified correctly.
    pub train_accuracy: Option<f64>,
    /// Share of validation samples classified correctly.
    pub val_accuracy: Option<f64>,
    /// Where the mean loss of a calibrated model with this validation accuracy (else training accuracy) lies.
    pub band: Option<Band>,
}

/// A printed loss and the mean per sample behind it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CorrectedLoss {
    /// As printed.
    pub printed: f64,
    /// The likeliest mean per sample.
    pub mean: f64,
    /// Lower end of the 90 % interval of the mean.
    pub low: f64,
    /// Upper end of the 90 % interval of the mean.
    pub high: f64,
}

/// Where a calibrated model's mean loss lies, given its error rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Band {
    /// H(e), the entropy of the error rate; above one half, that of as few classes as can be. Below chance, the loss of guessing.
    pub low: f64,
    /// H(e) + e ln(C - 1); absent where the number of classes is not known.
    pub high: Option<f64>,
}
