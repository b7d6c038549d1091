//! Convolution, matrix product, batch norm, pooling and loss on f32 slices, forward and backward.
//!
//! Everything here is a function from slices to slices: no I/O, no configuration, no knowledge of
//! networks. Images are NHWC, so that a pixel's channels are contiguous: a 1 x 1 convolution is a plain
//! matrix product, and every other loop runs over channels innermost.
//!
//! Two promises hold for every function:
//!
//! - **The result does not depend on the number of threads.** Work is cut into parts that depend on shapes
//!   alone, the parts run on the current rayon pool, and their sums are added in a fixed order.
//! - **No allocation in the steady state.** Scratch memory belongs to the thread and only grows; buffers
//!   whose size matters are lent by the caller, with a `*_len` function that tells how much.
//!
//! Slices of a wrong length are a programmer's error and panic; numbers never do, whatever they are: NaN
//! and infinities flow through, as in PyTorch.

mod axis;
#[macro_use]
pub mod isa;
pub mod activation;
pub mod channels;
pub mod conv;
pub mod depthwise;
pub mod dropout;
pub mod elementwise;
pub mod fusion;
pub mod loss;
mod matrix;
pub mod norm;
mod parallel;
pub mod peak;
pub mod pointwise;
pub mod pool;
mod prefetch;
mod product;
mod reduce;
mod scratch;
pub mod shape;
pub mod sigmoid;
mod transpose;
pub mod update;

pub use activation::Activation;
pub use elementwise::Accumulate;
pub use shape::{Nhwc, Pad, Window};
