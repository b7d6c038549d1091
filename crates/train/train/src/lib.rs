//! Recipes, the training loop, refits, trials and checkpoints.
//!
//! A [`Recipe`] says everything that changes a run's numbers. [`Photographs`] are a folder, scanned, decoded and split as
//! the recipe says. [`train`] drives an engine over them and leaves checkpoints in the run folder; an observer gets every event
//! and may stop the run. The result is a [`foliar_model::Bundle`]: one file that predicts.
//!
//! The crate prints nothing and knows no terminal.

mod backbone;
mod background_folder;
mod best_epoch;
mod checkpoint;
mod class_weights;
mod epochs;
mod error;
mod feature_cache;
mod feature_rows;
mod features;
mod finish;
mod fold;
mod fold_runs;
mod indivisible;
mod initial;
mod initial_weights;
mod known_classes;
mod label_tables;
mod lessons;
mod list_file;
mod lr_find;
mod out_of_fold;
mod phase;
mod phase_trainer;
mod photographs;
mod presets;
mod recipe;
mod refit;
mod review_file;
mod run;
mod schedule;
mod teacher;
mod thumbnails;
mod train;
mod trained_model;
mod trial;
mod unlabelled_folder;

pub use backbone::{BackboneFeatures, backbone_features};
pub use background_folder::BackgroundFolder;
pub use best_epoch::{BestEpoch, EpochScore};
pub use checkpoint::{Checkpoint, Progress};
pub use class_weights::{ClassWeight, ClassWeights, ClassWeightsError, WeightTable};
pub use error::TrainError;
pub use fold::Fold;
pub use fold_runs::FoldRuns;
pub use indivisible::{Indivisible, IndivisibleCause};
pub use initial::{Convention, OpenedWeights};
pub use initial_weights::InitialWeights;
pub use label_tables::LabelTables;
pub use list_file::ListFile;
pub use lr_find::{RateTest, lr_find};
pub use out_of_fold::{OutOfFoldPredictions, OutOfFoldRow};
pub use phase::{Freeze, FreezeError, Phase};
pub use photographs::{
    DataOptions, Grouping, LearnedBefore, LeavesFound, Photographs, Summary, UnlabelledFound, planned_split,
};
pub use recipe::{DataSpec, Group, Head, LossSpec, Recipe};
pub use review_file::ReviewFile;
pub use run::Run;
pub use schedule::{LearningRate, Schedule};
pub use teacher::Teacher;
pub use train::{Outcome, check, goes_on, train};
pub use trial::{Trial, TrialEpoch, TrialEvent, Trials};
pub use unlabelled_folder::UnlabelledFolder;
