//! Gaussian process regression with learnt length scales, noise and output warp.

mod cholesky;
mod evidence;
mod kernel;
mod process;
mod warp;

pub(crate) use cholesky::dot;
pub(crate) use evidence::{Hyperparameters, Sample};
pub(crate) use kernel::Axis;
pub(crate) use process::{Moments, Process};
