//! The rules that judge an evaluation and what is known besides: one rule a finding. Commands, pages and model cards show
//! what they say, and nothing else judges.

mod circumstances;
mod data;
mod scores;
mod uncertainty;

use foliar_doctor::Diagnosis;
use serde::{Serialize, Serializer};

use crate::audit::Audit;
use crate::evaluation::Evaluation;
use crate::evidence::BackgroundEvidence;
use crate::finding::{Finding, Severity};
use crate::surroundings::BorderChange;

/// What is known besides an evaluation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances<'a> {
    /// What the doctor says of the training log.
    pub diagnosis: Option<&'a Diagnosis>,
    /// The audit of the data that the classifier was trained on.
    pub audit: Option<&'a Audit>,
    /// How much of the evidence is on the background.
    pub evidence: Option<&'a BackgroundEvidence>,
    /// What the border tells once leaves are put before other backgrounds.
    pub border: Option<&'a BorderChange>,
}

/// All kinds of findings about a classifier. Printed in kebab-case, such as `low-accuracy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingId {
    /// Always predicting the most frequent class may be as good.
    NoBetterThanMajority,
    /// Many answers are wrong.
    LowAccuracy,
    /// Photos of the test were trained on.
    TestedOnTrainingData,
    /// Photos that were trained on were left out of the test.
    TrainingDataLeftOut,
    /// Epoch, temperature and thresholds were tuned on the photos of the test.
    ValidationData,
    /// Copies are on both sides of the split.
    SplitLeakage,
    /// Photos that belong together were split at random, which makes results optimistic.
    OptimisticSplit,
    /// It is not known whether photos that belong together were split.
    UngroupedSplit,
    /// Too few photos or groups for results to be certain.
    FewPhotographs,
    /// Classes of which few photos are recognised.
    WeakClasses,
    /// Classes with too few test photos.
    RareClasses,
    /// Probabilities do not mean what they say.
    Miscalibrated,
    /// Prediction sets hold the true class less often than the target.
    UnderCoverage,
    /// They do so for some classes.
    ClassUnderCoverage,
    /// Prediction sets without any class.
    EmptySets,
    /// More answers are wrong than the target says.
    RiskAboveTarget,
    /// The confidence threshold is not guaranteed.
    NoThresholdGuarantee,
    /// The coverage of prediction sets is not guaranteed.
    NoSetGuarantee,
    /// The classifier abstains on most photos.
    AbstainsOften,
    /// Photos of other things are taken for the classes.
    WeakOodDetection,
    /// Photos of the classes are flagged as out-of-distribution.
    OodFalseAlarms,
    /// Accuracy falls on corrupted photos.
    CorruptionSensitive,
    /// Something other than the leaf predicts the class.
    BackgroundShortcut,
    /// Photos of a class have a mark at the border.
    Watermark,
    /// The evidence of the network is on the background.
    BackgroundEvidence,
    /// Equal photos have different labels.
    ConflictingLabels,
    /// Labels are probably wrong.
    WrongLabels,
    /// The training log shows a problem.
    TrainingLog,
}

impl FindingId {
    /// The name in JSON, such as `low-accuracy`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoBetterThanMajority => "no-better-than-majority",
            Self::LowAccuracy => "low-accuracy",
            Self::TestedOnTrainingData => "tested-on-training-data",
            Self::TrainingDataLeftOut => "training-data-left-out",
            Self::ValidationData => "validation-data",
            Self::SplitLeakage => "split-leakage",
            Self::OptimisticSplit => "optimistic-split",
            Self::UngroupedSplit => "ungrouped-split",
            Self::FewPhotographs => "few-photographs",
            Self::WeakClasses => "weak-classes",
            Self::RareClasses => "rare-classes",
            Self::Miscalibrated => "miscalibrated",
            Self::UnderCoverage => "under-coverage",
            Self::ClassUnderCoverage => "class-under-coverage",
            Self::EmptySets => "empty-sets",
            Self::RiskAboveTarget => "risk-above-target",
            Self::NoThresholdGuarantee => "no-threshold-guarantee",
            Self::NoSetGuarantee => "no-set-guarantee",
            Self::AbstainsOften => "abstains-often",
            Self::WeakOodDetection => "weak-ood-detection",
            Self::OodFalseAlarms => "ood-false-alarms",
            Self::CorruptionSensitive => "corruption-sensitive",
            Self::BackgroundShortcut => "background-shortcut",
            Self::Watermark => "watermark",
            Self::BackgroundEvidence => "background-evidence",
            Self::ConflictingLabels => "conflicting-labels",
            Self::WrongLabels => "wrong-labels",
            Self::TrainingLog => "training-log",
        }
    }
}

impl Serialize for FindingId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

type Judged = Finding<FindingId>;

/// Rules on an evaluation, in the order in which findings of one severity are told.
const ON_EVALUATIONS: [fn(&Evaluation, &Circumstances<'_>) -> Option<Judged>; 21] = [
    scores::accuracy,
    data::trained_on,
    data::leakage,
    data::split,
    uncertainty::ood_detection,
    uncertainty::ood_false_alarms,
    scores::weak_classes,
    scores::rare_classes,
    uncertainty::calibration,
    uncertainty::coverage,
    uncertainty::risk,
    uncertainty::abstention,
    data::few_photographs,
    scores::robustness,
    data::validation,
    data::left_out,
    uncertainty::guarantee,
    uncertainty::set_guarantee,
    uncertainty::class_coverage,
    uncertainty::empty_sets,
    data::ungrouped,
];

/// Rules on what is known besides.
const ON_CIRCUMSTANCES: [fn(&Circumstances<'_>) -> Option<Judged>; 5] = [
    circumstances::background,
    circumstances::watermark,
    circumstances::evidence,
    circumstances::conflicting_labels,
    circumstances::wrong_labels,
];

/// All findings, errors before warnings before notes.
#[must_use]
pub fn findings(evaluation: Option<&Evaluation>, besides: &Circumstances<'_>) -> Vec<Judged> {
    let on_evaluation = evaluation.into_iter();
    let on_evaluation =
        on_evaluation.flat_map(|one| ON_EVALUATIONS.iter().filter_map(move |rule| rule(one, besides)));
    let on_circumstances = ON_CIRCUMSTANCES.iter().filter_map(|rule| rule(besides));
    let mut found: Vec<Judged> = on_evaluation.chain(on_circumstances).collect();
    found.extend(circumstances::training_log(evaluation, besides));
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

/// A finding; evidence and advice are whole sentences.
fn finding(
    id: FindingId,
    severity: Severity,
    claim: impl Into<String>,
    evidence: impl Into<String>,
    advice: impl Into<String>,
) -> Judged {
    Finding { id, severity, claim: claim.into(), evidence: vec![evidence.into()], advice: advice.into() }
}
