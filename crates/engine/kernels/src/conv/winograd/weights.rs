//! The transformed weights, a block of input channels and a panel of output channels at a time.

use std::ops::Range;

use super::patch::Taps;
use super::tile::{Gather, gather_weights};
use super::transform::TAPS;
use crate::matrix::ViewMut;
use crate::scratch;
use crate::transpose::transpose_columns;

/// Weights as they lie in memory, (3, 3, in, out), and the direction that they are used in.
#[derive(Clone, Copy)]
pub(super) struct Weights<'a> {
    pub(super) values: &'a [f32],
    /// Input channels of the convolution.
    pub(super) inputs: usize,
    /// Output channels of the convolution.
    pub(super) outputs: usize,
    pub(super) direction: Direction,
}

/// Which way weights are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From inputs to outputs.
    Forward,
    /// From gradients of outputs to those of inputs: turned by 180 degrees, in and out exchanged.
    Backward,
}

impl Weights<'_> {
    /// Writes the values of `rows`, channels that are read, and `columns`, channels that are written, of the direction.
    /// `values` has a row for each frequency, in which `width` floats belong to each of `rows`.
    pub(super) fn transform(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        width: usize,
        values: ViewMut<'_>,
    ) {
        match self.direction {
            Direction::Forward => {
                let gather = Gather {
                    source: self.values,
                    step: self.outputs,
                    channels: columns,
                    patches: &Taps::Straight { inputs: self.inputs },
                    tiles: rows,
                    width,
                };
                gather.run(gather_weights, values);
            }
            Direction::Backward => scratch::with(TAPS * TAPS * rows.len() * columns.len(), |exchanged| {
                self.exchange(rows.clone(), columns.clone(), exchanged);
                let gather = Gather {
                    source: exchanged,
                    step: columns.len(),
                    channels: 0..columns.len(),
                    patches: &Taps::Turned { inputs: rows.len() },
                    tiles: 0..rows.len(),
                    width,
                };
                gather.run(gather_weights, values);
            }),
        }
    }

    /// Writes each tap's part with `rows` of the output channels and `columns` of the input channels, transposed.
    fn exchange(&self, rows: Range<usize>, columns: Range<usize>, exchanged: &mut [f32]) {
        let taps = self.values.chunks_exact((self.inputs * self.outputs).max(1));
        for (tap, exchanged) in taps.zip(exchanged.chunks_exact_mut((rows.len() * columns.len()).max(1))) {
            let tap = &tap[columns.start * self.outputs..columns.end * self.outputs];
            transpose_columns(tap, columns.len(), self.outputs, rows.start, exchanged);
        }
    }
}
