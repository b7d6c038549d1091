//! Every limit of the rules. A value that has an interval passes a limit only if the end of the interval does. A difference
//! (overconfidence, optimism, what a corruption costs) is claimed where its interval excludes zero, and told where it is large
//! enough to matter.

/// Lower end of the accuracy's interval from which a classifier is very good.
pub const VERY_GOOD: f64 = 0.95;
/// Lower end of the accuracy's interval from which a classifier is good.
pub const GOOD: f64 = 0.85;
/// Lower end of the accuracy's interval from which a classifier is fair; upper end below which it is weak, and often wrong.
/// Between them there are too few groups to tell.
pub const FAIR: f64 = 0.7;
/// Upper end of a recall's interval below which the class is weak.
pub const WEAK_RECALL: f64 = 0.7;
/// With fewer test photos than this, the results of a class are not known.
pub const FEW_OF_A_CLASS: usize = 10;
/// Half of the accuracy's interval above which it is wide.
pub const WIDE: f64 = 0.05;
/// With fewer groups than this, an interval is itself uncertain.
pub const FEW_GROUPS: usize = 50;
/// Leaked pairs, as a share of the test photos, above which leakage is an error instead of a warning.
pub const LEAKED: f64 = 0.01;
/// How much more accurate a random split has to look than a grouped one to be called optimistic.
pub const OPTIMISTIC: f64 = 0.02;
/// Calibration error beyond chance, or difference of confidence and accuracy, that matters.
pub const MISCALIBRATED: f64 = 0.02;
/// Share of empty prediction sets that is worth a note.
pub const EMPTY_SETS: f64 = 0.02;
/// Share of answered photos below which the classifier abstains too often.
pub const ANSWERED: f64 = 0.5;
/// AUROC, photos of other things against those of the classes, below which OOD detection is weak.
pub const GOOD_AUROC: f64 = 0.95;
/// AUROC below which OOD detection is of little use, which is an error.
pub const POOR_AUROC: f64 = 0.8;
/// Share of photos of other things that may be answered with a class.
pub const OOD_ANSWERED: f64 = 0.1;
/// Share of photos of the classes that may be flagged as out-of-distribution.
pub const OOD_FLAGGED: f64 = 0.1;
/// Accuracy lost to a corruption of medium severity that is a weakness.
pub const FRAGILE: f64 = 0.15;
/// Share of labels that are probably wrong that matters.
pub const WRONG_LABELS: f64 = 0.02;
/// p-value below which two classifiers differ significantly.
pub const SIGNIFICANT: f64 = 0.05;
