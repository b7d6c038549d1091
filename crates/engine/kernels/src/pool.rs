//! Max pooling, average pooling, adaptive and global average pooling.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | x, dx | input and its gradient | (n, h, w, c) |
//! | y, dy | output and its gradient | (n, h', w', c), or (n, c) for the global average |
//! | indices | where in its window the maximum was, row by row | as y |

mod adaptive;
mod average;
mod global;
mod max;

pub use adaptive::{adaptive_average_backward, adaptive_average_forward};
pub use average::{Divisor, average_backward, average_forward};
pub use global::{global_average_backward, global_average_forward};
pub use max::{max_backward, max_forward};

use std::ops::Deref;

use crate::shape::{Nhwc, Window};
use crate::slide::Slide;

/// Floats that a piece of work writes, about.
const PIECE: usize = 1 << 14;

/// A pooling over windows: its input and its window. Pixels outside the image never are the maximum and add nothing to an
/// average.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pool {
    slide: Slide,
}

impl Deref for Pool {
    type Target = Slide;

    #[inline]
    fn deref(&self) -> &Slide {
        &self.slide
    }
}

impl Pool {
    /// A pooling, or `None` if the window does not fit into the padded input, or a tensor is beyond
    /// [`MOST_VALUES`](crate::shape::MOST_VALUES).
    pub fn new(input: Nhwc, window: Window) -> Option<Self> {
        Some(Self { slide: Slide::new(input, input.c, window)? })
    }

    /// The same for `n` images.
    ///
    /// # Panics
    ///
    /// If their tensors are too large: never for fewer images than there are.
    pub fn of_images(self, n: usize) -> Self {
        Self { slide: self.slide.of_images(n) }
    }
}
