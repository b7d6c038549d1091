//! Gaussian process regression with learned length scales, noise and output warp.

mod kernel;
mod marginal_likelihood;
mod process;
mod warp;

pub(crate) use kernel::Axis;
pub(crate) use marginal_likelihood::{Hyperparameters, TrainingSet};
pub(crate) use process::{Moments, Process};
