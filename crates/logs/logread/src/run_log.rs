//! A training log as values, of any program.
//!
//! A [`RunLog`] is a set of [`Series`]: one quantity, measured again and again. Points that were printed
//! together carry the same [`Point::row`], by which series are laid side by side.

use serde::Serialize;

/// The photos that a number was measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Those the weights are fitted to.
    Train,
    /// Those held back to choose and to stop.
    Validation,
    /// Those held back to the end.
    Test,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// The quantity that training minimises, whatever its scale.
    Loss,
    /// A named part of the loss, such as a weight penalty.
    LossPart,
    /// Share classified correctly, as a fraction in 0..=1 whatever was printed.
    Accuracy,
    /// Share whose class is among the five likeliest, as a fraction.
    TopFive,
    /// F1, averaged over classes in some way, as a fraction.
    F1,
    /// Precision, recall, area under a curve and other shares of which more is better.
    OtherScore,
    /// Learning rate.
    LearningRate,
    /// Seconds.
    Seconds,
    /// A number whose meaning is not known.
    Unknown,
}

/// One number of a log.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Which record of the log it belongs to, from 0; rises along a series.
    pub row: usize,
    /// Epoch as printed, possibly fractional; counted from whatever the log counts from.
    pub epoch: Option<f64>,
    /// Step, iteration or batch since the run began, if the log says.
    pub step: Option<f64>,
    /// The value; accuracies as fractions. May be NaN or infinite.
    pub value: f64,
    /// The last printed digit's worth, in the unit of `value`: 0.0001 for `0.9912` and for `99.12 %`; 0 if
    /// unknown.
    pub resolution: f64,
    /// Line of the text, from 1; 0 in a format without lines.
    pub line: usize,
}

/// One quantity over the run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    /// What it was called in the log, such as `val_acc`.
    pub name: String,
    /// Measured on which photos, if the log shows it.
    pub split: Option<Split>,
    /// What it is.
    pub metric: Metric,
    /// Whether each point is one batch or a running mean within an epoch rather than a whole epoch's value.
    pub within_epoch: bool,
    /// The points, in the order of the log.
    pub points: Vec<Point>,
}

/// Numbers about the set-up that the log itself states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Facts {
    /// Number of classes.
    pub classes: Option<usize>,
    /// Photos a step.
    pub batch_size: Option<usize>,
    /// Training photos.
    pub train_size: Option<usize>,
    /// Validation photos.
    pub validation_size: Option<usize>,
    /// Steps an epoch of training.
    pub steps_per_epoch: Option<usize>,
    /// Whether foliar wrote the log: then every loss is a mean per photo in nats.
    pub foliar: bool,
    /// Whether foliar mixed the training photos of the last phase with each other: their loss and accuracy are those of mixtures.
    pub mixed: bool,
    /// The row at which the last phase of a run of foliar's begins: what is trained, and at which rates, changes there.
    pub last_phase: usize,
}

/// A training log as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RunLog {
    /// Every quantity found, in the order of first mention.
    pub series: Vec<Series>,
    /// What the log says about its set-up.
    pub facts: Facts,
    /// What kind of text it was taken for, such as `CSV` or `Keras progress bars`.
    pub format: String,
    /// Lines from which at least one number was taken.
    pub understood_lines: usize,
    /// Lines that hold something but from which nothing was taken.
    pub ignored_lines: usize,
    /// Names of series that no known word explains and that may be losses or scores, in the order of first mention.
    pub strangers: Vec<String>,
    /// What the log counts where it counts neither epochs nor steps: `subject` in `subject 1 test accuracy 0.7`.
    pub counted: Option<String>,
    /// The first line, from 1, at whose end a value may be cut off, so that it is not what was printed.
    pub cut_line: Option<usize>,
}

impl RunLog {
    /// The series of `metric` on `split` with the most points, whole epochs before batches; the first of
    /// equals.
    #[must_use]
    pub fn best(&self, split: Split, metric: Metric) -> Option<&Series> {
        self.series
            .iter()
            .rev()
            .filter(|series| series.split == Some(split) && series.metric == metric)
            .max_by_key(|series| (!series.within_epoch, series.points.len()))
    }
}
