#![doc = include_str!("../README.md")]

mod classifier;
mod examples;
mod problem;
mod scaling;
mod solution;

pub use classifier::Classifier;
pub use examples::Examples;
pub use foliar_kernels::binary_loss::Targets;
pub use foliar_kernels::distillation::{Taught, UNLABELLED};
pub use problem::Problem;
pub use solution::{Precision, Solution};
