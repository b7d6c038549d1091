//! Gaussian process regression with learned length scales, noise and output warp.

mod cholesky;
mod kernel;
mod marginal_likelihood;
mod process;
mod warp;

pub(crate) use cholesky::dot;
pub(crate) use kernel::Axis;
pub(crate) use marginal_likelihood::{Hyperparameters, TrainingSet};
pub(crate) use process::{Moments, Process};
