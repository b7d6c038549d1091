//! Gaussian process regression with learnt length scales, noise and output warp.

mod evidence;
mod kernel;
mod process;
mod warp;

pub(crate) use evidence::{Hyperparameters, Sample};
pub(crate) use kernel::Axis;
pub(crate) use process::{Moments, Process};
