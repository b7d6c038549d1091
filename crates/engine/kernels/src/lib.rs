#![doc = include_str!("../README.md")]

mod aligned;
mod axis;
#[macro_use]
pub mod isa;
pub mod activation;
pub mod attention;
pub mod binary_loss;
pub mod channels;
pub mod conv;
pub mod curve;
pub mod depthwise;
pub mod distillation;
pub mod dropout;
pub mod elementwise;
mod focal;
pub mod fusion;
mod gelu;
pub mod hellinger;
pub mod layer_norm;
pub mod loss;
mod matrix;
pub mod mixture;
pub mod norm;
mod parallel;
pub mod peak;
pub mod pointwise;
pub mod pool;
mod prefetch;
mod product;
mod reduce;
mod rows;
mod scratch;
pub mod separable;
pub mod shape;
pub mod slide;
pub mod stochastic_depth;
pub mod tokens;
mod transpose;
pub mod update;

pub use activation::Activation;
pub use curve::Curve;
pub use elementwise::Accumulate;
pub use parallel::threads;
pub use shape::{Nhwc, Pad, Window};
