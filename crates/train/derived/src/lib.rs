#![doc = include_str!("../README.md")]

mod adapt;
mod agreement;
mod common;
mod division;
mod ensemble;
mod error;
mod features;
mod gain;
mod member;
mod merge;
mod network;
mod soup;

pub use adapt::{AdaptReport, Adaptation, Adapted, Standing, adapt};
pub use error::DerivedError;
pub use gain::{MemberScores, MergeGain, MergeOutcome};
pub use merge::{Average, Merged, merge};
