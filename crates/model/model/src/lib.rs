#![doc = include_str!("../README.md")]

mod bundle;
mod classifier;
pub mod container;
mod demands;
mod error;
mod file_workers;
mod label_predictor;
mod label_rules;
mod pooling;
mod prediction;
mod predictor;
mod row;
mod stored_validation;
mod training_digests;
mod uncertainty;
mod validation;
mod views;

pub use bundle::{Bundle, Provenance};
pub use classifier::{Classifier, PhotographError};
pub use container::Precision;
pub use demands::check_demands;
pub use error::{FileError, ModelError};
pub use foliar_metrics::AbstentionReason;
pub use label_predictor::{LabelPredictor, LabelsRow};
pub use label_rules::{LabelAnswer, LabelRule, LabelRules, Outputs, Presence};
pub use pooling::{feature_width, pooled_features};
pub use prediction::{Prediction, PredictionDetails};
pub use predictor::{EachFile, FilePrediction, Predictor, decode_reduced};
pub use row::{Answer, Row};
pub use stored_validation::MOST_CLASSES;
pub use training_digests::TrainingDigests;
pub use uncertainty::{
    DEFAULT_RISK, FeatureSamples, OOD_SHARE, OodDetector, RISK_LEVELS, RiskLevel, Uncertainty, is_uncertainty,
};
pub use validation::Validation;
pub use views::Views;
