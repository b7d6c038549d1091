#![doc = include_str!("../README.md")]

pub mod audit;
mod comparison;
mod cross_validation;
mod evaluation;
mod evidence;
mod finding;
mod label_evaluation;
pub mod limits;
mod rules;
mod run_report;
mod surroundings;
mod verdict;
mod views;
pub mod words;

pub use comparison::{
    ComparedRun, Comparison, ComparisonOutcome, PairedComparison, PairwiseTest, TestScores,
};
pub use cross_validation::{CrossValidation, FoldFigure, FoldResult, FoldScores};
pub use evaluation::*;
pub use evidence::{BackgroundEvidence, ClassEvidence, EvidenceShare};
pub use finding::{Finding, Severity};
pub use label_evaluation::{
    LabelCalibration, LabelEvaluation, LabelPrediction, LabelResult, OverallLabelScores, PresenceResult,
};
pub use rules::{Circumstances, FindingId, findings};
pub use run_report::{MissingSection, Mistake, Mistakes, ModelSummary, Provenance, RunReport};
pub use surroundings::{BorderChange, EarlierEvidence, Surroundings};
pub use verdict::{Rating, Verdict, beside_majority, scale, word};
pub use views::{ViewFigures, ViewsResult};
