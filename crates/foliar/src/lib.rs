#![doc = include_str!("../README.md")]

mod dataset;
mod evaluate;
mod trainer;

pub use dataset::Dataset;
pub use evaluate::evaluate;
pub use foliar_doctor::{Diagnosis, Finding, LiveDoctor, LiveEpoch, Practice, RunSetup, diagnose};
pub use foliar_eval::{EvalError, EvalSource, EvaluateOptions, compare};
pub use foliar_logread::{RunLog, read_log_path};
pub use foliar_model::{
    AbstentionReason, Bundle, Classifier, ModelError, PhotographError, Prediction, RISK_LEVELS,
};
pub use foliar_results::{Comparison, Evaluation};
pub use foliar_runlog::{Event, StopReason};
pub use foliar_train::{InitialWeights, Recipe, TrainError};
pub use trainer::{Fit, Trainer};
