#![doc = include_str!("../README.md")]

mod agreement;
mod common;
mod division;
mod ensemble;
mod error;
mod features;
mod gain;
mod member;
mod merge;
mod soup;

pub use error::MergeError;
pub use gain::{MemberScores, MergeGain, MergeOutcome};
pub use merge::{Average, Merged, merge};
