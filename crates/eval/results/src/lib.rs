#![doc = include_str!("../README.md")]

mod comparison;
mod evaluation;

pub use comparison::{ComparedRun, Comparison, PairwiseTest};
pub use evaluation::*;
