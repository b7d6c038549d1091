//! Recipes, schedules, the training loop, checkpoints, evaluation and the bundle.
//!
//! A [`Recipe`] says everything that changes a run's numbers. [`Photographs`] are a folder, scanned, decoded and split as
//! the recipe says. [`train`] drives an engine over them and leaves checkpoints in the run folder; whoever wants to watch
//! or stop it gets every event. The result is a [`Bundle`]: one file that predicts.
//!
//! The crate prints nothing and knows no terminal.

mod backbone;
mod bundle;
mod caution;
mod checkpoint;
mod compare;
mod container;
mod error;
mod evaluate;
pub mod evaluation;
mod evidence;
mod feature_cache;
mod feature_rows;
mod features;
mod held_out;
mod initial;
mod list_file;
mod lr_find;
mod named;
mod phase;
mod photographs;
mod predict;
mod recipe;
mod refit;
mod run;
mod schedule;
mod thumbnails;
mod train;
mod trainee;
mod trial;

pub use backbone::{BackboneFeatures, backbone_features};
pub use bundle::{Bundle, Provenance, Validation};
pub use caution::{Caution, Doubt, ERRORS, Judgement, Level, Outside};
pub use checkpoint::{Best, Checkpoint, Choice, Progress};
pub use compare::{Compared, Comparison, Pair, compare};
pub use error::{FileError, LearnError};
pub use evaluate::{EvaluateOptions, Stage, Subject, evaluate};
pub use evaluation::Evaluation;
pub use held_out::{HeldOut, HeldOutRow};
pub use initial::{Convention, InitialWeights};
pub use list_file::ListFile;
pub use lr_find::{RateTest, lr_find};
pub use phase::{Freeze, FreezeError, Phase};
pub use photographs::{DataOptions, Grouping, Photographs, Summary};
pub use predict::{Outputs, Predictor, decode_reduced};
pub use recipe::{ClassWeights, DataSpec, Group, LossSpec, Recipe};
pub use run::Run;
pub use schedule::{LearningRate, Schedule};
pub use train::{Outcome, check, train};
pub use trial::{Trial, TrialEpoch, TrialEvent, Trials};
