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

use crate::axis::Axis;
use crate::shape::{Nhwc, Window};

/// Floats that a piece of work writes, about.
const PIECE: usize = 1 << 14;

/// A pooling over windows: its input and its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pool {
    /// Shape of the input.
    pub input: Nhwc,
    /// The window. Pixels outside the image never are the maximum and add nothing to an average.
    pub window: Window,
}

impl Pool {
    /// A pooling, or `None` if the window does not fit into the padded input.
    pub fn new(input: Nhwc, window: Window) -> Option<Self> {
        window.output(input.h, input.w)?;
        Some(Self { input, window })
    }

    /// Shape of the output.
    ///
    /// # Panics
    ///
    /// If the window does not fit into the padded input, which [`Pool::new`] rules out.
    pub fn output(&self) -> Nhwc {
        let Some((h, w)) = self.window.output(self.input.h, self.input.w) else {
            panic!("the window does not fit into the padded input: {self:?}");
        };
        Nhwc::new(self.input.n, h, w, self.input.c)
    }

    /// Panics unless the slices have the lengths of the input and the output.
    fn check(&self, x: &[f32], y: &[f32]) {
        assert_eq!(x.len(), self.input.len(), "input of {self:?}");
        assert_eq!(y.len(), self.output().len(), "output of {self:?}");
    }

    fn axes(&self) -> [Axis; 2] {
        let (input, output) = (self.input, self.output());
        Axis::pair(&self.window, [input.h, input.w], [output.h, output.w])
    }
}
