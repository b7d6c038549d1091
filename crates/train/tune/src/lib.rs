#![doc = include_str!("../README.md")]

mod cross_validation;
mod error;
mod event;
mod final_runs;
mod folder;
mod job;
mod objective;
mod paired_comparison;
mod parameter;
mod pipeline;
mod plan;
mod repeats;
mod result;
mod search;
mod search_stop;
mod session;

pub use cross_validation::{WeightDecay, WeightDecayResult};
pub use error::TuneError;
pub use event::{TrialEnd, TuneEvent};
pub use folder::Folder;
pub use objective::Objective;
pub use parameter::Tunable;
pub use pipeline::{TuneOutcome, tune};
pub use plan::{Plan, weight_decays};
pub use repeats::{Repeat, Repeats};
pub use result::{TrialRow, TuningResult};
pub use search_stop::{SearchStop, SearchStopReason};
