//! Tunes a recipe on a folder of photographs, and measures what that has gained.
//!
//! ```text
//! search ──> weight decay ──> repeats ──> untuned and tuned run ──> test
//!   trials     K folds each     seeds        normal run folders       photographs that nothing before has seen
//! ```
//!
//! A [`Plan`] says what is searched. Its [`Folder`] holds the plan, the study and the runs; [`tune`] works on it until all is
//! done, beside other processes that do the same: trials are those of [`foliar_study`], everything after them are its
//! named jobs. Whoever is killed leaves one trial or job to be begun again. With one worker everything is a function of the
//! plan and the photographs, bit for bit.
//!
//! The crate prints nothing and knows no terminal; [`TuneEvent`]s tell what happens.

mod cross_validation;
mod ending;
mod error;
mod event;
mod finale;
mod folder;
mod job;
mod objective;
mod paired_comparison;
mod parameter;
mod plan;
mod repeats;
mod report;
mod search;
mod session;
mod work;

pub use cross_validation::{PenaltyRow, WeightDecay};
pub use ending::{Ending, SearchEnd};
pub use error::TuneError;
pub use event::{TrialEnd, TuneEvent};
pub use folder::Folder;
pub use objective::Objective;
pub use paired_comparison::{Figures, PairedComparison};
pub use parameter::Tunable;
pub use plan::{Plan, weight_decays};
pub use repeats::{Repeat, Repeats};
pub use report::{Report, TrialRow};
pub use work::{Ended, tune};
